"""What heads do over many test sessions, for the Heads page: cached and bounded, as in `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

from pages.ui import cached as ui_cached
from pages.ui.shared_cache import shared_cache
from pages.ui.workbench import HASH_FUNCS, Workbench
from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.profile import HeadProfile, profile, type_profile
from streamrec_core.attribution.part_importance import PartImportance, part_importance
from streamrec_core.models.checkpoint import load_checkpoint
from streamrec_core.training.history import saved_epochs

HEADS_SEED = 7
"""Samples the same test sessions every time."""
FORMATION_SAMPLE = 250
"""Test sessions over which types of every saved epoch are measured."""


@shared_cache(max_entries=16, show_spinner="Measuring every head over many sessions …", hash_funcs=HASH_FUNCS)
def head_profile(bench: Workbench, size: int) -> HeadProfile | None:
    """What every head does over a sample of the test sessions; None for a model without attention."""
    return profile(
        bench.loaded_model, bench.dataset, ui_cached.dataset_split(bench.dataset).test.sample(size, HEADS_SEED)
    )


@shared_cache(max_entries=16, show_spinner="Switching off every head, one at a time …", hash_funcs=HASH_FUNCS)
def importance(bench: Workbench, size: int) -> tuple[PartImportance, ...]:
    """Importance of every head and named term over a sample of the test sessions."""
    return part_importance(
        bench.loaded_model, bench.dataset, ui_cached.dataset_split(bench.dataset).test.sample(size, HEADS_SEED)
    )


@shared_cache(max_entries=16, show_spinner="Measuring the saved epochs of the run …", hash_funcs=HASH_FUNCS)
def formation(bench: Workbench, epochs: tuple[int, ...], folder: Path) -> dict[int, tuple[tuple[TypeShare, ...], ...]]:
    """Types of every head at each saved epoch of a run; empty for a checkpoint of no run."""
    examples = ui_cached.dataset_split(bench.dataset).test.sample(FORMATION_SAMPLE, HEADS_SEED)
    return {
        epoch: type_profile(load_checkpoint(epoch_folder, bench.dataset.catalogue), bench.dataset, examples)
        for epoch, epoch_folder in saved_epochs(folder).items()
    }
