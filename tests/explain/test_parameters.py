"""Main parameters in plain words, for models whose terms are set by hand."""

from __future__ import annotations

import math

import pytest
import torch

from streamrec_core.data.engagement import WORDS
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
    assert in_words("time gap", math.log(4)).startswith("an event an hour before the last one counts 0.25 times")
    assert in_words("time gap", 9.7).startswith("an event an hour before the last one counts less than 0.01 times")
    assert in_words("opening", 0.0).startswith("the first event of the session counts 1.0 times")


def test_every_term_has_words_and_a_title() -> None:
    assert set(TITLES) == set(TERMS)
    assert all(in_words(name, 0.5) for name in TERMS)


def test_only_the_terms_of_a_heads_job_are_listed_the_strongest_first() -> None:
    parameters = main_parameters(additive())
    assert {(parameter.layer, parameter.head) for parameter in parameters if parameter.term == "same category"} == {
        (0, 1),
        (1, 1),
    }
    assert {(parameter.layer, parameter.head) for parameter in parameters if parameter.term == "opening"} == {
        (0, 2),
        (1, 2),
    }
    recency = [parameter for parameter in parameters if parameter.term == "recency"]
    assert {(parameter.head, parameter.figure) for parameter in recency} == {(0, 1.0), (3, 1.0)}
    assert parameters[0].term == "recency"
    assert all(parameter.spread is None for parameter in parameters)


def test_heads_that_count_what_came_soon_after_are_listed_and_no_others() -> None:
    model = small_transformer(CATALOGUE, jobs=JOBS, followers=3, followers_within=10)
    for weights in model.follower_weights():
        weights.data.zero_()
    assert not any(parameter.term == FOLLOWERS for parameter in main_parameters(model))
    model.follower_weights()[1].data[2] = 0.4
    for words, expected in (
        (WORDS["events"], "watched within 10 titles"),
        (WORDS["ratings"], "rated within 10 titles"),
    ):
        (counted,) = (row for row in main_parameters(model, words=words) if row.term == FOLLOWERS)
        assert (counted.layer, counted.head, counted.figure) == (1, 2, pytest.approx(0.4))
        assert counted.words.startswith(f"what people {expected} after a ")
        assert counted.words.endswith(" counts 0.40")


def test_follower_weights_are_listed_after_the_terms() -> None:
    model = small_transformer(CATALOGUE, jobs=JOBS, followers=3)
    first, second = model.follower_weights()
    first.data[:] = torch.tensor([0.1, 0.2, 1.4, 0.3, 0.5])
    second.data[:] = torch.arange(4).unsqueeze(1) * torch.tensor([1.0, -1.0, 0.0, 0.0, 0.5])
    parameters = main_parameters(model)
    counted = [parameter for parameter in parameters if parameter.term == FOLLOWERS]
    assert parameters[-8:] == tuple(counted)
    assert {(parameter.layer, parameter.head) for parameter in counted} == {
        (layer, head) for layer in (0, 1) for head in range(4)
    }
    head = next(parameter for parameter in counted if (parameter.layer, parameter.head) == (0, 2))
    assert head.figure == pytest.approx(0.5)
    assert head.words == (
        "what people watched next after a title counts 0.10 to 1.40, most after a title watched to the end"
    )
    rated = next(
        parameter
        for parameter in main_parameters(model, words=WORDS["ratings"])
        if (parameter.layer, parameter.term) == (0, FOLLOWERS)
    )
    assert rated.words.endswith("most after a title rated 3 of 5")
    assert followers_in_words([0.7] * 5).endswith("counts 0.70, whatever the engagement")
    assert followers_in_words([1.0, -1.0, 0.0, 0.0, 0.5]).endswith("counts −1.00 to 1.00, most after a title clicked")
    against = followers_in_words([-0.1, -0.3, -0.2, -0.001, -0.1])
    assert against.endswith("counts against it, −0.30 to 0.00, most after a title watched in part")
    assert FOLLOWERS not in {
        parameter.term for parameter in main_parameters(additive())
    }  # its table of followers is empty


def test_heads_of_layers_that_do_not_compose_work_side_by_side() -> None:
    assert side_by_side(2, 4) == "The two layers do not build on each other: eight heads work side by side."
    assert side_by_side(1, 3) == "Three heads work side by side."
    assert side_by_side(3, 5).endswith(": 15 heads work side by side.")
    assert side_by_side(2, 4, 2).endswith("side by side. Each reads an event together with the two right before it.")


def test_models_that_are_not_additive_have_no_parameters() -> None:
    assert main_parameters(small_lstm(CATALOGUE)) == main_parameters(small_transformer(CATALOGUE)) == ()


def test_the_spread_over_seeds_is_students_interval_of_the_mean() -> None:
    parameters = spread_over_seeds([additive(1.0), additive(2.0), additive(3.0)])
    parameter = next(
        parameter
        for parameter in parameters.terms
        if (parameter.layer, parameter.head, parameter.term) == (0, 0, "recency")
    )
    assert parameters.seeds == 3
    assert parameter.mean == pytest.approx(2.0)
    assert parameter.high - parameter.mean == pytest.approx(4.3027 * 1 / math.sqrt(3), abs=1e-3)
    listed = main_parameters(additive(), OverSeeds(seeds=3, terms=(parameter,)))
    assert [part.spread for part in listed if part.spread] == [
        TermSpread(layer=0, head=0, term="recency", mean=parameter.mean, low=parameter.low, high=parameter.high)
    ]


def test_a_term_without_influence_has_no_effect() -> None:
    dataset = chain_dataset()
    model = small_transformer(dataset.catalogue, jobs=("free",)).requires_grad_(False)
    with torch.no_grad():
        for terms in model.named_terms():
            for name in terms.weights:
                terms.weights[name].zero_()
            terms.weights["recency"].fill_(5.0)
    worth = {
        parameter.term: parameter for parameter in mean_term_effects(model, dataset, examples_at_last(dataset.log))
    }
    assert worth["opening"].mean == pytest.approx(0.0, abs=1e-6)
    assert abs(worth["recency"].mean) > 1e-3
    assert worth["recency"].interval[0] <= worth["recency"].mean <= worth["recency"].interval[1]
