"""The `data` commands as a person calls them: files in, figures out, exit code 2 and nothing behind for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from streamrec_core.cli.data import app
from streamrec_core.cli.data_import import engagement_pairs
from streamrec_core.cli.main import main
from streamrec_core.data import presets
from streamrec_core.errors import BadInput, Refused
from tests.data import import_files as files

TABLE = "sid,item,when,how\na,x,1,view\na,y,2,click\nb,x,3,view\nb,y,4,buy\n"
MAPPING = ["--session-column", "sid", "--item-column", "item", "--time-column", "when", "--any-year"]


def run(*words: object) -> str:
    """Standard output of a command that must succeed."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def run_json(*words: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(*words, "--json"))
    return document


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["make"],
        ["accept"],
        ["describe"],
        ["import"],
        ["import", "movielens"],
        ["import", "atomic"],
        ["import", "table"],
        ["delete"],
    ],
)
def test_help_has_an_example(command: list[str]) -> None:
    text = run(*command, "--help")
    assert "Usage" in text
    if command and command != ["import"]:
        assert "Example: " in text
        assert f"data {' '.join(command)}" in " ".join(text.replace("│", " ").split())


def test_make_and_describe_a_preset(tmp_path: Path) -> None:
    made = run_json("make", "case-study", "--sessions", 50, "--seed", 3, "--out", tmp_path / "small")
    assert made["counts"]["sessions"] == 50
    assert made["folder"] == str(tmp_path / "small")
    document = run_json("describe", tmp_path / "small")
    assert document["hashes"] == made["hashes"]
    assert document["split_parts"] == {"train": 36, "validation": 4, "test": 10}
    assert document["history_length"]["min"] >= 8
    assert document["history_length"]["max"] <= 30
    assert document["engagement_shares"]["click"] == 1
    assert sum(document["category_shares"].values()) == pytest.approx(1)


def test_accepted_changes_are_called_accepted(tmp_path: Path) -> None:
    made = run("make", "case-study", "--sessions", 50, "--out", tmp_path / "small")
    assert made.startswith("Made case-study-50: 50 sessions")
    assert run("accept", tmp_path / "small") == made.replace("Made", "Accepted", 1)


def test_import_reports_what_was_skipped(tmp_path: Path) -> None:
    folder = files.movielens_1m(tmp_path / "ml-tiny")
    document = run_json("import", "movielens", folder, "--out", tmp_path / "out", "--min-item-ratings", 2)
    assert document["counts"] == {"sessions": 2, "events": 4, "items": 2, "categories": 2}
    assert document["report"]["rare_item_events"] == 2
    assert document["report"]["single_event_sessions"] == 1
    text = run("import", "atomic", files.atomic(tmp_path / "tiny"), "--out", tmp_path / "out2", "--min-item-ratings", 1)
    assert "Imported tiny: 2 sessions, 6 events, 4 items, 4 categories" in text
    assert "Left out, sessions of one event: 1" in text


def test_data_is_written_to_the_workspace_by_default(tmp_path: Path, workspace: Path) -> None:
    folder = files.movielens_1m(tmp_path / "ml-tiny")
    assert run_json("import", "movielens", folder, "--min-item-ratings", 1)["folder"] == str(
        workspace / "data" / "ml-tiny"
    )
    assert run_json("describe", "ml-tiny")["counts"]["sessions"] == 2
    for name in ("streamrec", "../up", ".hidden", "a/b"):
        with pytest.raises(BadInput, match="choose"):
            run("import", "movielens", folder, "--min-item-ratings", 1, "--name", name)
    with pytest.raises(BadInput, match="choose another folder or overwrite it"):
        run("import", "movielens", folder, "--min-item-ratings", 1)
    run("import", "movielens", folder, "--min-item-ratings", 1, "--overwrite")
    assert [path.name for path in (workspace / "data").iterdir()] == ["ml-tiny"]


@pytest.mark.parametrize("kind", ["table", "movielens", "atomic"])
def test_a_name_or_folder_that_cannot_be_used_is_refused_before_the_log_is_read(
    kind: str, tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {
        "table": lambda: files.movielens_20m(tmp_path / "log") / "ratings.csv",
        "movielens": lambda: files.movielens_1m(tmp_path / "log"),
        "atomic": lambda: files.atomic(tmp_path / "log"),
    }[kind]()
    columns = ["--item-column", "movieId", "--user-column", "userId"] if kind == "table" else ["--min-item-ratings", 1]
    words = ["import", kind, source, *columns]
    made = Path(run_json(*words)["folder"])
    for part in [source] if source.is_file() else source.iterdir():
        part.write_text("no log at all")
    with pytest.raises(BadInput, match="'a/b' cannot name a folder"):
        run(*words, "--name", "a/b")
    for more in ([], ["--out", made], ["--name", made.name]):
        with pytest.raises(BadInput, match="already holds a data set; choose another folder or overwrite it"):
            run(*words, *more)
    with pytest.raises(BadInput, match="exists and is not a data set"):
        run(*words, "--out", tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadInput, match=r"file/out cannot be written .Not a directory.; choose another folder"):
        run(*words, "--out", tmp_path / "file" / "out")
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused, match="STREAMREC_READ_ONLY"):
        run(*words, "--name", "free")
    assert [path.name for path in (workspace / "data").iterdir()] == [made.name]


def test_a_preset_is_not_drawn_for_a_folder_that_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("make", "case-study", "--sessions", 10, "--out", tmp_path / "made")
    monkeypatch.setitem(presets.PRESETS, "case-study", replace(presets.PRESETS["case-study"], draw=pytest.fail))
    for folder, fault in ((tmp_path / "made", "already holds a data set"), (tmp_path, "is not a data set")):
        with pytest.raises(BadInput, match=fault):
            run("make", "case-study", "--sessions", 10, "--out", folder)


def test_a_data_set_is_deleted_by_name_and_a_preset_never(tmp_path: Path, workspace: Path) -> None:
    run("import", "movielens", files.movielens_1m(tmp_path / "ml-tiny"), "--min-item-ratings", 1)
    assert "Deleted ml-tiny" in run("delete", "ml-tiny", "--yes")
    assert list((workspace / "data").iterdir()) == []
    for name in ("ml-tiny", "streamrec"):
        with pytest.raises(BadInput):
            run("delete", name, "--yes")


def test_every_option_of_a_table_reaches_the_importer(tmp_path: Path) -> None:
    (tmp_path / "log.tsv").write_text(
        "1\tana\tx\t0\tFilm\tX!\n2\tana\ty\t60\tFilm\tY!\n3\tana\tz\t3600\tHome\tZ!\n" * 2
    )
    columns = ["--user-column", 2, "--item-column", 3, "--time-column", 4, "--category-column", 5, "--title-column", 6]
    more = ["--no-header", "--delimiter", "tab", "--gap-minutes", 30, "--time-unit", "s", "--neutral-category", "Home"]
    rest = [
        "--split",
        "time",
        "--max-events",
        1,
        "--min-item-events",
        2,
        "--encoding",
        "ascii",
        "--name",
        "anas",
        "--any-year",
    ]
    document = run_json("import", "table", tmp_path / "log.tsv", *columns, *more, *rest, "--out", tmp_path / "out")
    assert (document["name"], document["split"]) == ("anas", "time")
    assert document["counts"] == {"sessions": 2, "events": 4, "items": 3, "categories": 1}
    described = run_json("describe", tmp_path / "out")
    assert described["neutral_items"] == 1
    assert described["repeat_share"] == pytest.approx(1 / 2)


def test_names_of_engagement_are_mapped(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(TABLE)
    words = ["--engagement-column", "how", "--engagement-map", "view=partial_view,buy=share"]
    run_json("import", "table", tmp_path / "log.csv", *MAPPING, *words, "--out", tmp_path / "out")
    shares = run_json("describe", tmp_path / "out")["engagement_shares"]
    assert shares == {"click": 0.25, "partial_view": 0.5, "full_view": 0, "save": 0, "share": 0.25}
    assert engagement_pairs(["a=b=click", "c=save, d=share"]) == {"a=b": "click", "c": "save", "d": "share"}
    for wrong in ("view", "=click", ""):
        with pytest.raises(BadInput, match="is not WORD=TYPE"):
            engagement_pairs([wrong])


def test_describe_prints_the_same_figures_as_text(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(TABLE.replace("view", "save").replace("buy", "share"))
    run("import", "table", tmp_path / "log.csv", *MAPPING, "--out", tmp_path / "out", "--title-column", "how")
    text = run("describe", tmp_path / "out")
    for part in ("1970-01-01 to 1970-01-01", "uncategorised", "100.0%", "leaves", "clicked", "SHA-256 of the events"):
        assert part in text


@pytest.mark.parametrize(
    ("text", "more", "fault"),
    [
        (
            TABLE,
            ["--engagement-column", "how", "--engagement-map", "click=save"],
            "log.csv, line 2: unknown engagement 'view'",
        ),
        (TABLE, ["--category-column", "genre"], "it has sid, item, when, how"),
        (TABLE + "c,x,late,click\n", [], "log.csv, line 6: time 'late'"),
        ("", [], "log.csv is empty"),
        ("sid,item,when\na,x,1\n", [], "no session has two events"),
        (TABLE, ["--gap-minutes", "-1"], "gap_minutes"),
        (TABLE, ["--split", "random"], "split"),
    ],
)
def test_bad_input_ends_with_one_line_and_exit_code_2_and_writes_nothing(
    text: str,
    more: list[str],
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "log.csv").write_text(text)
    out = tmp_path / "folder" / "out"
    words = ["data", "import", "table", str(tmp_path / "log.csv"), *MAPPING, *more, "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["streamrec", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert ended.value.code == 2
    assert fault in output.err
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    assert output.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_the_data_commands_need_neither_torch_nor_pages() -> None:
    code = (
        "import sys, streamrec_core.cli.data; print([m for m in ('torch', 'streamlit', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
