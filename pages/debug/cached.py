"""Attention sinks, misses, mitigations, edits and ablations; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pages.ui import cached as ui_cached
from pages.ui.shared_cache import shared_cache
from pages.ui.turns import turn_to_compute
from pages.ui.workbench import HASH_FUNCS, Workbench
from streamrec_core.attribution.bring_in_record import BringIn
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.filter_records import FilterRecords, read_filter_records, stored_filter_file
from streamrec_core.diagnosis.attention_sinks import AttentionSinks, find_attention_sinks
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.head_ablation import rank_changes_without, ranks_without, read_parts
from streamrec_core.diagnosis.misses import Misses, find_misses
from streamrec_core.diagnosis.mitigations import MitigationResult, measure_mitigation, sessions_with
from streamrec_core.diagnosis.rank_changes import RankChanges
from streamrec_core.diagnosis.whatif import WhatIf, checked_sentences, history_of
from streamrec_core.diagnosis.whatif import what_if as make_edits
from streamrec_core.explain.why_not import WhyNot, bring_in_title
from streamrec_core.explain.why_not import why_not as explain_why_not

SAMPLED, PIECE = 1_000, 100
"""Test sessions over which Hit@10 is measured with parts switched off, and how many a piece."""
MITIGATION_SESSIONS = 300
"""The most test sessions over which a mitigation is measured."""


@shared_cache(
    max_entries=8,
    show_spinner="Testing every frequent item: its attention, and the effect of removing it …",
    hash_funcs=HASH_FUNCS,
)
def attention_sinks(bench: Workbench) -> AttentionSinks:
    """Frequent items tested for attention and effect; raises `BadInput` for a model without attention."""
    return find_attention_sinks(bench.loaded_model, bench.dataset)


@shared_cache(
    max_entries=8, show_spinner="Ranking every test session and finding likely causes …", hash_funcs=HASH_FUNCS
)
def misses(bench: Workbench) -> Misses:
    """Every miss on the test sessions, or on a sample of very many, with its likely cause."""
    flagged = attention_sinks(bench).flagged if bench.loaded_model.attention_probes() else ()
    divided = ui_cached.ranked_split(bench.dataset)
    return find_misses(bench.loaded_model, bench.dataset, [item.row for item in flagged], divided=divided)


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def mitigation(bench: Workbench, row: int, name: str) -> MitigationResult:
    """One mitigation of an item, over at most `MITIGATION_SESSIONS` test sessions that contain it."""
    examples = sessions_with(bench.dataset, ui_cached.dataset_split(bench.dataset).test, row)
    return measure_mitigation(
        bench.loaded_model, bench.dataset, examples.sample(MITIGATION_SESSIONS, seed=0), row, name
    )


@shared_cache(max_entries=128, show_spinner=False, hash_funcs=HASH_FUNCS)
def what_if(bench: Workbench, session_id: str, edits: str) -> WhatIf:
    """A session before and after written edits; raises `BadInput` if one cannot be read or applied."""
    with turn_to_compute(bench):
        return make_edits(bench.loaded_model, bench.dataset, session_id, read_edits(edits))


@shared_cache(max_entries=64, show_spinner="Removing events, before and after the edits …", hash_funcs=HASH_FUNCS)
def whatif_checked(bench: Workbench, session_id: str, edits: str) -> tuple[str, str, str]:
    """Checked explanations before and after written edits, and of the new first recommendation."""
    whatif = what_if(bench, session_id, edits)
    with turn_to_compute(bench):
        return checked_sentences(bench.loaded_model, bench.dataset, whatif)


@shared_cache(max_entries=128, show_spinner=False, hash_funcs=HASH_FUNCS)
def shift_off(bench: Workbench, session_id: str, off: str) -> RankChanges:
    """How the top ten of a session change with parts switched off."""
    return rank_changes_without(
        bench.loaded_model,
        bench.dataset,
        history_of(bench.dataset, session_id)[0],
        read_parts(off, bench.loaded_model),
    )


def filter_records(bench: Workbench) -> FilterRecords | None:
    """What was removed around the model, from the file in the data set's folder; None where there is none.

    Raises `BadInput` where it cannot be read.
    """
    file = stored_filter_file(bench.dataset)
    return None if file is None else _filter_records(bench, file, file.stat().st_mtime_ns)


@shared_cache(max_entries=4, show_spinner="Reading filter records …", hash_funcs=HASH_FUNCS)
def _filter_records(bench: Workbench, file: Path, changed_ns: int) -> FilterRecords:
    return read_filter_records(file, bench.dataset.catalogue)


def why_not(bench: Workbench, session_id: str, row: int) -> WhyNot:
    """Why a title was not shown after a session's history; raises `BadInput` where the records cannot be read."""
    history = history_of(bench.dataset, session_id)[0]
    return explain_why_not(bench.loaded_model, bench.dataset, history, row, filters=filter_records(bench))


@shared_cache(max_entries=128, show_spinner="Adding items, one after another …", hash_funcs=HASH_FUNCS)
def bring_in(bench: Workbench, session_id: str, row: int) -> BringIn:
    """What would bring a title on the list; raises `BadInput` where there is nothing to try."""
    dataset = bench.dataset
    history = history_of(dataset, session_id)[0]
    return bring_in_title(bench.loaded_model, dataset, history, row, ui_cached.dataset_split(dataset).train)


def pieces(dataset: DataSet) -> range:
    """Numbers of the pieces that `ranks_off` measures one by one."""
    return range(-(-min(SAMPLED, len(ui_cached.dataset_split(dataset).test)) // PIECE))


@shared_cache(max_entries=256, show_spinner=False, hash_funcs=HASH_FUNCS)
def ranks_off(bench: Workbench, off: str, piece: int) -> IntArray:
    """Ranks of the targets of one piece of the sample, with parts switched off."""
    drawn = ui_cached.dataset_split(bench.dataset).test.sample(SAMPLED, seed=0)
    part = drawn.take(np.arange(piece * PIECE, min((piece + 1) * PIECE, len(drawn))))
    return ranks_without(bench.loaded_model, bench.dataset, part, read_parts(off, bench.loaded_model))
