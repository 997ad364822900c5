"""Sessions where one model is right and another wrong, each opening in Explore."""

from __future__ import annotations

import streamlit as st

from pages.ui.contest import Entrant
from pages.ui.plain import plain
from pages.ui.state import DATA, MODEL, SESSION
from pages.ui.workbench import Workbench
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.catalogue import IntArray
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.paired import Disagreement

PER_PAGE = 6
TITLE_WIDTH = 70
Pair = tuple[Evaluation, Evaluation]


def counts(found: Disagreement, names: tuple[str, str]) -> None:
    """Draw how often both, one or neither has the target."""
    labels = ("Both right", f"Only {plain(names[0], 40)}", f"Only {plain(names[1], 40)}", "Neither")
    total = sum(found.counts.values())
    with st.container(horizontal=True, gap="large"):
        for label, count in zip(labels, found.counts.values(), strict=True):
            st.metric(
                label, f"{count:,}", f"{count / total:.1%}", delta_color="off", delta_arrow="off", width="content"
            )


def sessions(
    found: Disagreement, pair: Pair, entrants: tuple[Entrant, Entrant], tests: Examples, bench: Workbench
) -> None:
    """Draw the sessions that only one of the two has right, a page at a time: a tab for each."""
    tabs = st.tabs([f"Only {plain(entrant.name, 40)} is right" for entrant in entrants])
    for tab, places, key in zip(tabs, (found.only_first, found.only_second), ("first", "second"), strict=True):
        with tab:
            for place in _page(places, f"disagreement_{key}"):
                _session(int(place), pair, entrants, tests, bench)


def _page(places: IntArray, key: str) -> IntArray:
    """The places on the page that is open, and the choice of another page where there are several."""
    if not len(places):
        st.caption("There is no such session.")
        return places
    pages = -(-len(places) // PER_PAGE)
    page = st.pagination(pages, key=f"{key}_{pages}") if pages > 1 else 1
    return places[(page - 1) * PER_PAGE : page * PER_PAGE]


def _session(place: int, pair: Pair, entrants: tuple[Entrant, Entrant], tests: Examples, bench: Workbench) -> None:
    log, catalogue = bench.dataset.log, bench.dataset.catalogue
    row = int(tests.sessions[place])
    history = log.session(row)
    target, last = int(history.items[-1]), int(history.items[-2])
    hue = category_colour(int(catalogue.category_of[target]))
    with st.container(border=True, gap="xxsmall", key=f"disagreement-{place}"):
        st.markdown(f"**{plain(catalogue.titles[target], TITLE_WIDTH)}**")
        st.caption(
            f':color[●]{{foreground="{hue}"}} {plain(catalogue.category(target), 40)} · session '
            f"{plain(history.session_id, 30)}, {int(tests.ends[place])} events, the last one "
            f"{plain(catalogue.titles[last], TITLE_WIDTH)}"
        )
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            for entrant, evaluation in zip(entrants, pair, strict=True):
                _rank(entrant, int(evaluation.ranks[place]), history.session_id, bench)


def _rank(entrant: Entrant, rank: int, session_id: str, bench: Workbench) -> None:
    """The rank of one model; a trained one is a link to the same session explained by it."""
    label = f"{plain(entrant.name, 40)}: rank {rank:,}"
    if rank > len(bench.dataset.catalogue):
        label = f"{plain(entrant.name, 40)}: out of reach, seen before"
    if entrant.rule:
        st.markdown(label, width="content", help="A simple rule; it has nothing that Explore could open.")
        return
    st.page_link(
        "explore.py",
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        help="Open this session in Explore with this model",
        query_params={DATA: bench.data_name, MODEL: entrant.name, SESSION: session_id},
    )
