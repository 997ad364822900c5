"""What Overview measures of a model, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

import streamlit as st

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.evaluation.compare import ModelMetrics, baselines, compare
from streamrec_core.explain.parameters import TermEffect
from streamrec_core.explain.parameters import mean_term_effects as measure_worth
from streamrec_core.models.protocol import SessionModel

WEIGHED = 300
"""Test sessions over which named terms are weighed."""


@st.cache_resource(max_entries=8, show_spinner="Testing the model beside simple rules …")
def comparison(
    weights: str, events_hash: str, _model: SessionModel | None, _dataset: DataSet
) -> tuple[ModelMetrics, ...]:
    """The model and the baselines on the same test sessions."""
    loaded = [_model] if _model is not None else []
    return compare([*loaded, *baselines(_dataset)], _dataset)


@st.cache_resource(max_entries=8, show_spinner="Switching off each named term …")
def mean_term_effects(
    weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet
) -> tuple[TermEffect, ...]:
    """What each named term of the model is worth over `WEIGHED` test sessions."""
    return measure_worth(_model, _dataset, split(_dataset).test.sample(WEIGHED, seed=0))
