"""Invitation codes of raters: random, easy to type, stored only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import quote

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without characters that look alike on paper (0 and o, 1 and l and i)."""
GROUPS, GROUP_LENGTH = 3, 5


@dataclass(frozen=True)
class Invitation:
    """An invitation for one rater. The code exists here only: the study stores its hash.

    Attributes
    ----------
    rater : int
        The rater's number, from 1, by which a code is revoked.
    code : str
    """

    rater: int
    code: str

    def link(self, address: str) -> str:
        """Write the rater's link; `address` is the dashboard's, such as `http://127.0.0.1:8501`."""
        return f"{address.rstrip('/')}/study?code={quote(self.code)}"


def new_code() -> str:
    """Draw a random code of 74 bits, such as `h4kq2-w9xzt-3mcpe`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def code_hash(code: str) -> str:
    """Hash a code as the study stores it; spaces around it and letter case do not matter.

    Examples
    --------
    >>> code_hash(" H4KQ2-w9xzt-3mcpe ") == code_hash("h4kq2-w9xzt-3mcpe")
    True
    """
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
