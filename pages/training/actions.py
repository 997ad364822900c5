"""What visitors may do to runs: each calls the launcher, and keeps for the page what it refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.training.url import BESIDE, RUN
from pages.ui.url_state import MODEL, change_url, clear_url, set_url, url_value
from streamrec_core.config import runs_folder
from streamrec_core.errors import StreamRecError
from streamrec_core.training import manage
from streamrec_core.training.settings import RunConfig

FAULT = "run_fault"


@contextmanager
def _told() -> Iterator[None]:
    """Keep a refusal for `take_fault` instead of ending the page."""
    try:
        yield
    except StreamRecError as error:
        st.session_state[FAULT] = str(error)


def take_fault() -> str:
    """What the last action was refused for, once; empty where it was done."""
    return str(st.session_state.pop(FAULT, ""))


def start(configs: tuple[RunConfig, ...], named: bool) -> None:
    """Start runs, the first one to be watched; where nobody named them, under names that are free."""
    with _told():
        begun: list[str] = []
        for config in configs:
            name = config.name if named else manage.free_name(runs_folder(), config.name)
            begun.append(manage.start(runs_folder(), config.model_copy(update={"name": name})).name)
            set_url(RUN, begun[0])
        clear_url(BESIDE)
        if len(begun) > 1:
            set_url(BESIDE, ",".join(begun[1:]))


def stop(name: str) -> None:
    """Stop a run, or take it out of line."""
    with _told():
        manage.stop(runs_folder(), name)


def resume(name: str) -> None:
    """Put a run in line again."""
    with _told():
        manage.resume(runs_folder(), name)


def rename(name: str, new: str) -> None:
    """Give a run another name; what this visitor has chosen goes with it."""
    with _told():
        manage.rename(runs_folder(), name, new.strip())
        for chosen in (RUN, MODEL):
            if url_value(chosen) == name:
                set_url(chosen, new.strip())


def delete(name: str) -> None:
    """Remove a run for good."""
    with _told():
        manage.delete(runs_folder(), name)
        for chosen in (RUN, MODEL):
            if url_value(chosen) == name:
                clear_url(chosen)


def use(name: str) -> None:
    """Make the best epoch of a run the model that all pages explain."""
    change_url(MODEL, name)
