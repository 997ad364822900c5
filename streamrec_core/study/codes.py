"""Codes that let a rater in: random, easy to type, and kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import quote

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without signs that look alike on paper (0 and o, 1 and l and i)."""
GROUPS, GROUP_LENGTH = 3, 5


@dataclass(frozen=True)
class Invitation:
    """A place for one rater. The code exists here only: the study keeps its hash.

    Attributes
    ----------
    rater : int
        Number of the place, from 1; revoking goes by it.
    """

    rater: int
    code: str

    def link(self, address: str) -> str:
        """Where the rater goes; `address` is the dashboard's, such as `http://127.0.0.1:8501`."""
        return f"{address.rstrip('/')}/study?code={quote(self.code)}"


def new_code() -> str:
    """A random code of 74 bits, such as `h4kq2-w9xzt-3mcpe`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def code_hash(code: str) -> str:
    """What the study keeps of a code; spaces around it and letter case do not matter."""
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
