"""Open data sets by name: synthetic presets, generated once and cached, and data sets in the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from streamrec_core.config import data_folder
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet, DataSetCard, make_dataset
from streamrec_core.data.log import EventLog
from streamrec_core.data.object_storage import is_address, local_copy
from streamrec_core.data.progress import report_progress
from streamrec_core.data.storage import CARD_FILE, check_free, read_dataset, write_dataset
from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
from streamrec_core.data.synthetic.sessions import draw_streamrec, streamrec_catalogue
from streamrec_core.data.synthetic.streamrec import StreamRecSettings
from streamrec_core.data.truth import Truth
from streamrec_core.defaults import SEED, SESSIONS
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import faults_of

VERSION = 1
"""Goes up when a generator changes, so that what was made before is made again."""


@dataclass(frozen=True)
class Preset:
    """A generator with a fixed catalogue."""

    summary: str
    catalogue: Callable[[], Catalogue]
    draw: Callable[..., tuple[EventLog, Truth]]
    settings: dict[str, Any]
    card: dict[str, Any]
    takes_home_page: bool = False


PRESETS: dict[str, Preset] = {
    "streamrec": Preset(
        "a synthetic streaming service with series, engagement, recency and an opening intent",
        streamrec_catalogue,
        draw_streamrec,
        asdict(StreamRecSettings()),
        {"train_positions": "all"},
        takes_home_page=True,
    ),
    "case-study": Preset(
        "the published case study's generator: categories only, last position trained",
        case_study_catalogue,
        draw_case_study,
        {},
        {"train_positions": "last"},
    ),
}


def make(
    preset: str,
    sessions: int = SESSIONS,
    seed: int = SEED,
    home_page: bool = False,
    folder: Path | None = None,
    overwrite: bool = False,
) -> DataSet:
    """Draw a preset and write it as a data set folder.

    Parameters
    ----------
    preset : str
        Name in `PRESETS`.
    sessions : int
        At least 10.
    seed : int
        The same seed gives the same sessions.
    home_page : bool
        With a neutral home page in most sessions, where the preset has one.
    folder : Path or None
        None: its place in the workspace, by name.
    overwrite : bool
        Replace a data set in the folder.

    Returns
    -------
    DataSet

    Raises
    ------
    BadInput
        The preset or an option of it is unknown, there are fewer than ten sessions, or the folder is in use.

    Examples
    --------
    >>> import tempfile
    >>> dataset = make("case-study", sessions=20, seed=1, folder=Path(tempfile.mkdtemp()) / "small")
    >>> dataset.name, len(dataset.log), len(dataset.catalogue)
    ('case-study-20-seed1', 20, 5000)
    """
    generator_preset = _preset(preset)
    _check_options(preset, sessions, seed, home_page)
    name = preset_name(preset, sessions, seed, home_page)
    target = folder or data_folder() / name
    check_free(target, overwrite)
    generator = _generator(preset, sessions, seed, home_page)
    catalogue = generator_preset.catalogue()
    extra = {"home_page": True} if home_page else {}
    report_progress(f"Drawing {sessions:,} sessions")
    log, truth = generator_preset.draw(catalogue, sessions, seed, **extra)
    report_progress("Writing the data set")
    dataset = make_dataset(
        catalogue,
        log,
        name=name,
        kind="synthetic",
        source=f"generated: {generator_preset.summary}",
        licence="none needed; every item and session is invented",
        generator=generator,
        **generator_preset.card,
    )
    return write_dataset(dataset, target, truth, overwrite)


def _check_options(preset: str, sessions: int, seed: int, home_page: bool) -> None:
    if sessions < 10:
        message = f"{sessions} sessions cannot be divided into train, validation and test; make 10 or more"
        raise BadInput(message, fields=["sessions"], value=sessions)
    if seed < 0:
        raise BadInput(f"seed {seed} is negative; choose 0 or more", fields=["seed"], value=seed)
    if home_page and not PRESETS[preset].takes_home_page:
        able = [name for name, other in PRESETS.items() if other.takes_home_page]
        message = f"preset {preset!r} has no home page; only {', '.join(able)} has one"
        raise BadInput(message, fields=["home_page"], allowed=able)


def preset_name(preset: str, sessions: int = SESSIONS, seed: int = SEED, home_page: bool = False) -> str:
    """The name of a preset with these settings; the bare preset where all are default.

    Parameters
    ----------
    preset : str
    sessions : int
    seed : int
    home_page : bool

    Returns
    -------
    str
    """
    parts = [preset]
    parts += ["home"] if home_page else []
    parts += [f"{sessions}"] if sessions != SESSIONS else []
    parts += [f"seed{seed}"] if seed != SEED else []
    return "-".join(parts)


def open_data(name: str | Path, in_full: bool = False) -> DataSet:
    """Open a data set.

    Parameters
    ----------
    name : str or Path
        A preset (made on first use), a name in the workspace, a folder, or the address of a folder on object storage
        (s3://bucket/folder), which is copied into the workspace.
    in_full : bool
        Recompute its hashes even where this process has verified the same files before.

    Returns
    -------
    DataSet

    Raises
    ------
    BadInput
        Nothing of that name exists; the message lists what does.

    Examples
    --------
    >>> import tempfile
    >>> folder = make("streamrec", sessions=10, folder=Path(tempfile.mkdtemp()) / "small").folder
    >>> open_data(folder).card.counts.sessions
    10
    """
    if is_address(str(name)):
        return read_dataset(local_copy(str(name), CARD_FILE), in_full)
    if str(name) in PRESETS:
        return _cached(str(name), in_full)
    for folder in (Path(name), data_folder() / str(name)):
        if (folder / CARD_FILE).is_file():
            return read_dataset(folder, in_full)
    names = list_data()
    message = f"no data set {str(name)!r}; there are {', '.join(names)}, or give a folder with {CARD_FILE}"
    raise BadInput(message, fields=["data"], value=str(name), allowed=names)


def list_data() -> tuple[str, ...]:
    """Names that `open_data` takes: presets first, then the folders in the workspace."""
    in_workspace = sorted(path.parent.name for path in data_folder().glob(f"[!.]*/{CARD_FILE}"))
    return (*PRESETS, *(name for name in in_workspace if name not in PRESETS))


def damaged_data() -> dict[str, StreamRecError]:
    """Why the card of a data set in the workspace cannot be read, by name; of the damaged ones only."""
    cards = {path.parent.name: path for path in data_folder().glob(f"[!.]*/{CARD_FILE}")}
    return faults_of(cards, DataSetCard.read)


def _cached(preset: str, in_full: bool) -> DataSet:
    folder = data_folder() / preset
    generator = _generator(preset, SESSIONS, SEED, False)
    if (folder / CARD_FILE).is_file() and DataSetCard.read(folder / CARD_FILE).generator == generator:
        return read_dataset(folder, in_full)
    try:
        return make(preset, folder=folder, overwrite=True)
    except OSError:
        # Another process made it at the same time and was first; its data are the same.
        return read_dataset(folder)


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        raise BadInput(f"unknown preset {name!r}; choose one of {', '.join(PRESETS)}", value=name, allowed=[*PRESETS])
    return PRESETS[name]


def _generator(preset: str, sessions: int, seed: int, home_page: bool) -> dict[str, Any]:
    settings = {
        key: list(value) if isinstance(value, tuple) else value for key, value in _preset(preset).settings.items()
    }
    return {
        "preset": preset,
        "version": VERSION,
        "sessions": sessions,
        "seed": seed,
        "home_page": home_page,
        "settings": settings,
    }
