"""A log without categories: no category head, no category reason, and no sentence that names one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streamrec_core.attention.measures import HeadType, head_type, measure, same_category
from streamrec_core.data.catalogue import UNCATEGORISED, Catalogue
from streamrec_core.data.splits import split
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.verified import verify
from tests.worlds import catalogue_of, chain_dataset, small_transformer

ITEMS = np.array([0, 1, 2, 4], np.int32)


def without(catalogue: Catalogue, category: str = UNCATEGORISED) -> Catalogue:
    return replace(catalogue, categories=(category,), category_of=np.zeros(len(catalogue), np.int64))


def kind(catalogue: Catalogue) -> HeadType:
    return head_type(measure(np.array([0.25, 0.25, 0.25, 0.25]), ITEMS, catalogue))


def test_one_category_for_all_tells_nothing() -> None:
    several = catalogue_of(12, 2)
    assert same_category(ITEMS, several).tolist() == [True, False, True, True]
    assert kind(several) == "category"
    for name in (UNCATEGORISED, "Drama"):
        assert not same_category(ITEMS, without(several, name)).any()
        assert kind(without(several, name)) == "distributed"


def test_items_without_a_category_share_none() -> None:
    some = replace(catalogue_of(12, 2), categories=(UNCATEGORISED, "Drama"))
    assert not same_category(ITEMS, some).any()
    assert same_category(np.array([1, 0, 3], np.int32), some).tolist() == [True, False, True]


def test_no_explanation_of_such_a_log_speaks_of_a_category() -> None:
    dataset = chain_dataset(sessions=60, items=12)
    dataset = replace(dataset, catalogue=without(dataset.catalogue))
    model = small_transformer(dataset.catalogue)
    for row in split(dataset).test.sessions[:6]:
        session = dataset.log.session_ids[row]
        first = explain_session(model, dataset, session)
        checked = verify(model, dataset, first, dataset.log.session(row).until(-1))
        kinds = [test.reason.kind for test in (*checked.confirmed, *checked.rejected)]
        assert "category" not in kinds
        assert "category" not in [head.type for head in first.heads]
        assert UNCATEGORISED not in first.sentence
