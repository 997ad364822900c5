"""Who is learned from and who is the test: sizes, positions, order of time, and what can never be a target."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data.log import EventLog, ragged
from streamrec_core.data.splits import Examples, Split, by_session, by_time, last_non_neutral, leave_last_out, split
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, dataset_of, log_of


def even_log(sessions: int, length: int = 2) -> EventLog:
    return EventLog(
        session_ids=tuple(str(row) for row in range(sessions)),
        offsets=ragged([length] * sessions),
        items=np.zeros(sessions * length, np.int32),
        engagements=np.zeros(sessions * length, np.int8),
    )


def test_twenty_thousand_sessions_divide_as_the_case_study_divides_them() -> None:
    train, validation, test = by_session(even_log(20_000))
    assert (len(train), len(validation), len(test)) == (14_400, 1_600, 4_000)
    assert sorted(np.concatenate([train.sessions, validation.sessions, test.sessions]).tolist()) == list(range(20_000))


def test_a_split_by_session_is_the_same_each_time_and_in_no_order() -> None:
    first, second = by_session(even_log(1_000)), by_session(even_log(1_000))
    assert all(np.array_equal(left.sessions, right.sessions) for left, right in zip(first, second, strict=True))
    # a test part drawn at random has its mean row near the middle; one cut off the end would have 900
    assert abs(float(first[2].sessions.mean()) - 500) < 60


def test_by_session_and_time_the_target_is_the_last_event() -> None:
    log = log_of([[0, 1, 2]] * 5 + [[3, 4]] * 5, timestamps=[[1, 2, 3]] * 5 + [[4, 5]] * 5)
    for divide in (by_session, by_time):
        for part in divide(log):
            assert (part.ends == log.lengths[part.sessions] - 1).all()
    train, _, _ = by_session(log)
    assert set(train.targets(log).tolist()) <= {2, 4}


def test_leave_last_out_takes_the_last_event_for_the_test_and_the_one_before_for_validation() -> None:
    log = log_of([[10, 11, 12, 13], [5, 6, 7]])
    train, validation, test = leave_last_out(log)
    assert test.targets(log).tolist() == [13, 7]
    assert validation.targets(log).tolist() == [12, 6]
    assert train.targets(log).tolist() == [11, 5]


def test_leave_last_out_leaves_out_targets_without_a_history() -> None:
    dataset = dataset_of(catalogue_of(), log_of([[0, 1, 2, 3], [4, 5, 6], [7, 8], [9]]), split="leave-last-out")
    divided = split(dataset)
    assert divided.train.sessions.tolist() == [0]
    assert divided.validation.sessions.tolist() == [0, 1]
    assert divided.test.sessions.tolist() == [0, 1, 2]
    assert divided.kind == "leave-last-out"


def test_by_time_the_sessions_that_end_last_are_the_test_and_ties_keep_their_order_in_the_file() -> None:
    ends = [50, 10, 50, 20, 50, 30, 50, 40, 50, 50]
    log = log_of([[0, 1]] * 10, timestamps=[[0, end] for end in ends])
    train, validation, test = by_time(log)
    # by end: rows 1, 3, 5, 7, then those that end at 50 in file order: 0, 2, 4, 6, 8, 9
    assert train.sessions.tolist() == [0, 1, 2, 3, 4, 5, 7]
    assert validation.sessions.tolist() == [6]
    assert test.sessions.tolist() == [8, 9]


def test_neutral_items_are_never_targets() -> None:
    catalogue = catalogue_of(4, 2, home=True)
    log = log_of([[0, 1, 4], [0, 4, 1]] * 20)
    divided = split(dataset_of(catalogue, log))
    parts = (divided.train, divided.validation, divided.test)
    assert all((part.sessions % 2 == 1).all() for part in parts)
    assert sum(len(part) for part in parts) == 20


@given(st.lists(st.integers(1, 6), min_size=10, max_size=60), st.sampled_from(["session", "leave-last-out", "time"]))
def test_no_target_is_in_two_parts(lengths: list[int], kind: str) -> None:
    sessions = [[0] * length for length in lengths]
    dataset = dataset_of(catalogue_of(), log_of(sessions, timestamps=[[9] * length for length in lengths]))
    try:
        divided: Split = split(dataset, kind)  # type: ignore[arg-type]
    except BadInput:
        return
    parts = (divided.train, divided.validation, divided.test)
    targets = [(int(s), int(e)) for part in parts for s, e in zip(part.sessions, part.ends, strict=True)]
    assert len(targets) == len(set(targets))
    assert all(1 <= end < lengths[session] for session, end in targets)


def test_what_cannot_be_divided_says_why() -> None:
    log = log_of([[0, 1]] * 10)
    with pytest.raises(BadInput, match="unknown split 'half'; choose one of session, leave-last-out, time"):
        split(dataset_of(catalogue_of(), log), "half")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="a split by time needs a timestamp column"):
        split(dataset_of(catalogue_of(), log), "time")
    with pytest.raises(BadInput, match="leaves 0 to learn from and 10 to test on"):
        split(dataset_of(catalogue_of(), log), "leave-last-out")
    with pytest.raises(BadInput, match="no part 'holdout' in a split; choose train, validation or test"):
        split(dataset_of(catalogue_of(), log)).part("holdout")


def test_examples_are_taken_in_the_order_asked_for() -> None:
    examples = Examples(np.array([5, 6, 7]), np.array([1, 2, 3]))
    taken = examples.take(np.array([2, 0]))
    assert (taken.sessions.tolist(), taken.ends.tolist()) == ([7, 5], [3, 1])


def test_the_last_item_that_is_not_neutral_is_found_and_the_last_one_where_all_are() -> None:
    catalogue = catalogue_of(4, 2, home=True)
    assert last_non_neutral(np.array([0, 1, 4, 4], np.int32), catalogue) == 1
    assert last_non_neutral(np.array([4, 4], np.int32), catalogue) == 1
