"""What Overview measures of a model, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui.workbench import HASH_FUNCS, Workbench
from streamrec_core.data.splits import split
from streamrec_core.evaluation.compare import ModelMetrics, baselines, compare
from streamrec_core.explain import parameters
from streamrec_core.explain.parameters import TermEffect

SAMPLED = 300
"""Test sessions over which named terms are switched off."""


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def figure(name: str, ink: str, bench: Workbench, _draw: Callable[[], Any]) -> Any:
    """A chart that is the same for every visitor; pages show it and change nothing."""
    return _draw()


@st.cache_resource(max_entries=8, show_spinner="Comparing the model with simple rules …", hash_funcs=HASH_FUNCS)
def comparison(bench: Workbench) -> tuple[ModelMetrics, ...]:
    """The model, where there is one, and the baselines on the same test sessions."""
    models = [bench.model] if bench.model is not None else []
    return compare([*models, *baselines(bench.dataset)], bench.dataset)


@st.cache_resource(max_entries=8, show_spinner="Switching off each named term …", hash_funcs=HASH_FUNCS)
def mean_term_effects(bench: Workbench) -> tuple[TermEffect, ...]:
    """Mean effect of each named term of the model over `SAMPLED` test sessions."""
    examples = split(bench.dataset).test.sample(SAMPLED, seed=0)
    return parameters.mean_term_effects(bench.loaded_model, bench.dataset, examples)
