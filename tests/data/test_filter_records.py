"""Files of what was removed around the ranker are read whatever their columns are called, or refused with the row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streamrec_core.data.filter_records import FilterRecord, read_filter_records
from streamrec_core.errors import BadInput
from tests.worlds import catalogue_of

CATALOGUE = catalogue_of(4)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_records_belong_to_a_session_or_to_all(tmp_path: Path) -> None:
    text = "session_id,item_id,reason,stage\ns1,i0,adult,filter\n,i0,not licensed,rule\ns2,i1,no candidate,source\n"
    records = read_filter_records(written(tmp_path / "filters.csv", text), CATALOGUE)
    everywhere = FilterRecord("i0", "not licensed", "", "rule")
    assert records.of("s1", "i0") == (FilterRecord("i0", "adult", "s1", "filter"), everywhere)
    assert records.of("s9", "i0") == (everywhere,)
    assert records.of("s1", "i1") == ()
    assert records.unknown == 0


def test_parquet_with_numbers_and_other_names_reads_the_same(tmp_path: Path) -> None:
    table = pa.table({"Request": pa.array([7, 8]), "item": ["i0", "gone"], "rule": ["old", "old"]})
    pq.write_table(table, tmp_path / "filters.parquet")
    records = read_filter_records(tmp_path / "filters.parquet", CATALOGUE)
    assert records.of("7", "i0") == (FilterRecord("i0", "old", "7"),)
    assert records.unknown == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("item,session\ni0,s1\n", "has no column reason; it has"),
        ("item,reason\ni0,old\n,old\n", "line 3: no item; fill in the column item"),
        ("item,reason\ni0,\n", "line 2: no reason"),
        ("item,reason\nx,old\ny,old\n", "names no item of the catalogue \\(for example 'x'\\)"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_filter_records(written(tmp_path / "filters.csv", text), CATALOGUE)
