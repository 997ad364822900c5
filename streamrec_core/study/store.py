"""Study storage: one SQLite file in WAL mode; each response is committed before the rater reads that it counts.

Of a rater nothing is stored but a number, the hash of a random code, and the responses: no name, no address, no time
of day. Where the dashboard is read-only, creating, inviting, revoking and deleting are refused; rating goes on, since
a response changes nothing but the study it belongs to.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from streamrec_core.audit_log import record
from streamrec_core.config import Settings, workspace
from streamrec_core.data.engagement import NOUN
from streamrec_core.disk_faults import database_fault, with_disk_faults
from streamrec_core.errors import BadInput, Refused, StreamRecError
from streamrec_core.files import faults_of, sync_folder
from streamrec_core.permissions import require_permission
from streamrec_core.study.cases import StudyCase, cases_hash
from streamrec_core.unfinished import clear_unfinished, hidden_name

SUFFIX = ".sqlite"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
PATIENCE_SECONDS = 15.0
"""How long a writer waits for another one."""

SCHEMA = """
CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 1), card TEXT NOT NULL);
CREATE TABLE cases (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE raters (
  rater INTEGER PRIMARY KEY,
  code_hash TEXT NOT NULL UNIQUE,
  turn INTEGER UNIQUE,
  revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
);
CREATE TABLE answers (
  rater INTEGER NOT NULL REFERENCES raters (rater),
  case_number INTEGER NOT NULL REFERENCES cases (number),
  arm TEXT NOT NULL,
  place INTEGER NOT NULL,
  trust INTEGER CHECK (trust BETWEEN 1 AND 5),
  prediction TEXT CHECK (prediction IN ('earlier', 'later')),
  seconds REAL CHECK (seconds >= 0),
  done INTEGER NOT NULL DEFAULT 0 CHECK (done = 0 OR (trust IS NOT NULL AND prediction IS NOT NULL)),
  PRIMARY KEY (rater, case_number)
) WITHOUT ROWID;
"""


class StudyCard(Settings):
    """What a study was made from, written once.

    Attributes
    ----------
    name : str
    created : str
        Day, as 2026-11-24.
    data, catalogue_hash, events_hash, model, weights_sha256 : str
    arms, cases, longest, seed
        See `StudyPlan`.
    looked_at : int
        Sessions examined to find the cases.
    worded : dict of str to int
        In how many of those each arm had a text.
    cases_sha256 : str
        Of everything that raters are shown.
    noun : str
        What an item of the data set is called.
    """

    name: str
    created: str
    data: str
    catalogue_hash: str
    events_hash: str
    model: str
    weights_sha256: str
    arms: tuple[str, ...]
    cases: int
    longest: int
    seed: int
    looked_at: int
    worded: dict[str, int]
    cases_sha256: str
    noun: str = NOUN


def study_folder() -> Path:
    """Return the folder of all studies."""
    return workspace() / "study"


def list_studies() -> tuple[str, ...]:
    """List the names of the studies here, in alphabetical order."""
    return tuple(sorted(path.stem for path in study_folder().glob(f"*{SUFFIX}") if NAME.fullmatch(path.stem)))


def study_path(name: str) -> Path:
    """Return the file of a study.

    Raises
    ------
    BadInput
        There is none of that name.
    """
    if name not in list_studies():
        raise BadInput(f"no study {name!r}; there are {', '.join(list_studies()) or 'none yet'}")
    return study_folder() / f"{name}{SUFFIX}"


def check_name(name: str) -> str:
    """Return a name that a new study may have; raises `BadInput` where it is taken or cannot be a file's."""
    if not NAME.fullmatch(name):
        raise BadInput(f"{name!r} is not a valid study name; use up to 40 lower-case letters, digits and hyphens")
    if name in list_studies():
        raise BadInput(f"study {name!r} exists already; choose another name")
    return name


def free_name() -> str:
    """Return the first of study-1, study-2, ... that is not taken."""
    taken = set(list_studies())
    return next(name for number in count(1) if (name := f"study-{number}") not in taken)


@with_disk_faults
def write_study(card: StudyCard, cases: Sequence[StudyCase]) -> Path:
    """Write a new study, whole or not at all.

    Parameters
    ----------
    card : StudyCard
    cases : sequence of StudyCase

    Returns
    -------
    Path

    Raises
    ------
    BadInput
        The name is taken.
    Refused
        The dashboard is read-only.
    """
    require_permission("creating a study")
    check_name(card.name)
    record("create study", card.name, {"weights": card.weights_sha256, "cases": card.cases_sha256})
    folder = study_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{card.name}{SUFFIX}"
    clear_unfinished(folder)
    part = hidden_name(path)
    try:
        _fill(part, card, cases)
        for log in _logs(path):
            log.unlink(missing_ok=True)  # a deletion that was killed may have left those of an earlier study
        os.link(part, path)  # unlike a move, this never replaces another's study
    except FileExistsError:
        raise BadInput(f"study {card.name!r} exists already; choose another name") from None
    except sqlite3.Error as error:
        raise database_fault(error, path) from None
    finally:
        for file in (part, *_logs(part)):
            file.unlink(missing_ok=True)
    sync_folder(folder)
    return path


def _fill(part: Path, card: StudyCard, cases: Sequence[StudyCase]) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")  # kept in the file from here on
        db.executescript(f"BEGIN;{SCHEMA}")
        db.execute("INSERT INTO study VALUES (1, ?)", (card.model_dump_json(),))
        db.executemany(
            "INSERT INTO cases VALUES (?, ?)", [(case.number, case.model_dump_json(by_alias=True)) for case in cases]
        )
        db.execute("COMMIT")


@with_disk_faults
def delete_study(name: str) -> None:
    """Remove a study with all its answers; raises `BadInput` where there is none of that name."""
    require_permission("deleting a study")
    path = study_path(name)
    record("delete study", name)
    for file in (path, *_logs(path)):
        file.unlink(missing_ok=True)


def _logs(path: Path) -> tuple[Path, ...]:
    """What SQLite keeps beside a study."""
    return tuple(path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm"))


@contextmanager
def reading(name: str) -> Iterator[sqlite3.Connection]:
    """Open a connection to a study, closed at the end; faults of the file become `BadInput`."""
    path = study_path(name)
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as db:
            # FULL: a committed answer survives a power cut, not only the end of this process.
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            yield db
    except sqlite3.OperationalError as error:
        raise Refused(
            f"study {name!r} cannot be used ({error}); check whether its folder is full or write-protected"
        ) from error
    except sqlite3.DatabaseError as error:
        raise BadInput(f"study {name!r} is damaged ({error}); restore {path.name} from a copy") from error


@contextmanager
def writing(name: str) -> Iterator[sqlite3.Connection]:
    """Open one transaction, begun at once so that what is read in it stays true; undone after an error."""
    with reading(name) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def read_study(name: str) -> tuple[StudyCard, tuple[StudyCase, ...]]:
    """Read a study's card and its frozen cases; raises as `card_and_cases` does."""
    with reading(name) as db:
        return card_and_cases(db, name)


def damaged_studies() -> dict[str, StreamRecError]:
    """Why a study cannot be read, by name; of the damaged ones only."""
    return faults_of({name: study_path(name) for name in list_studies()}, lambda path: read_study(path.stem))


def card_and_cases(db: sqlite3.Connection, name: str) -> tuple[StudyCard, tuple[StudyCase, ...]]:
    """Read a study's card and its frozen cases over an open connection.

    Parameters
    ----------
    db : sqlite3.Connection
    name : str
        Of the study, for messages.

    Returns
    -------
    (StudyCard, tuple of StudyCase)

    Raises
    ------
    Refused
        The cases are not those the study began with.
    """
    (body,) = db.execute("SELECT card FROM study").fetchone()
    bodies = [case for (case,) in db.execute("SELECT body FROM cases ORDER BY number")]
    card = StudyCard.parse(json.loads(body), origin=f"study {name!r}")
    cases = tuple(StudyCase.parse(json.loads(case), origin=f"a case of study {name!r}") for case in bodies)
    if cases_hash(cases) != card.cases_sha256:
        raise Refused(
            f"the cases of study {name!r} have changed since it began (card {card.cases_sha256[:12]}, file "
            f"{cases_hash(cases)[:12]}); restore the file from a copy"
        )
    return card, cases
