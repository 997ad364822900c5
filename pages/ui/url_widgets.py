"""Widgets whose choice stands in the address bar; what a link asks for and is not to be had is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import streamlit as st

from pages.ui.escape import plain
from pages.ui.url_state import choose, forget, keep, wanted


def one_of(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[str],
    param: str,
    usual: str,
    drops: Sequence[str] = (),
    **more: Any,
) -> str:
    """Draw a choice of one; gives what is chosen.

    Parameters
    ----------
    widget : callable
        `st.selectbox`, `st.segmented_control` or the like.
    param : str
        Name in the address bar.
    usual : str
        What is chosen before anybody chooses, one of the options.
    drops : sequence of str
        Names in the address bar that do not hold for another choice, such as the page of a list.
    """
    chosen = _asked(label, options, param) or usual
    choose(param, chosen)
    st.session_state[_key(param)] = chosen
    widget(label, options, key=_key(param), on_change=_take_one, args=(param, drops), **more)
    return chosen


def leaf(pages: int, param: str) -> int:
    """Draw the choice of a page, counted from 1, where there are several; gives the one that is open."""
    asked = wanted(param)
    at = int(asked) if asked is not None and asked.isdecimal() and len(asked) < 9 and 1 <= int(asked) <= pages else 1
    if asked is not None and str(at) != asked:
        absent("Page", asked)
        forget(param)
    if pages > 1:
        key = f"{_key(param)}-{pages}-{at}"  # one key a page, since the default of the widget is fixed for each key
        st.pagination(pages, default=at, key=key, on_change=_take_leaf, args=(param, key))
    return at


def some_of(label: str, options: Sequence[str], param: str, usual: Sequence[str], **more: Any) -> tuple[str, ...]:
    """Draw a choice of any number, in the order of the options; gives what is chosen, which may be nothing."""
    link = wanted(param)
    asked = usual if link is None else from_link(link)
    for name in asked:
        if name not in options:
            absent(label, name)
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
    absent(label, asked)
    forget(param)
    return None


def absent(label: str, asked: str) -> None:
    """Say that a link asks for what is not to be had."""
    st.warning(f"This link asks for **{plain(asked, 80)}** under “{label}”, which is not here; it is left out.")


def _take_one(param: str, drops: Sequence[str]) -> None:
    keep({**dict.fromkeys(drops), param: st.session_state[_key(param)]})


def _take_leaf(param: str, key: str) -> None:
    choose(param, str(st.session_state[key]))


def _take_some(param: str) -> None:
    choose(param, to_link(st.session_state[_key(param)]))


def _key(param: str) -> str:
    return f"linked_{param}"
