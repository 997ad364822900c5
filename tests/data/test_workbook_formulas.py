"""A workbook whose formulas have no stored values is refused with a way out, where a needed column has them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from streamrec_core.data.importers.imported import Imported
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.errors import BadInput

Cells = dict[str, Callable[[int], object]]
PLAIN: Cells = {"session": lambda n: f"s{n // 3}", "item": lambda n: f"film {n % 4}", "time": lambda n: n + 1}
FORMULAS: Cells = {
    "session": lambda n: f'="s"&{n // 3}',
    "item": lambda n: f'="film "&{n % 4}',
    "time": lambda n: f"={n}+1",
    "title": lambda n: f'="Film "&{n % 4}',
}


def workbook(path: Path, columns: Cells, above: Sequence[Sequence[object]] = (), rows: int = 12) -> Path:
    """A workbook as openpyxl writes it: formulas without values."""
    book = Workbook()
    sheet: Any = book.active
    for row in [*above, list(columns), *([value(n) for value in columns.values()] for n in range(rows))]:
        sheet.append(row)
    book.save(path)
    return path


def with_values(path: Path, value: str) -> Path:
    """The same workbook, in which each formula has this text as its stored value, as spreadsheet programs write it."""
    stored = path.with_name("stored.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for member in old.infolist():
            content = re.sub(
                rb'<c r="(\w+)"><f>(.*?)</f><v ?/?>(</v>)?',
                rb'<c r="\1" t="str"><f>\2</f><v>' + value.encode() + b"</v>",
                old.read(member),
            )
            new.writestr(member.filename, content)
    return stored


def imported(path: Path, **settings: Any) -> Imported:
    columns = {"session_column": "session", "item_column": "item", "time_column": "time", "any_year": True}
    return import_table(path, TableSettings.parse(columns | settings, "test"))


@pytest.mark.parametrize(
    ("columns", "cell"), [(["item"], "B2"), (["session"], "A2"), (["time"], "C2"), (["session", "item", "time"], "A2")]
)
@pytest.mark.parametrize("skip", [False, True])
def test_a_needed_column_of_formulas_without_values_is_refused(
    columns: list[str], cell: str, skip: bool, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "log.xlsx", PLAIN | {name: FORMULAS[name] for name in columns})
    with pytest.raises(BadInput) as caught:
        imported(path, skip_bad_rows=skip)
    assert caught.value.message == (
        f"holds formulas without values, as in cell {cell}; save it in a spreadsheet program first, or export CSV"
    )


def test_formulas_after_plain_rows_and_of_optional_columns_are_refused_too(tmp_path: Path) -> None:
    late: Cells = PLAIN | {"item": lambda n: FORMULAS["item"](n) if n == 7 else "film"}
    with pytest.raises(BadInput, match="as in cell B9;"):
        imported(workbook(tmp_path / "late.xlsx", late))
    titled = workbook(tmp_path / "titled.xlsx", PLAIN | {"title": FORMULAS["title"]})
    with pytest.raises(BadInput, match="as in cell D2;"):
        imported(titled, title_column="title")
    assert len(imported(titled).log) == 4  # nobody needs the titles


def test_column_names_that_are_formulas_are_refused_and_a_title_above_is_not(tmp_path: Path) -> None:
    names: Cells = {f'="{name}"': value for name, value in PLAIN.items()}
    with pytest.raises(BadInput, match="as in cell A1;"):
        imported(workbook(tmp_path / "names.xlsx", names))
    with pytest.raises(BadInput, match="as in cell A1;"):
        imported(workbook(tmp_path / "nothing else.xlsx", names, rows=0))
    assert len(imported(workbook(tmp_path / "title.xlsx", PLAIN, above=[['="Log of "&2026']])).log) == 4


def test_stored_values_are_read_also_where_they_are_empty(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", PLAIN | {"item": FORMULAS["item"]})
    assert imported(with_values(path, "a film")).catalogue.titles == ("a film",)
    with pytest.raises(BadInput, match="row 2: no item"):
        imported(with_values(path, ""))
