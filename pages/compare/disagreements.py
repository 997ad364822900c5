"""Sessions that only one of two models gets right, each with links that open it in Explore."""

from __future__ import annotations

import streamlit as st

from pages.compare.models import ComparedModel
from pages.compare.url import LISTED, PAGE
from pages.ui.escape import plain
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, MODEL, SESSION
from pages.ui.url_widgets import choose_one, choose_page
from pages.ui.workbench import Workbench
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.shown_number import shown_count
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.paired import HitComparison

PER_PAGE = 6
SIDES = ("first", "second")
TITLE_WIDTH = 70
Pair = tuple[Evaluation, Evaluation]


def counts(disagreement: HitComparison, names: tuple[str, str]) -> None:
    """Draw how often both, one or neither has the target."""
    labels = ("Both correct", f"Only {plain(names[0], 40)}", f"Only {plain(names[1], 40)}", "Neither")
    total = sum(disagreement.counts.values())
    with st.container(horizontal=True, gap="medium"):
        for label, count in zip(labels, disagreement.counts.values(), strict=True):
            st.metric(
                label, f"{count:,}", f"{count / total:.1%}", delta_color="off", delta_arrow="off", width="content"
            )


def sessions(
    disagreement: HitComparison,
    pair: Pair,
    models: tuple[ComparedModel, ComparedModel],
    tests: Examples,
    bench: Workbench,
) -> None:
    """Draw the sessions that only one of the two gets right, a page at a time."""
    names = {side: f"Only {plain(model.name, 40)} is correct" for side, model in zip(SIDES, models, strict=True)}
    more = {"format_func": names.get, "required": True, "label_visibility": "collapsed"}
    side = choose_one(st.segmented_control, "Sessions where", SIDES, LISTED, SIDES[0], **more)
    rows = disagreement.only_first if side == SIDES[0] else disagreement.only_second
    if not len(rows):
        st.caption("No such sessions.")
        return
    drawn, pages = st.container(), -(-len(rows) // PER_PAGE)
    at = choose_page(pages, PAGE)
    with drawn:
        for row in rows[(at - 1) * PER_PAGE : at * PER_PAGE]:
            _session(int(row), pair, models, tests, bench)


def _session(
    row: int, pair: Pair, models: tuple[ComparedModel, ComparedModel], tests: Examples, bench: Workbench
) -> None:
    """Draw one test session, by its row among the test examples."""
    log, catalogue = bench.dataset.log, bench.dataset.catalogue
    history = log.session(int(tests.sessions[row]))
    target, last = int(history.items[-1]), int(history.items[-2])
    hue = category_colour(int(catalogue.category_of[target]))
    with st.container(border=True, gap="xxsmall", key=f"disagreement-{row}"):
        st.markdown(f"**{plain(catalogue.titles[target], TITLE_WIDTH)}**")
        st.caption(
            f':color[●]{{foreground="{hue}"}} {plain(catalogue.category(target), 40)} · session '
            f"{plain(history.session_id, 30)} · {shown_count(int(tests.ends[row]), 'event')}, last: "
            f"{plain(catalogue.titles[last], TITLE_WIDTH)}"
        )
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            for model, evaluation in zip(models, pair, strict=True):
                _rank(model, int(evaluation.ranks[row]), history.session_id, bench)


def _rank(model: ComparedModel, rank: int, session_id: str, bench: Workbench) -> None:
    """The rank that one model gives the target; a trained model links to the session in Explore."""
    label = f"{plain(model.name, 40)}: rank {rank:,}"
    if rank > len(bench.dataset.catalogue):
        label = f"{plain(model.name, 40)}: not ranked, already in the session"
    if model.rule:
        st.markdown(f":small[{label}]", width="content", help="Simple rules cannot be opened in Explore.")
        return
    page_link(
        "explore/page.py",
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        help="Open this session in Explore with this model",
        query_params={DATA: bench.data_name, MODEL: model.name, SESSION: session_id},
    )
