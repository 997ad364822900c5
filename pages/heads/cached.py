"""What heads do over many test sessions, for the Heads page: cached and bounded, as in `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.profile import HeadProfile, profile, type_profile
from streamrec_core.attribution.part_importance import PartImportance, part_importance
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.training.history import saved_epochs

HEADS_SEED = 7
"""Draws the test sessions that heads are looked at over, always the same."""
FORMATION_SAMPLE = 250
"""Test sessions looked at for every epoch that a run kept."""


@st.cache_resource(max_entries=16, show_spinner="Looking at what every head does over many sessions …")
def head_profile(
    weights: str, events_hash: str, size: int, _model: SessionModel, _dataset: DataSet
) -> HeadProfile | None:
    """What every head does over a sample of the test sessions; None for a model without attention."""
    return profile(_model, _dataset, split(_dataset).test.sample(size, HEADS_SEED))


@st.cache_resource(max_entries=16, show_spinner="Switching off every head, one at a time …")
def contributions(
    weights: str, events_hash: str, size: int, _model: SessionModel, _dataset: DataSet
) -> tuple[PartImportance, ...]:
    """What every head and named term brings, over a sample of the test sessions."""
    return part_importance(_model, _dataset, split(_dataset).test.sample(size, HEADS_SEED))


@st.cache_resource(max_entries=16, show_spinner="Looking at the epochs that the run kept …")
def formation(
    weights: str, epochs: tuple[int, ...], events_hash: str, _folder: Path, _dataset: DataSet
) -> dict[int, tuple[tuple[TypeShare, ...], ...]]:
    """Types of every head at each epoch that the run kept; empty for a checkpoint that belongs to no run."""
    examples = split(_dataset).test.sample(FORMATION_SAMPLE, HEADS_SEED)
    return {
        epoch: type_profile(load_checkpoint(folder, _dataset.catalogue), _dataset, examples)
        for epoch, folder in saved_epochs(_folder).items()
    }
