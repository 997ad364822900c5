"""The form that starts a run: every setting of a recipe, generated from the settings classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.training import actions, cached
from pages.training.durations import in_words
from pages.training.field_widgets import draw_fields
from pages.training.selection import TrainingRuns
from pages.training.stored_form import KIND, RECIPE, SPLIT, field_key, store_form, stored_form
from pages.ui.error_text import error_text
from pages.ui.escape import plain
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
KINDS = {"transformer": "Transformer", "lstm": "LSTM", PAIR: "Both"}
PARTS = {"architecture": "Model", "training": "Training"}


@dataclass(frozen=True)
class Draft:
    """The runs that the form describes.

    Attributes
    ----------
    configs : tuple of RunConfig
        One run, or two as a pair; empty if a setting is invalid.
    split : str
        Empty for that of the data set.
    changed : mapping of str to Any
        Settings that differ from their defaults, as `field_key` names them.
    named : bool
        Whether the visitor typed a name.
    fault : str
        Why a setting is invalid.
    """

    configs: tuple[RunConfig, ...]
    split: str
    changed: Mapping[str, Any]
    named: bool = False
    fault: str = ""


def run_form(bench: Workbench, runs: TrainingRuns) -> None:
    """Draw the form and its button; the estimate comes last, so that nothing waits for it."""
    stored = stored_form(bench.data_name)
    with st.container(border=True, key="run-form"):
        st.subheader(f"Train on {plain(bench.data_name, 40)}", anchor=False)
        recipe = st.selectbox(
            "Recipe",
            list(RECIPES),
            index=list(RECIPES).index(_stored_or(stored.get(RECIPE), RECIPES, DEFAULT_RECIPE)),
            key="recipe",
            persist_state="session",
            help="Architecture and training settings: " + _recipes_in_words(),
        )
        kinds = model_kinds(recipe)
        options = [*kinds, PAIR] if len(kinds) > 1 else list(kinds)
        kind = st.segmented_control(
            "Model",
            options,
            default=_stored_or(stored.get(KIND), options, options[0]),
            required=True,
            format_func=lambda name: KINDS.get(name, name),
            key=f"kind-{recipe}",
            persist_state="session",
            help="A pair trains one after the other on the same split, to compare their curves.",
        )
        # What is stored belongs to its recipe and model; the others start from their defaults.
        same = (recipe, kind) == (stored.get(RECIPE, DEFAULT_RECIPE), stored.get(KIND, options[0]))
        draft = _draft(bench, recipe, kinds if kind == PAIR else (kind,), stored if same else {})
        store_form(
            recipe if recipe != DEFAULT_RECIPE else "", kind if kind != options[0] else "", draft.split, draft.changed
        )
        if draft.fault:
            st.warning(plain(draft.fault))
        above_button = st.container(gap="xxsmall")
        # Not `on_click`: its arguments are those of the run before, and a field edited just now would be lost.
        if st.button(_label(draft, runs), type="primary", disabled=not draft.configs, width="stretch"):
            actions.start(draft.configs, draft.named)
            st.rerun()
    with above_button:
        _estimate(draft, bench, runs)


def _recipes_in_words() -> str:
    return "; ".join(f"**{name}**, {RECIPE_HELP[name]}" if name in RECIPE_HELP else f"**{name}**" for name in RECIPES)


def _stored_or(stored: Any, options: Collection[str], default: str) -> str:
    return stored if isinstance(stored, str) and stored in options else default


def _draft(bench: Workbench, recipe: str, kinds: Sequence[str], stored: Mapping[str, Any]) -> Draft:
    """Draw the settings; gives the runs they describe, or why they are invalid."""
    card = bench.dataset.card
    fields = {kind: form_fields(recipe, kind, card) for kind in kinds}
    stem = f"{bench.data_name}-{recipe}-{'-'.join(kinds)}"
    training, architecture, more = _settings(fields, stem, stored)
    with more:
        split = st.selectbox(
            "Split",
            list(SPLITS),
            index=list(SPLITS).index(_stored_or(stored.get(SPLIT), SPLITS, card.split)),
            key=f"{stem}-split",
            persist_state="session",
            help="How sessions are divided into training, validation and test.",
        )
        name = st.text_input(
            "Name",
            key=f"{stem}-name",
            max_chars=80,
            placeholder="generated",
            help=f"Name of the run and of its model: {NAME_RULE}.",
        ).strip()
    written = training | {
        field_key(kind, field): architecture[kind][field.key]
        for kind in kinds
        for field in _part(fields[kind], "architecture")
        if field.key in architecture[kind]
    }
    other_split = split if split != card.split else ""
    try:
        names = {kind: _name(name, bench.data_name, kind, recipe, len(kinds) == 1) for kind in kinds}
        configs = tuple(
            new_run(names[kind], bench.dataset, kind, recipe, training | architecture[kind], split) for kind in kinds
        )
    except StreamRecError as error:
        labels = {field.name: field.label for kind in kinds for field in fields[kind]}
        fault = error_text(error, labels | {"name": "Name", "split": "Split"})
        return Draft((), other_split, written, fault=fault)
    return Draft(configs, other_split, written, named=bool(name))


def _settings(
    fields: Mapping[str, Sequence[FormField]], stem: str, stored: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], DeltaGenerator]:
    """Draw the settings of each kind of model, the simple ones first.

    Gives the training settings and those of each architecture that differ from their defaults, and the folded part.
    """
    kinds, alone = list(fields), len(fields) == 1
    # A pair has one set of training settings; the architectures have one each, all of them folded.
    training = _part(fields[kinds[0]], "training")
    simple = [field for field in training if field.simple]
    changed = draw_fields(simple, f"{stem}-training", kinds[0], stored)
    by_kind: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
    if alone:
        simple = [field for field in _part(fields[kinds[0]], "architecture") if field.simple]
        by_kind[kinds[0]] = draw_fields(simple, f"{stem}-{kinds[0]}", kinds[0], stored)
    with (more := st.expander("More settings")):
        for kind in kinds:
            st.markdown(f"**{PARTS['architecture'] if alone else KINDS.get(kind, kind)}**")
            rest = [field for field in _part(fields[kind], "architecture") if not (alone and field.simple)]
            by_kind[kind] |= draw_fields(rest, f"{stem}-{kind}", kind, stored)
        st.markdown(f"**{PARTS['training']}**")
        rest = [field for field in training if not field.simple]
        changed |= draw_fields(rest, f"{stem}-training", kinds[0], stored)
    return changed, by_kind, more


def _part(fields: Sequence[FormField], part: str) -> list[FormField]:
    return [field for field in fields if field.part == part]


def _name(typed: str, data: str, kind: str, recipe: str, alone: bool) -> str:
    if typed:
        return check_name(typed if alone else f"{typed}-{kind}")
    return free_name(runs_folder(), f"{data}-{kind}-{recipe}")


def _label(draft: Draft, runs: TrainingRuns) -> str:
    """Label of the button: start at once, or queue behind the active run."""
    busy = any(run.active for run in runs.every.runs)
    what = "both" if len(draft.configs) > 1 else "training"
    return f"Queue {what}" if busy else f"Start {what}"


def _estimate(draft: Draft, bench: Workbench, runs: TrainingRuns) -> None:
    """Draw how long training will take, and what the estimate rests on."""
    if not draft.configs:
        return
    estimates = [
        (config, cached.earlier_estimate(config) or cached.timed_estimate(config, bench.dataset))
        for config in draft.configs
    ]
    longest = sum(estimate.epoch_seconds * config.training.epochs for config, estimate in estimates)
    epoch = sum(estimate.epoch_seconds for _, estimate in estimates)
    st.markdown(f"At most about **{in_words(longest)}** for all epochs, {in_words(epoch)} each.")
    timed = sum(estimate.measured for _, estimate in estimates if estimate.basis == "timed steps")
    earlier = sum(estimate.measured for _, estimate in estimates if estimate.basis == "earlier runs")
    parts = [f"{earlier} earlier similar {'run' if earlier == 1 else 'runs'}"] if earlier else []
    parts += [f"{timed} {'step' if timed == 1 else 'steps'} timed just now"] if timed else []
    busy = ", while another run trains" if runs.every.training and timed else ""
    st.caption(f"Measured on this machine: {' and '.join(parts)}{busy}. Validation after each epoch is extra.")
