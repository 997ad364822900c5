"""What the Debug page computes, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

import numpy as np
import streamlit as st

from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.attention_sinks import AttentionSinks, find_attention_sinks
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.head_ablation import rank_changes_without, ranks_without, read_ablation
from streamrec_core.diagnosis.misses import Misses, find_misses
from streamrec_core.diagnosis.mitigations import MitigationResult, measure_mitigation, sessions_with
from streamrec_core.diagnosis.rank_changes import RankChanges
from streamrec_core.diagnosis.whatif import WhatIf, checked_sentences, history_of
from streamrec_core.diagnosis.whatif import what_if as make_edits
from streamrec_core.models.protocol import SessionModel

SAMPLED, PIECE = 1_000, 100
"""Test sessions over which Hit@10 is measured with parts switched off, and how many at a time."""
TRIED = 300
"""Test sessions that hold an item over which ways out of it are measured."""


@st.cache_resource(max_entries=8, show_spinner="Testing every frequent item: what it draws, what its removal does …")
def magnets(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> AttentionSinks:
    """Frequent items held to attention and effect; raises `BadInput` for a model without attention."""
    return find_attention_sinks(_model, _dataset)


@st.cache_resource(max_entries=8, show_spinner="Ranking every test session and naming the likeliest causes …")
def misses(weights: str, events_hash: str, _model: SessionModel, _dataset: DataSet) -> Misses:
    """Every miss of the test with its likeliest cause."""
    flagged = magnets(weights, events_hash, _model, _dataset).flagged if _model.attention_probes() else ()
    return find_misses(_model, _dataset, [item.row for item in flagged])


@st.cache_resource(max_entries=64, show_spinner=False)
def way_out(
    weights: str, events_hash: str, row: int, way: str, _model: SessionModel, _dataset: DataSet
) -> MitigationResult:
    """One way out of an item, over at most `TRIED` test sessions that hold it."""
    held = sessions_with(_dataset, split(_dataset).test, row)
    return measure_mitigation(_model, _dataset, held.sample(TRIED, seed=0), row, way)


@st.cache_resource(max_entries=128, show_spinner=False)
def what_if(
    weights: str, events_hash: str, session_id: str, edits: str, _model: SessionModel, _dataset: DataSet
) -> WhatIf:
    """A session before and after written edits; raises `BadInput` where one cannot be read or made."""
    return make_edits(_model, _dataset, session_id, read_edits(edits))


@st.cache_resource(max_entries=64, show_spinner="Taking events away, before and after the edits …")
def whatif_checked(
    weights: str, events_hash: str, session_id: str, edits: str, _model: SessionModel, _dataset: DataSet
) -> tuple[str, str, str]:
    """What holds of the explanations before and after written edits, and of that of the new first."""
    found = what_if(weights, events_hash, session_id, edits, _model, _dataset)
    return checked_sentences(_model, _dataset, found)


@st.cache_resource(max_entries=128, show_spinner=False)
def shift_off(
    weights: str, events_hash: str, session_id: str, off: str, _model: SessionModel, _dataset: DataSet
) -> RankChanges:
    """How the ten of a session move with parts switched off."""
    return rank_changes_without(_model, _dataset, history_of(_dataset, session_id)[0], read_ablation(off, _model))


def pieces(dataset: DataSet) -> range:
    """Numbers of the pieces that `ranks_off` measures one by one."""
    return range(-(-min(SAMPLED, len(split(dataset).test)) // PIECE))


@st.cache_resource(max_entries=256, show_spinner=False)
def ranks_off(
    weights: str, events_hash: str, off: str, piece: int, _model: SessionModel, _dataset: DataSet
) -> IntArray:
    """Ranks of the targets of one piece of the sample, with parts switched off."""
    drawn = split(_dataset).test.sample(SAMPLED, seed=0)
    part = drawn.take(np.arange(piece * PIECE, min((piece + 1) * PIECE, len(drawn))))
    return ranks_without(_model, _dataset, part, read_ablation(off, _model))
