"""Two visitors at once: reports, imports and their notes belong to whoever asked for them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.testing.v1 import AppTest

from pages.ui import visitor
from streamrec_core.background.task import OWNER_FILE, STATE_FILE, TaskState, task_owner
from streamrec_core.data.jobs import JobState, list_jobs, preset_request, start_job
from streamrec_core.permissions import Person, Role, identify_by
from streamrec_core.report.making import PackState, list_making, start_making
from streamrec_core.report.pack import packs_folder, write_pack
from streamrec_core.report.settings import ReportSettings
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.test_report import _collected

REPORT, DATASET = "report/page.py", "dataset/page.py"
Running = set[Path]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Running:
    """Folders of tasks that count as running: no process is started."""
    folders: Running = set()

    def start(folder: Path, module: str, state: TaskState, owner: str | None = None) -> None:
        if owner is not None:
            (folder / OWNER_FILE).write_text(owner)
        state.write(folder / STATE_FILE)
        folders.add(folder)

    for module in ("data.jobs", "report.making"):
        monkeypatch.setattr(f"streamrec_core.{module}.start_task", start)
    monkeypatch.setattr("streamrec_core.background.task.is_running", folders.__contains__)
    return folders


def end(running: Running, state: TaskState) -> None:
    """End the only task."""
    folder = running.pop()
    state.write(folder / STATE_FILE)


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def test_a_report_opens_at_the_address_of_whoever_asked_for_it(visit: Visit, running: Running) -> None:
    asking, other = visit(REPORT), visit(REPORT)
    asking.button(key="make-it").click().run()
    assert "when it is done" in words(asking)
    assert "by another visitor" in words(other.run())
    for name in ("first", "second"):
        write_pack(_collected(), packs_folder() / name, pdf=False)
    end(running, PackState(stage="done", message="first"))
    for _ in range(2):
        other.run()
        assert other.query_params.get("pack", [None])[0] != "first"
    elsewhere = visit(REPORT, model="b-lstm")
    assert "pack" not in elsewhere.query_params
    asking.run()
    assert asking.query_params["pack"] in ("first", ["first"])
    assert list_making() == ()


def test_a_report_that_failed_is_told_to_whoever_asked_for_it_alone(visit: Visit, running: Running) -> None:
    asking, other = visit(REPORT), visit(REPORT)
    asking.button(key="make-it").click().run()
    end(running, PackState(stage="failed", message="session s-secret is damaged"))
    assert "s-secret" not in words(other.run()).replace("\\", "")
    assert not any(key.startswith("dismiss") for key in keys(other))
    other.button(key="make-it").click().run()  # what others begin clears nothing of theirs away
    assert not other.error
    assert "s-secret" in words(asking.run()).replace("\\", "")
    (dismissal,) = (key for key in keys(asking) if key.startswith("dismiss"))
    asking.button(key=dismissal).click().run()
    assert [job.state.stage for job in list_making()] == ["running"]


def test_the_same_report_for_two_visitors_is_two_jobs(visit: Visit, running: Running) -> None:
    first = start_making("tiny", "b-lstm", ReportSettings(), "anna")
    assert start_making("tiny", "b-lstm", ReportSettings(), "anna").folder == first.folder
    end(running, PackState(stage="done", message="first"))
    assert start_making("tiny", "b-lstm", ReportSettings(), "bo").folder != first.folder
    assert sorted(job.owner for job in list_making()) == ["anna", "bo"]


@pytest.mark.parametrize(
    "state",
    [
        JobState(stage="bad rows", bad_rows=1, notes=("line 3: s-secret is not a time",)),
        JobState(stage="failed", message="row s-secret cannot be read"),
        JobState(stage="done", message="made", notes=("s-secret",)),
    ],
)
def test_the_outcome_of_an_import_and_its_rows_are_for_whoever_asked(
    visit: Visit, running: Running, state: JobState
) -> None:
    request = preset_request("streamrec", 300, 7, home_page=False)
    asking = visit(DATASET, show="change")
    start_job(request, owner="somebody else")
    assert "Creating" in words(asking.run())
    end(running, state)
    assert "s-secret" not in words(asking.run()).replace("\\", "")
    (job,) = list_jobs()
    (job.folder / OWNER_FILE).write_text("")
    shown = asking.run()
    tables = "".join(table.value.to_string() for table in shown.dataframe)
    assert "s-secret" in (words(shown) + tables).replace("\\", "")


def test_on_an_open_server_nobody_stops_the_import_of_another(
    visit: Visit, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_OPEN", "1")
    start_job(preset_request("streamrec", 300, 7, home_page=False), owner="somebody else")
    assert not any(key.startswith("stop-job") for key in keys(visit(DATASET, show="change")))
    monkeypatch.delenv("STREAMREC_OPEN")
    alone = visit(DATASET, show="change")
    (stop,) = (key for key in keys(alone) if key.startswith("stop-job"))
    monkeypatch.setenv("STREAMREC_OPEN", "1")
    alone.button(key=stop).click().run()
    assert any("started by another visitor" in warning.value for warning in alone.warning)
    assert len(list_jobs()) == 1


def browser(monkeypatch: pytest.MonkeyPatch, cookie: str) -> str:
    """What a browser with this cookie is called."""
    context = SimpleNamespace(cookies={visitor.COOKIE: cookie} if cookie else {})
    monkeypatch.setattr("pages.ui.visitor.st.context", context)
    return visitor.visitor()


def test_a_visitor_is_a_person_or_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, str] = {}
    monkeypatch.setattr("pages.ui.visitor.st.session_state", state)
    assert browser(monkeypatch, "a" * 32) == browser(monkeypatch, "a" * 32) != browser(monkeypatch, "b" * 32)
    assert "a" * 32 not in browser(monkeypatch, "a" * 32)
    without = browser(monkeypatch, "")
    assert browser(monkeypatch, "../x") == without  # a cookie that this server never set counts as none
    state.clear()
    assert browser(monkeypatch, "") != without
    before = identify_by(lambda: Person("ana@example.org", Role.VIEWER))
    try:
        signed_in = browser(monkeypatch, "a" * 32)
        assert signed_in == browser(monkeypatch, "b" * 32) != without
        assert not visitor.may_act_for("another")
        identify_by(lambda: Person("root@example.org", Role.ADMIN))
        assert (visitor.may_act_for("another"), visitor.is_mine("another")) == (True, False)
    finally:
        identify_by(before)


def answer(content_type: str, scheme: str = "http", cookie: str = "") -> dict[str, str]:
    """Headers of an answer to a browser with this cookie."""
    headers: dict[str, str] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type.encode())]}
        await send(start)

    async def send(message: Message) -> None:
        headers.update({name.decode(): text.decode() for name, text in message["headers"]})

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    sent = [(b"cookie", f"other=1; {visitor.COOKIE}={cookie}".encode())] if cookie else []
    asyncio.run(visitor.VisitorCookie(app)({"type": "http", "scheme": scheme, "headers": sent}, receive, send))
    return headers


def test_a_browser_gets_one_cookie_that_no_script_can_read() -> None:
    html = "text/html; charset=utf-8"
    assert "set-cookie" not in answer("application/json")
    cookie = answer(html)["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "; Secure" in answer(html, "https")["set-cookie"]
    token = cookie.partition("=")[2].partition(";")[0]
    assert token not in answer(html)["set-cookie"]
    assert "set-cookie" not in answer(html, cookie=token)
    assert "set-cookie" in answer(html, cookie="short")


def test_a_task_without_an_owner_belongs_to_everybody(tmp_path: Path) -> None:
    assert task_owner(tmp_path) == ""
    assert visitor.is_mine("")
