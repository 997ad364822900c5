"""Permissions: the table of roles, the rules that assign them, and that every changing action asks for one."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamrec_core.background.process import start_detached
from streamrec_core.config import PACKAGE
from streamrec_core.data.folders import delete_data
from streamrec_core.data.jobs import JobRequest, start_job
from streamrec_core.errors import BadInput, Refused
from streamrec_core.permissions import PERMISSIONS, Person, Role, RoleRules, identify_by, may, require_permission
from streamrec_core.report.making import start_making
from streamrec_core.report.settings import ReportSettings
from streamrec_core.study.rating import begin
from streamrec_core.training.manage import resume

pytestmark = pytest.mark.usefixtures("workspace")
Act = Callable[[Role], None]


@pytest.fixture
def act() -> Iterator[Act]:
    """Act from here on as a person with this role."""
    before = identify_by(lambda: None)
    yield lambda role: void(identify_by(lambda: Person("ana@example.org", role)))
    identify_by(before)


def void(_: object) -> None:
    """Drop what a call gives."""


EXPECTED = {
    Role.RATER: {"rating"},
    Role.VIEWER: {"rating"},
    Role.ANALYST: set(PERMISSIONS)
    - {"deleting a data set", "deleting a run", "deleting a pack", "deleting a study", "accepting changed files"},
    Role.ADMIN: set(PERMISSIONS),
}


@pytest.mark.parametrize("role", Role)
def test_what_each_role_may_do(act: Act, role: Role) -> None:
    act(role)
    assert {action for action in PERMISSIONS if may(action)} == EXPECTED[role]


def test_a_refusal_names_the_action_and_the_role_that_it_needs(act: Act) -> None:
    act(Role.VIEWER)
    with pytest.raises(Refused, match=r"^training needs the role analyst; ask whoever runs this server$"):
        require_permission("training")


def test_where_nobody_signs_in_everything_is_allowed() -> None:
    assert all(may(action) for action in PERMISSIONS)


def test_read_only_binds_an_admin_too_and_leaves_raters_and_reports_for_download(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(Role.ADMIN)
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    assert {action for action in PERMISSIONS if may(action)} == {
        "rating",
        "building a report",
        "clearing a measurement away",
    }
    act(Role.VIEWER)
    assert {action for action in PERMISSIONS if may(action)} == {"rating"}


@pytest.mark.parametrize(
    ("action", "lowest"),
    [
        (lambda: resume(Path("runs"), "no-run"), Role.ANALYST),
        (lambda: delete_data("no-data"), Role.ADMIN),
        (lambda: start_job(JobRequest(kind="preset", name="no/name")), Role.ANALYST),
        (lambda: start_making("no-data", "no-model", ReportSettings()), Role.ANALYST),
        (lambda: begin("no-code"), Role.RATER),
    ],
    ids=["train", "delete", "job", "report", "rate"],
)
def test_the_action_itself_asks(act: Act, action: Callable[[], object], lowest: Role) -> None:
    for role in Role:
        act(role)
        with pytest.raises(Refused if role < lowest else BadInput):  # whoever may learns that there is no such thing
            action()


def test_each_permission_is_required_somewhere_and_none_is_required_that_is_not_in_the_table() -> None:
    texts = [file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")]
    required = {
        str(call.args[0].value)
        for text in texts
        if "require_permission(" in text
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "require_permission"
        if isinstance(call.args[0], ast.Constant)
    }
    assert required == set(PERMISSIONS)


def test_the_page_for_operators_lists_every_action_with_its_role() -> None:
    text = (Path(__file__).parent.parent / "docs" / "open-to-others.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z ]+?)(?: \(.*\))? \| (no sign-in|viewer|analyst|admin) \|$", text, re.MULTILINE))
    names = {action: permission.role.name.lower() for action, permission in PERMISSIONS.items()}
    assert rows == names | {"rating": "no sign-in"}


RULES = RoleRules(
    viewer=("@example.org",), analyst=("Ben@Example.org", "sub=7"), admin=("groups=operators", "department=audit")
)


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "ana@example.org", "email_verified": True}, Role.VIEWER),
        ({"email": "ANA@EXAMPLE.ORG", "email_verified": True}, Role.VIEWER),
        ({"email": "ben@example.org", "email_verified": True}, Role.ANALYST),
        ({"email": "ana@example.org", "email_verified": False}, Role.RATER),
        ({"email": "ana@example.org", "email_verified": "true"}, Role.RATER),
        ({"email": "ana@example.org"}, Role.RATER),
        ({"email": "ana@evil-example.org", "email_verified": True}, Role.RATER),
        ({"email": "ana@example.org.evil", "email_verified": True}, Role.RATER),
        ({"email": ["ana@example.org"], "email_verified": True}, Role.RATER),
        ({"sub": "7"}, Role.ANALYST),
        ({"sub": 7}, Role.RATER),
        ({"groups": ["readers", "operators"]}, Role.ADMIN),
        ({"groups": "operators"}, Role.ADMIN),
        ({"groups": ["operators-eu"]}, Role.RATER),
        ({"groups": "no operators"}, Role.RATER),
        ({"department": "audit", "email": "ana@example.org", "email_verified": True}, Role.ADMIN),
        ({}, Role.RATER),
    ],
)
def test_rules_assign_the_highest_role(claims: dict[str, object], role: Role) -> None:
    assert RULES.role_of(claims) is role


def test_a_provider_that_vouches_and_a_rule_for_everybody() -> None:
    assert RULES.model_copy(update={"trust_email": True}).role_of({"email": "ana@example.org"}) is Role.VIEWER
    assert RoleRules(viewer=("*",)).role_of({"sub": "1"}) is Role.VIEWER


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(BadInput, match=r"roles: superuser: Extra inputs are not permitted"):
        RoleRules.parse({"superuser": ["*"]}, origin="roles")


def test_a_background_process_knows_who_started_it(act: Act, tmp_path: Path) -> None:
    act(Role.ANALYST)
    (tmp_path / "who.py").write_text("from streamrec_core.permissions import actor_name\nprint(actor_name())\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", ["", str(tmp_path), *sys.path[1:]])
        child = start_detached(["who"], tmp_path / "log.txt")
    assert child.wait(timeout=60) == 0
    assert (tmp_path / "log.txt").read_text() == "ana@example.org\n"
