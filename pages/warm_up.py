"""Warm start: imports the pages and opens the default data set and model before the first visitor asks for them."""

from __future__ import annotations

import gc
import logging
import pkgutil
from functools import partial
from importlib import import_module

import pages
from pages.explore import cached as explore_cached
from pages.explore import choice
from pages.overview import cached as overview_cached
from pages.training import cached as training_cached
from pages.ui import cached as ui_cached
from pages.ui.ahead import Piece, ahead
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
    """Open the default data and model, and plan what fills the caches; an error is left for the page to show."""
    for logger in ("streamlit.runtime.scriptrunner_utils.script_run_context", "streamlit.runtime.state"):
        logging.getLogger(logger).addFilter(_no_page_needed)
    try:
        training_cached.advance_queue()
        bench = open_workbench(DEFAULT_PRESET)
    except (StreamRecError, OSError) as error:
        logging.getLogger(__name__).warning("warm start skipped: %s", error)
        return
    # A piece at a time, so that the first visitor, who asks for the same, is not held up by what comes after it.
    ahead.plan("warm-up", [*default_view(bench), collect_garbage])


def collect_garbage() -> None:
    """Collect what imports left as well, then leave all that stays for good out of later collections."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def default_view(bench: Workbench) -> list[Piece]:
    """What Explore and Overview show first, piece by piece, then what Explore searches."""
    pieces: list[Piece] = [partial(ui_cached.session_split, bench.dataset)]
    if bench.model is not None:
        pieces += [
            partial(ui_cached.example_sessions, bench),
            partial(check_first_session, bench),
            partial(overview_cached.checked_example, bench),
            partial(explore_cached.predictions, bench),
        ]
    return pieces


def check_first_session(bench: Workbench) -> None:
    """Explain and check what Explore opens with."""
    explained = choice.view_of(bench, choice.first_session(bench), None, None)
    explore_cached.titles_above_average(explained)
    explore_cached.verified(explained)


def _no_page_needed(record: logging.LogRecord) -> bool:
    return "ScriptRunContext" not in record.getMessage()
