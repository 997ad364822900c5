"""Warm start: imports the pages and opens the default data set and model before the first visitor asks for them."""

from __future__ import annotations

import gc
import logging
import pkgutil
from importlib import import_module

import pages
from pages.explore import cached as explore_cached
from pages.overview import cached as overview_cached
from pages.training import cached as training_cached
from pages.ui import cached as ui_cached
from pages.ui.workbench import Workbench, open_workbench
from streamrec_core.defaults import DEFAULT_PRESET
from streamrec_core.errors import StreamRecError
from streamrec_core.models.threads import compute_with_one_thread


def import_everything() -> None:
    """Import what pages are made of, torch and plotly among it, before the first visitor waits for it."""
    compute_with_one_thread()
    for module in pkgutil.walk_packages(pages.__path__, f"{pages.__name__}."):
        if not module.name.endswith((".page", ".frame")):  # scripts, which draw when they are imported
            import_module(module.name)


def warm_up() -> None:
    """Fill the caches for the default view; an error is logged and left for the page to show."""
    for logger in ("streamlit.runtime.scriptrunner_utils.script_run_context", "streamlit.runtime.state"):
        logging.getLogger(logger).addFilter(_no_page_needed)
    try:
        training_cached.advance_queue()
        compute_default_view(open_workbench(DEFAULT_PRESET))
    except (StreamRecError, OSError) as error:
        logging.getLogger(__name__).warning("warm start skipped: %s", error)
    gc.collect()
    gc.freeze()


def compute_default_view(bench: Workbench) -> None:
    """Compute what Overview and Explore show first, then what Explore searches."""
    ui_cached.session_split(bench.dataset)
    if bench.model is not None:
        ui_cached.example_sessions(bench)
    if bench.model is not None:
        overview_cached.checked_example(bench)
        explore_cached.predictions(bench)


def _no_page_needed(record: logging.LogRecord) -> bool:
    return "ScriptRunContext" not in record.getMessage()
