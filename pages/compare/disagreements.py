"""Sessions where one model is right and another wrong, each opening in Explore."""

from __future__ import annotations

import streamlit as st

from pages.compare.models import Entrant
from pages.ui.escape import plain
from pages.ui.url_state import DATA, LEAF, LISTED, MODEL, SESSION
from pages.ui.url_widgets import leaf, one_of
from pages.ui.workbench import Workbench
from streamrec_core.charts.palette import category_colour
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.paired import Disagreement

PER_PAGE = 6
SIDES = ("first", "second")
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
    """Draw the sessions that only one of the two has right, a page at a time."""
    names = {place: f"Only {plain(one.name, 40)} is right" for place, one in zip(SIDES, entrants, strict=True)}
    more = {"format_func": names.get, "required": True, "label_visibility": "collapsed"}
    side = one_of(st.segmented_control, "Sessions where", SIDES, LISTED, SIDES[0], (LEAF,), **more)
    places = found.only_first if side == SIDES[0] else found.only_second
    if not len(places):
        st.caption("There is no such session.")
        return
    drawn, pages = st.container(), -(-len(places) // PER_PAGE)
    at = leaf(pages, LEAF)
    with drawn:
        for place in places[(at - 1) * PER_PAGE : at * PER_PAGE]:
            _session(int(place), pair, entrants, tests, bench)


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
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
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
        "explore/page.py",
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        help="Open this session in Explore with this model",
        query_params={DATA: bench.data_name, MODEL: entrant.name, SESSION: session_id},
    )
