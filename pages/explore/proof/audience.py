"""Reader of the checked sentences, in the URL.

Their language is that of the cards around them. The command line words the same sentences in German too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.explore import notices
from pages.explore.url import READER
from pages.ui.url_state import clear_url, update_url, url_value
from streamrec_core.explain.messages import READERS


@dataclass(frozen=True)
class Audience:
    """A reader, and the language of the page."""

    reader: str = "viewer"
    language: str = "en"


READER_NAMES: dict[str, str] = {reader: reader.capitalize() for reader in READERS}
DEFAULT = Audience()


def audience_of_link() -> Audience:
    """The audience in the URL; a reader that is not available is named and ignored."""
    return Audience(_option(READER, READER_NAMES) or DEFAULT.reader)


def choose_audience(audience: Audience) -> None:
    """Draw the choice of the reader."""
    with st.container(horizontal=True, gap="small", key="wording"):
        _choice("Audience", READER, READER_NAMES, audience.reader, DEFAULT.reader)


def _option(param: str, names: Mapping[str, str]) -> str | None:
    option = url_value(param)
    if option is None or option in names:
        return option
    notices.not_available((f"{param} {option[:40]!r}",))
    clear_url(param)
    return None


def _choice(label: str, param: str, names: Mapping[str, str], option: str, default: str) -> None:
    key = f"proof_{param}"
    st.session_state[key] = option
    st.segmented_control(
        label,
        list(names),
        key=key,
        format_func=lambda name: names[name],
        required=True,
        on_change=_take,
        args=(param, key, default),
        width="content",
    )


def _take(param: str, key: str, default: str) -> None:
    option = st.session_state[key]
    update_url({param: None if option == default else option})
