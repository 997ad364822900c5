"""Named terms in plain words, held to figures set by hand."""

from __future__ import annotations

import math

import pytest
import torch

from streamrec_core.explain.parameters import TITLES, in_words, main_parameters, spread_over_seeds, worth_of_terms
from streamrec_core.models.card import OverSeeds, TermSpread
from streamrec_core.models.terms import TERMS
from tests.worlds import catalogue_of, chain_dataset, examples_at_last, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)
JOBS = ("last", "category", "opening", "recent")


def additive(recency: float = 1.0):
    model = small_transformer(CATALOGUE, jobs=JOBS)
    for terms in model.named_terms():
        terms.weights["recency"].data.fill_(recency)
    return model


def test_a_figure_is_read_as_a_factor_on_attention() -> None:
    assert in_words("same category", math.log(12)).startswith("an event of the last item's category counts 12 times")
    assert in_words("recency", math.log(4)).startswith("each event further back counts 0.25 times")
    assert in_words("opening", 0.0).startswith("the first event of the session counts 1.0 times")


def test_every_term_has_words_and_a_title() -> None:
    assert set(TITLES) == set(TERMS)
    assert all(in_words(name, 0.5) for name in TERMS)


def test_only_the_terms_of_a_heads_job_are_told_the_strongest_first() -> None:
    found = main_parameters(additive())
    assert {(one.layer, one.head) for one in found if one.term == "same category"} == {(0, 1), (1, 1)}
    assert {(one.layer, one.head) for one in found if one.term == "opening"} == {(0, 2), (1, 2)}
    recency = [one for one in found if one.term == "recency"]
    assert {(one.head, one.figure) for one in recency} == {(0, 1.0), (3, 1.0)}
    assert found[0].term == "recency"
    assert all(one.spread is None for one in found)


def test_other_models_have_none() -> None:
    assert main_parameters(small_lstm(CATALOGUE)) == main_parameters(small_transformer(CATALOGUE)) == ()


def test_the_spread_over_seeds_is_students_interval_of_the_mean() -> None:
    found = spread_over_seeds([additive(1.0), additive(2.0), additive(3.0)])
    one = next(one for one in found.terms if (one.layer, one.head, one.term) == (0, 0, "recency"))
    assert found.seeds == 3
    assert one.mean == pytest.approx(2.0)
    assert one.high - one.mean == pytest.approx(4.3027 * 1 / math.sqrt(3), abs=1e-3)
    told = main_parameters(additive(), OverSeeds(seeds=3, terms=(one,)))
    assert [part.spread for part in told if part.spread] == [
        TermSpread(layer=0, head=0, term="recency", mean=one.mean, low=one.low, high=one.high)
    ]


def test_a_term_that_nothing_depends_on_is_worth_nothing() -> None:
    dataset = chain_dataset()
    model = small_transformer(dataset.catalogue, jobs=("free",)).requires_grad_(False)
    with torch.no_grad():
        for terms in model.named_terms():
            for name in terms.weights:
                terms.weights[name].zero_()
            terms.weights["recency"].fill_(5.0)
    worth = {one.term: one for one in worth_of_terms(model, dataset, examples_at_last(dataset.log))}
    assert worth["opening"].mean == pytest.approx(0.0, abs=1e-6)
    assert abs(worth["recency"].mean) > 1e-3
    assert worth["recency"].interval[0] <= worth["recency"].mean <= worth["recency"].interval[1]
