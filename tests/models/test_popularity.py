"""Models that count: their answers on logs small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.data import log_column
from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples
from streamrec_core.models import popularity as popularity_module
from streamrec_core.models.neighbours import item_neighbours
from streamrec_core.models.popularity import category_rule, learned_events, popularity, recent_popularity
from streamrec_core.models.protocol import SessionModel
from streamrec_core.models.sequential_rules import sequential_rules
from tests.worlds import batch, catalogue_of, examples_at_last, log_of

CATALOGUE = catalogue_of(6, 3)  # categories of items 0..5: 0 1 2 0 1 2
MAKERS = (popularity, recent_popularity, category_rule, item_neighbours, sequential_rules)


def ranked(model: SessionModel, *history: int) -> list[int]:
    """Rows from best to worst; ties in catalogue order."""
    return model.logits(batch(CATALOGUE, history))[0].argsort(descending=True, stable=True).tolist()


@pytest.fixture
def log() -> EventLog:
    return log_of([[0, 1, 1], [1, 4], [4, 1, 5]])


def test_only_events_up_to_each_training_target_are_counted(log: EventLog) -> None:
    train = Examples(np.array([0, 2]), np.array([1, 2]))
    assert learned_events(log, train).tolist() == [0, 1, 5, 6, 7]


def test_popularity_counts_occurrences_and_ignores_the_history(log: EventLog) -> None:
    model = popularity(log, CATALOGUE, examples_at_last(log))
    # item 1 four times, item 4 twice, items 0 and 5 once
    expected = np.log(np.array([1, 4, 0, 0, 2, 1]) + 0.5)
    logits = model.logits(batch(CATALOGUE, [3], [0, 1, 2]))
    np.testing.assert_allclose(logits.numpy(), [expected, expected], rtol=1e-6)


def test_popularity_learns_nothing_from_the_test(log: EventLog) -> None:
    model = popularity(log, CATALOGUE, Examples(np.array([1]), np.array([1])))
    assert ranked(model, 0)[:2] == [1, 4]
    assert model.logits(batch(CATALOGUE, [0]))[0, 5] == model.logits(batch(CATALOGUE, [0]))[0, 2]


def test_recent_popularity_counts_the_last_tenth_by_time() -> None:
    # twenty events; the two latest, at 90 and 99, are items 3 and 2 in sessions that stand first in the file
    sessions = [[3, 2]] + [[1, 1, 1]] * 6
    times = [[90, 99]] + [[number, number, number] for number in range(6)]
    log = log_of(sessions, timestamps=times)
    model = recent_popularity(log, CATALOGUE, examples_at_last(log))
    expected = np.log(np.array([0, 0, 1, 1, 0, 0]) + 0.5)
    np.testing.assert_allclose(model.logits(batch(CATALOGUE, [0]))[0].numpy(), expected, rtol=1e-6)


def test_recent_popularity_goes_by_place_in_the_log_where_there_are_no_times() -> None:
    log = log_of([[1, 1, 1]] * 6 + [[3, 2]])
    assert set(ranked(recent_popularity(log, CATALOGUE, examples_at_last(log)), 0)[:2]) == {2, 3}


@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
@settings(max_examples=50)
def test_the_last_tenth_is_that_of_a_stable_sort_of_all_times(seed: int, timed: bool, on_disk: bool) -> None:
    rng = np.random.default_rng(seed)
    sessions = [rng.integers(0, 6, length).tolist() for length in rng.integers(1, 30, rng.integers(1, 40))]
    times = [rng.integers(0, rng.integers(1, 12), len(items)).tolist() for items in sessions]
    log = log_of(sessions, timestamps=times if timed else None)
    train = examples_at_last(log).filter(rng.random(len(sessions)) < 0.8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(popularity_module, "EVENTS_AT_ONCE", int(rng.integers(1, 60)))
        patch.setattr(log_column, "EVENTS_IN_MEMORY", 0 if on_disk else 10**6)
        logits = recent_popularity(log, CATALOGUE, train).logits(batch(CATALOGUE, [0]))[0]
    rows = learned_events(log, train)
    if log.timestamps is not None:
        rows = rows[np.argsort(log.timestamps[rows], kind="stable")]
    counts = np.bincount(log.items[rows[-max(1, round(len(rows) * 0.1)) :]], minlength=6)
    np.testing.assert_allclose(logits.numpy(), np.log(counts + 0.5), rtol=1e-6)


def test_nothing_is_recent_where_nothing_is_learned_from() -> None:
    log = log_of([[1, 2]], timestamps=[[5, 6]])
    model = recent_popularity(log, CATALOGUE, examples_at_last(log).take(np.array([], np.int64)))
    assert model.logits(batch(CATALOGUE, [0]))[0].unique().numel() == 1


def test_the_category_rule_puts_the_last_events_category_first_and_the_popular_ones_of_it_foremost() -> None:
    log = log_of([[1, 1, 1, 1, 1, 1], [4, 4, 3, 3, 3, 0]])
    model = category_rule(log, CATALOGUE, examples_at_last(log))
    # of category 0 item 3 before 0, then the others by popularity: 1 (6), 4 (2), then 2 and 5 (0)
    assert ranked(model, 4, 0) == [3, 0, 1, 4, 2, 5]
    assert ranked(model, 0, 4) == [1, 4, 3, 0, 2, 5]


def test_the_category_rule_passes_over_the_home_page() -> None:
    catalogue = catalogue_of(6, 3, home=True)
    log = log_of([[0, 3], [1, 4], [2, 5]])
    model = category_rule(log, catalogue, examples_at_last(log))
    with_home, without = (model.logits(batch(catalogue, history))[0] for history in ([1, 0, 6, 6], [1, 0]))
    assert torch.equal(with_home, without)
    model.logits(batch(catalogue, [6, 6]))  # nothing but home pages is no error either


@pytest.mark.parametrize("maker", MAKERS)
def test_every_counting_model_follows_the_protocol_and_padding_changes_no_score(maker: object, log: EventLog) -> None:
    model = maker(log, CATALOGUE, examples_at_last(log))  # type: ignore[operator]
    assert isinstance(model, SessionModel)
    assert model.attention_probes() == ()
    assert model.max_events >= 1
    histories = ([0, 1, 4, 5], [4], [5, 0])
    together = model.logits(batch(CATALOGUE, *histories))
    assert together.dtype == torch.float32
    for row, history in enumerate(histories):
        torch.testing.assert_close(together[row], model.logits(batch(CATALOGUE, history))[0])
