"""Named terms in plain words, held to figures set by hand."""

from __future__ import annotations

import math

import pytest
import torch

from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.parameters import (
    FOLLOWERS,
    TITLES,
    followers_in_words,
    in_words,
    main_parameters,
    mean_term_effects,
    spread_over_seeds,
)
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


def test_how_much_each_head_counts_followers_stands_behind_its_terms() -> None:
    model = small_transformer(CATALOGUE, jobs=JOBS, followers=3)
    first, second = model.follower_weights()
    first.data[:] = torch.tensor([0.1, 0.2, 1.4, 0.3, 0.5])
    second.data[:] = torch.arange(4).unsqueeze(1) * torch.tensor([1.0, -1.0, 0.0, 0.0, 0.5])
    found = main_parameters(model)
    counted = [one for one in found if one.term == FOLLOWERS]
    assert found[-8:] == tuple(counted)
    assert {(one.layer, one.head) for one in counted} == {(layer, head) for layer in (0, 1) for head in range(4)}
    head = next(one for one in counted if (one.layer, one.head) == (0, 2))
    assert head.figure == pytest.approx(0.5)
    assert head.words == (
        "what people watched next after a title counts 0.10 to 1.40, most after a title watched to the end"
    )
    rated = next(one for one in main_parameters(model, wording="ratings") if (one.layer, one.term) == (0, FOLLOWERS))
    assert rated.words.endswith("most after a title rated 3 of 5")
    assert followers_in_words([0.7] * 5).endswith("counts 0.70, whatever people did with it")
    assert followers_in_words([1.0, -1.0, 0.0, 0.0, 0.5]).endswith("counts −1.00 to 1.00, most after a title clicked")
    against = followers_in_words([-0.1, -0.3, -0.2, -0.001, -0.1])
    assert against.endswith("counts against it, −0.30 to 0.00, most after a title watched in part")
    assert FOLLOWERS not in {one.term for one in main_parameters(additive())}  # its table of followers is empty


def test_layers_that_do_not_compose_are_said_to_stand_side_by_side() -> None:
    assert side_by_side(2, 4) == "The two layers do not build on each other: eight heads stand side by side."
    assert side_by_side(1, 3) == "Three heads stand side by side."
    assert side_by_side(3, 5).endswith(": 15 heads stand side by side.")


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
    worth = {one.term: one for one in mean_term_effects(model, dataset, examples_at_last(dataset.log))}
    assert worth["opening"].mean == pytest.approx(0.0, abs=1e-6)
    assert abs(worth["recency"].mean) > 1e-3
    assert worth["recency"].interval[0] <= worth["recency"].mean <= worth["recency"].interval[1]
