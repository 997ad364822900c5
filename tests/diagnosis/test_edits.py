"""Edits of a session: written text is read back, faults are named, and each verb does what it says."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.diagnosis.edits import (
    VERBS,
    Edit,
    apply_edits,
    edit_in_words,
    read_edits,
    removed_events,
    write_edits,
)
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, session_of

CATALOGUE = catalogue_of(12)
NUMBERS = st.integers(1, 60)
IDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
VALUES = {"at": NUMBERS, "to": NUMBERS, "item_id": IDS, "engagement": st.sampled_from(ENGAGEMENTS)}
EDITS = st.sampled_from(list(VERBS)).flatmap(
    lambda verb: st.builds(Edit, st.just(verb), **{name: VALUES[name] for name in VERBS[verb].fields})
)
SESSIONS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4)), min_size=2, max_size=12).map(
    lambda events: session_of([item for item, _ in events], [mark for _, mark in events])
)


def events(session: object) -> list[tuple[int, int]]:
    return list(zip(session.items.tolist(), session.engagements.tolist(), strict=True))  # type: ignore[attr-defined]


@given(st.lists(EDITS, max_size=8))
def test_written_edits_are_read_back_and_need_no_escaping_in_a_link(edits: list[Edit]) -> None:
    text = write_edits(edits)
    assert read_edits(text) == tuple(edits)
    assert quote(text, safe="") == text


@given(st.text(max_size=60) | st.from_regex(re.compile(r"[a-z.0-9_~-]{0,40}"), fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        edits = read_edits(text)
    except BadInput:
        return
    assert read_edits(write_edits(edits)) == edits


@given(SESSIONS, st.data())
def test_swaps_and_moves_can_be_undone(session: object, data: st.DataObject) -> None:
    positions = st.integers(1, len(session))  # type: ignore[arg-type]
    first, second = data.draw(positions), data.draw(positions)
    swapped = apply_edits(session, [Edit("swap", first, second)] * 2, CATALOGUE)  # type: ignore[arg-type]
    there_and_back = [Edit("move", first, second), Edit("move", second, first)]
    moved = apply_edits(session, there_and_back, CATALOGUE)  # type: ignore[arg-type]
    assert events(swapped) == events(moved) == events(session)


@given(SESSIONS, st.data())
def test_an_inserted_event_can_be_removed_and_the_session_itself_never_changes(
    session: object, data: st.DataObject
) -> None:
    before = events(session)
    at = data.draw(st.integers(1, len(before) + 1))
    inserted = apply_edits(session, [Edit("insert", at, item_id="i7", engagement="share")], CATALOGUE)  # type: ignore[arg-type]
    assert events(inserted) == [*before[: at - 1], (7, 4), *before[at - 1 :]]
    again = apply_edits(inserted, [Edit("remove", at)], CATALOGUE)
    assert events(again) == events(session) == before


@given(SESSIONS, st.lists(EDITS, max_size=6))
def test_edits_are_made_or_refused_as_a_whole(session: object, edits: list[Edit]) -> None:
    before = events(session)
    with suppress(BadInput):
        changed = apply_edits(session, edits, CATALOGUE)  # type: ignore[arg-type]
        grown = sum(edit.verb == "insert" for edit in edits) - sum(edit.verb == "remove" for edit in edits)
        assert len(changed) == len(before) + grown
    assert events(session) == before


def test_edits_apply_one_after_the_other() -> None:
    edits = read_edits("remove.1_insert.3.i9.save_engage.1.share_replace.2.i0_swap.1.3_move.1.2")
    assert events(apply_edits(session_of([1, 2, 3]), edits, CATALOGUE)) == [(0, 0), (9, 3), (2, 4)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("vanish.3", "edit 1: unknown verb 'vanish'; choose one of remove, swap"),
        ("remove.3_swap.1", "edit 2: swap takes 2 values"),
        ("remove.0", "counted from 1"),
        ("remove.99999999", "counted from 1"),
        ("replace.1.a b", "no valid id"),
        ("replace.1.~ff", "UTF-8"),
        ("_", "unknown verb"),
        ("_".join(["remove.1"] * 41), "more than the 40"),
        ("x" * 7_000, "longer than 6,000"),
    ],
)
def test_a_text_that_is_no_list_of_edits_is_named(text: str, fault: str) -> None:
    with pytest.raises(BadInput, match=re.escape(fault)):
        read_edits(text)


@pytest.mark.parametrize(
    ("edits", "fault"),
    [
        ("remove.4", "edit 1 (remove): a session of 3 events has no position 4"),
        ("insert.5.i1.click", "has no position 5"),
        ("replace.1.i99", "this catalogue has no item 'i99'"),
        ("remove.1_remove.1_remove.1", "edit 3 (remove): no event would be left"),
    ],
)
def test_an_edit_that_cannot_be_made_is_named(edits: str, fault: str) -> None:
    with pytest.raises(BadInput, match=re.escape(fault)):
        apply_edits(session_of([1, 2, 3]), read_edits(edits), CATALOGUE)


def test_an_event_can_be_inserted_behind_the_last_one() -> None:
    assert apply_edits(session_of([1]), read_edits("insert.2.i5.click"), CATALOGUE).items.tolist() == [1, 5]


def test_edits_are_described_in_words() -> None:
    sentences = [
        edit_in_words(edit, CATALOGUE) for edit in read_edits("remove.3_insert.4.i12.save_replace.1.i2_engage.2.share")
    ]
    assert sentences == [
        "event 3 removed",
        "“i12” inserted as event 4 (saved)",
        "event 1 replaced by “Title 2”",
        "event 2 set to “shared”",
    ]
    hostile = replace(CATALOGUE, titles=("{at} {0}", *CATALOGUE.titles[1:]))
    assert edit_in_words(Edit("replace", 1, item_id="i0"), hostile) == "event 1 replaced by “{at} {0}”"


@pytest.mark.parametrize(
    ("text", "removed"),
    [
        ("", ()),
        ("remove.1", ((0, 0),)),
        ("remove.5", ((4, 4),)),
        ("remove.2_remove.2", ((1, 1), (2, 1))),
        ("remove.2_swap.1.2", ((1, 1),)),
        ("remove.3_move.4.1", ((2, 3),)),
        ("insert.1.i3.click_remove.1", ()),
        ("insert.1.i3.click_remove.2", ((0, 1),)),
        ("engage.2.save_remove.2", ((1, 1),)),
    ],
)
def test_removed_events_are_placed_in_the_edited_session(text: str, removed: tuple[tuple[int, int], ...]) -> None:
    assert removed_events(5, read_edits(text)) == removed


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("remove.2", [0, 90]),
        ("swap.1.3", [0, 60, 90]),
        ("move.3.1", [0, 60, 90]),
        ("insert.1.i5.click", [0, 0, 60, 90]),
        ("insert.4.i5.click", [0, 60, 90, 90]),
        ("insert.2.i5.click_remove.1", [0, 60, 90]),
        ("replace.2.i5", [0, 60, 90]),
    ],
)
def test_times_stay_in_order_whatever_is_edited(text: str, times: list[int]) -> None:
    edited = apply_edits(session_of([1, 2, 3], times=[0, 60, 90]), read_edits(text), CATALOGUE)
    assert edited.times is not None
    assert edited.times.tolist() == times
