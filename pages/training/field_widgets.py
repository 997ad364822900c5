"""A widget for each kind of setting in the form that starts a run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.training.stored_form import field_key, start_value
from streamrec_core.training.form_fields import FormField


def _whole(field: FormField, key: str, start: Any) -> Any:
    return st.number_input(
        field.label,
        min_value=None if field.low is None else int(field.low),
        max_value=None if field.high is None else int(field.high),
        value=start,
        step=1,
        key=key,
        help=field.help,
        persist_state="session",
        placeholder=EMPTY,
    )


def _number(field: FormField, key: str, start: Any) -> float | None:
    return st.number_input(
        field.label,
        min_value=field.low,
        max_value=field.high,
        value=None if start is None else float(start),
        step=_step(field.default),
        format="%g",
        key=key,
        help=field.help,
        persist_state="session",
        placeholder=EMPTY,
    )


def _step(default: float | None) -> float:
    """One unit of the first digit of the default."""
    return 10.0 ** math.floor(math.log10(abs(default))) if default else 0.1


def _switch(field: FormField, key: str, start: Any) -> bool:
    return st.toggle(field.label, value=start, key=key, help=field.help, persist_state="session")


def _options(field: FormField, key: str, start: Any) -> str | None:
    index = field.options.index(start) if start in field.options else None
    return st.selectbox(
        field.label,
        field.options,
        index=index,
        key=key,
        help=field.help,
        persist_state="session",
        format_func=lambda name: name.replace("_", " "),
        placeholder=EMPTY,
    )


def _words(field: FormField, key: str, start: Any) -> tuple[str, ...]:
    """Words separated by commas."""
    written = st.text_input(field.label, ", ".join(start), key=key, help=field.help, persist_state="session")
    return tuple(word.strip() for word in written.split(",") if word.strip())


def _text(field: FormField, key: str, start: Any) -> Any:
    """Any other setting, as JSON."""
    shown, default = (text if isinstance(text, str) else json.dumps(text) for text in (start, field.default))
    written = st.text_input(field.label, shown, key=key, help=field.help, persist_state="session")
    if written == default:
        return field.default
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return written


EMPTY = "auto"
WIDGETS = {
    "whole": _whole,
    "number": _number,
    "switch": _switch,
    "choice": _options,
    "words": _words,
    "text": _text,
}


def draw_fields(fields: Sequence[FormField], stem: str, kind: str, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Draw settings in two columns, and each switch, whose name stands beside it, in a row of its own.

    Parameters
    ----------
    fields : sequence of FormField
    stem : str
        Begins the key of every widget.
    kind : str
        Of the model.
    stored : mapping of str to Any
        Settings to start from.

    Returns
    -------
    dict of str to Any
        Those that differ from their default.
    """
    changed = {}
    for row in _rows(fields):
        for column, field in zip([st.container()] if _is_wide(row[0]) else st.columns(2), row, strict=False):
            with column:
                value = WIDGETS[field.kind](
                    field, f"{stem}-{field.part}-{field.name}", start_value(field, stored, field_key(kind, field))
                )
            if value != field.default:
                changed[field.key] = value
    return changed


def _is_wide(field: FormField) -> bool:
    return field.kind == "switch"


def _rows(fields: Sequence[FormField]) -> list[list[FormField]]:
    """One or two settings a row, in their order."""
    rows: list[list[FormField]] = []
    for field in fields:
        if rows and len(rows[-1]) == 1 and not _is_wide(field) and not _is_wide(rows[-1][0]):
            rows[-1].append(field)
        else:
            rows.append([field])
    return rows
