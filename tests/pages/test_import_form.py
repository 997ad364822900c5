"""The form that imports a log gives the same data set as the command line, or refuses it in the same sentence."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.dataset import add_data, column_mapping
from pages.dataset.controls import LABELS
from streamrec_core.background.locks import wait_until_free
from streamrec_core.config import data_folder
from streamrec_core.data import jobs
from streamrec_core.data.importers.table import TableSettings
from streamrec_core.data.job_process import run_job
from streamrec_core.data.storage import read_dataset
from tests.cli.conftest import Command, command  # noqa: F401  # the fixture
from tests.data.test_import_kinds import PRESSED, WRITERS, zipped
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "dataset/page.py"
CASES = Path(__file__).parent.parent / "data" / "cases"
SESSION = {"session_column": "session", "item_column": "item", "time_column": "time"}
USER = {"user_column": "user", "item_column": "item", "time_column": "time"}
GAP = {**USER, "gap_minutes": 30}
RATED = {
    "user_column": "userId",
    "item_column": "movieId",
    "time_column": "timestamp",
    "rating_column": "rating",
    "category_column": "genres",
    "title_column": "title",
}
TITLED = {**SESSION, "title_column": "title"}
GERMAN = {"session_column": "Sitzung", "item_column": "Artikel", "time_column": "Zeit"}
DIGINETICA = {"session_column": "sessionId", "item_column": "itemId"}
RETAILROCKET = {
    "user_column": "visitorid",
    "item_column": "itemid",
    "time_column": "timestamp",
    "engagement_column": "event",
}
TRACKS = {"user_column": "user", "item_column": "track", "time_column": "time"}
LOGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("day1.csv", {**TITLED, "category_column": "category"}),
    ("day2_same.csv", SESSION),
    ("dup_cols.csv", SESSION),
    ("cp1252.csv", TITLED),
    ("cp1252.csv", {**TITLED, "encoding": "cp1252"}),
    ("entities.csv", {**TITLED, "unescape_html": True}),
    ("events_retailrocket.csv", RETAILROCKET),
    ("excel_de.csv", GERMAN),
    ("excel_de.csv", {**GERMAN, "time_format": "%d.%m.%Y %H:%M"}),
    ("ga4_events.parquet", {"user_column": "user_pseudo_id", "item_column": "items.item_id"}),
    ("ml_merged.csv", RATED),
    ("ml_merged.csv", {**RATED, "category_separator": ";", "min_item_events": 3, "max_events": 4}),
    ("null_users.csv", USER),
    ("null_users.csv", {**USER, "missing_values": ["nix"]}),
    ("otto.jsonl", {"session_column": "session", "item_column": "events.aid", "time_column": "events.ts"}),
    ("plain.csv.gz", SESSION),
    ("quote_silent.tsv", TRACKS),
    ("quote_swallow.tsv", TRACKS),
    ("quote_swallow.tsv", {**TRACKS, "quotes": "never"}),
    ("t_bq_utc.csv", GAP),
    ("t_mixed_units.csv", GAP),
    ("t_mixed_units.csv", {**GAP, "time_unit": "ms"}),
    ("t_us.csv", GAP),
    ("t_us.csv", {**GAP, "time_format": "%m/%d/%Y %I:%M %p"}),
    ("t_yyyymmdd.csv", GAP),
    ("ties.csv", {**SESSION, "collapse_repeats": True}),
    ("train-item-views.csv", {**DIGINETICA, "time_column": "eventdate", "order_column": "timeframe"}),
    ("train-item-views.csv", {**DIGINETICA, "time_column": "timeframe"}),
    ("train-item-views.csv", {**DIGINETICA, "min_item_events": 999}),
    ("train-item-views.csv", {**DIGINETICA, "engagement_column": "timeframe"}),
    ("uuid_binary.parquet", SESSION),
)
CONTROLS = ("selectbox", "text_input", "number_input", "checkbox")


@pytest.fixture(autouse=True)
def _at_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Jobs run in this process: the same code without starting Python anew. No column is guessed."""
    monkeypatch.setattr(jobs, "_start", lambda folder, owner="": run_job(folder))
    monkeypatch.setattr(column_mapping, "usual_columns", lambda columns: {})  # a guess cannot be taken back here
    yield
    for lock in (workspace / "jobs").glob("job-*/lock"):
        wait_until_free(lock)


def options_of(settings: dict[str, Any]) -> list[str]:
    """The command line's options for these settings."""
    options: list[str] = []
    for name, value in settings.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            options += [option] if value else []
        else:
            options += [
                word for part in (value if isinstance(value, list) else [value]) for word in (option, str(part))
            ]
    return options


def by_command(run: Command, paths: list[Path], settings: dict[str, Any]) -> str:
    """What the command line makes of a log: the hashes of the data set, or the sentence that refuses it."""
    outcome = run("data", "import", "table", *paths, "--name", "by-command", "--overwrite", *options_of(settings))
    if not outcome.code:
        return str(read_dataset(data_folder() / "by-command").card.hashes)
    sentence = " ".join(outcome.err.split()).removeprefix("error: ")
    return re.sub(r" \(--[a-z, -]*\)$", "", sentence.replace(f"{paths[0].parent}/", ""))


def by_form(visitor: AppTest, paths: list[Path], settings: dict[str, Any], items: list[Path] | None = None) -> str:
    """What the form makes of it."""
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    visitor.file_uploader[0].set_value([(path.name, path.read_bytes(), "") for path in paths]).run()
    if items:
        visitor.file_uploader[1].set_value([(path.name, path.read_bytes(), "") for path in items]).run()
    fill(visitor, settings)
    buttons = [button for button in visitor.button if button.label == "Import"]
    if buttons:
        visitor.text_input(key=f"log_name-{paths[0].name}").set_value("by-form")
        buttons[0].click().run()
        assert not visitor.exception
    if not (listed := jobs.list_jobs()):
        return words(visitor)
    (job,) = listed
    return str(read_dataset(data_folder() / "by-form").card.hashes) if job.state.stage == "done" else job.state.message


def press(visitor: AppTest, label: str) -> None:
    """Press a button by its label."""
    next(button for button in visitor.button if button.label == label).click().run()
    assert not visitor.exception


def fill(visitor: AppTest, settings: dict[str, Any]) -> None:
    """Set the controls of the form."""
    layout = {name: settings[name] for name in ("encoding", "quotes", "sheet") if name in settings}
    for name, value in {**layout, **settings}.items():
        boxes = [box for kind in CONTROLS for box in visitor.get(kind) if box.label == LABELS[name]]
        if boxes:  # a file that cannot be previewed shows no columns
            visitor.session_state[boxes[0].key] = ", ".join(value) if isinstance(value, list) else value
        if name in layout:
            visitor.run()
    visitor.run()


@pytest.mark.parametrize(("name", "settings"), LOGS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(LOGS)])
def test_form_and_command_line_give_the_same_answer(
    visit: Visit,
    command: Command,  # noqa: F811
    name: str,
    settings: dict[str, Any],
) -> None:
    expected = by_command(command, [CASES / name], settings)
    answer = by_form(visit(PAGE, show="change"), [CASES / name], settings)
    if answer != expected:  # a file that cannot be previewed is refused on the page
        assert not expected.startswith("{")
        assert expected in answer.replace("\\", "").replace("\u2060", "")


NAMES = (*WRITERS, "log.csv.gz", "log.parquet.zst", "log.xlsx.zip", "log.jsonl.zip")


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_of_file_is_taken_by_both(
    visit: Visit,
    command: Command,  # noqa: F811
    tmp_path: Path,
    name: str,
) -> None:
    path, ending = tmp_path / name, Path(name).suffix
    plain = tmp_path / (Path(name).stem if ending in PRESSED else name)
    WRITERS[plain.name](plain)
    if ending in PRESSED:
        path.write_bytes((PRESSED[ending] or zipped(plain.name))(plain.read_bytes()))
    expected = by_command(command, [path], SESSION)
    assert expected.startswith("{")
    assert by_form(visit(PAGE, show="change"), [path], SESSION) == expected


def test_several_files_items_and_the_catalogue_of_a_data_set(
    visit: Visit,
    command: Command,  # noqa: F811
    tmp_path: Path,
) -> None:
    for name, rows in {"a.csv": "s1,x,1\ns1,y,2\n", "b.csv": "s2,y,1\ns2,z,2\n"}.items():
        (tmp_path / name).write_text(f"session,item,step\n{rows}")
    (tmp_path / "items.csv").write_text("id;title;category\ny;Why;A\nx;Ex;B\n")
    (tmp_path / "more.csv").write_text("id,title\nw,Double\n")
    logs, items = ([tmp_path / name for name in names] for names in (("b.csv", "a.csv"), ("items.csv", "more.csv")))
    settings = {"session_column": "session", "item_column": "item", "order_column": "step"}
    expected = by_command(command, logs, {**settings, "items": list(map(str, items))})
    assert by_form(visit(PAGE, show="change"), logs, settings, items) == expected
    dataset = read_dataset(data_folder() / "by-form")
    assert dataset.catalogue.titles == ("Why", "Ex", "Double", "z")
    assert dataset.log.session_ids == ("s2", "s1")
    of_tiny = {**settings, "catalogue": "tiny"}
    shutil.rmtree(data_folder() / "by-form")
    for job in jobs.list_jobs():
        jobs.dismiss(job)
    shutil.rmtree(data_folder() / "by-command")
    expected = by_command(command, logs, of_tiny)
    assert by_form(visit(PAGE, show="change"), logs, of_tiny) == expected
    assert read_dataset(data_folder() / "by-form").catalogue.item_ids[-3:] == ("y", "z", "x")


def test_a_sheet_of_a_workbook_is_chosen(
    visit: Visit,
    command: Command,  # noqa: F811
    tmp_path: Path,
) -> None:
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"note": ["nothing here"]}).to_excel(book, sheet_name="About", index=False)
        frame = pd.DataFrame({"session": [1, 1, 2, 2], "item": ["a", "b", "b", "a"]})
        frame.to_excel(book, sheet_name="Events", index=False)
    settings = {"sheet": "Events", "session_column": "session", "item_column": "item"}
    expected = by_command(command, [tmp_path / "book.xlsx"], settings)
    assert expected.startswith("{")
    assert by_form(visit(PAGE, show="change"), [tmp_path / "book.xlsx"], settings) == expected
    shutil.rmtree(data_folder() / "by-command")  # a taken name is refused before the log is read
    refused = by_command(command, [tmp_path / "book.xlsx"], {**settings, "sheet": "Evnts"})
    assert refused == "book.xlsx has no sheet 'Evnts'; it has About, Events"


def test_every_setting_of_an_import_has_a_control(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[jobs.JobRequest] = []
    monkeypatch.setattr(add_data, "start_job", lambda request, uploads, owner: requests.append(request))
    visitor = visit(PAGE, show="change")
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    visitor.file_uploader[0].set_value([("log.csv", b"session,item\na,x\na,y\n", "")]).run()
    fill(visitor, {"session_column": "session", "item_column": "item", "missing_values": ["nix", "keins"]})
    next(button for button in visitor.button if button.label == "Import").click().run()
    (request,) = requests
    assert set(request.settings) == set(TableSettings.model_fields) - {
        "skip_bad_rows",
        "engagement_map",
        "engagement_words",
    }
    assert set(LABELS) >= set(request.settings)
    parsed = TableSettings.parse(request.settings, "form")
    assert parsed.missing_values == ("nix", "keins")
    defaults = TableSettings(item_column="item", session_column="session", name="log", missing_values=("nix", "keins"))
    assert parsed == defaults


BY_DAY = b"session,item,time\n" + b"".join(b"s%d,i%d,31/12/2024 10:0%d\n" % (n // 3, n % 4, n) for n in range(9))


def filled(visit: Visit, settings: dict[str, Any]) -> AppTest:
    """The form with a log whose times begin with the day."""
    visitor = visit(PAGE, show="change")
    visitor.segmented_control(key="add_way").set_value("Upload").run()
    visitor.file_uploader[0].set_value([("mine.csv", BY_DAY, "")]).run()
    fill(visitor, SESSION | {"min_item_events": 2, "name": "by-form"} | settings)
    return visitor


def texts_beside_the_form(visitor: AppTest) -> list[str]:
    """What is written from the columns of the form on."""
    texts = [text.value.replace("\\", "").replace("\u2060", "") for text in visitor.markdown]
    return texts[texts.index("**Which column holds what**") + 1 :]


def assert_still_filled(visitor: AppTest) -> None:
    """Files and fields are as they were before the import."""
    assert [file.name for file in visitor.file_uploader[0].value] == ["mine.csv"]
    fields = {box.label: box.value for kind in CONTROLS for box in visitor.get(kind)}
    assert (fields["Session"], fields["Time"], fields["Data set name"]) == ("session", "time", "by-form")
    assert fields["Min. events per item"] == 2


def assert_imported_and_emptied(visitor: AppTest) -> None:
    """The data set is there, the form is empty, and no earlier failure is left."""
    assert read_dataset(data_folder() / "by-form").card.counts.sessions == 3
    assert not visitor.file_uploader[0].value
    assert [job.state.stage for job in jobs.list_jobs()] == ["done"]


def test_bad_rows_keep_the_files_and_fields_and_name_what_to_change(visit: Visit) -> None:
    visitor = filled(visit, {"time_format": "%m/%d/%Y %H:%M"})
    press(visitor, "Import")
    press(visitor, "Import")  # its outcome takes the place of the first
    assert_still_filled(visitor)
    assert len(jobs.list_jobs()) == 1
    question, advice = texts_beside_the_form(visitor)[:2]
    assert question == "Data set **by-form** has 9 rows that cannot be used. Nothing is imported yet."
    assert advice == "To use these rows, change “Time format” in the form and import again."
    visitor.text_input(key="log_time_format").set_value("%d/%m/%Y %H:%M")
    press(visitor, "Import")
    assert_imported_and_emptied(visitor)


def test_a_failed_import_keeps_the_files_and_fields_and_names_what_to_change(visit: Visit) -> None:
    visitor = filled(visit, {"row_limit": 3})
    press(visitor, "Import")
    assert_still_filled(visitor)
    title, reason = texts_beside_the_form(visitor)[:2]
    assert title.endswith("Data set **by-form** could not be created.")
    assert reason.startswith("File mine.csv has more than 3 rows")
    assert reason.endswith("(“Row limit”)")
    visitor.number_input(key="log_row_limit").set_value(100)
    press(visitor, "Import")
    assert_imported_and_emptied(visitor)


def test_fields_are_kept_while_the_file_cannot_be_read(visit: Visit) -> None:
    visitor = filled(visit, {"time_format": "%d/%m/%Y %H:%M"})
    visitor.selectbox(key="log_encoding").set_value("utf-16").run()
    (warning,) = visitor.warning
    assert warning.value.replace("\\", "").endswith("(“Encoding”)")
    assert not [box for box in visitor.selectbox if box.label == "Session"]
    visitor.run()
    visitor.selectbox(key="log_encoding").set_value("").run()
    assert_still_filled(visitor)
    assert not visitor.warning
    assert visitor.text_input(key="log_time_format").value == "%d/%m/%Y %H:%M"
