"""Sequential rules: what came soon after an item, worked out by hand, and a floor where only order tells."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.data.log import EventLog
from streamrec_core.data.splits import Examples, split
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.models import sequential_rules as sequential_rules_module
from streamrec_core.models import successive_items
from streamrec_core.models.neighbours import ItemNeighbours, item_neighbours
from streamrec_core.models.sequential_rules import sequential_rules
from tests.worlds import batch, catalogue_of, chain_dataset, dataset_of, examples_at_last, log_of

CATALOGUE = catalogue_of(5, 2, home=True)
HOME = 5
LOG = log_of([[0, 1, 2], [0, HOME, 1], [0, 3]])
# Something came right after 0 three times and after 1 once; 1 twice next to 0, 2 two events after 0.


def scores(model: ItemNeighbours, *history: int) -> list[float]:
    by_item: list[float] = model.logits(batch(CATALOGUE, history))[0].tolist()
    return by_item


def test_shares_are_of_the_times_something_came_after_and_nearer_ones_count_more() -> None:
    model = sequential_rules(LOG, CATALOGUE, examples_at_last(LOG))
    assert model.name == "sequential rules"
    assert scores(model, 0) == pytest.approx([0, 2 / 13, 0.5 / 13, 1 / 13, 0, 0])
    assert scores(model, 1) == pytest.approx([0, 0, 1 / 11, 0, 0, 0])  # and not 0: what came before does not count
    assert scores(sequential_rules(LOG, CATALOGUE, examples_at_last(LOG), within=1), 0)[2] == 0


def test_each_event_counts_less_than_the_one_after_it() -> None:
    model = sequential_rules(LOG, CATALOGUE, examples_at_last(LOG), decay=0.5)
    alone = {item: np.array(scores(model, item)) for item in (0, 1)}
    assert scores(model, 0, 1) == pytest.approx(alone[1] + 0.5 * alone[0])


def test_only_the_most_frequent_are_kept() -> None:
    model = sequential_rules(LOG, CATALOGUE, examples_at_last(LOG), followers=2)
    assert scores(model, 0) == pytest.approx([0, 2 / 13, 0, 1 / 13, 0, 0])


def test_counting_a_few_items_at_a_time_gives_what_counting_all_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    log = log_of([rng.integers(0, 40, length).tolist() for length in rng.integers(2, 60, 50)])
    catalogue, train = catalogue_of(42, 3), examples_at_last(log)
    whole = sequential_rules(log, catalogue, train, followers=7)._similarity.toarray()
    monkeypatch.setattr(successive_items, "EVENTS_AT_ONCE", 60)
    np.testing.assert_array_equal(sequential_rules(log, catalogue, train, followers=7)._similarity.toarray(), whole)
    assert (np.count_nonzero(whole, axis=1) <= 7).all()


def test_of_a_long_log_an_even_share_of_sessions_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_of([[0, 1], [0, 2], [0, 1], [0, 2], [0, 1]])
    monkeypatch.setattr(sequential_rules_module, "MOST_EVENTS", 5)
    assert scores(sequential_rules(log, CATALOGUE, examples_at_last(log)), 0) == pytest.approx([0, 3 / 13, 0, 0, 0, 0])


def test_where_only_order_tells_they_find_what_neighbours_cannot() -> None:
    # In a circle every item shares sessions with the one before and the one after it alike; only one comes next.
    dataset = chain_dataset(sessions=200, items=14)
    train = split(dataset).train
    ordered, alike = (
        evaluate(rule(dataset.log, dataset.catalogue, train), dataset).metrics()["mrr"]
        for rule in (sequential_rules, item_neighbours)
    )
    assert ordered > 0.95
    assert alike < 0.8


def test_no_session_to_count_on_scores_all_alike() -> None:
    empty: Examples = examples_at_last(LOG).take(np.zeros(0, np.int64))
    log: EventLog = dataset_of(CATALOGUE, LOG).log
    assert scores(sequential_rules(log, CATALOGUE, empty), 0, 1) == [0] * 6
