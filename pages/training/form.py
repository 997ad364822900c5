"""The form that starts a run: every setting of the chosen recipe, read off the settings themselves."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.training import actions, cached
from pages.training.durations import in_words
from pages.training.selection import TrainingRuns
from pages.ui.escape import plain
from pages.ui.notices import without_folders
from pages.ui.workbench import Workbench
from streamrec_core.config import runs_folder
from streamrec_core.data.splits import SPLITS
from streamrec_core.defaults import DEFAULT_RECIPE
from streamrec_core.errors import StreamRecError
from streamrec_core.training.form_fields import RECIPE_HELP, FormField, form_fields, model_kinds
from streamrec_core.training.manage import NAME_RULE, check_name, free_name
from streamrec_core.training.new_run import new_run
from streamrec_core.training.settings import RECIPES, RunConfig

PAIR = "both"
KINDS = {"transformer": "Transformer", "lstm": "LSTM", PAIR: "Both, as a pair"}
PARTS = {"architecture": "The model", "training": "How it learns"}


@dataclass(frozen=True)
class Draft:
    """What the form asks for.

    Attributes
    ----------
    configs : tuple of RunConfig
        One run, or two as a pair; empty where a setting cannot be.
    named : bool
        Whether the visitor chose the name.
    """

    configs: tuple[RunConfig, ...]
    named: bool = False
    fault: str = ""


def run_form(bench: Workbench, runs: TrainingRuns) -> None:
    """Draw the form and its button; the estimate comes last, so that nothing waits for it."""
    with st.container(border=True, key="run-form"):
        st.subheader(f"Train on {plain(bench.data_name, 40)}", anchor=False)
        recipe = st.selectbox(
            "Recipe",
            list(RECIPES),
            index=list(RECIPES).index(DEFAULT_RECIPE),
            key="recipe",
            persist_state="session",
            help="Architecture and training together: " + _recipes_in_words(),
        )
        kinds = model_kinds(recipe)
        options = [*kinds, PAIR] if len(kinds) > 1 else list(kinds)
        kind = st.segmented_control(
            "Model",
            options,
            default=options[0],
            required=True,
            format_func=lambda name: KINDS.get(name, name),
            key=f"kind-{recipe}",
            persist_state="session",
            help="A pair trains one after the other on the same split, so that their curves can be compared.",
        )
        draft = _draft(bench, recipe, kinds if kind == PAIR else (kind,))
        if draft.fault:
            st.warning(plain(without_folders(draft.fault)))
        place = st.container(gap="xxsmall")
        st.button(
            _label(draft, runs),
            type="primary",
            on_click=actions.start,
            args=(draft.configs, draft.named),
            disabled=not draft.configs,
            width="stretch",
        )
    with place:
        _estimate(draft, bench, runs)


def _recipes_in_words() -> str:
    return "; ".join(f"**{name}**, {RECIPE_HELP[name]}" if name in RECIPE_HELP else f"**{name}**" for name in RECIPES)


def _draft(bench: Workbench, recipe: str, kinds: Sequence[str]) -> Draft:
    """Draw the settings; what they ask for, or why it cannot be."""
    card = bench.dataset.card
    offered = {kind: form_fields(recipe, kind, card) for kind in kinds}
    # A pair has one set of training settings; the architectures have one each.
    training = [choice for choice in offered[kinds[0]] if choice.part == "training"]
    shapes = {kind: [choice for choice in offered[kind] if choice.part == "architecture"] for kind in kinds}
    stem = f"{bench.data_name}-{recipe}-{'-'.join(kinds)}"
    changed: dict[str, Any] = _fields([one for one in training if one.simple], f"{stem}-training")
    alone = len(kinds) == 1
    changed_shapes = {
        kind: _fields([one for one in shapes[kind] if one.simple], f"{stem}-{kind}") if alone else {} for kind in kinds
    }
    with st.expander("More settings"):
        for kind in kinds:
            st.markdown(f"**{PARTS['architecture'] if alone else KINDS.get(kind, kind)}**")
            rest = [one for one in shapes[kind] if not (alone and one.simple)]
            changed_shapes[kind] |= _fields(rest, f"{stem}-{kind}")
        st.markdown(f"**{PARTS['training']}**")
        changed |= _fields([one for one in training if not one.simple], f"{stem}-training")
        divided = st.selectbox(
            "Split",
            list(SPLITS),
            index=list(SPLITS).index(card.split),
            key=f"{stem}-split",
            persist_state="session",
            help="What is kept for validation and test.",
        )
        named = st.text_input(
            "Name",
            key=f"{stem}-name",
            max_chars=80,
            placeholder="chosen for you",
            help=f"Of the run, and of the model in every list: {NAME_RULE}.",
        ).strip()
    try:
        configs = tuple(
            new_run(
                _name(named, bench.data_name, kind, recipe, alone),
                bench.dataset,
                kind,
                recipe,
                {**changed, **changed_shapes[kind]},
                divided,
            )
            for kind in kinds
        )
    except StreamRecError as error:
        return Draft((), fault=str(error))
    return Draft(configs, named=bool(named))


def _name(named: str, data: str, kind: str, recipe: str, alone: bool) -> str:
    if named:
        return check_name(named if alone else f"{named}-{kind}")
    return free_name(runs_folder(), f"{data}-{kind}-{recipe}")


def _fields(offered: Sequence[FormField], stem: str) -> dict[str, Any]:
    """Draw settings two beside each other; those that differ from their default."""
    changed = {}
    for row in range(0, len(offered), 2):
        for column, choice in zip(st.columns(2), offered[row : row + 2], strict=False):
            with column:
                value = FIELDS[choice.kind](choice, f"{stem}-{choice.part}-{choice.name}")
            if value != choice.default:
                changed[choice.key] = value
    return changed


def _whole(choice: FormField, key: str) -> Any:
    return st.number_input(
        choice.label,
        min_value=None if choice.low is None else int(choice.low),
        max_value=None if choice.high is None else int(choice.high),
        value=choice.default,
        step=1,
        key=key,
        help=choice.help,
        persist_state="session",
        placeholder=EMPTY,
    )


def _number(choice: FormField, key: str) -> float | None:
    return st.number_input(
        choice.label,
        min_value=choice.low,
        max_value=choice.high,
        value=None if choice.default is None else float(choice.default),
        step=_step(choice.default),
        format="%g",
        key=key,
        help=choice.help,
        persist_state="session",
        placeholder=EMPTY,
    )


def _step(default: float | None) -> float:
    """One unit of the first digit of the default."""
    return 10.0 ** math.floor(math.log10(abs(default))) if default else 0.1


def _switch(choice: FormField, key: str) -> bool:
    return st.toggle(choice.label, value=choice.default, key=key, help=choice.help, persist_state="session")


def _options(choice: FormField, key: str) -> str | None:
    place = choice.options.index(choice.default) if choice.default in choice.options else None
    return st.selectbox(
        choice.label,
        choice.options,
        index=place,
        key=key,
        help=choice.help,
        persist_state="session",
        format_func=lambda name: name.replace("_", " "),
        placeholder=EMPTY,
    )


def _words(choice: FormField, key: str) -> tuple[str, ...]:
    """Words with commas between them."""
    written = st.text_input(choice.label, ", ".join(choice.default), key=key, help=choice.help, persist_state="session")
    return tuple(word.strip() for word in written.split(",") if word.strip())


def _text(choice: FormField, key: str) -> Any:
    """A setting of another form, written as JSON."""
    plainly = choice.default if isinstance(choice.default, str) else json.dumps(choice.default)
    written = st.text_input(choice.label, plainly, key=key, help=choice.help, persist_state="session")
    if written == plainly:
        return choice.default
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return written


EMPTY = "by itself"
FIELDS = {
    "whole": _whole,
    "number": _number,
    "switch": _switch,
    "choice": _options,
    "words": _words,
    "text": _text,
}


def _label(draft: Draft, runs: TrainingRuns) -> str:
    """What the button does: start at once, or wait for what goes on."""
    busy = any(run.active for run in runs.every.runs)
    what = "both" if len(draft.configs) > 1 else "training"
    return f"Put {what} in line" if busy else f"Start {what}"


def _estimate(draft: Draft, bench: Workbench, runs: TrainingRuns) -> None:
    """Draw how long it will take, and how that is known."""
    if not draft.configs:
        return
    found = [(config, cached.earlier_estimate(config)) for config in draft.configs]
    known = [(config, one or cached.timed_estimate(config, bench.dataset)) for config, one in found]
    most = sum(one.epoch_seconds * config.training.epochs for config, one in known)
    single = sum(one.epoch_seconds for _, one in known)
    st.markdown(f"About **{in_words(most)}** for all epochs, {in_words(single)} each, at most.")
    timed = sum(one.measured for _, one in known if one.basis == "timed steps")
    earlier = sum(one.measured for _, one in known if one.basis == "earlier runs")
    parts = [f"{earlier} earlier {'run' if earlier == 1 else 'runs'} like it"] if earlier else []
    parts += [f"{timed} {'step' if timed == 1 else 'steps'} timed just now"] if timed else []
    busy = ", while another run goes on" if runs.every.training and timed else ""
    st.caption(f"Measured on this machine: {' and '.join(parts)}{busy}. Validation after each epoch comes on top.")
