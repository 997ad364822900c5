"""The readable transformer: the readout holds no item, events never mix, both paths agree, terms do what they say."""

from __future__ import annotations

import pytest
import torch

from streamrec_core.attention.capture import watch
from streamrec_core.data.batches import Batch
from streamrec_core.errors import BadInput
from streamrec_core.models.probe import editing
from streamrec_core.models.settings import TransformerSettings, build_model
from streamrec_core.models.terms import JOBS, TERMS, terms_off
from tests.worlds import batch, catalogue_of, small_transformer

CATALOGUE = catalogue_of(12, 3, home=True)
HOME = 12
ALL = tuple(JOBS)


def readable(**settings: object):
    return small_transformer(CATALOGUE, jobs=ALL, **settings)


def last_row(model, *history: int) -> torch.Tensor:
    """(layers, H, L) weights of the prediction."""
    with watch(model) as trace:
        model.logits(batch(CATALOGUE, list(history)))
    return trace.maps()[0, :, :, -1]


def alone(**starts: float):
    """An untrained model of one layer whose heads start with nothing but these terms, content switched off."""
    torch.manual_seed(0)
    model = build_model(
        TransformerSettings(layers=1, heads=1, width=16, feed_forward=32, jobs=("free",), content_limit=0), CATALOGUE
    ).eval()
    (terms,) = model.named_terms()
    for name, value in starts.items():
        terms.weights[name].data.fill_(value)
    return model


def test_watched_or_not_the_same_logits_come_out() -> None:
    model, histories = readable(), batch(CATALOGUE, [1, 2, 3, 4], [5], [HOME, 7])
    plain = model.logits(histories)
    with watch(model) as trace:
        torch.testing.assert_close(model.logits(histories), plain, atol=1e-5, rtol=0)
    assert trace.maps().shape == (3, 2, 4, 4, 4)
    torch.testing.assert_close(model.scores(model.states(model.embed(histories), histories)[0, 3]), plain[0])


def test_weights_from_the_readout_sum_to_one_over_the_events_so_far() -> None:
    with watch(model := readable()) as trace:
        model.logits(batch(CATALOGUE, [1, 2, 3, 4]))
    torch.testing.assert_close(trace.maps().sum(-1), torch.ones(1, 2, 4, 4))
    assert bool((trace.maps().triu(1) == 0).all())


def test_events_never_mix_so_that_what_is_not_looked_at_does_not_count() -> None:
    """With all weight on the first event, the others may be anything."""

    def first_only(weights: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(weights).index_fill(-1, torch.tensor([0]), 1.0)

    model = readable()
    with editing(dict.fromkeys(model.attention_probes(), first_only)):
        one, other = model.logits(batch(CATALOGUE, [1, 2, 3])), model.logits(batch(CATALOGUE, [1, 8, 5]))
    torch.testing.assert_close(one, other)


def test_the_prediction_after_an_event_does_not_know_the_next() -> None:
    model = readable()
    states = [
        model.states(model.embed(one), one)[0, 1] for one in (batch(CATALOGUE, [1, 2, 3]), batch(CATALOGUE, [1, 2, 9]))
    ]
    torch.testing.assert_close(states[0], states[1])


@pytest.mark.parametrize(
    ("term", "history", "looked_at"),
    [
        ("recency", (0, 1, 2), [2]),
        ("same_category", (0, 1, 3, 2, 6), [0, 2, 4]),  # items 0, 3, 6 are of one category
        ("same_category", (0, 1, 3, HOME), [0, 2]),  # the last item that is not neutral counts
        ("opening", (4, 5, 6), [0]),
        ("opening", (HOME, 5, 6), [1]),
        ("repeat", (4, 5, 4, 6), [0, 2]),
        ("repeat", (HOME, HOME, 5, 6, 5), [2, 4]),
    ],
)
def test_a_term_lifts_the_events_it_is_named_after(term: str, history: tuple[int, ...], looked_at: list[int]) -> None:
    weights = last_row(alone(**{term: 30.0}), *history)[0, 0]
    assert weights[looked_at].tolist() == pytest.approx([1 / len(looked_at)] * len(looked_at), abs=1e-4)


def test_engagement_lifts_the_stronger_one() -> None:
    model = alone()
    model.named_terms()[0].engagement.data[0, 3] = 30.0
    history = Batch(torch.tensor([[1, 2, 3]]), torch.tensor([[0, 3, 1]]), torch.tensor([3]))
    with watch(model) as trace:
        model.logits(history)
    assert trace.maps()[0, 0, 0, -1].tolist() == pytest.approx([0, 1, 0], abs=1e-4)


def test_a_term_that_is_off_leaves_even_attention_and_comes_back() -> None:
    model = alone(recency=30.0)
    with terms_off(["recency"]):
        assert last_row(model, 0, 1, 2)[0, 0].tolist() == pytest.approx([1 / 3] * 3, abs=1e-4)
    assert last_row(model, 0, 1, 2)[0, 0].tolist() == pytest.approx([0, 0, 1], abs=1e-4)


def test_content_moves_a_score_by_its_limit_at_most() -> None:
    free = small_transformer(CATALOGUE, jobs=("free",), content_limit=0.5)
    with terms_off(TERMS):
        weights = last_row(free, 1, 2, 3, 4, 5)
    assert float((weights.amax(-1) / weights.amin(-1)).max()) <= 2.7183 + 1e-4  # e ** (0.5 - -0.5)


def test_an_event_masked_in_place_is_not_looked_at_and_may_be_any_other() -> None:
    model, seen = readable(), []
    for other in (2, 9):
        history = batch(CATALOGUE, [1, other, 3])
        masked = Batch(history.items, history.engagements, history.lengths, hidden=torch.tensor([[False, True, False]]))
        with watch(model) as trace:
            seen.append(model.logits(masked))
        assert float(trace.maps()[..., -1, 1].abs().max()) == 0.0
    torch.testing.assert_close(seen[0], seen[1])


def test_a_history_that_is_masked_altogether_still_gives_numbers() -> None:
    history = batch(CATALOGUE, [1, 2])
    masked = Batch(history.items, history.engagements, history.lengths, hidden=torch.ones(1, 2, dtype=torch.bool))
    assert bool(readable().logits(masked).isfinite().all())


def test_an_unknown_job_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"unknown jobs cook; choose from last, recent"):
        TransformerSettings.parse({"jobs": ["cook"]}, "here")
