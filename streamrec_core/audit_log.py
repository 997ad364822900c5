"""Audit log: who imported, trained, deleted and reported what; append only, each entry hashing the one before.

A changed, removed or inserted entry breaks the chain from there on. A tail that was cut off does not; it shows where a
head of the chain was kept elsewhere, as every evidence pack does.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streamrec_core.config import Settings, read_only, workspace
from streamrec_core.disk_faults import database_fault
from streamrec_core.files import disk_fault
from streamrec_core.permissions import actor_name

FILE = "audit.sqlite3"
PATIENCE_SECONDS = 15.0
"""How long an entry waits for another process that is writing one."""
FIRST = "0" * 64
"""What the first entry hashes as the one before it."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY,
    moment TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""


class AuditHead(Settings):
    """The last entry of the log at some moment: kept elsewhere, it shows a tail that was cut off.

    Attributes
    ----------
    number : int
        Of the entry, from 1; 0 for an empty log.
    hash : str
        SHA-256 of the entry.
    """

    number: int = 0
    hash: str = FIRST


@dataclass(frozen=True)
class AuditEntry:
    """One action.

    Attributes
    ----------
    number : int
        From 1, without gaps.
    moment : str
        UTC, ISO 8601.
    actor : str
        The person signed in, else the account of the operating system.
    action : str
        Such as "import", "train" or "delete data".
    subject : str
        Name of what was acted on.
    details : dict
        Hashes and settings that say what exactly.
    previous, hash : str
        SHA-256 of the entry before, and of this one.
    """

    number: int
    moment: str
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous: str
    hash: str

    def expected_hash(self) -> str:
        """SHA-256 over all other fields, as canonical JSON."""
        values = {name: value for name, value in asdict(self).items() if name != "hash"}
        return hashlib.sha256(_canonical(values).encode()).hexdigest()


def audit_file() -> Path:
    """Path of the database."""
    return workspace() / FILE


def record(action: str, subject: str, details: Mapping[str, Any] | None = None) -> AuditHead:
    """Add an entry; nothing is added where the program is set to read only, since nothing is changed there.

    Parameters
    ----------
    action, subject : str
        What is done, and to what.
    details : mapping of str to Any
        Plain values.

    Returns
    -------
    AuditHead
        The new head.

    Raises
    ------
    BadInput
        The log cannot be written; the action must not be done then.
    """
    if read_only():
        return AuditHead()
    with _opened(write=True) as database:
        database.execute("BEGIN IMMEDIATE")
        head = _head(database)
        entry = AuditEntry(
            number=head.number + 1,
            moment=datetime.now(UTC).isoformat(timespec="seconds"),
            actor=actor_name() or _account(),
            action=action,
            subject=subject,
            details=dict(details or {}),
            previous=head.hash,
            hash="",
        )
        digest = entry.expected_hash()
        values = asdict(entry) | {"details": _canonical(entry.details), "hash": digest}
        database.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(values.values()))
        database.execute("COMMIT")
    return AuditHead(number=entry.number, hash=digest)


def entries() -> tuple[AuditEntry, ...]:
    """Every entry, the first one first; raises `BadInput` where the log cannot be read."""
    if not audit_file().exists():
        return ()
    with _opened(write=False) as database:
        rows = database.execute("SELECT * FROM entries ORDER BY number").fetchall()
    return tuple(
        AuditEntry(number, moment, actor, action, subject, _details(details), previous, digest)
        for number, moment, actor, action, subject, details, previous, digest in rows
    )


def audit_head() -> AuditHead:
    """The last entry; number 0 for an empty log."""
    if not audit_file().exists():
        return AuditHead()
    with _opened(write=False) as database:
        return _head(database)


def chain_faults(chain: tuple[AuditEntry, ...], heads: Mapping[str, AuditHead] | None = None) -> tuple[str, ...]:
    """What is wrong with a log.

    Parameters
    ----------
    chain : tuple of AuditEntry
        All entries in their order.
    heads : mapping of str to AuditHead
        Heads that were kept elsewhere, by where.

    Returns
    -------
    tuple of str
        Empty for a sound chain that contains all the heads.
    """
    faults: list[str] = []
    previous = FIRST
    for number, entry in enumerate(chain, start=1):
        if entry.number != number:
            faults.append(f"entry {number} is missing; {entry.number} follows")
            break
        if entry.previous != previous:
            faults.append(f"entry {number} does not follow the one before it: {entry.previous[:12]}, {previous[:12]}")
            break
        if entry.hash != (expected := entry.expected_hash()):
            faults.append(f"entry {number} was changed: it hashes to {expected[:12]}, the log has {entry.hash[:12]}")
            break
        previous = entry.hash
    hashes = {0: FIRST} | {entry.number: entry.hash for entry in chain}
    for origin, head in (heads or {}).items():
        if head.number not in hashes:
            faults.append(f"{origin} was made at entry {head.number}; the log ends at {len(chain)}: its tail was cut")
        elif hashes[head.number] != head.hash:
            faults.append(f"{origin} has {head.hash[:12]} as entry {head.number}, the log {hashes[head.number][:12]}")
    return tuple(faults)


def _details(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {"unreadable": text[:200]}
    return values if isinstance(values, dict) else {"unreadable": text[:200]}


def _canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _head(database: sqlite3.Connection) -> AuditHead:
    row = database.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
    return AuditHead() if row is None else AuditHead(number=row[0], hash=row[1])


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name, as in some containers
        return "unknown account"


@contextmanager
def _opened(write: bool) -> Iterator[sqlite3.Connection]:
    file = audit_file()
    try:
        if write:
            file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = FULL")
            if write:
                database.executescript(_SCHEMA)
            yield database
    except sqlite3.Error as error:
        raise database_fault(error, file) from None
    except OSError as error:
        raise disk_fault(error) from None
