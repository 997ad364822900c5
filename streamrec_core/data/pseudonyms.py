"""Pseudonyms for ids of people: recognise ids that are e-mail addresses or phone numbers, and replace them in exports.

A pseudonym is an HMAC-SHA-256 of the id under a key of the workspace: the same id has the same pseudonym in all files
of this workspace, and nobody without the key can find it by trying addresses. Pages and analyses keep the ids.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streamrec_core.config import data_folder, read_only, workspace
from streamrec_core.data.string_column import PIECE, StringColumn
from streamrec_core.errors import BadInput
from streamrec_core.unfinished import clear_unfinished, hidden_name

PseudonymChoice = Literal["auto", "always", "never"]
KEY_FILE = "pseudonyms.key"
KEY_BYTES = 32
PREFIX, DIGITS = "p-", 16
PSEUDONYM = re.compile(rf"{PREFIX}[0-9a-f]{{{DIGITS}}}")
EMAIL = r"[^\s@/|,;:]+@[^\s@/|,;:]+\.[A-Za-z]{2,}"
INTERNATIONAL = r"^(?:tel:)?\+[1-9](?:[ ()./-]*[0-9]){6,13}(?:$|[^0-9])"
LOCAL = (
    r"^(?:\(0?[1-9][0-9]{1,4}\) ?[0-9]{3}[0-9 -]{2,8}|[2-9][0-9]{2}[-. ][2-9][0-9]{2}[-. ][0-9]{4}|"
    r"0[1-9][0-9]{1,3}[ /-][0-9]{6,9})(?:-[0-9]+)?$"
)
BARE = r"^(?:0[1-9][0-9]{8,10}|[1-9][0-9]{9,12})(?:-[0-9]{1,6})?$"
LOCAL_SHARE, BARE_SHARE = 0.01, 0.8
"""Of all ids: those that look like phone numbers in a national form, and those of digits alone."""
SPARSE = 1000
"""Plain counters are denser than one id in so many numbers."""
EPOCHS = ((1_000_000_000, 2_000_000_000), (1_000_000_000_000, 2_000_000_000_000))
"""Numbers that are seconds or milliseconds of the years 2001 to 2033."""
KINDS = {"e-mail": "e-mail addresses", "phone": "phone numbers"}
_process_key = secrets.token_bytes(KEY_BYTES)
"""On a server that stores nothing; it changes when the server starts again."""


def personal_kind(ids: Sequence[str]) -> str:
    """What the ids of people look like, by the whole set of them.

    Parameters
    ----------
    ids : sequence of str

    Returns
    -------
    str
        A key of `KINDS`, or empty. One e-mail address or international phone number is enough.

    Examples
    --------
    >>> personal_kind(["anna@example.org", "17"]), personal_kind(["+49 170 5550100"]), personal_kind(["100200300", "7"])
    ('e-mail', 'phone', '')
    """
    texts = pa.array(ids, pa.string())
    if not len(texts):
        return ""
    if _matches(texts, EMAIL).any():
        return "e-mail"
    local = _matches(texts, LOCAL).mean() >= LOCAL_SHARE
    return "phone" if _matches(texts, INTERNATIONAL).any() or local or _bare_phones(texts) else ""


def _matches(texts: pa.Array, pattern: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), np.bool_)


def _bare_phones(texts: pa.Array) -> bool:
    """Whether nearly all ids are numbers of the length of phone numbers, neither counted up nor points in time."""
    fits = _matches(texts, BARE)
    if fits.mean() < BARE_SHARE:
        return False
    plain = pc.unique(pc.replace_substring_regex(texts.filter(pa.array(fits)), "-.*", ""))
    numbers = plain.cast(pa.int64()).to_numpy()
    in_time = np.zeros(len(numbers), np.bool_)
    for first, last in EPOCHS:
        in_time |= (numbers >= first) & (numbers < last)
    in_time &= ~_matches(plain, "^0")
    if in_time.sum() > len(plain) * (1 - BARE_SHARE):
        return False
    numbers = np.sort(numbers)
    return len(numbers) < 2 or float(np.median(np.diff(numbers))) >= SPARSE


@dataclass(frozen=True)
class Pseudonyms:
    """Replaces ids in an export.

    Attributes
    ----------
    key : bytes
        Empty: ids stay as they are.
    kind : str
        What the ids look like, in words; empty where pseudonyms were asked for, or none are used.
    """

    key: bytes = b""
    kind: str = ""

    def __bool__(self) -> bool:
        return bool(self.key)

    def of(self, session_id: str) -> str:
        """The pseudonym of an id, or the id itself where none is used."""
        if not self.key or PSEUDONYM.fullmatch(session_id):
            return session_id
        digest = hmac.new(self.key, session_id.encode(), hashlib.sha256).hexdigest()
        return f"{PREFIX}{digest[:DIGITS]}"

    @property
    def note(self) -> str:
        """A sentence that says so in an export; empty where ids stay."""
        if not self.key:
            return ""
        looks = f"Session ids look like {self.kind}: they are" if self.kind else "Session ids are"
        return f"{looks} replaced by pseudonyms, the same in all exports of this workspace."


NO_PSEUDONYMS = Pseudonyms()


def pseudonyms_for(session_ids: Sequence[str], choice: str = "auto") -> Pseudonyms:
    """Decide whether the ids of a data set are replaced in an export.

    Parameters
    ----------
    session_ids : sequence of str
        All of them.
    choice : str
        auto (where they look like e-mail addresses or phone numbers), always or never.

    Returns
    -------
    Pseudonyms

    Raises
    ------
    BadInput
        The choice is unknown, or the key of the workspace cannot be read or written.
    """
    if choice not in get_args(PseudonymChoice):
        message = f"unknown choice of pseudonyms {choice!r}; choose auto, always or never"
        raise BadInput(message, fields=["pseudonyms"], value=choice, allowed=get_args(PseudonymChoice))
    kind = personal_kind(session_ids) if choice == "auto" else ""
    return Pseudonyms(workspace_key(), KINDS.get(kind, "")) if kind or choice == "always" else NO_PSEUDONYMS


def pseudonyms_of_data(name: str, session_ids: Iterable[str]) -> Pseudonyms:
    """Decide by the ids of a data set of the workspace; where it is gone, by those that are to be exported.

    Parameters
    ----------
    name : str
        Of the data set.
    session_ids : iterable of str
        That are to be exported.

    Returns
    -------
    Pseudonyms
    """
    ids = [pa.array(map(str, session_ids), pa.string())]
    path = data_folder() / name / "sessions.parquet"
    with suppress(pa.ArrowException, OSError):
        if path.is_file():
            ids += pq.read_table(path, columns=["session_id"])["session_id"].cast(pa.string()).chunks
    return pseudonyms_for(StringColumn(pa.chunked_array(ids)))


class PseudonymIndex:
    """Finds the id that a pseudonym stands for, under the key that was used last; made at its first use.

    Making it takes a hash of every id, some 1.5 seconds for a million; what it finds later, microseconds.

    Parameters
    ----------
    ids : StringColumn
        N of them.

    Examples
    --------
    >>> index = PseudonymIndex(StringColumn(["anna@example.org", "ben@example.org"]))
    >>> pseudonym = Pseudonyms(b"a key of the test, of 32 bytes ..").of("ben@example.org")
    >>> index.row(pseudonym, b"a key of the test, of 32 bytes .."), index.row("p-0000000000000000", b"another key")
    (1, -1)
    """

    def __init__(self, ids: StringColumn) -> None:
        self._ids, self._lock = ids, Lock()
        self._key, self._sorted, self._rows = b"", np.array([], np.uint64), np.array([], np.int64)

    def __reduce__(self) -> tuple[Any, ...]:
        return PseudonymIndex, (self._ids,)

    def row(self, pseudonym: str, key: bytes) -> int:
        """Row of the id; -1 where the pseudonym stands for none.

        Parameters
        ----------
        pseudonym : str
        key : bytes
            Of the workspace.

        Returns
        -------
        int
        """
        if not PSEUDONYM.fullmatch(pseudonym):
            return -1
        with self._lock:
            if self._key != key:
                self._fill(key)
            sought = np.uint64(int(pseudonym.removeprefix(PREFIX), 16))
            position = int(np.searchsorted(self._sorted, sought))
            if position == len(self._sorted) or self._sorted[position] != sought:
                return -1
            return int(self._rows[position])

    def _fill(self, key: bytes) -> None:
        digests = np.empty(len(self._ids), np.uint64)
        for start in range(0, len(digests), PIECE):
            texts = self._ids.array.slice(start, PIECE).cast(pa.binary()).to_pylist()
            first = b"".join([hmac.digest(key, text, "sha256")[: DIGITS // 2] for text in texts])
            digests[start : start + len(texts)] = np.frombuffer(first, ">u8")
        self._rows = np.argsort(digests)
        self._sorted, self._key = digests[self._rows], key


def workspace_key() -> bytes:
    """The key of the workspace, made at its first use; a server that stores nothing has one until it stops."""
    path = workspace() / KEY_FILE
    try:
        if not path.is_file():
            if read_only():
                return _process_key
            _write_key(path)
        key = path.read_bytes()
    except OSError as error:
        message = f"cannot be used ({error.strerror or error}); make it readable and writable"
        raise BadInput(message, path=path) from None
    if len(key) != KEY_BYTES:
        raise BadInput("is no key of pseudonyms; restore it from a copy, or delete it for new pseudonyms", path=path)
    return key


def _write_key(path: Path) -> None:
    """Write a new key that only this account can read; another process may be first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_unfinished(path.parent)
    part = hidden_name(path)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
    finally:
        part.unlink(missing_ok=True)
