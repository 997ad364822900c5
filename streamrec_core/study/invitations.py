"""Raters of a study are invited by code, and codes are revoked."""

from __future__ import annotations

from streamrec_core.errors import BadInput
from streamrec_core.permissions import require_permission
from streamrec_core.study.codes import Invitation, code_hash, new_code
from streamrec_core.study.store import writing

MOST_INVITED = 500


def invite(name: str, raters: int) -> tuple[Invitation, ...]:
    """Invite raters; their codes can be read here and never again.

    Parameters
    ----------
    name : str
        Of the study.
    raters : int
        How many more.

    Returns
    -------
    tuple of Invitation

    Raises
    ------
    BadInput
        The number is below 1 or above `MOST_INVITED`.
    """
    require_permission("inviting raters")
    if not 1 <= raters <= MOST_INVITED:
        raise BadInput(f"{raters} raters cannot be invited at once; choose 1 to {MOST_INVITED}")
    with writing(name) as db:
        (last,) = db.execute("SELECT coalesce(max(rater), 0) FROM raters").fetchone()
        invitations = tuple(Invitation(last + number, new_code()) for number in range(1, raters + 1))
        db.executemany(
            "INSERT INTO raters (rater, code_hash) VALUES (?, ?)",
            [(invitation.rater, code_hash(invitation.code)) for invitation in invitations],
        )
    return invitations


def revoke(name: str, rater: int) -> None:
    """Close a rater's code. The responses stay in the file, marked, and leave the results.

    Parameters
    ----------
    name : str
        Of the study.
    rater : int

    Raises
    ------
    BadInput
        The study has no such rater.
    """
    require_permission("revoking a code")
    with writing(name) as db:
        changed = db.execute("UPDATE raters SET revoked = 1 WHERE rater = ?", (rater,)).rowcount
    if not changed:
        raise BadInput(f"study {name!r} has no rater {rater}; choose one of the invited raters")
