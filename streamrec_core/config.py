"""Base of all settings (frozen, closed), and the configuration: workspace folders and environment variables."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, ValidationError

from streamrec_core.errors import BadInput, Refused
from streamrec_core.files import read_text, write_atomically

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent
"""The folder that holds the package: the checkout, or site-packages."""


MOST_FAULTS = 8
"""Faults of one file that a message names; the others are counted."""


class Settings(BaseModel):
    """Frozen settings that refuse unknown keys, the base of every record that is read from disk."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, values: object, origin: str | Path) -> Self:
        """Check plain values.

        Parameters
        ----------
        values : object
            A mapping of names to values.
        origin : str or Path
            What messages call the values: a file, or words such as "options".

        Returns
        -------
        Self

        Raises
        ------
        BadInput
            A key is unknown, missing or of the wrong type; all faults are named at once, and `fields` has their keys.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise settings_fault(error, origin) from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read settings from a JSON file; raises `BadInput` naming the file and the key."""
        return cls.parse(cls._content(path), origin=path)

    @staticmethod
    def _content(path: Path) -> Any:
        """What a JSON file holds."""
        try:
            return json.loads(read_text(path))
        except FileNotFoundError:
            raise BadInput("is missing; the folder is incomplete, make or import it again", path=path) from None
        except RecursionError:
            raise BadInput("is nested too deeply; restore the file or make it again", path=path) from None
        except ValueError as error:  # no JSON, or a number of thousands of digits
            raise BadInput(f"is not valid JSON ({error}); restore the file or make it again", path=path) from None

    def write(self, path: Path) -> None:
        """Write the settings as readable JSON, whole or not at all."""
        write_atomically(path, self.model_dump_json(indent=2, by_alias=True) + "\n")


class SealedRecord(Settings):
    """A record of measurements whose file holds the SHA-256 of everything else in it, as `sha256`."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the record from a JSON file, also from one written before there was a hash.

        Raises
        ------
        BadInput
            The file is damaged.
        Refused
            The file is not what was written.
        """
        content = cls._content(path)
        stored = str(content.pop("sha256", "")) if isinstance(content, dict) else ""
        if stored and stored != (actual := _sealing_hash(content)):
            raise Refused(
                f"is not what was written (its sha256 says {stored[:12]}, its content has {actual[:12]}); restore it "
                "from a copy, or measure again",
                path=path,
            )
        return cls.parse(content, origin=path)

    def write(self, path: Path) -> None:
        """Write the record as readable JSON with its hash, whole or not at all."""
        content = self.model_dump(mode="json", by_alias=True)
        sealed = content | {"sha256": _sealing_hash(content)}
        write_atomically(path, json.dumps(sealed, indent=2, ensure_ascii=False) + "\n")


def _sealing_hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def settings_fault(error: ValidationError, origin: str | Path = "options") -> BadInput:
    """Values that settings refused, as an error for people.

    Parameters
    ----------
    error : ValidationError
    origin : str or Path
        What messages call the values.

    Returns
    -------
    BadInput
        All faults at once; `fields` has their keys.
    """
    faults, value = _faults(error), error.errors()[0]["input"]
    fields = [str(fault["loc"][0]) for fault in error.errors() if fault["loc"]]
    if isinstance(origin, Path):
        return BadInput(f": {faults}", path=origin, fields=fields, value=value)
    return BadInput(f"{origin}: {faults}", fields=fields, value=value)


def _faults(error: ValidationError) -> str:
    """One line for all faults: where, what is wrong, what was found."""
    faults = []
    for fault in error.errors()[:MOST_FAULTS]:
        where = ".".join(str(part) for part in fault["loc"]) or "value"
        of_all = not fault["loc"] and fault["type"] == "value_error"
        faults.append(fault["msg"].removeprefix("Value error, ") if of_all else f"{where}: {fault['msg']}")
    more = error.error_count() - len(faults)
    return "; ".join(faults) + (f"; and {more:,} more" if more else "")


@dataclass(frozen=True)
class NumberVariable:
    """An environment variable that holds a number above zero.

    Attributes
    ----------
    name : str
    default : float
    whole : bool
        Whether it is a whole number.
    """

    name: str
    default: float
    whole: bool = False

    def read(self) -> float:
        """The number; raises `BadInput` where the variable holds something else."""
        text = os.environ.get(self.name, "")
        try:
            number = float(text) if text else self.default
        except ValueError:
            number = math.nan
        if not 0 < number <= LARGEST_NUMBER or (self.whole and number != int(number)):
            kind = "whole number" if self.whole else "number"
            message = f"{self.name} is {text[:40]!r}; set it to a {kind} above 0 and up to {LARGEST_NUMBER:,}"
            raise BadInput(message, value=text[:40])
        return number


LARGEST_NUMBER = 10**12
IMPORT_ROWS = NumberVariable("STREAMREC_IMPORT_ROWS", 100_000_000, whole=True)
"""Rows of a log that is imported."""
IMPORT_GIGABYTES = NumberVariable("STREAMREC_IMPORT_GB", 4.0)
"""Gigabytes (10^9 bytes) of its files after unpacking."""
IMPORT_MINUTES = NumberVariable("STREAMREC_IMPORT_MINUTES", 60.0)
"""Minutes that its import may take."""
LOAD_SECONDS = NumberVariable("STREAMREC_LOAD_SECONDS", 120.0)
"""Seconds that `module:function` may take to be imported, and then to build or load its model."""
CALL_SECONDS = NumberVariable("STREAMREC_CALL_SECONDS", 60.0)
"""Seconds that a call of such a model may take."""


def checkout() -> Path | None:
    """The source tree that the package runs from; None where it was installed without one."""
    return PROJECT if (PROJECT / "pyproject.toml").is_file() and (PROJECT / "app.py").is_file() else None


def workspace() -> Path:
    """The one folder the dashboard writes to.

    `STREAMREC_WORKSPACE`, else `workspace/` in a checkout, else the user's data folder (on Linux
    `~/.local/share/streamrec`).
    """
    named = os.environ.get("STREAMREC_WORKSPACE")
    if named:
        return Path(named).expanduser().resolve()
    source = checkout()
    return user_data_path("streamrec", appauthor=False) if source is None else source / "workspace"


def data_folder() -> Path:
    """Where data sets are kept and looked up by name."""
    return workspace() / "data"


def jobs_folder() -> Path:
    """Where making and importing data sets is watched; what lies there is gone when the work is done."""
    return workspace() / "jobs"


def import_folders() -> tuple[Path, ...]:
    """Where the dashboard may import from: `workspace/imports`, and the folders in `STREAMREC_IMPORTS` (as in PATH)."""
    named = os.environ.get("STREAMREC_IMPORTS", "")
    return (workspace() / "imports", *(Path(part).expanduser() for part in named.split(os.pathsep) if part))


def runs_folder() -> Path:
    """Where training runs are kept and looked up by name."""
    return workspace() / "runs"


def runs_at_once() -> int:
    """How many runs may train side by side (`STREAMREC_RUNS_AT_ONCE`, default 1); the others are queued."""
    named = os.environ.get("STREAMREC_RUNS_AT_ONCE", "1")
    return max(1, int(named[:9])) if named.isdecimal() else 1  # Python reads no number of thousands of digits


def checkpoints_folder() -> Path:
    """The shipped models: `STREAMREC_CHECKPOINTS`, else `checkpoints/` in a checkout, else inside the package."""
    return Path(os.environ.get("STREAMREC_CHECKPOINTS", (checkout() or PACKAGE) / "checkpoints"))


def models_file() -> Path:
    """Names models of other libraries for the dashboard: `STREAMREC_MODELS`, else `models.toml` in the workspace."""
    named = os.environ.get("STREAMREC_MODELS")
    return Path(named).expanduser().resolve() if named else workspace() / "models.toml"


def report_key_file() -> Path | None:
    """The private key that signs every report built here (`STREAMREC_REPORT_KEY`); None where none is set."""
    named = os.environ.get("STREAMREC_REPORT_KEY")
    return Path(named).expanduser().absolute() if named else None


def foreign_models_folder() -> Path:
    """Where measurements of these models are kept, a folder each."""
    return workspace() / "models"


def version() -> str:
    """Version of the package: what pyproject.toml says in a checkout, else that of the installed distribution."""
    source = checkout()
    if source is None:
        return metadata.version("streamrec")
    with (source / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def launcher() -> Path:
    """The dashboard's `app.py`, in a checkout or inside the package."""
    return (checkout() or PACKAGE / "dashboard") / "app.py"


def open_to_everyone() -> bool:
    """Whether the dashboard may answer other machines without sign-in (`STREAMREC_OPEN=1`)."""
    return _switched_on("STREAMREC_OPEN")


def raters_only() -> bool:
    """Whether the dashboard serves nothing but the rating of studies (`STREAMREC_RATERS_ONLY=1`)."""
    return _switched_on("STREAMREC_RATERS_ONLY")


def demonstration() -> bool:
    """Whether every visitor sees what is for regulators and nothing else (`STREAMREC_DEMONSTRATION=1`)."""
    return _switched_on("STREAMREC_DEMONSTRATION")


def read_only() -> bool:
    """Whether training, import and deletion are refused (`STREAMREC_READ_ONLY=1`); a demonstration changes nothing."""
    return _switched_on("STREAMREC_READ_ONLY") or demonstration()


def read_only_variable() -> str:
    """The environment variable that sets the program to read only, where one does."""
    return "STREAMREC_READ_ONLY" if _switched_on("STREAMREC_READ_ONLY") else "STREAMREC_DEMONSTRATION"


def _switched_on(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0", "false", "no")
