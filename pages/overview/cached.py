"""What Overview shows of a model: one checked example, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

import numpy as np

from pages.ui import cached as ui_cached
from pages.ui.shared_cache import shared_cache
from pages.ui.workbench import HASH_FUNCS, Workbench
from streamrec_core.explanation_view.widget import ExplanationView, show

SHORT, SEARCHED = 12, 20
"""Events of an example that is taken in at a glance, and test sessions that are checked to find one."""


@shared_cache(max_entries=8, show_spinner="Checking an example …", hash_funcs=HASH_FUNCS)
def checked_example(bench: Workbench) -> ExplanationView | None:
    """The first short test session with a confirmed reason, else the example for product managers; None without any."""
    examples = ui_cached.example_sessions(bench)
    if not examples:
        return None
    sessions, offsets = ui_cached.session_split(bench.dataset), bench.dataset.log.offsets
    lengths = offsets[sessions.test_rows + 1] - offsets[sessions.test_rows]
    short = np.flatnonzero((lengths > 5) & (lengths <= SHORT + 1))
    for session_id in (sessions.test_ids[index] for index in short[:SEARCHED].tolist()):
        view = show(bench.loaded_model, bench.dataset, session_id)
        if view.verified is not None and view.verified.confirmed:
            return view
    return show(bench.loaded_model, bench.dataset, examples[0].session_id)
