"""Widgets whose choice stands in the address bar; what a link asks for and is not to be had is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import streamlit as st

from pages.ui.plain import plain
from pages.ui.state import choose, forget, wanted


def one_of(widget: Callable[..., Any], label: str, options: Sequence[str], param: str, usual: str, **more: Any) -> str:
    """Draw a choice of one; gives what is chosen.

    Parameters
    ----------
    widget : callable
        `st.selectbox`, `st.segmented_control` or the like.
    param : str
        Name in the address bar.
    usual : str
        What is chosen before anybody chooses, one of the options.
    """
    chosen = _asked(label, options, param) or usual
    choose(param, chosen)
    st.session_state[_key(param)] = chosen
    widget(label, options, key=_key(param), on_change=_take_one, args=(param,), **more)
    return chosen


def some_of(label: str, options: Sequence[str], param: str, usual: Sequence[str], **more: Any) -> tuple[str, ...]:
    """Draw a choice of any number, in the order of the options; gives what is chosen, which may be nothing."""
    link = wanted(param)
    asked = usual if link is None else from_link(link)
    for name in asked:
        if name not in options:
            _absent(label, name)
    chosen = [name for name in options if name in asked]
    choose(param, to_link(chosen))
    st.session_state[_key(param)] = chosen
    st.multiselect(label, options, key=_key(param), on_change=_take_some, args=(param,), **more)
    return tuple(chosen)


def to_link(names: Sequence[str]) -> str:
    """Names as one value of the address bar; a comma within a name stays part of it."""
    return ",".join(quote(name, safe=" ") for name in names)


def from_link(value: str) -> tuple[str, ...]:
    """The names that `to_link` joined."""
    return tuple(dict.fromkeys(unquote(name) for name in value.split(",") if name))


def _asked(label: str, options: Sequence[str], param: str) -> str | None:
    """What the link asks for, if it can be had."""
    asked = wanted(param)
    if asked is None or asked in options:
        return asked
    _absent(label, asked)
    forget(param)
    return None


def _absent(label: str, asked: str) -> None:
    st.warning(f"This link asks for **{plain(asked, 80)}** under “{label}”, which is not here; it is left out.")


def _take_one(param: str) -> None:
    choose(param, st.session_state[_key(param)])


def _take_some(param: str) -> None:
    choose(param, to_link(st.session_state[_key(param)]))


def _key(param: str) -> str:
    return f"linked_{param}"
