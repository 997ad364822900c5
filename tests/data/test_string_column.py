"""A column of texts behaves as the tuple of the same strings, whatever is asked of it."""

from __future__ import annotations

import hashlib
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data import string_column
from streamrec_core.data.catalogue import strings_digest
from streamrec_core.data.string_column import StringColumn

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=30)


@given(TEXTS, st.integers(-35, 35), st.integers(-35, 35), st.sampled_from([None, 1, 2, -1, -3]))
def test_positions_and_slices_are_those_of_a_tuple(texts: list[str], first: int, last: int, step: int | None) -> None:
    column = StringColumn(texts)
    assert len(column) == len(texts)
    assert list(column) == texts
    assert column == tuple(texts)
    assert column[first:last:step] == texts[first:last:step]
    assert list(reversed(column)) == texts[::-1]
    if -len(texts) <= first < len(texts):
        assert column[first] == column[np.int64(first)] == texts[first]
    else:
        with pytest.raises(IndexError):
            column[first]


@given(TEXTS, st.text(max_size=2), st.integers(-10, 10), st.integers(-10, 35))
def test_a_text_is_found_where_a_tuple_has_it(texts: list[str], other: str, start: int, stop: int) -> None:
    column = StringColumn(texts)
    for text in [*texts, other]:
        assert (text in column) == (text in texts)
        assert column.count(text) == texts.count(text)
        for limits in ((), (start,), (start, stop)):
            try:
                expected = texts.index(text, *limits)
            except ValueError:
                with pytest.raises(ValueError, match="is not in the column"):
                    column.index(text, *limits)
            else:
                assert column.index(text, *limits) == expected
    assert 3 not in column


@given(TEXTS, st.data())
def test_rows_are_taken_and_left_out(texts: list[str], data: st.DataObject) -> None:
    column = StringColumn(texts)
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=9)) if texts else []
    mask = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    assert column.take(np.array(rows, np.int64)) == [texts[row] for row in rows]
    assert column.filter(np.array(mask, np.bool_)) == [text for text, stays in zip(texts, mask, strict=True) if stays]


@given(TEXTS, st.integers(0, 12))
def test_the_digest_has_the_length_of_each_text_before_it(texts: list[str], cut: int) -> None:
    expected = hashlib.sha256()
    for text in texts[cut:]:
        raw = text.encode()
        expected.update(len(raw).to_bytes(4, "little") + raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(string_column, "PIECE", 4)
        assert strings_digest(StringColumn(texts)[cut:]) == expected.digest()
    assert strings_digest(texts[cut:]) == expected.digest()


def test_equal_columns_are_equal_whatever_they_are_made_of() -> None:
    column = StringColumn(["a", "b", "c"])
    assert column == StringColumn(pa.chunked_array([["a"], ["b", "c"]])) == StringColumn(column)
    assert column == StringColumn(text for text in "abc")
    assert column[1:] == StringColumn(["b", "c"])
    for other in (["a", "b"], ["a", "b", "d"], ["a", "b", "c", "d"], "abc", 3):
        assert column != other
    with pytest.raises(TypeError, match="unhashable"):
        hash(column)
    assert repr(column) == "StringColumn(['a', 'b', 'c'], 3 texts)"


def test_arrow_takes_a_column_without_a_copy_and_pickle_only_its_part() -> None:
    whole = StringColumn([f"session {row}" for row in range(10_000)])
    assert pa.array(whole, pa.string()).buffers()[2].address == whole.array.buffers()[2].address
    part = pickle.dumps(whole[10:12])
    assert pickle.loads(part) == ("session 10", "session 11")
    assert len(part) < 1000
