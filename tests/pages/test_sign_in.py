"""Sign-in: the settings file, tokens that are over, pages that a role lacks, and whom the audit log names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from pages.ui import sign_in
from pages.ui.sign_in import SignIn, claims_in, has_expired
from streamrec_core.audit_log import entries
from streamrec_core.background.task import REQUEST_FILE, STATE_FILE
from streamrec_core.config import workspace as workspace_folder
from streamrec_core.errors import StreamRecError
from streamrec_core.explain.measuring import FOLDER, MeasureRequest, MeasureState
from streamrec_core.permissions import Person, Role, RoleRules, identify_by
from streamrec_core.report.making import MAKING, PackRequest, PackState
from streamrec_core.report.pack import packs_folder
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

GOOD = """
[auth]
redirect_uri = "https://shop.example/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "streamrec"
client_secret = "s"
server_metadata_url = "https://id.example/.well-known/openid-configuration"
[roles]
admin = ["ana@shop.example"]
"""
Read = Callable[[str], SignIn | None]
SignedIn = Callable[[Role], None]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads settings from a secrets.toml with this text."""
    file = tmp_path / "secrets.toml"
    monkeypatch.setattr(st, "get_option", lambda name: [str(tmp_path / "no.toml"), str(file)])

    def settings(text: str) -> SignIn | None:
        file.write_text(text)
        return sign_in.settings.__wrapped__()

    return settings


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[SignedIn]:
    """Visits from here on are by a person with this role."""
    before = identify_by(sign_in.person)
    role_now = [Role.RATER]
    monkeypatch.setattr(sign_in, "person", lambda: Person("ana@shop.example", role_now[0]))
    yield lambda role: role_now.__setitem__(0, role)
    identify_by(before)


def test_a_good_file_and_none(read: Read) -> None:
    assert read("") is None
    assert read(GOOD) == SignIn(RoleRules(admin=("ana@shop.example",)), ("default",), https=True)
    tables = GOOD.replace("client_id", "[auth.okta]\nclient_id")
    assert read(tables) == SignIn(RoleRules(admin=("ana@shop.example",)), ("okta",), https=True)
    local = GOOD.replace("https://shop.example", "http://localhost:8501")
    assert read(local) == SignIn(RoleRules(admin=("ana@shop.example",)), ("default",), https=False)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("[roles]\nadmin", "[auth.x]\nadmin", "has no [roles]"),
        ('admin = ["ana@shop.example"]', "", "gives nobody a role"),
        ("admin", "superuser", "superuser: Extra inputs are not permitted"),
        ("[auth]", "[other]", "has [roles] and no [auth]"),
        ("cookie_secret", "cookie_sekret", "[auth] has no cookie_secret"),
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcde", "shorter than 32 characters"),
        ("client_secret", "client_sekret", "[auth] has no client_secret"),
        ("https://id", "http://id", "server_metadata_url must begin with https://"),
        ("https://shop", "http://shop", "redirect_uri must begin with https://"),
        ("/oauth2callback", "/", "end with /oauth2callback"),
        ("[auth]", "[auth", "cannot be read"),
    ],
)
def test_a_faulty_file_is_refused_with_its_fault(read: Read, before: str, after: str, fault: str) -> None:
    with pytest.raises(StreamRecError) as error:
        read(GOOD.replace(before, after, 1))
    assert fault in str(error.value)
    assert "secrets.toml" in str(error.value)


@pytest.mark.parametrize("seconds", [None, "soon", -1, 0])
def test_a_token_that_is_over_or_never_ends_is_refused(seconds: Any) -> None:
    claims = {} if seconds is None else {"exp": seconds if isinstance(seconds, str) else time.time() + seconds}
    assert has_expired(claims)
    assert not has_expired({"exp": time.time() + 60})


def test_only_a_signed_cookie_that_is_not_over_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit.web.server.starlette import starlette_websocket
    from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

    monkeypatch.setattr(starlette_websocket, "get_cookie_secret", lambda: "right")

    def cookies(secret: str, seconds: float) -> dict[str, str]:
        claims = json.dumps({"exp": time.time() + seconds, "sub": "7"})
        return {sign_in.COOKIE: create_signed_value(secret, sign_in.COOKIE, claims).decode()}

    assert claims_in(cookies("right", 60))["sub"] == "7"
    assert claims_in(cookies("wrong", 60)) == {}
    assert claims_in(cookies("right", -1)) == {}
    assert claims_in({sign_in.COOKIE: "nonsense"}) == claims_in({}) == {}


VIEWED = ("Overview", "Explore", "Trust", "Heads", "Compare", "Report")
LACKING = ("Debug", "Data set", "Training", "Study")


@pytest.mark.parametrize("title", LACKING)
def test_a_page_that_a_role_lacks_is_not_run(visit: Visit, signed_in: SignedIn, title: str) -> None:
    signed_in(Role.VIEWER)
    page = f"{title.lower().replace(' ', '')}/page.py"
    visitor = visit(page)
    assert [heading.value for heading in visitor.main.title] == ["Page not found"]
    signed_in(Role.ANALYST)
    assert "Page not found" not in words(visit(page))


@pytest.mark.parametrize("title", VIEWED)
def test_a_viewer_changes_nothing_whatever_is_clicked(visit: Visit, signed_in: SignedIn, title: str) -> None:
    signed_in(Role.VIEWER)
    finished_jobs()
    visitor = visit(f"{title.lower()}/page.py", model="a-transformer")  # of the finished jobs
    assert "pack" not in visitor.query_params
    assert "ana@shop.example · viewer" in words(visitor)
    before = files(workspace_folder())
    for key in [button.key for button in visitor.main.button if button.key]:
        if key in [button.key for button in visitor.main.button if not button.disabled]:
            visitor.button(key=key).click().run()
            assert not visitor.exception, key
    assert files(workspace_folder()) == before
    assert entries() == ()


def finished_jobs() -> None:
    """A report and a measurement of somebody else that are over; whoever started them clears them away."""
    report, measurement = packs_folder() / MAKING / "one", workspace_folder() / FOLDER / "one"
    for folder in (report, measurement):
        folder.mkdir(parents=True)
    PackRequest(data="tiny", model="a-transformer", folder=str(packs_folder())).write(report / REQUEST_FILE)
    PackState(stage="done", message="no-pack").write(report / STATE_FILE)
    MeasureRequest(data="tiny", model="a-transformer").write(measurement / REQUEST_FILE)
    MeasureState(stage="done").write(measurement / STATE_FILE)


def files(folder: Path) -> set[str]:
    """Names of the files of a workspace without what the program computes and keeps for itself."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if "cache" not in name}


def test_whoever_has_no_role_sees_no_page_but_a_rater_with_a_code_does(visit: Visit, signed_in: SignedIn) -> None:
    signed_in(Role.RATER)
    visitor = visit("explore/page.py")
    assert [heading.value for heading in visitor.main.title] == ["No access yet"]
    assert "your account has no role here" in words(visitor)
    assert not visitor.sidebar.selectbox
    assert [heading.value for heading in visit("explore/page.py", code="x").main.title] == ["No access yet"]
    assert "This link does not open a study" in words(visit("study/page.py", code="x"))


def test_the_action_asks_for_the_role_and_the_audit_log_names_the_person(
    other_world: object, visit: Visit, signed_in: SignedIn
) -> None:
    signed_in(Role.ANALYST)
    assert "deleting a data set needs the role admin" in words(visit("dataset/page.py", data="other", show="change"))
    signed_in(Role.ADMIN)
    visitor = visit("dataset/page.py", data="other", show="change")
    visitor.button(key="delete").click().run()
    signed_in(Role.ANALYST)  # between the page and the click
    visitor.button(key="delete_surely").click().run()
    assert entries() == ()
    signed_in(Role.ADMIN)
    visitor = visit("dataset/page.py", data="other", show="change")
    visitor.button(key="delete").click().run()
    visitor.button(key="delete_surely").click().run()
    (entry,) = entries()
    assert (entry.action, entry.subject, entry.actor) == ("delete data", "other", "ana@shop.example")


def test_the_modes_hold_for_roles_too(visit: Visit, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(Role.ADMIN)
    monkeypatch.setenv("STREAMREC_DEMONSTRATION", "1")
    assert "Debug is not part of this demonstration" in words(visit("debug/page.py"))
    signed_in(Role.VIEWER)
    assert "Page not found" in words(visit("debug/page.py"))
    signed_in(Role.RATER)
    assert "your account has no role here" in words(visit())
    monkeypatch.setenv("STREAMREC_RATERS_ONLY", "1")
    for role in Role:
        signed_in(role)
        assert "A study is running here" in words(visit("overview/page.py"))


def test_an_open_server_says_so(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Open to everyone" not in words(visit())
    monkeypatch.setenv("STREAMREC_OPEN", "1")
    assert "Open to everyone who can reach this server, without sign-in" in words(visit())
