"""The figures of a data set whose figures were counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.describe import describe
from streamrec_core.data.log import EventLog


def planted(split: str = "leave-last-out") -> DataSet:
    """Items a, b (Film), c (News), d (never seen, News) and a neutral home h; sessions h a b a and c b h."""
    catalogue = Catalogue(
        item_ids=("a", "b", "c", "d", "h"),
        titles=("A", "B", "C", "D", "Home"),
        category_of=np.array([1, 1, 0, 0, 2]),
        categories=("News", "Film", "neutral"),
        neutral=np.array([False, False, False, False, True]),
    )
    log = EventLog(
        session_ids=("s", "t"),
        offsets=np.array([0, 4, 7]),
        items=np.array([4, 0, 1, 0, 2, 1, 4], np.int32),
        engagements=np.array([0, 0, 3, 4, 0, 1, 0], np.int8),
        timestamps=np.array([5, 6, 7, 8, 1, 2, 3]),
    )
    return make_dataset(catalogue, log, name="planted", kind="log", source="hand", licence="none", split=split)


def test_the_figures_are_those_counted_by_hand() -> None:
    facts = describe(planted())
    assert facts.counts.model_dump() == {"sessions": 2, "events": 7, "items": 5, "categories": 2}
    assert facts.history_length["min"] == 2
    assert facts.history_length["median"] == 2.5
    assert facts.history_length["max"] == 3
    assert facts.category_shares == {"Film": 0.8, "News": 0.2}
    assert list(facts.category_shares) == ["Film", "News"]
    assert facts.engagement_shares == {
        "click": 0.4,
        "partial_view": 0.2,
        "full_view": 0,
        "save": 0.2,
        "share": 0.2,
    }
    assert facts.sparsity == pytest.approx(1 - 6 / 10)
    assert facts.repeat_share == pytest.approx(1 / 5)
    assert (facts.unseen_items, facts.neutral_items) == (1, 1)
    assert (facts.first_event, facts.last_event) == (1, 8)
    # the last event of session t is neutral and so no target; one before it there is
    assert facts.split_parts == {"train": 1, "validation": 2, "test": 1}


def test_a_log_too_small_for_its_split_is_described_all_the_same() -> None:
    facts = describe(planted(split="session"))
    assert facts.split_parts is None
    assert "give more sessions or another split" in facts.split_fault
