"""The table of attribution methods, against what evidence really holds."""

from __future__ import annotations

import pytest

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.evidence import gather_evidence
from streamrec_core.attribution.methods import METHODS, REFERENCE
from streamrec_core.models.sequence import SequenceModel
from tests.worlds import catalogue_of, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(6)


@pytest.mark.parametrize(
    ("model", "missing"),
    [
        (small_transformer(CATALOGUE, jobs=("last", "category", "free", "opening")), set()),
        (small_transformer(CATALOGUE), {"contribution"}),
        (small_lstm(CATALOGUE), {"contribution", "attention"}),
    ],
)
def test_evidence_holds_the_methods_of_the_table_in_its_order(model: SequenceModel, missing: set[str]) -> None:
    (evidence,) = gather_evidence(model, CATALOGUE, [case_of(session_of([0, 1, 4, 3]), 2, model, False)])
    assert list(evidence.values) == [method for method in METHODS if method not in missing]
    assert REFERENCE in evidence.values


def test_unsigned_methods_have_no_negative_numbers() -> None:
    model = small_transformer(CATALOGUE, jobs=("last", "category", "free", "opening"))
    (evidence,) = gather_evidence(model, CATALOGUE, [case_of(session_of([0, 1, 4, 3]), 2, model, False)])
    unsigned = {method for method, words in METHODS.items() if not words.signed}
    assert unsigned == {"attention"}
    assert not {method for method, values in evidence.values.items() if (values < 0).any()} & unsigned
