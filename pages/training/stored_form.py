"""Values of the training form in the URL, so that a reload or a copied link shows the same form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.training.url import FORM
from pages.ui.url_state import clear_url, set_url, url_value
from streamrec_core.training.form_fields import FormField

RECIPE, KIND, SPLIT = "recipe", "kind", "split"
LONGEST = 4_000
"""Characters of the URL parameter that are read at most."""
_STORED = "training_form"


def stored_form(data_name: str) -> Mapping[str, Any]:
    """Settings of the link, read once a visit for each data set, since they are the defaults that widgets keep.

    Parameters
    ----------
    data_name : str

    Returns
    -------
    mapping of str to Any
        `RECIPE`, `KIND`, `SPLIT` and changed settings as `field_key` names them; empty where there is no valid form.
    """
    stored: dict[str, Mapping[str, Any]] = st.session_state.setdefault(_STORED, {})
    if data_name not in stored:
        stored[data_name] = _read(url_value(FORM) or "")
    return stored[data_name]


def store_form(recipe: str, kind: str, split: str, settings: Mapping[str, Any]) -> None:
    """Write the form to the URL.

    Parameters
    ----------
    recipe, kind, split : str
        Empty where it is the default.
    settings : mapping of str to Any
        Those that differ from their defaults, as `field_key` names them.
    """
    choices = {RECIPE: recipe, KIND: kind, SPLIT: split}
    values = {name: value for name, value in choices.items() if value} | dict(settings)
    if values:
        set_url(FORM, json.dumps(values, separators=(",", ":"), sort_keys=True))
    else:
        clear_url(FORM)


def field_key(kind: str, field: FormField) -> str:
    """Name of a setting in the stored form: those of a model belong to its kind."""
    return field.key if field.part == "training" else f"{kind}.{field.key}"


def start_value(field: FormField, stored: Mapping[str, Any], key: str) -> Any:
    """What a field shows at first: the stored value where the field can hold it, else its default.

    Parameters
    ----------
    field : FormField
    stored : mapping of str to Any
    key : str
        Of the field in `stored`.
    """
    if key not in stored:
        return field.default
    value = stored[key]
    if value is None:
        return None if field.optional else field.default
    return value if _FITS[field.kind](value, field) else field.default


def _within(value: Any, field: FormField) -> bool:
    return (field.low is None or value >= field.low) and (field.high is None or value <= field.high)


_FITS: dict[str, Callable[[Any, FormField], bool]] = {
    "whole": lambda value, field: type(value) is int and _within(value, field),
    "number": lambda value, field: type(value) in (int, float) and _within(value, field),
    "switch": lambda value, field: type(value) is bool,
    "choice": lambda value, field: value in field.options,
    "words": lambda value, field: isinstance(value, list) and all(isinstance(word, str) for word in value),
    "text": lambda value, field: True,
}


def _read(text: str) -> Mapping[str, Any]:
    try:
        values = json.loads(text) if 0 < len(text) <= LONGEST else {}
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}
