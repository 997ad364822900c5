"""Errors carry what is at fault as data; their text is one sentence, with as much of a path as is shown."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from streamrec_core.config import Settings
from streamrec_core.data.folders import allowed_source, named_folder
from streamrec_core.data.importers.rows import BadRowsFound
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.storage import read_dataset
from streamrec_core.errors import BadInput, file_name
from streamrec_core.training.run_folder import RunFolder

PATH = Path("/srv/logs/may.csv")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BadInput("is empty", path=PATH), "may.csv is empty"),
        (BadInput("no item", path=PATH, line=3), "may.csv, line 3: no item"),
        (BadInput("no item", path=PATH.with_suffix(".parquet"), line=3), "may.parquet, row 3: no item"),
        (BadInput(": no session has two events", path=PATH), "may.csv: no session has two events"),
        (BadInput("unknown preset"), "unknown preset"),
    ],
)
def test_path_and_line_stand_before_the_message(error: BadInput, text: str) -> None:
    assert error.text(file_name) == text
    assert str(error) == (text if error.path is None else f"{error.path.parent}/{text}")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


class Oven(Settings):
    """Settings that only this test reads."""

    degrees: int


def test_faulty_settings_are_named_as_fields(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        Oven.parse({"degrees": "hot"}, "options")
    assert (caught.value.fields, caught.value.value) == (("degrees",), "hot")
    (tmp_path / "oven.json").write_text('{"degrees": "hot"}')
    with pytest.raises(BadInput) as caught:
        Oven.read(tmp_path / "oven.json")
    assert caught.value.path == tmp_path / "oven.json"
    assert str(caught.value).startswith(f"{tmp_path}/oven.json: degrees: ")


def log_error(folder: Path, raw: bytes, **changes: object) -> BadInput:
    (folder / "log.csv").write_bytes(raw)
    settings = {"item_column": "item", "session_column": "sid", **changes}
    with pytest.raises(BadInput) as caught:
        import_table(folder / "log.csv", TableSettings.parse(settings, "options"))
    return caught.value


def test_a_wrong_encoding_carries_line_and_example(tmp_path: Path) -> None:
    error = log_error(tmp_path, b"sid,item\na,x\n\xe9,y\n")
    assert (error.path, error.line, error.fields) == (tmp_path / "log.csv", 3, ("encoding",))
    assert (error.value, error.allowed) == ("utf-8", ("latin-1",))


def test_a_missing_column_carries_those_that_exist(tmp_path: Path) -> None:
    error = log_error(tmp_path, b"sid,what\na,x\n")
    assert (error.fields, error.value, error.allowed) == (("item_column",), "item", ("sid", "what"))


def test_faulty_rows_carry_each_its_line_and_every_setting_that_would_help(tmp_path: Path) -> None:
    raw = b"sid,item,how\na,x,view\na,y,click\na,z\n"
    error = log_error(tmp_path, raw, engagement_column="how", engagement_map={"click": "save"})
    assert isinstance(error, BadRowsFound)
    assert (error.count, [fault.line for fault in error.faults]) == (2, [2, 4])
    assert error.fields == ("skip_bad_rows", "engagement_map")
    assert "view=partial_view" in error.faults[0].message


def test_no_message_of_the_core_names_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path / "workspace"))
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text("{}")
    faults = [
        lambda: named_folder("streamrec"),
        lambda: named_folder("a b"),
        lambda: allowed_source(tmp_path),
        lambda: read_dataset(tmp_path / "nothing"),
        lambda: RunFolder(run).begin(None),  # type: ignore[arg-type]
        lambda: RunFolder(tmp_path / "nothing").config(),
    ]
    for fault in faults:
        with pytest.raises(BadInput) as caught:
            fault()
        assert " --" not in str(caught.value)


def test_a_message_is_one_line_and_cuts_what_has_no_end() -> None:
    error = BadInput(f"no item {'9' * 5000!r};\n  check\u2028 the id")
    assert str(error) == f"no item '{'9' * 399}… check the id"
    assert str(BadInput("two words, 'a b'; way out")) == "two words, 'a b'; way out"
