"""Reader and language of the checked sentences; both are in the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.explore import notices
from pages.explore.url import LANGUAGE, READER
from pages.ui.url_state import clear_url, update_url, url_value
from streamrec_core.explain.messages import LANGUAGES, READERS


@dataclass(frozen=True)
class Audience:
    """A reader and a language."""

    reader: str = "viewer"
    language: str = "en"


READER_NAMES: dict[str, str] = {reader: reader.capitalize() for reader in READERS}
LANGUAGE_NAMES: dict[str, str] = {str(code): name for code, name in LANGUAGES.items()}
DEFAULT = Audience()


def audience_of_link() -> Audience:
    """The audience in the URL; a reader or language that is not available is named and ignored."""
    reader = _option(READER, READER_NAMES)
    language = _option(LANGUAGE, LANGUAGE_NAMES)
    return Audience(reader or DEFAULT.reader, language or DEFAULT.language)


def choose_audience(audience: Audience) -> None:
    """Draw both choices."""
    with st.container(horizontal=True, gap="small", key="wording"):
        _choice("Audience", READER, READER_NAMES, audience.reader, DEFAULT.reader)
        _choice("Language", LANGUAGE, LANGUAGE_NAMES, audience.language, DEFAULT.language)


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
