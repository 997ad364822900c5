"""A long log is imported through columns on disk, some rows at a time: the same data set, to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.data import log_column, long_columns
from streamrec_core.data.describe import describe
from streamrec_core.data.importers import (
    coded,
    event_order,
    parquet_files,
    rows,
    time_numbers,
    time_texts,
    times,
)
from streamrec_core.data.importers.coded import BUCKETS, TextEncoder, codes
from streamrec_core.data.importers.events import Events
from streamrec_core.data.importers.imported import save
from streamrec_core.data.importers.sessions import _sorted
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.item_sessions import ITEM_SESSIONS_FILE
from streamrec_core.data.long_columns import (
    LongColumn,
    LongTexts,
    code_counts,
    concatenated,
    filtered,
    gathered,
    long_array,
    numbered,
)
from streamrec_core.data.storage import CARD_FILE, read_dataset, verify_dataset
from streamrec_core.data.string_column import StringColumn
from streamrec_core.errors import BadInput

EVENTS = 400
SESSION = {"session_column": "session", "item_column": "item", "time_column": "time", "engagement_column": "act"}
USER = {"user_column": "user", "item_column": "item", "time_column": "time"}
SETTINGS: dict[str, dict[str, Any]] = {
    "sessions": SESSION,
    "sessions of users": {**SESSION, "user_column": "user"},
    "bad rows left out": {**SESSION, "item_column": "gaps", "skip_bad_rows": True},
    "rare items left out": {**SESSION, "min_item_events": 9},
    "the last events": {**SESSION, "max_events": 3},
    "repeats collapsed": {**SESSION, "collapse_repeats": True, "min_item_events": 5, "max_events": 4},
    "cut at gaps": {**USER, "gap_minutes": 20},
    "times as text": {**SESSION, "time_column": "iso"},
    "times as dates": {**SESSION, "time_column": "date"},
    "times of several kinds": {**SESSION, "time_column": "mixed"},
    "a pattern of times": {**SESSION, "time_column": "pattern", "time_format": "%d.%m.%Y %H:%M:%S"},
    "an order": {"session_column": "session", "item_column": "item", "order_column": "order"},
    "ratings": {**USER, "rating_column": "stars"},
    "titles": {**SESSION, "title_column": "title", "category_column": "category"},
    "ids of two columns": {**SESSION, "session_column": "user+session"},
}


@contextmanager
def on_disk(step: int = 37) -> Iterator[None]:
    """Every column is long, and all is done some rows at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_column, "EVENTS_IN_MEMORY", 8)
        patch.setattr(long_columns, "STEP", step)
        for module in (coded, rows, times, time_numbers, time_texts):
            patch.setattr(module, "SLICE", step)
        for module, name in ((event_order, "PIECE"), (parquet_files, "BATCH")):
            patch.setattr(module, name, step)
        patch.setattr(coded, "PIECES", 2)
        patch.setattr(coded, "BUCKETS", 3)
        yield


def shop(seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    users = rng.integers(0, 25, EVENTS)
    items = np.minimum(rng.geometric(0.1, EVENTS), 30)
    seconds = 1_700_000_000 + np.sort(rng.integers(0, 90_000, EVENTS)) // 60 * 60
    dates = pd.to_datetime(seconds, unit="s")
    frame = pd.DataFrame(
        {
            "user": [f"user {user}" for user in users],
            "session": [f"s{user}-{day}" for user, day in zip(users, rng.integers(0, 4, EVENTS), strict=True)],
            "item": [f"i{item}" for item in items],
            "gaps": [f"i{item}" if item % 7 else "" for item in items],
            "time": seconds,
            "iso": dates.strftime("%Y-%m-%dT%H:%M:%S"),
            "date": dates,
            "mixed": [str(s) if s % 120 else d for s, d in zip(seconds, dates.strftime("%Y-%m-%d %H:%M"), strict=True)],
            "pattern": dates.strftime("%d.%m.%Y %H:%M:%S"),
            "order": rng.integers(0, 9, EVENTS) / 2,
            "act": rng.choice(["view", "cart", "purchase"], EVENTS, p=[0.7, 0.2, 0.1]),
            "stars": rng.choice(["0.5", "3", "4,5", "5"], EVENTS),
            "title": [f" Film {item}" for item in items],
            "category": [f"kind {item % 3}" if item % 5 else "" for item in items],
        }
    )
    frame["session"] = np.where(frame["item"] == "i1", frame["session"] + "-alone", frame["session"])
    return frame


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        *((name, "csv") for name in SETTINGS),
        *((name, "parquet") for name in ("sessions", "bad rows left out", "times as dates", "an order")),
        ("sessions of users", "jsonl"),
    ],
)
def test_a_long_log_is_imported_as_from_memory(name: str, ending: str, tmp_path: Path) -> None:
    log, settings = tmp_path / f"log.{ending}", TableSettings.parse(SETTINGS[name], "test")
    if ending == "csv":
        shop().to_csv(log, index=False)
    elif ending == "parquet":
        shop().to_parquet(log)
    else:
        shop().to_json(log, orient="records", lines=True, date_format="iso")
    expected = save(import_table(log, settings), tmp_path / "in memory")
    with on_disk():
        imported = import_table(log, settings)
        assert isinstance(imported.log.items.base, np.memmap) or len(imported.log.items) <= 8
        save(imported, tmp_path / "on disk")
        verify_dataset(tmp_path / "on disk")
        described = describe(read_dataset(tmp_path / "on disk"))
    files, expected_files = files_of(tmp_path / "on disk"), files_of(tmp_path / "in memory")
    # What a long log has in addition is its index, and the hash of that.
    assert files.pop(ITEM_SESSIONS_FILE)
    card, expected_card = (json.loads(each.pop(CARD_FILE)) for each in (files, expected_files))
    assert card["hashes"].pop(ITEM_SESSIONS_FILE) == described.hashes.pop(ITEM_SESSIONS_FILE)
    assert (files, card, described) == (expected_files, expected_card, describe(expected))
    assert imported.report.rows == EVENTS


def test_several_files_are_one_long_log(tmp_path: Path) -> None:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, part in zip(paths, (shop(1), shop(2)), strict=True):
        part.to_csv(path, index=False)
    settings = TableSettings.parse({**SESSION, "item_column": "gaps"}, "test")
    messages = []
    for columns in (on_disk, nullcontext):
        with columns(), pytest.raises(BadInput) as fault:
            import_table(paths, settings)
        with columns():
            imported = import_table(paths, settings.model_copy(update={"skip_bad_rows": True}))
        messages.append((str(fault.value), imported.log.hash(), imported.report))
    assert messages[0] == messages[1]
    assert imported.report.rows == 2 * EVENTS


def test_a_session_of_two_users_is_named_in_a_long_log_too(tmp_path: Path) -> None:
    log = shop()
    log.loc[EVENTS - 1, "session"] = log.loc[0, "session"]
    log.loc[EVENTS - 1, "user"] = "somebody else"
    log.to_csv(tmp_path / "log.csv", index=False)
    settings = TableSettings.parse({**SESSION, "user_column": "user"}, "test")
    with on_disk(), pytest.raises(BadInput, match=r"events of two users, 'user [0-9]+' and 'somebody else'"):
        import_table(tmp_path / "log.csv", settings)


NUMBERS = st.lists(st.integers(0, 9), max_size=40)


@given(NUMBERS, st.integers(1, 9), st.data())
def test_long_arrays_are_those_of_numpy(numbers: list[int], step: int, data: st.DataObject) -> None:
    values = np.array(numbers, np.int32)
    cuts = data.draw(st.lists(st.integers(0, len(numbers)), max_size=5).map(sorted))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(numbers), max_size=len(numbers))), np.bool_)
    indices = np.array(data.draw(st.lists(st.integers(0, len(numbers) - 1), max_size=30)) if numbers else [], np.int64)
    texts = LongTexts(pa.string())
    for piece in np.split(values, cuts):
        texts.add(pa.array(piece).cast(pa.string()))
    with on_disk(step):
        column = concatenated(np.split(values, cuts), np.int32)
        np.testing.assert_array_equal(column, values)
        assert isinstance(column.base, np.memmap) == (len(values) > 8)
        np.testing.assert_array_equal(filtered(values, mask), values[mask])
        np.testing.assert_array_equal(gathered(values, indices), values[indices])
        assert gathered(values, indices, np.int64).dtype == np.int64
        np.testing.assert_array_equal(code_counts(values, 12), np.bincount(values, minlength=12))
        np.testing.assert_array_equal(numbered(len(values)), np.arange(1, len(values) + 1))
        assert not long_array(len(values), np.float64).any()
        on_disk_texts = LongTexts(pa.string())
        for piece in np.split(values, cuts):
            on_disk_texts.add(pa.array(piece).cast(pa.string()))
        assert on_disk_texts.column().to_pylist() == texts.column().to_pylist() == list(map(str, numbers))
    empty = LongColumn(np.int8).whole()
    assert (len(empty), empty.dtype) == (0, np.int8)


@given(st.lists(st.one_of(st.none(), st.sampled_from("abcdefgh")), max_size=40), st.integers(1, 9))
def test_texts_are_coded_the_same_in_any_pieces(texts: list[str | None], size: int) -> None:
    expected = pa.array(texts, pa.string()).dictionary_encode()
    with on_disk():
        encoder = TextEncoder()
        for start in range(0, len(texts), size):
            encoder.add(pa.array(texts[start : start + size], pa.string()))
        column = encoder.column()
        assert column.to_pylist() == texts
        assert column.dictionary.to_pylist() == expected.dictionary.to_pylist()
        filled = [text or "" for text in texts]
        numbers, names = codes(pa.array(filled, pa.string()))
    assert names == list(dict.fromkeys(filled))
    assert [names[number] for number in numbers] == filled


def test_coded_names_that_are_unused_or_in_another_order_are_numbered_anew() -> None:
    for indices, expected in (([2, 0, 2], "ca"), ([0, 1, 1], "ab"), ([0, 2], "ac"), ([2, 0, 1], "cab")):
        column = pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), pa.array(["a", "b", "c"]))
        numbers, names = codes(column)
        assert "".join(names) == expected
        assert [names[number] for number in numbers] == column.to_pylist()


@pytest.mark.parametrize("form", ["s{}", "user {} of the shop", "{:032x}", "{}@example.org", "2024-01-{:012}"])
def test_ids_are_joined_in_buckets_of_about_one_size(form: str) -> None:
    texts = pa.array([form.format(number) for number in range(20_000)])
    buckets = coded._buckets(texts)
    assert np.bincount(buckets, minlength=BUCKETS).max() < 2 * len(texts) / BUCKETS
    # A text is in the same bucket in any slice.
    np.testing.assert_array_equal(coded._buckets(texts.slice(7, 100)), buckets[7:107])


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), max_size=60),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.integers(1, 12),
)
def test_events_are_ordered_as_by_one_sort(events: list[tuple[int, ...]], has_row: list[bool], step: int) -> None:
    owners, items, stamps, steps = np.array(events, np.int64).reshape(-1, 4).T
    mask = np.array(has_row, np.bool_)
    log = Events(
        owners=owners.astype(np.int32),
        owner_names=StringColumn("abcdefg"),
        items=items.astype(np.int32),
        item_names=StringColumn("wxyz"),
        microseconds=stamps,
        engagements=np.zeros(len(items), np.int8),
        users=None,
        order=steps.astype(np.float64),
    )
    for partial in (log, replace(log, order=None), replace(log, order=None, microseconds=None)):
        keys = [key for key in (partial.order, partial.microseconds, owners) if key is not None]
        expected = np.lexsort(keys)
        with on_disk(step):
            np.testing.assert_array_equal(_sorted(partial, mask), expected[mask[items[expected]]])
