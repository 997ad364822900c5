"""Measures of many sessions at once are those of `attention.measures`, session by session; shares can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.attention.batch_measures import measure_rows, quantiles, type_shares
from streamrec_core.attention.measures import TYPES, Thresholds, read_head
from tests.attention.planted_rows import Session, rows_of
from tests.worlds import catalogue_of

CATALOGUE = catalogue_of(12, 3, home=True)
HOME = 12


@st.composite
def sessions(draw: st.DrawFn) -> list[Session]:
    """Up to six sessions of up to 30 events and three heads; some weights are zero, some rows constant."""
    drawn: list[Session] = []
    for _ in range(draw(st.integers(1, 6))):
        length = draw(st.integers(1, 30))
        items = draw(st.lists(st.integers(0, HOME), min_size=length, max_size=length))
        weight = st.one_of(st.just(0.0), st.integers(1, 1000).map(float))
        raw = [draw(st.lists(weight, min_size=length, max_size=length)) for _ in range(2)]
        rows = [np.array(row) / sum(row) if sum(row) else np.full(length, 1 / length) for row in raw]
        drawn.append(([*rows, np.full(length, 1 / length)], items))
    return drawn


@given(sessions())
def test_many_sessions_at_once_are_measured_as_each_alone(drawn: list[Session]) -> None:
    rows = rows_of(*drawn)
    measured = measure_rows(rows, CATALOGUE)
    limits = Thresholds()
    for row, (_, items) in enumerate(drawn):
        for head in range(3):
            weights = rows.weights[row, head, : len(items)]
            alone = read_head(weights, np.array(items, np.int32), CATALOGUE)
            measures = alone.measures
            assert measured.entropy[row, head] == pytest.approx(measures.entropy, abs=1e-6)
            assert measured.recency[row, head] == pytest.approx(measures.recency_correlation, abs=1e-5)
            assert measured.same_category[row, head] == pytest.approx(measures.same_category_weight, abs=1e-5)
            edges = (
                measures.entropy - limits.focused_entropy,
                measures.recency_correlation - limits.recency_correlation,
                measures.same_category_weight - limits.category_weight,
            )
            if min(map(abs, edges)) > 1e-4:  # on the very edge rounding decides
                assert TYPES[measured.types[row, head]] == alone.type


@given(sessions())
def test_types_under_uniform_attention_are_those_of_each_session_alone(drawn: list[Session]) -> None:
    measured = measure_rows(rows_of(*drawn), CATALOGUE)
    for row, (_, items) in enumerate(drawn):
        even = np.full(len(items), 1 / len(items))
        alone = read_head(even, np.array(items, np.int32), CATALOGUE)
        if abs(alone.measures.same_category_weight - 0.5) > 1e-9:
            assert TYPES[measured.types_under_uniform[row]] == alone.type_under_uniform


def planted() -> tuple[tuple[list[list[float]], list[int]], ...]:
    """Two heads in four sessions: the first always focused, the second even; half the sessions of one category."""
    same, mixed = [0, 3, 6, 9], [0, 1, 2, 4]
    focused, even = [0.01, 0.01, 0.01, 0.97], [0.25] * 4
    return tuple(([focused, even], items) for items in (same, mixed, same, mixed))


def test_shares_and_lifts_can_be_counted() -> None:
    shares = type_shares(measure_rows(rows_of(*planted()), CATALOGUE))
    first, second = ({share.type: share for share in head} for head in shares)
    assert (first["focused"].share, first["focused"].uniform_share, first["focused"].lift) == (1.0, 0.0, 1.0)
    assert (first["category"].share, first["category"].uniform_share, first["category"].lift) == (0.0, 0.5, -0.5)
    assert {kind: share.lift for kind, share in second.items()} == dict.fromkeys(TYPES, 0.0)
    assert (second["category"].share, second["distributed"].share) == (0.5, 0.5)


def test_four_sessions_leave_much_open_and_four_hundred_little() -> None:
    few = type_shares(measure_rows(rows_of(*planted()), CATALOGUE))[0][0]
    many = type_shares(measure_rows(rows_of(*planted() * 100), CATALOGUE))[0][0]
    assert few.interval[0] == pytest.approx(0.51, abs=0.01)  # Wilson, 4 of 4
    assert many.interval[0] == pytest.approx(0.9905, abs=0.001)  # Wilson, 400 of 400
    for share in (few, many):
        assert share.lift_interval[0] < 0.999
        assert share.lift_interval[1] <= 1.0
    assert few.lift_interval[1] - few.lift_interval[0] > 5 * (many.lift_interval[1] - many.lift_interval[0])


def test_the_paired_interval_is_agresti_and_mins() -> None:
    # Even attention: category in 200 of 400; the first head never: 200 sessions of one kind, none of the other.
    lift = type_shares(measure_rows(rows_of(*planted() * 100), CATALOGUE))[0][2]
    centre, total = (0.5 - 200.5) / 402, 402
    half = 1.96 * np.sqrt(201 / total - centre**2) / np.sqrt(total)
    assert lift.lift_interval == pytest.approx((centre - half, centre + half), abs=1e-4)


def test_thresholds_are_settings() -> None:
    strict = measure_rows(rows_of(*planted()), CATALOGUE, Thresholds(focused_entropy=0.0, recency_correlation=0.99))
    assert "focused" not in [TYPES[code] for code in strict.types.ravel()]


def test_quantiles_are_by_head() -> None:
    values = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [3.0, 5.0], [4.0, 5.0]])
    assert quantiles(values).tolist() == [[0.2, 1.0, 2.0, 3.0, pytest.approx(3.8)], [5.0] * 5]
