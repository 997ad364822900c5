"""What Dataset says where a link, a form or the server refuses something."""

from __future__ import annotations

import re

import streamlit as st

from pages.ui.escape import plain
from pages.ui.notices import without_folders


def ignored(asked: tuple[str, ...]) -> None:
    """A link asks for something that this data set does not have."""
    if asked:
        said = ", ".join(f"**{plain(part, 60)}**" for part in asked)
        st.warning(f"This data set does not know what the link asks for: {said}. It is left out.")


def in_words_of_the_form(fault: str) -> str:
    """A message of the core with the fields of the form in place of options of the command line."""
    fault = re.sub(r",? or (a folder with|give) --out", "", fault)
    fault = re.sub(r"--([a-z][a-z-]+)", lambda option: f"“{option[1].replace('-', ' ').capitalize()}”", fault)
    return without_folders(fault)


def cannot_add(fault: str) -> None:
    """A data set cannot be made, imported or deleted as it was asked for."""
    st.warning(plain(in_words_of_the_form(fault)), icon=":material/info:")


def read_only(action: str) -> None:
    """The server does not let visitors change anything."""
    st.info(f"{action} is switched off on this server (`STREAMREC_READ_ONLY` is set).", icon=":material/lock:")
