"""What a visitor of Explore is likely to choose next: another of the ten, the next, previous or a random session."""

from __future__ import annotations

from collections.abc import Iterator

from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.explore import cached, choice
from pages.explore.explained_view import ExplainedView
from pages.ui import cached as ui_cached
from pages.ui.ahead import Piece, ahead
from pages.ui.workbench import Workbench

LONGEST_CHECK = 0.5
"""Seconds; where a check takes longer, as with a foreign model, nothing is computed ahead."""


def explain_neighbours(explained: ExplainedView) -> None:
    """Explain and check them in the background, so that a choice finds its explanation ready."""
    context, seconds = get_script_run_ctx(), cached.seconds_of_check(explained)
    if context is None:
        return
    likely = seconds is not None and seconds <= LONGEST_CHECK and not explained.edits
    ahead.plan(context.session_id, neighbours(explained) if likely else ())


def neighbours(explained: ExplainedView) -> Iterator[Piece]:
    """Short pieces of work, the likeliest neighbour first: each is explained, then checked."""
    bench, explanation, session_id = explained.bench, explained.explanation, explained.session_id
    rows = [item.row for item in explanation.recommendations]
    at = rows.index(explanation.candidate.row) + 1 if explanation.candidate.row in rows else 0
    for row in rows[at:] + rows[: max(at - 1, 0)]:
        yield from _pieces(bench, session_id, explained.history, row)
    if session_id is not None and session_id in bench.dataset.log.session_ids:
        sessions, log_row = ui_cached.session_split(bench.dataset), bench.dataset.log.row(session_id)
        for neighbour in (sessions.next(log_row), choice.random_session(sessions), sessions.previous(log_row)):
            yield from _pieces(bench, neighbour, None, None)


def _pieces(bench: Workbench, session_id: str | None, history: str | None, item: int | None) -> Iterator[Piece]:
    def view() -> ExplainedView:
        return choice.view_of(bench, session_id, history, item)

    def check() -> None:
        explained = view()
        if explained.explanation.candidate.rank:
            cached.verified(explained)

    yield view
    yield lambda: cached.titles_above_average(view())
    yield check
