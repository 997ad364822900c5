"""Item neighbours: cosine of who shares sessions with whom, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.data import log_column
from streamrec_core.models import neighbours
from streamrec_core.models.neighbours import ItemNeighbours, item_neighbours
from tests.worlds import batch, catalogue_of, examples_at_last, log_of

CATALOGUE = catalogue_of(5, 2)
LOG = log_of([[0, 1], [0, 1, 1], [0, 2], [3, 2]])
# sessions with item 0: three, 1: two, 2: two, 3: one, 4: none; together: 0-1 twice, 0-2 once, 2-3 once


def scores(model: ItemNeighbours, *history: int) -> list[float]:
    by_item: list[float] = model.logits(batch(CATALOGUE, history))[0].tolist()
    return by_item


def test_similarity_is_the_cosine_over_sessions_each_counted_once() -> None:
    model = item_neighbours(LOG, CATALOGUE, examples_at_last(LOG), shrink=0.0)
    assert scores(model, 0) == pytest.approx([0, 2 / np.sqrt(6), 1 / np.sqrt(6), 0, 0])
    assert scores(model, 2) == pytest.approx([1 / np.sqrt(6), 0, 0, 1 / np.sqrt(2), 0])
    assert scores(model, 4) == [0, 0, 0, 0, 0]


def test_shrinking_distrusts_what_was_seen_together_rarely() -> None:
    model = item_neighbours(LOG, CATALOGUE, examples_at_last(LOG), shrink=10.0)
    assert scores(model, 0) == pytest.approx([0, 2 / (np.sqrt(6) + 10), 1 / (np.sqrt(6) + 10), 0, 0])


def test_each_event_counts_less_than_the_one_after_it() -> None:
    model = item_neighbours(LOG, CATALOGUE, examples_at_last(LOG), shrink=0.0, decay=0.5)
    alone = {item: np.array(scores(model, item)) for item in (0, 2, 3)}
    assert scores(model, 3, 0, 2) == pytest.approx(alone[2] + 0.5 * alone[0] + 0.25 * alone[3])
    assert scores(model, 0, 0) == pytest.approx(1.5 * alone[0])


def test_only_the_nearest_are_kept() -> None:
    model = item_neighbours(LOG, CATALOGUE, examples_at_last(LOG), shrink=0.0, neighbours=1)
    assert scores(model, 0) == pytest.approx([0, 2 / np.sqrt(6), 0, 0, 0])
    assert scores(model, 2) == pytest.approx([0, 0, 0, 1 / np.sqrt(2), 0])


def test_only_what_is_learned_from_is_counted() -> None:
    train = examples_at_last(LOG).take(np.array([3]))
    model = item_neighbours(LOG, CATALOGUE, train, shrink=0.0)
    assert scores(model, 0) == [0, 0, 0, 0, 0]
    assert scores(model, 3) == pytest.approx([0, 0, 1, 0, 0])


def test_counting_a_few_items_at_a_time_gives_what_counting_all_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    log = log_of([rng.integers(0, 40, length).tolist() for length in rng.integers(2, 60, 50)])
    catalogue = catalogue_of(42, 3)  # two of them are in no session
    whole = item_neighbours(log, catalogue, examples_at_last(log), neighbours=5)._similarity
    monkeypatch.setattr(neighbours, "PAIRS", 42 * 4)
    pieces = item_neighbours(log, catalogue, examples_at_last(log), neighbours=5)._similarity
    assert (whole != pieces).nnz == 0
    assert np.diff(whole.indptr).max() == 5


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=30)
def test_counting_pieces_of_a_log_on_disk_gives_what_counting_pairs_by_hand_gives(seed: int, on_disk: bool) -> None:
    rng = np.random.default_rng(seed)
    sessions = [rng.integers(0, 12, length).tolist() for length in rng.integers(1, 30, rng.integers(1, 40))]
    log, catalogue = log_of(sessions), catalogue_of(13, 3)
    train = examples_at_last(log).filter(rng.random(len(sessions)) < 0.8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "PAIRS", int(rng.integers(1, 200)))
        patch.setattr(neighbours, "SESSIONS_AT_ONCE", int(rng.integers(1, 8)))
        patch.setattr(neighbours, "EVENTS_AT_ONCE", int(rng.integers(1, 60)))
        patch.setattr(log_column, "EVENTS_IN_MEMORY", 0 if on_disk else 10**6)
        similarity = item_neighbours(log, catalogue, train)._similarity.toarray()
    learned = [set(sessions[row][: end + 1]) for row, end in zip(train.sessions, train.ends, strict=True)]
    expected = np.zeros((13, 13))
    for first in range(13):
        for second in range(13):
            if first != second:
                shared = sum({first, second} <= items for items in learned)
                often = [sum(item in items for items in learned) for item in (first, second)]
                expected[first, second] = shared / (np.sqrt(often[0] * often[1]) + 10)
    np.testing.assert_allclose(similarity, expected, rtol=1e-12)
