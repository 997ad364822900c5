"""The log and the catalogue in memory: ragged sessions, look-ups by name, hashes that notice every change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data.catalogue import Catalogue, strings_digest
from streamrec_core.data.engagement import ENGAGEMENTS, STREAMREC_WORDS, WORDS
from streamrec_core.data.log import EventLog, ragged
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of, log_of, session_of


@pytest.fixture
def log() -> EventLog:
    return log_of([[3, 1, 2], [4], [0, 5]], engagements=[[0, 1, 2], [3], [4, 0]])


def test_sessions_are_cut_where_the_offsets_say(log: EventLog) -> None:
    assert log.offsets.tolist() == [0, 3, 4, 6]
    assert log.lengths.tolist() == [3, 1, 2]
    session = log.session(2)
    assert (session.session_id, session.items.tolist(), session.engagements.tolist()) == ("s2", [0, 5], [4, 0])
    assert len(session) == 2


@given(st.lists(st.integers(0, 40), max_size=30))
def test_ragged_offsets_undo_themselves(lengths: list[int]) -> None:
    offsets = ragged(lengths)
    assert np.diff(offsets).tolist() == lengths
    assert offsets[0] == 0


def test_a_session_is_found_by_its_id_and_a_missing_one_shows_what_ids_look_like(log: EventLog) -> None:
    assert log.row("s1") == 1
    with pytest.raises(BadInput, match=r"no session 'x' among 3; ids look like s0, s1, s2"):
        log.row("x")


@pytest.mark.parametrize(
    "changed",
    [
        {"session_ids": ("s0", "s1", "z")},
        {"items": np.array([3, 1, 2, 4, 0, 6], np.int32)},
        {"engagements": np.array([0, 1, 2, 3, 4, 1], np.int8)},
        {"offsets": np.array([0, 2, 4, 6])},
        {"timestamps": np.arange(6)},
    ],
)
def test_the_hash_of_a_log_notices_every_column(log: EventLog, changed: dict[str, object]) -> None:
    assert log.hash() == replace(log).hash()
    assert replace(log, **changed).hash() != log.hash()


def test_the_digest_of_strings_minds_where_one_ends() -> None:
    assert strings_digest(["ab", "c"]) != strings_digest(["a", "bc"])
    assert strings_digest(["ab", "c"]) == strings_digest(("ab", "c"))


@pytest.mark.parametrize("field", ["item_ids", "titles", "category_of", "neutral", "series", "episodes"])
def test_the_hash_of_a_catalogue_notices_every_column(field: str) -> None:
    catalogue = catalogue_of(4, 2, home=True)
    value = getattr(catalogue, field)
    changed = ("other", *value[1:]) if isinstance(value, tuple) else np.concatenate([[1 - value[0]], value[1:]])
    assert replace(catalogue, **{field: changed}).hash != catalogue.hash


def test_the_hash_of_a_catalogue_goes_by_category_names_not_by_their_numbers() -> None:
    catalogue = catalogue_of(4, 2)
    renumbered = replace(
        catalogue, categories=tuple(reversed(catalogue.categories)), category_of=1 - catalogue.category_of
    )
    assert renumbered.hash == catalogue.hash
    assert replace(catalogue, categories=("Crime", "Other")).hash != catalogue.hash


def test_an_item_is_found_by_id_first_then_by_title_whatever_its_letter_case() -> None:
    catalogue = replace(catalogue_of(3, 1), titles=("i1", "Night Shift", "Straße"))
    assert catalogue.row("i1") == 1
    assert catalogue.row(" night SHIFT ") == 1
    assert catalogue.row("STRASSE") == 2
    assert catalogue.category(2) == "Crime"


def test_a_title_that_several_items_bear_asks_for_an_id() -> None:
    catalogue = replace(catalogue_of(3, 1), titles=("Home", "home", "Away"))
    with pytest.raises(BadInput, match=r"2 items are titled 'Home'; give one of their ids: i0, i1"):
        catalogue.row("Home")
    with pytest.raises(BadInput, match="no item has the id or title 'Abroad' in this catalogue of 3 items"):
        catalogue.row("Abroad")


def test_a_catalogue_refuses_an_item_twice_and_columns_of_unlike_length() -> None:
    catalogue = catalogue_of(3, 1)
    with pytest.raises(BadInput, match="item 'i0' stands twice"):
        replace(catalogue, item_ids=("i0", "i0", "i2"))
    with pytest.raises(BadInput, match="3 ids but 2 titles"):
        replace(catalogue, titles=("a", "b"))


def test_neutral_items_have_no_category_of_their_own_and_single_items_no_series() -> None:
    catalogue: Catalogue = catalogue_of(4, 2, home=True)
    assert catalogue.content_categories == ("Crime", "Drama")
    assert catalogue.category(4) == "neutral"
    assert catalogue.series.tolist() == [-1] * 5
    assert catalogue.episodes.tolist() == [0] * 5


@pytest.mark.parametrize("name", ["full_view", "full view", " Full-View "])
def test_engagements_are_known_however_they_are_spelt(name: str) -> None:
    assert STREAMREC_WORDS.code(name) == 2


def test_an_unknown_engagement_lists_the_five_and_each_kind_of_log_words_all_of_them() -> None:
    with pytest.raises(BadInput, match="'like'; known are click, partial_view, full_view, save, share"):
        STREAMREC_WORDS.code("like")
    assert {len(words) for words in WORDS.values()} == {len(ENGAGEMENTS)} == {5}
    assert WORDS["ratings"].phrases[3] == "rated 4 of 5"


def test_a_history_is_a_session_until_a_place() -> None:
    whole = session_of([4, 2, 7], [0, 3, 1])
    for end, items, marks in ((2, [4, 2], [0, 3]), (-1, [4, 2], [0, 3]), (0, [], [])):
        part = whole.until(end)
        assert (part.session_id, part.items.tolist(), part.engagements.tolist()) == (whole.session_id, items, marks)
    assert len(whole) == 3
