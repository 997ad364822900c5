"""No file that leaves the house holds an id of a person: packs, tables, pages, lists of cases, studies."""

from __future__ import annotations

import html
import io
import json
import urllib.parse
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet, make_dataset
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.flagged_cases import as_csv, as_json, flag_case, flagged_cases
from streamrec_core.explain.archive import ArchiveJob, write_archive
from streamrec_core.models.settings import LSTMSettings
from streamrec_core.report.collect import collect
from streamrec_core.report.document import Document
from streamrec_core.report.pack import write_pack, zipped
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import Subject, open_subject
from streamrec_core.study import export as study_export
from tests.pages.tiny_world import ship
from tests.study.worlds import case_of, planted_study
from tests.worlds import chain_dataset, small_lstm, written

IDS = {
    "e-mails": lambda number: f"visitor.{number}+x@mail.example.org",
    "phones": lambda number: f"+49170{5_550_000 + number}",
    "cut e-mails": lambda number: f"Jürgen{number}@müller.example-{number % 3 + 1}",
}
SIZES = ReportSettings(weighed=20, looked_at=8, explained=4)


@pytest.fixture(params=list(IDS))
def subject(request: pytest.FixtureRequest, workspace: Path) -> Subject:
    tame = chain_dataset(sessions=120, items=14)
    log = replace(tame.log, session_ids=tuple(map(IDS[request.param], range(len(tame.log)))))
    fields = tame.card.model_dump(exclude={"counts", "hashes"})
    dataset = written(make_dataset(tame.catalogue, log, **fields | {"name": "people"}), data_folder() / "people")
    settings = LSTMSettings(hidden=12, width=8)
    folder = workspace / "model"
    ship(small_lstm(dataset.catalogue), dataset, folder, settings.model_dump(), kind="lstm")
    return open_subject(folder, "people")


def all_text(path: Path) -> str:
    """Everything that a file holds, also inside Parquet columns and archives, with escapes undone."""
    raw = path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return f"{table.schema.metadata}{table.to_pylist()}{raw!r}"
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            raw = b"".join(name.encode() + archive.read(name) for name in archive.namelist())
    text = raw.decode("utf-8", errors="replace")
    return "".join((text, html.unescape(text), urllib.parse.unquote(text), text.replace("\\u002b", "+")))


def parts_of(session_id: str) -> tuple[str, ...]:
    """The id, and the address or number in it."""
    address = session_id.rpartition("-")[0] if session_id.count("-") else session_id
    return session_id, address


def assert_nobody(path: Path, dataset: DataSet) -> None:
    text = all_text(path)
    found_ids = [part for name in dataset.log.session_ids for part in parts_of(name) if part in text]
    assert not found_ids, path.name


def test_a_pack_names_nobody_and_its_command_makes_it_again(subject: Subject, tmp_path: Path) -> None:
    session_id = subject.dataset.log.session_ids[3]
    document = collect(subject, SIZES.model_copy(update={"sessions": (session_id,)}))
    pack = write_pack(document, tmp_path / "pack", pdf=False)
    for path in pack.folder.iterdir():
        assert_nobody(path, subject.dataset)
    (tmp_path / "pack.zip").write_bytes(zipped(pack.folder))
    assert_nobody(tmp_path / "pack.zip", subject.dataset)
    (case,) = document.cases
    assert case.session_id.startswith("p-")
    assert f"--sessions {case.session_id}" in document.command
    assert subject.dataset.log.row(case.session_id) == 3
    assert "replaced by pseudonyms" in document.section("cases").after[0]
    again = collect(subject, SIZES.model_copy(update={"sessions": (case.session_id,)}))
    assert again == document
    with_ids = collect(subject, SIZES.model_copy(update={"sessions": (session_id,)}), pseudonyms="never")
    assert with_ids.cases[0].session_id == session_id
    assert "--pseudonyms never" in with_ids.command


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_tables_of_explanations_join_with_the_pack(subject: Subject, tmp_path: Path, ending: str) -> None:
    dataset = subject.dataset
    examples = split(dataset).test.take(np.arange(2))
    job = ArchiveJob(model="m", weights="w", events="e", part="test", targets=2)
    out = write_archive(subject.model, dataset, examples, job, tmp_path / f"all.{ending}")
    assert_nobody(out, dataset)
    first = dataset.log.session_ids[int(examples.sessions[0])]
    document = collect(subject, SIZES.model_copy(update={"sessions": (first,)}))
    assert document.cases[0].session_id in all_text(out)
    with_ids = write_archive(
        subject.model,
        dataset,
        examples,
        job.model_copy(update={"pseudonyms": "never"}),
        tmp_path / f"with_ids.{ending}",
    )
    assert first in all_text(with_ids)


def test_lists_of_cases_and_studies_name_nobody(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = subject.dataset.log.session_ids[5]
    flag_case("miss", f"Session {session_id}", f"see {session_id}", {"data": "people", "session": session_id})
    assert flagged_cases()[0].link["session"] == session_id
    (tmp_path / "cases.json").write_text(as_json(flagged_cases()))
    (tmp_path / "cases.csv").write_text(as_csv(flagged_cases()))
    cases = [case_of(number).model_copy(update={"session_id": name}) for number, name in enumerate((session_id, "s1"))]
    card = planted_study("people-study", cases)
    monkeypatch.setattr(study_export, "_enough", lambda name: _Summary(card.model_copy(update={"data": "people"})))
    (tmp_path / "study.json").write_text(study_export.study_json_text("people-study"))
    for name in ("cases.json", "cases.csv", "study.json"):
        assert_nobody(tmp_path / name, subject.dataset)
    pseudonym = json.loads((tmp_path / "study.json").read_text())["cases"][0]["session_id"]
    assert pseudonym == json.loads((tmp_path / "cases.json").read_text())[0]["link"]["session"]


class _Summary:
    """A summary of a study with raters enough."""

    def __init__(self, card: object) -> None:
        self.card = card

    def as_json(self) -> dict[str, object]:
        return {}


def test_ids_that_are_no_people_stay(folders: dict[str, Path], document: Document) -> None:
    assert all(case.session_id.startswith("s") for case in document.cases)
    assert not document.section("cases").after
