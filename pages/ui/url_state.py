"""What a visitor has chosen is in the URL, so that a copied link shows the same view.

A page declares its parameters in its `url.py`; those that several pages use are declared here. Streamlit clears the
query string when a visitor changes pages; a copy in the session brings the choice back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

import streamlit as st

from streamrec_core import config

PAGES = Path(__file__).parent.parent
_CLEARED_BY: dict[str, tuple[str, ...]] = {}


def url_param(name: str, cleared_by: tuple[str, ...] = ()) -> str:
    """Declare a query parameter; gives its name.

    Parameters
    ----------
    name : str
        Name in the URL.
    cleared_by : tuple of str
        Parameters whose change clears this one, such as `data` for the session of another data set.
    """
    _CLEARED_BY[name] = cleared_by
    return name


DATA = url_param("data")
MODEL = url_param("model", cleared_by=("data",))
SESSION = url_param("session", cleared_by=("data", "history"))
HISTORY = url_param("history", cleared_by=("data", "session"))
ITEM = url_param("item", cleared_by=("data", "model", "session", "history"))
EDITS = url_param("edits", cleared_by=("data", "session", "history"))
SECTION = url_param("section", cleared_by=("data",))
MODE = url_param("mode")
EXPERT = "expert"
DEMO = url_param("demo")
CODE = url_param("code")
"""Of these, `section` is the part of Debug that is open, `demo` shows only what is for regulators, and `code` is what a
rater of a study comes with."""


@cache
def declared() -> dict[str, tuple[str, ...]]:
    """Every parameter of every page, with what clears it."""
    for path in sorted(PAGES.glob("*/url.py")):
        import_module(f"pages.{path.parent.name}.url")
    return _CLEARED_BY


def dependents(param: str) -> tuple[str, ...]:
    """Parameters that a change of this one clears."""
    return tuple(name for name, cleared_by in declared().items() if param in cleared_by)


def url_value(param: str) -> str | None:
    """Value in the URL or, failing that, the one chosen before on this visit."""
    value = st.query_params.get(param)
    return value if value is not None else st.session_state.get(_copy_of(param))


def set_url(param: str, value: str) -> None:
    """Write a value to the URL and to its copy in the session."""
    update_url({param: value})


def change_url(param: str, value: str | None) -> None:
    """Write what a visitor chose, and clear what depends on it; None clears the parameter too."""
    update_url({**dict.fromkeys(dependents(param)), param: value})


def clear_url(*params: str) -> None:
    """Remove parameters."""
    update_url(dict.fromkeys(params))


def update_url(values: Mapping[str, str | None]) -> None:
    """Write several values at once, None to remove one; the URL changes once."""
    for param, value in values.items():
        if value is None:
            st.session_state.pop(_copy_of(param), None)
        else:
            st.session_state[_copy_of(param)] = value
    before = st.query_params.to_dict()
    after = {param: value for param, value in (before | dict(values)).items() if value is not None}
    if after != before:
        st.query_params.from_dict(after)


def follow_link() -> None:
    """Where a link opens another session, forget what was chosen for the one before."""
    for param in (SESSION, HISTORY):
        value = st.query_params.get(param)
        if value is not None and value != st.session_state.get(_copy_of(param)):
            for dependent in dependents(param):
                if dependent not in st.query_params:
                    st.session_state.pop(_copy_of(dependent), None)


def expert() -> bool:
    """Whether the visitor wants every part; a product manager does not need them all."""
    return url_value(MODE) == EXPERT


def demonstration() -> bool:
    """Whether only what is for regulators is shown: by a link, or by a setting for all visitors."""
    return config.demonstration() or url_value(DEMO) == "1"


def _copy_of(param: str) -> str:
    return f"kept_{param}"
