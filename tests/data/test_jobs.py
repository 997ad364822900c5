"""Data sets made in processes of their own: what comes of them, consent to faulty rows, and nothing left behind."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamrec_core.background import process, task
from streamrec_core.config import data_folder, jobs_folder
from streamrec_core.data import jobs
from streamrec_core.data.job_process import run_job
from streamrec_core.data.jobs import (
    UPLOAD,
    Job,
    JobRequest,
    Upload,
    consent,
    dismiss,
    list_jobs,
    preset_request,
    safe_file_name,
    start_job,
    stop,
)
from streamrec_core.data.storage import read_dataset
from streamrec_core.errors import BadInput, Refused
from streamrec_core.unfinished import start_ticks
from tests.data.import_files import atomic, movielens_1m
from tests.test_unfinished import left_by_another

pytestmark = pytest.mark.usefixtures("workspace")

LOG = "sid,item\na,x\na,y\nb,y\nb,x\n"
TORN = LOG + "c,x,z\nc,\n"
COLUMNS = {"item_column": "item", "session_column": "sid"}
SECONDS = 120


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No process outlives its test."""
    yield
    for folder in jobs_folder().glob("job-*"):
        task.wait_until_free(folder / task.LOCK_FILE)


def table(name: str = "mine", **settings: object) -> JobRequest:
    return JobRequest(kind="table", name=name, settings=COLUMNS | {"name": name} | settings)


def upload(text: str | bytes, request: JobRequest | None = None, name: str = "log.csv") -> Job:
    raw = text if isinstance(text, bytes) else text.encode()
    return start_job(request or table(), [Upload(io.BytesIO(raw), name)])


def over(job: Job) -> Job:
    """The job when its process has ended."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        (job_now,) = [other for other in list_jobs() if other.name == job.name]
        if job_now.state.stage != "running":
            return job_now
        time.sleep(0.05)
    raise AssertionError(f"the job still runs: {job_now.state}")


def left_behind() -> list[str]:
    """Every file below the data folder, hidden ones too, and every upload."""
    uploads = jobs_folder().glob(f"*/{UPLOAD}/**/*")
    return sorted(path.name for path in (*data_folder().glob("**/*"), *uploads))


def test_an_upload_becomes_a_data_set_and_is_not_kept() -> None:
    job = over(upload(LOG))
    assert (job.state.stage, job.state.message) == ("done", "2 sessions, 4 events, 2 items, 1 category")
    assert read_dataset(data_folder() / "mine").log.session_ids == ("a", "b")
    assert not (job.folder / UPLOAD).exists()
    dismiss(job)
    assert list_jobs() == ()


def test_faulty_rows_wait_for_consent_and_are_named_by_line() -> None:
    job = over(upload(TORN))
    assert (job.state.stage, job.state.bad_rows) == ("bad rows", 2)
    assert [note.partition(":")[0] for note in job.state.notes] == ["log.csv, line 6", "log.csv, line 7"]
    assert not (data_folder() / "mine").exists()
    consent(job)
    assert over(job).state.stage == "done"
    assert read_dataset(data_folder() / "mine").card.skipped_rows == 2
    assert not (job.folder / UPLOAD).exists()


def test_without_consent_nothing_stays() -> None:
    dismiss(over(upload(TORN)))
    assert list_jobs() == ()
    assert left_behind() == []


@pytest.mark.parametrize(
    ("raw", "name", "message"),
    [
        (b"", "log.csv", "is empty"),
        (b"\x00\x01\x02\xff\xfe" * 500, "log.csv", "is not utf-8"),
        (b"PAR1" + b"\xff" * 400 + b"PAR1", "log.parquet", "not readable as Parquet"),
        (b"sid,item\na,x\nb,y\n", "log.csv", "no session has two events"),
        (b"who,what\na,x\n", "log.csv", "has no column 'item'"),
    ],
)
def test_an_upload_that_cannot_be_used_says_so_and_leaves_nothing(raw: bytes, name: str, message: str) -> None:
    job = over(upload(raw, name=name))
    assert job.state.stage == "failed"
    assert message in job.state.message
    assert str(job.folder) not in job.state.message
    assert left_behind() == []


def test_a_process_that_dies_is_noticed_and_its_upload_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.sys, "executable", "/bin/false")
    job = over(upload(LOG))
    assert job.state.stage == "failed"
    assert "ended before it was done" in job.state.message
    assert left_behind() == []


def test_a_process_that_was_killed_behind_its_data_set_has_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.sys, "executable", "/bin/false")
    job = start_job(preset_request("streamrec", sessions=30, seed=5, home_page=False))
    state = (job.folder / "state.json").read_text(encoding="utf-8")
    assert over(job).state.stage == "failed"
    made = run_job(job.folder)
    (job.folder / "state.json").write_text(state, encoding="utf-8")  # all that the process does, but for its last word
    assert over(job).state == made


STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
"""A process that takes no notice of being asked to end."""


def test_a_job_that_is_stopped_ends_and_leaves_nothing() -> None:
    job = start_job(preset_request("streamrec", 900_000, 7, home_page=False))
    deadline = time.monotonic() + SECONDS
    while list_jobs()[0].state.message == "Starting" and time.monotonic() < deadline:
        time.sleep(0.02)  # until it is at work
    pid = int((job.folder / task.PID_FILE).read_text())
    stop(job)
    assert start_ticks(pid) == 0
    assert (list_jobs(), left_behind()) == ((), [])


def test_a_job_that_does_not_end_when_asked_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "stubborn"
    program.write_text(f"#!{sys.executable}\n{STUBBORN}\n")
    program.chmod(0o755)
    monkeypatch.setattr(task, "GRACE_SECONDS", 0.2)
    with monkeypatch.context() as patch:
        patch.setattr(process.sys, "executable", str(program))
        job = upload(LOG)
    deadline = time.monotonic() + SECONDS
    while not (job.folder / task.LOG_FILE).read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    data_folder().mkdir(parents=True, exist_ok=True)
    left_by_another(data_folder() / "mine").mkdir()
    pid = int((job.folder / task.PID_FILE).read_text())
    stop(job)
    assert start_ticks(pid) == 0  # it ignores SIGTERM, so it was killed
    assert (list_jobs(), left_behind()) == ((), [])


def test_stopping_a_job_that_is_done_leaves_it_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    job = over(upload(LOG))
    stop(job)
    assert list_jobs()[0].state.stage == "done"
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused):
        stop(job)


def test_a_preset_is_made_with_its_settings() -> None:
    job = over(start_job(preset_request("streamrec", 40, 7, home_page=True)))
    assert (job.request.name, job.state.stage) == ("streamrec-home-40-seed7", "done")
    assert read_dataset(data_folder() / job.request.name).card.counts.sessions == 40


def test_a_preset_as_it_always_is_need_not_be_made() -> None:
    with pytest.raises(BadInput, match="always here"):
        preset_request("case-study", 20_000, 42, home_page=False)


@pytest.mark.parametrize(("kind", "write"), [("movielens", movielens_1m), ("atomic", atomic)])
def test_a_folder_of_ratings_is_imported_from_an_allowed_place(
    kind: jobs.Kind, write: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "elsewhere" / "ratings")  # type: ignore[operator]
    request = JobRequest(kind=kind, name="films", sources=(str(folder),), settings={"min_item_ratings": 1})
    with pytest.raises(BadInput, match="outside the folders that imports may read"):
        start_job(request)
    monkeypatch.setenv("STREAMREC_IMPORTS", str(tmp_path / "elsewhere"))
    assert over(start_job(request)).state.stage == "done"
    assert read_dataset(data_folder() / "films").card.kind == "ratings"


def test_a_link_out_of_an_allowed_place_is_not_followed(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "secret.csv").write_text(LOG, encoding="utf-8")
    (workspace / "imports").mkdir()
    (workspace / "imports" / "log.csv").symlink_to(tmp_path / "secret.csv")
    for path in ("log.csv", "../../secret.csv"):
        source = str(workspace / "imports" / path)
        with pytest.raises(BadInput, match="outside the folders"):
            start_job(JobRequest(kind="table", name="mine", sources=(source,), settings=COLUMNS))
    assert list_jobs() == ()


@pytest.mark.parametrize("name", ["streamrec", "", "../up", ".hidden", "a/b", "a" * 101])
def test_a_name_that_cannot_be_used_is_refused_before_anything_is_kept(name: str) -> None:
    with pytest.raises(BadInput):
        upload(LOG, table(name))
    assert list_jobs() == ()


def test_a_name_is_given_once() -> None:
    dismiss(over(upload(LOG)))
    with pytest.raises(BadInput, match="already"):
        upload(LOG)


def test_read_only_refuses_to_make_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused):
        upload(LOG)
    assert not jobs_folder().exists()


def test_only_so_many_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE", 0)
    with pytest.raises(BadInput, match="wait until one of them is done"):
        upload(LOG)


def test_a_job_that_nobody_looked_after_is_cleared_away(monkeypatch: pytest.MonkeyPatch) -> None:
    first = over(upload(TORN, table("first")))
    monkeypatch.setattr(jobs, "FORGOTTEN_SECONDS", -1)
    second = upload(LOG, table("second"))
    assert [job.name for job in list_jobs()] == [second.name]
    assert not first.folder.exists()
    over(second)


@pytest.mark.parametrize(
    ("raw_name", "safe_name"),
    [
        ("log.csv", "log.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\my log (1).csv", "my_log_1_.csv"),
        ("...", "upload.csv"),
        (".bashrc", "bashrc"),
        ("", "upload.csv"),
        ("a" * 300 + ".parquet", "a" * 72 + ".parquet"),
    ],
)
def test_the_name_of_an_upload_cannot_lead_anywhere(raw_name: str, safe_name: str) -> None:
    assert safe_file_name(raw_name) == safe_name
