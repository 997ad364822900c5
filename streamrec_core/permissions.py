"""Permissions: roles of the people who sign in, and the check that every action asks before it changes something.

Without sign-in, as on the command line, nobody has a role and only the modes of the program (`STREAMREC_READ_ONLY`,
`STREAMREC_DEMONSTRATION`) refuse anything.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from streamrec_core.config import Settings, read_only, read_only_variable
from streamrec_core.errors import Refused

ACTOR = "STREAMREC_ACTOR"
"""Environment variable that names, to a background process, the person who started it."""


class Role(IntEnum):
    """What a person may do; each role may do what the ones before it may."""

    RATER = 0
    """Signed in without a role, or not at all: rates where a link with a code invites."""
    VIEWER = 1
    ANALYST = 2
    ADMIN = 3


@dataclass(frozen=True)
class Permission:
    """Who may do something, and when.

    Attributes
    ----------
    role : Role
        The lowest role that may.
    read_only : bool
        Whether it is allowed where the program is set to read only, since nothing of others is changed.
    """

    role: Role
    read_only: bool = False


PERMISSIONS: dict[str, Permission] = {
    "rating": Permission(Role.RATER, read_only=True),
    "building a report": Permission(Role.ANALYST, read_only=True),
    "import": Permission(Role.ANALYST),
    "making a data set": Permission(Role.ANALYST),
    "stopping a job": Permission(Role.ANALYST),
    "clearing a job away": Permission(Role.ANALYST),
    "training": Permission(Role.ANALYST),
    "stopping a run": Permission(Role.ANALYST),
    "renaming a run": Permission(Role.ANALYST),
    "measuring explanations": Permission(Role.ANALYST),
    "clearing a measurement away": Permission(Role.ANALYST, read_only=True),
    "flagging a case": Permission(Role.ANALYST),
    "changing a note": Permission(Role.ANALYST),
    "removing a case": Permission(Role.ANALYST),
    "creating a study": Permission(Role.ANALYST),
    "inviting raters": Permission(Role.ANALYST),
    "revoking a code": Permission(Role.ANALYST),
    "deleting a data set": Permission(Role.ADMIN),
    "deleting a run": Permission(Role.ADMIN),
    "deleting a pack": Permission(Role.ADMIN),
    "deleting a study": Permission(Role.ADMIN),
    "accepting changed files": Permission(Role.ADMIN),
}
"""Every action that changes something, in the words of its messages."""


@dataclass(frozen=True)
class Person:
    """Somebody who uses the dashboard where people sign in.

    Attributes
    ----------
    name : str
        E-mail address or identifier; empty for a rater with a link, who does not sign in.
    role : Role
    """

    name: str
    role: Role


class RoleRules(Settings):
    """Who has which role. A rule is an e-mail address, `@` and a domain, `claim=text`, or `*` for all who sign in.

    Attributes
    ----------
    viewer, analyst, admin : tuple of str
        Rules; a person has the highest role of which one rule holds.
    trust_email : bool
        Whether the identity provider vouches for every address, also where it does not say that one is verified.

    Examples
    --------
    >>> rules = RoleRules(viewer=("@example.org",), admin=("groups=operators",))
    >>> rules.role_of({"email": "ana@example.org", "email_verified": True}).name
    'VIEWER'
    >>> rules.role_of({"sub": "7", "groups": ["operators"]}).name
    'ADMIN'
    """

    viewer: tuple[str, ...] = ()
    analyst: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    trust_email: bool = False

    def role_of(self, claims: Mapping[str, Any]) -> Role:
        """The role of a person with these claims of an identity token."""
        rules = {Role.ADMIN: self.admin, Role.ANALYST: self.analyst, Role.VIEWER: self.viewer}
        return next(
            (role for role, texts in rules.items() if any(self._holds(text, claims) for text in texts)), Role.RATER
        )

    def name_of(self, claims: Mapping[str, Any]) -> str:
        """What the audit log calls a person: the verified address, else the provider's identifier and the provider."""
        return self._email(claims) or f"{claims.get('sub', '')} of {claims.get('iss', '')}"

    def _holds(self, rule: str, claims: Mapping[str, Any]) -> bool:
        if rule == "*":
            return True
        claim, equals, text = rule.partition("=")
        if equals:
            value = claims.get(claim)
            return text in value if isinstance(value, list) else value == text
        email, rule = self._email(claims).casefold(), rule.casefold()
        return email.rpartition("@")[2] == rule[1:] if rule.startswith("@") else email == rule

    def _email(self, claims: Mapping[str, Any]) -> str:
        """The address that the provider vouches for; empty where there is none."""
        email = claims.get("email")
        verified = self.trust_email or claims.get("email_verified") is True
        return email if isinstance(email, str) and verified else ""


def _nobody() -> Person | None:
    return None


_identify: Callable[[], Person | None] = _nobody


def identify_by(identify: Callable[[], Person | None]) -> Callable[[], Person | None]:
    """Ask this function from now on who acts; gives the one that was asked before."""
    global _identify
    before, _identify = _identify, identify
    return before


def acting_person() -> Person | None:
    """The person for whom this thread acts; None where nobody signs in, as on the command line."""
    return _identify()


def actor_name() -> str:
    """Name of whom this thread, or the one that started this process, acts for; empty where nobody signs in."""
    person = acting_person()
    return os.environ.get(ACTOR, "") if person is None else person.name


def may(action: str) -> bool:
    """Whether the acting person may do something now; `action` is a key of `PERMISSIONS`."""
    return not refusal(action)


def require_permission(action: str) -> None:
    """Refuse an action that the acting person or the mode of the program does not allow.

    Raises
    ------
    Refused
        The message names the mode, or the role that is needed.
    """
    if fault := refusal(action):
        raise Refused(fault)


def refusal(action: str) -> str:
    """Why the acting person may not do something now; empty where they may."""
    permission = PERMISSIONS[action]
    if read_only() and not permission.read_only:
        return f"{action} is disabled ({read_only_variable()} is set); unset it where you may change things"
    person = acting_person()
    if person is None or person.role >= permission.role:
        return ""
    needed = permission.role.name.lower()
    return f"{action} needs the role {needed}; ask whoever runs this server"
