"""Sessions written by hand: how people write them, how a link carries them, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from streamrec_core.data.engagement import CLICK, ENGAGEMENTS, SAVE
from streamrec_core.data.history import LONGEST_TEXT, compact, from_compact, parse_history
from streamrec_core.data.similar_titles import similar_titles
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, session_of

CATALOGUE = replace(
    catalogue_of(4, 2),
    titles=("E=mc2", "Crime, and Punishment", "Straße; nass", "The Long Way Home"),
    item_ids=tuple("abcd"),
)


@pytest.mark.parametrize(
    ("text", "items", "engagements"),
    [
        ("a", [0], [0]),
        ("a,b , d", [0, 1, 3], [0, 0, 0]),
        ("a;b=share;the long way home=full view", [0, 1, 3], [0, 4, 2]),
        ("a\nb\n\nd=save\n", [0, 1, 3], [0, 0, 3]),
        ("Crime, and Punishment", [1], [0]),
        ("Crime, and Punishment; a", [1, 0], [0, 0]),
        ("E=mc2;a", [0, 0], [0, 0]),
        ("E=mc2=save;a", [0, 0], [3, 0]),
    ],
)
def test_a_history_is_read_as_people_write_it(text: str, items: list[int], engagements: list[int]) -> None:
    parsed = parse_history(text, CATALOGUE)
    assert (parsed.items.tolist(), parsed.engagements.tolist()) == (items, engagements)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;lost", "a box, event 2: no item has the id or title 'lost'"),
        ("a=like", "a box, event 1: unknown engagement 'like'; known are click"),
        (" ; ", "a box is empty; give item ids or titles"),
        ("a;" * LONGEST_TEXT, "a box has 400,000 characters; give at most 200,000"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse_history(text, CATALOGUE, source="a box")


def test_a_file_name_is_no_history() -> None:
    """A page takes text from anybody: it must never open what a text names."""
    with pytest.raises(BadInput, match="no item has the id or title"):
        parse_history(__file__, CATALOGUE)


ids = some.lists(some.text(min_size=1, max_size=6), min_size=3, max_size=3, unique=True)


@given(ids, some.lists(some.tuples(some.integers(0, 2), some.integers(0, 4)), min_size=1, max_size=8))
def test_a_link_carries_any_ids_and_engagements(names: list[str], events: list[tuple[int, int]]) -> None:
    """Also ids that hold the marks of the link itself."""
    try:
        catalogue = replace(catalogue_of(3, 2), item_ids=tuple(names))
        written = compact(session_of([row for row, _ in events], [mark for _, mark in events]), catalogue)
    except UnicodeEncodeError:  # lone surrogates cannot be in a data set
        return
    parsed = from_compact(written, catalogue)
    assert list(zip(parsed.items.tolist(), parsed.engagements.tolist(), strict=True)) == events


def test_a_link_is_short_and_can_be_read() -> None:
    session = session_of([0, 3, 1], [0, ENGAGEMENTS.index("save"), 0])
    assert compact(session, CATALOGUE) == "a;d=save;b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a;gone", "event 2 of the link: no item has the id 'gone'"),
        ("a=", None),
        ("a=like", "event 1 of the link"),
        ("", "event 1 of the link: no item has the id ''"),
    ],
)
def test_a_broken_link_names_the_event(text: str, message: str | None) -> None:
    if message is None:
        assert len(from_compact(text, CATALOGUE)) == 1
        return
    with pytest.raises(BadInput, match=message):
        from_compact(text, CATALOGUE)


def test_all_faults_are_named_at_once_with_titles_that_are_spelled_alike() -> None:
    catalogue = replace(catalogue_of(4, 2), titles=("Clever Pumpkin", "The Zero Exit", "Fuzzy Kite", "Hello, Acorn!"))
    with pytest.raises(BadInput) as caught:
        parse_history("Clevr Pumkin; Fuzzy Kite; the zero exitt=save; Qqq; Fuzzy Kite=liked", catalogue, "your text")
    message = str(caught.value)
    assert message.startswith("your text, event 1: no item has the id or title 'Clevr Pumkin'")
    assert "did you mean 'Clever Pumpkin'?" in message
    assert "did you mean 'The Zero Exit'?" in message
    assert "event 4: no item has the id or title 'Qqq' in this catalogue of 4 items" in message
    assert "event 5: unknown engagement" in message


def test_a_long_list_of_faults_is_cut_and_counted() -> None:
    with pytest.raises(BadInput, match=r"event 5: .*; and 7 more$"):
        parse_history(";".join(f"zz{number}" for number in range(12)), catalogue_of(4, 2))


def test_neutral_items_are_never_suggested() -> None:
    catalogue = catalogue_of(6, 2, home=True)
    (home,) = [title for title, neutral in zip(catalogue.titles, catalogue.neutral, strict=True) if neutral]
    assert all(catalogue.titles[row] != home for row in similar_titles(catalogue, home, 6))


SEMICOLONS = replace(catalogue_of(3, 1), titles=("Quiet &amp; Harbour", "A; B", "Plain"))


@pytest.mark.parametrize(
    "text",
    [
        "Quiet &amp; Harbour",
        "Quiet &amp; Harbour\n",
        '["Quiet &amp; Harbour"]',
    ],
)
def test_a_title_with_a_semicolon_is_one_event(text: str) -> None:
    assert parse_history(text, SEMICOLONS).items.tolist() == [0]


@pytest.mark.parametrize(
    "text",
    [
        "Quiet &amp; Harbour\nA; B\nPlain=save\n",
        '["Quiet &amp; Harbour", "A; B", ["Plain", "save"]]',
        '["i0", {"item": "A; B"}, {"item": "i2", "engagement": "save"}]',
    ],
)
def test_one_a_line_and_json_are_safe_for_any_title(text: str) -> None:
    session = parse_history(text, SEMICOLONS)
    assert session.items.tolist() == [0, 1, 2]
    assert session.engagements.tolist() == [CLICK, CLICK, SAVE]


def test_what_is_nearly_json_says_how_to_write_it() -> None:
    with pytest.raises(BadInput, match=r"begins with . and is not JSON"):
        parse_history('["i0", ', SEMICOLONS)


@given(gaps=some.lists(some.integers(0, 10**8), min_size=1, max_size=9))
def test_a_link_carries_how_far_events_are_apart_where_a_model_asks_for_it(gaps: list[int]) -> None:
    times = [1_767_225_600 + sum(gaps[1 : at + 1]) for at in range(len(gaps))]
    session = session_of([at % 4 for at in range(len(gaps))], [at % 5 for at in range(len(gaps))], times)
    read = from_compact(compact(session, CATALOGUE, times=True), CATALOGUE)
    assert read.items.tolist() == session.items.tolist()
    assert read.engagements.tolist() == session.engagements.tolist()
    apart = np.zeros(len(gaps)) if read.times is None else read.times - read.times[0]
    assert apart.tolist() == (np.array(times) - times[0]).tolist()
    assert "@" not in compact(session, CATALOGUE)


def test_an_id_that_ends_like_a_time_stays_an_id() -> None:
    catalogue = replace(CATALOGUE, item_ids=("a@12", "b", "c", "d"))
    session = session_of([0, 0], times=[0, 7])
    assert compact(session, catalogue, times=True) == "a%4012;a%4012@7"
    assert from_compact("a%4012;a%4012@7", catalogue).items.tolist() == [0, 0]
    assert from_compact("b@12345678901", replace(CATALOGUE, item_ids=("b@12345678901", "b", "c", "d"))).times is None
