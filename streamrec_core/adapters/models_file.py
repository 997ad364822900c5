"""The settings file `models.toml`, which names models of other libraries for the dashboard."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from streamrec_core.config import Settings, models_file
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import read_text
from streamrec_core.models.checkpoint import list_checkpoints

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
START_SECONDS, CALL_SECONDS = 10.0, 30.0
MOST_SECONDS = 3600.0


class ForeignModelSettings(Settings):
    """How a model of another library is loaded.

    Attributes
    ----------
    model_from : str
        `module:function` that returns it.
    python : str
        Program that runs it; by default the Python of the dashboard.
    folder : str
        Working directory, in which the module is looked up first; by default that of the settings file.
    start_seconds : float
        How long importing and loading may take.
    call_seconds : float
        How long one request may take.
    """

    model_from: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    python: str = sys.executable
    folder: str = "."
    start_seconds: float = Field(default=START_SECONDS, gt=0, le=MOST_SECONDS)
    call_seconds: float = Field(default=CALL_SECONDS, gt=0, le=MOST_SECONDS)


@dataclass(frozen=True)
class ForeignModel:
    """A model that the settings file names.

    Attributes
    ----------
    stamp : (int, int)
        Changes when the settings file does: saving it again loads its models again.
    """

    name: str
    settings: ForeignModelSettings
    stamp: tuple[int, int]


@dataclass(frozen=True)
class ForeignModels:
    """The models of the settings file by name, and by name, or by file, what cannot be used and why."""

    models: Mapping[str, ForeignModel] = field(default_factory=dict)
    damaged: Mapping[str, StreamRecError] = field(default_factory=dict)


def list_foreign_models() -> ForeignModels:
    """Read the settings file; an entry that cannot be used does not affect the others.

    Returns
    -------
    ForeignModels
        Empty where there is no file.
    """
    path = models_file()
    try:
        status = path.stat()
    except FileNotFoundError:
        return ForeignModels()
    except OSError as error:
        return _whole_file(path, error.strerror or str(error))
    checkpoints, every = list_checkpoints(), _read(path, (status.st_mtime_ns, status.st_size))
    taken = {
        name: BadInput(f"[{name}]: a shipped model or run has this name; choose another", path=path)
        for name in every.models
        if name in checkpoints
    }
    free = {name: model for name, model in every.models.items() if name not in taken}
    return ForeignModels(free, {**every.damaged, **taken})


def _whole_file(path: Path, fault: str) -> ForeignModels:
    return ForeignModels({}, {path.name: BadInput(f"cannot be read: {fault}; mend or remove it", path=path)})


@lru_cache(maxsize=4)
def _read(path: Path, stamp: tuple[int, int]) -> ForeignModels:
    try:
        entries = tomllib.loads(read_text(path))
    except StreamRecError as error:
        return _whole_file(path, error.message)
    except (OSError, RecursionError, ValueError) as error:  # no TOML, or nested too deeply
        return _whole_file(path, f"it is not valid TOML ({error})")
    models: dict[str, ForeignModel] = {}
    damaged: dict[str, StreamRecError] = {}
    for name, entry in entries.items():
        try:
            models[name] = ForeignModel(name, _settings(name, entry, path), stamp)
        except StreamRecError as error:
            damaged[name] = error
    return ForeignModels(models, damaged)


def _settings(name: str, entry: Any, path: Path) -> ForeignModelSettings:
    """Settings of one entry, its paths counted from the folder of the file."""
    if not NAME.fullmatch(name):
        raise BadInput(f"[{name}]: use letters, digits, dots, hyphens and underscores, at most 80", path=path)
    if not isinstance(entry, dict):
        raise BadInput(f'{name}: write a table, [{name}] with model_from = "module:function" below it', path=path)
    try:
        settings = ForeignModelSettings.parse(entry, f"[{name}]")
    except BadInput as error:
        if "model_from" in error.fields and "model_from" in entry:
            raise BadInput(f'[{name}]: model_from must be "module:function", got {error.value!r}', path=path) from None
        raise BadInput(error.message, path=path, fields=error.fields, value=error.value) from None
    python = Path(settings.python).expanduser()
    if len(python.parts) > 1:  # a bare name is looked up as a shell does
        python = path.parent / python
    folder = (path.parent / Path(settings.folder).expanduser()).resolve()
    return settings.model_copy(update={"python": str(python), "folder": str(folder)})
