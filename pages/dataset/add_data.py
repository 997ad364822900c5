"""Create a data set: a preset with its settings, an uploaded log, or a log in one of the server's folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from pages.dataset import form_job, notices
from pages.dataset.column_mapping import log_form
from pages.dataset.controls import LABELS, LOG_TYPES
from pages.dataset.jobs import draw_job
from pages.dataset.log_source import LogSource
from pages.ui.error_text import error_text
from pages.ui.visitor import visitor
from streamrec_core.config import import_folders, read_only
from streamrec_core.data.folders import allowed_source
from streamrec_core.data.importers.sources import ENDINGS
from streamrec_core.data.jobs import JobRequest, Upload, preset_request, safe_file_name, start_job
from streamrec_core.data.presets import PRESETS
from streamrec_core.defaults import SEED, SESSIONS
from streamrec_core.errors import StreamRecError

MOST_SESSIONS = 1_000_000
SESSIONS_A_SECOND = 30_000
"""Measured on one idle core for `streamrec`; the larger part is writing."""
MOST_LISTED = 300


def add_data() -> None:
    """Draw the choice of a source and its form."""
    if read_only():
        notices.read_only("Creating and importing data sets")
        return
    st.session_state.setdefault("add_way", next(iter(SOURCES)))
    source = st.segmented_control("Source", list(SOURCES), key="add_way", required=True)
    with st.container(border=True, gap="small"):
        SOURCES[source or next(iter(SOURCES))]()


def begin(request: Callable[[], JobRequest], uploads: Sequence[Upload] = ()) -> None:
    """Start the job, then rerun the page, which shows the job or the error; the form stays filled until it is done.

    Called in the run that a button starts, not as its `on_click`: the arguments of a callback are those of the run
    before, and a field edited just now would be lost.
    """
    try:
        form_job.remember(start_job(request(), uploads, visitor()))
    except StreamRecError as error:
        st.session_state["add_fault"] = error_text(error, LABELS)
    st.rerun()


def fault() -> None:
    """Draw why the last request was refused, or how its job ended without a data set."""
    job = form_job.form_job()
    if job is not None and form_job.belongs_to_form(job):
        draw_job(job)
    if message := st.session_state.pop("add_fault", ""):
        notices.cannot_add(message)


def _preset() -> None:
    st.caption(
        "Synthetic sessions over a fixed catalogue. Every probability is known, so a model can be compared with the "
        "best possible one. The same settings give the same sessions."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        preset = st.selectbox("Preset", list(PRESETS), key="make_preset", width=200)
        sessions = st.number_input(
            LABELS["sessions"], 10, MOST_SESSIONS, SESSIONS // 4, 1000, key="make_sessions", width=150
        )
        seed = st.number_input(LABELS["seed"], 0, 10**9, SEED, 1, key="make_seed", width=130)
        home_page = st.checkbox(
            "With a home page",
            key="make_home",
            disabled=not PRESETS[preset].takes_home_page,
            help="Adds a neutral item to most sessions: never a target, never recommended.",
        )
    seconds = max(round(sessions / SESSIONS_A_SECOND), 1)
    st.caption(f"{PRESETS[preset].summary[:1].upper()}{PRESETS[preset].summary[1:]}. Takes about {seconds} s.")
    if st.button("Create", type="primary"):
        begin(lambda: preset_request(preset, sessions, seed, home_page and PRESETS[preset].takes_home_page))
    fault()


def _upload() -> None:
    st.caption(
        "Text, JSON Lines, Parquet or Excel files (also as gz, zst or zip) with one row per event: a session or user, "
        "an item and, ideally, a time. Several files are read as one log. They are read on this server, deleted after "
        "the import, and sent nowhere else. "
        f"A file has at most {st.get_option('server.maxUploadSize'):,} MB (`server.maxUploadSize` of Streamlit); put "
        "larger ones into `workspace/imports` and choose “Server folder”."
    )
    files = st.file_uploader(
        "Event log",
        type=LOG_TYPES,
        accept_multiple_files=True,
        key=f"add_upload-{form_job.form_round()}",
    )
    if files:
        log_form(LogSource(uploads=files), begin)
    fault()


def _server() -> None:
    st.caption(
        "Logs in `workspace/imports` or in a folder named by `STREAMREC_IMPORTS`: text, JSON Lines, Parquet or Excel "
        "files, folders of such files, a MovieLens folder (u.data, ratings.dat or ratings.csv), or a folder of RecBole "
        "atomic files (X.inter, X.item)."
    )
    sources = server_sources()
    if not sources:
        st.info("No files to import yet. Put a file or folder into `workspace/imports` and reload the page.")
    labels = st.multiselect("Files and folders", list(sources), key="add_source", placeholder="Choose one or several")
    selected = [sources[label] for label in labels if label in sources]
    if len(selected) == 1 and selected[0][1] != "table":
        _ratings(*selected[0])
    elif selected:
        files = tuple(path for path, kind in sources.values() if kind == "table" and path.is_file())
        log_form(LogSource(paths=tuple(path for path, _ in selected), item_paths=files), begin)
    fault()


def _ratings(path: Path, kind: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            LABELS["name"], safe_file_name(path.name), key=f"ratings_name-{path}", max_chars=100, width=220
        )
        least = st.number_input(LABELS["min_item_ratings"], 1, 1000, 5, key="ratings_least", width=180)
    settings = {"name": name.strip(), "min_item_ratings": least}
    if st.button("Import", type="primary", disabled=form_job.is_running()):
        begin(lambda: JobRequest(kind=kind, name=name.strip(), sources=(str(path),), settings=settings))


def server_sources() -> dict[str, tuple[Path, str]]:
    """Logs in the server's import folders, by the label they are shown under: path and kind."""
    logs: dict[str, tuple[Path, str]] = {}
    for folder in import_folders():
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            kind = _kind(path)
            if kind and len(logs) < MOST_LISTED:
                logs.setdefault(f"{path.name} ({folder.name})", (path, kind))
    return logs


def _kind(path: Path) -> str:
    """The importer for a file or folder; empty if none can read it, and for links that lead elsewhere."""
    try:
        real = allowed_source(path)
    except StreamRecError:
        return ""
    if real.is_file():
        return "table" if real.suffix.lower().lstrip(".") in LOG_TYPES else ""
    if next(real.glob("*.inter"), None) is not None:
        return "atomic"
    if any((real / name).is_file() for name in MOVIELENS):
        return "movielens"
    return "table" if any(file.suffix.lower() in ENDINGS for file in real.iterdir()) else ""


MOVIELENS = ("u.data", "ratings.dat", "ratings.csv")
SOURCES = {"Preset": _preset, "Upload": _upload, "Server folder": _server}
