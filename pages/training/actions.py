"""Actions on runs: start, stop, resume, rename, delete, use; a refusal is shown on the next run of the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.training.url import BESIDE, RUN
from pages.ui.error_text import error_text
from pages.ui.url_state import MODEL, change_url, clear_url, set_url, url_value
from streamrec_core.config import runs_folder
from streamrec_core.errors import StreamRecError
from streamrec_core.training import manage
from streamrec_core.training.settings import RunConfig

FAULT = "run_fault"


@contextmanager
def _refusals_kept() -> Iterator[None]:
    """Keep a refusal for `take_fault` instead of ending the page."""
    try:
        yield
    except StreamRecError as error:
        st.session_state[FAULT] = error_text(error)


def take_fault() -> str:
    """Why the last action was refused, once; empty if it was done."""
    return str(st.session_state.pop(FAULT, ""))


def start(configs: tuple[RunConfig, ...], named: bool) -> None:
    """Start runs and show the first; unless `named`, under free names."""
    with _refusals_kept():
        started: list[str] = []
        for config in configs:
            name = config.name if named else manage.free_name(runs_folder(), config.name)
            started.append(manage.start(runs_folder(), config.model_copy(update={"name": name})).name)
            set_url(RUN, started[0])
        clear_url(BESIDE)
        if len(started) > 1:
            set_url(BESIDE, ",".join(started[1:]))


def stop(name: str) -> None:
    """Stop a run, or remove it from the queue."""
    with _refusals_kept():
        manage.stop(runs_folder(), name)


def resume(name: str) -> None:
    """Queue a run again."""
    with _refusals_kept():
        manage.resume(runs_folder(), name)


def rename(name: str, new: str) -> None:
    """Rename a run; links of this visitor follow."""
    with _refusals_kept():
        manage.rename(runs_folder(), name, new.strip())
        for param in (RUN, MODEL):
            if url_value(param) == name:
                set_url(param, new.strip())


def delete(name: str) -> None:
    """Delete a run for good."""
    with _refusals_kept():
        manage.delete(runs_folder(), name)
        for param in (RUN, MODEL):
            if url_value(param) == name:
                clear_url(param)


def use(name: str) -> None:
    """Make the best epoch of a run the model that all pages explain."""
    change_url(MODEL, name)
