"""For whom the checked words are, and in which language; both stand in the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from pages.explore import notices
from pages.explore.url import LANGUAGE, READER
from pages.ui.url_state import clear_url, update_url, url_value
from streamrec_core.explain.messages import LANGUAGES, READERS


@dataclass(frozen=True)
class Wording:
    """One reader and one language."""

    reader: str = "viewer"
    language: str = "en"


CHANGED = "wording_changed"
READER_NAMES: dict[str, str] = {reader: reader.capitalize() for reader in READERS}
LANGUAGE_NAMES: dict[str, str] = {str(code): name for code, name in LANGUAGES.items()}
USUAL = Wording()


def asked_wording() -> Wording:
    """What the link asks for; what is not to be had is told and left out."""
    reader = _asked(READER, READER_NAMES, "words for")
    language = _asked(LANGUAGE, LANGUAGE_NAMES, "the language")
    return Wording(reader or USUAL.reader, language or USUAL.language)


def choose_wording(now: Wording) -> None:
    """Draw both choices."""
    with st.container(horizontal=True, gap="small", key="wording"):
        _choice("Words for", READER, READER_NAMES, now.reader, USUAL.reader)
        _choice("Language", LANGUAGE, LANGUAGE_NAMES, now.language, USUAL.language)


def _asked(param: str, names: Mapping[str, str], what: str) -> str | None:
    asked = url_value(param)
    if asked is None or asked in names:
        return asked
    notices.broken_view((f"{what} {asked[:40]!r}",))
    clear_url(param)
    return None


def _choice(label: str, param: str, names: Mapping[str, str], now: str, usual: str) -> None:
    key = f"proof_{param}"
    st.session_state[key] = now
    st.segmented_control(
        label,
        list(names),
        key=key,
        format_func=lambda name: names[name],
        required=True,
        on_change=_take,
        args=(param, key, usual),
        width="content",
    )


def whole_page_again() -> None:
    """After another choice run the whole page: the sentence at its top stands outside the fragment of the choice."""
    if st.session_state.pop(CHANGED, False):
        st.rerun()


def _take(param: str, key: str, usual: str) -> None:
    chosen = st.session_state[key]
    st.session_state[CHANGED] = True
    update_url({param: None if chosen == usual else chosen})
