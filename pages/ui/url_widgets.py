"""Widgets whose value is in the URL; a value of a link that is not available is named and ignored.

Streamlit's `bind="query-params"` does not serve here: it drops such a value without a word, and a bound parameter
cannot be cleared when another one changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote

import streamlit as st

from pages.ui.escape import plain
from pages.ui.url_state import change_url, clear_url, set_url, url_value


def choose_one(
    widget: Callable[..., Any], label: str, options: Sequence[str], param: str, default: str, **more: Any
) -> str:
    """Draw a choice of one option; gives the chosen one.

    Parameters
    ----------
    widget : callable
        `st.selectbox`, `st.segmented_control` or the like.
    label : str
    options : sequence of str
    param : str
        Name in the URL.
    default : str
        One of the options.
    **more
        Arguments of the widget.
    """
    option = available(label, options, param) or default
    set_url(param, option)
    st.session_state[_key(param)] = option
    widget(label, options, key=_key(param), on_change=_take_one, args=(param,), **more)
    return option


def choose_page(pages: int, param: str) -> int:
    """Draw a pagination where there are several pages; gives the open page, counted from 1."""
    text = url_value(param)
    page = int(text) if text is not None and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= pages else 1
    if text is not None and str(page) != text:
        unavailable("Page", text)
        clear_url(param)
    if pages > 1:
        key = f"{_key(param)}-{pages}-{page}"  # one key a page, since the default of the widget is fixed for each key
        st.pagination(pages, default=page, key=key, on_change=_take_page, args=(param, key))
    return page


def choose_several(
    label: str, options: Sequence[str], param: str, defaults: Sequence[str], **more: Any
) -> tuple[str, ...]:
    """Draw a choice of any number of options; gives the chosen ones in the order of the options."""
    text = url_value(param)
    names = defaults if text is None else split_names(text)
    for name in names:
        if name not in options:
            unavailable(label, name)
    selected = [option for option in options if option in names]
    set_url(param, join_names(selected))
    st.session_state[_key(param)] = selected
    st.multiselect(label, options, key=_key(param), on_change=_take_several, args=(param,), **more)
    return tuple(selected)


def join_names(names: Sequence[str]) -> str:
    """Names as one value of the URL; a comma within a name stays part of it."""
    return ",".join(quote(name, safe=" ") for name in names)


def split_names(text: str) -> tuple[str, ...]:
    """The names that `join_names` joined."""
    return tuple(dict.fromkeys(unquote(name) for name in text.split(",") if name))


def available(label: str, options: Sequence[str], param: str) -> str | None:
    """The option that the URL names; one that is not available is named, cleared, and None."""
    option = url_value(param)
    if option is None or option in options:
        return option
    unavailable(label, option)
    clear_url(param)
    return None


def unavailable(label: str, value: str) -> None:
    """Say that a link names what is not available."""
    st.warning(f"**{plain(value, 80)}** is not available for “{label}”; ignored.")


def _take_one(param: str) -> None:
    change_url(param, st.session_state[_key(param)])


def _take_page(param: str, key: str) -> None:
    set_url(param, str(st.session_state[key]))


def _take_several(param: str) -> None:
    change_url(param, join_names(st.session_state[_key(param)]))


def _key(param: str) -> str:
    return f"linked_{param}"
