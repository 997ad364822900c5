"""What Overview shows of a model: one checked example, cached and bounded, by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached as ui_cached
from pages.ui.workbench import HASH_FUNCS, Workbench
from streamrec_core.explanation_view.widget import ExplanationView, show


@st.cache_resource(max_entries=8, show_spinner="Checking an example …", hash_funcs=HASH_FUNCS)
def checked_example(bench: Workbench) -> ExplanationView | None:
    """The example for product managers, explained and checked; None where no test session has a target."""
    examples = ui_cached.example_sessions(bench)
    return show(bench.loaded_model, bench.dataset, examples[0].session_id) if examples else None
