"""Misses: how many, for what likely causes, and the worst of them, each one click from being opened."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.ui import debug_loaders as loaders
from pages.ui.components.debug.marking import mark_control
from pages.ui.linked import absent
from pages.ui.plain import plain
from pages.ui.state import (
    CAUSE,
    DATA,
    LENGTH,
    MISS,
    MISSED,
    MODEL,
    OF_A_SESSION,
    SECTION,
    SESSION,
    choose,
    forget,
    keep,
    wanted,
)
from pages.ui.workbench import Workbench
from streamrec_core.charts.causes import causes_figure
from streamrec_core.data.dataset import DataSet
from streamrec_core.diagnosis.causes import CAUSES, in_words
from streamrec_core.diagnosis.misses import Miss, Misses, MissFilter

SHOWN = 200
LENGTHS = {"": (0, 10**9), "short": (0, 10), "middle": (11, 25), "long": (26, 10**9)}
LENGTH_WORDS = {
    "": "Any length",
    "short": "Up to 10 events",
    "middle": "11 to 25 events",
    "long": "More than 25 events",
}


def draw(bench: Workbench) -> None:
    """Draw the misses of the test."""
    assert bench.model is not None
    found = loaders.misses(bench.weights, bench.events_hash, bench.model, bench.dataset)
    st.markdown(_answer(found))
    if not found.found:
        return
    _causes(found)
    wish = _filters(bench.dataset, found)
    _table(bench, found, wish.choose(found.found, bench.dataset))


def _answer(found: Misses) -> str:
    low, high = found.share_interval
    line = (
        f"In **{len(found.found):,} of {found.tested:,}** test sessions ({found.share:.1%}, 95% interval {low:.1%} to "
        f"{high:.1%}) the item that really came next is not among the first {found.settings.miss_below}."
    )
    if not found.by_cause:
        return line
    name, count = max(found.by_cause.items(), key=lambda pair: (pair[0] != "none", pair[1]))
    return f"{line} The most frequent likely cause: **{CAUSES[name].title.lower()}** ({count / len(found.found):.0%})."


def _causes(found: Misses) -> None:
    titles = {CAUSES[name].title: count for name, count in found.by_cause.items()}
    st.plotly_chart(
        causes_figure(titles),
        config={"displayModeBar": False},
        key="causes",
        alt="Misses by likely cause: " + ", ".join(f"{title} {count:,}" for title, count in titles.items()),
    )
    with st.expander("How a cause is decided"):
        st.markdown(
            "The tests are made in this order, and the first that holds gives the name. A cause is likely, not proven."
        )
        st.markdown(
            "\n".join(
                f"1. **{cause.title}**: {plain(in_words(name, found.settings))}." for name, cause in CAUSES.items()
            )
        )


def _filters(dataset: DataSet, found: Misses) -> MissFilter:
    with st.container(horizontal=True, gap="small"):
        _choice("Cause", CAUSE, {"": "Any cause"} | {name: CAUSES[name].title for name in found.by_cause})
        _choice(
            "Category of what came next",
            MISSED,
            {"": "Any category"} | {name: name for name in dataset.catalogue.content_categories},
        )
        _choice("Length of the session", LENGTH, LENGTH_WORDS)
    return MissFilter(wanted(CAUSE) or "", wanted(MISSED) or "", LENGTHS.get(wanted(LENGTH) or "", LENGTHS[""]))


def _choice(label: str, name: str, options: dict[str, str]) -> None:
    """A list whose choice stands in the link."""
    asked = wanted(name) or ""
    if asked not in options:
        absent(label, asked)
        forget(name)
        asked = ""
    st.session_state[f"debug_{name}"] = asked
    st.selectbox(
        label,
        list(options),
        key=f"debug_{name}",
        format_func=lambda value: options[value],
        on_change=_take,
        args=(name,),
        width=260,
    )


def _take(name: str) -> None:
    keep({MISS: None, name: st.session_state[f"debug_{name}"] or None})


def _table(bench: Workbench, found: Misses, chosen: Sequence[Miss]) -> None:
    if not chosen:
        st.markdown("No miss fits these filters.")
        return
    shown = chosen[:SHOWN]
    at = _asked(shown)
    st.caption(
        f"{len(chosen):,} misses, the worst first"
        + (f"; the first {SHOWN} are listed" if len(chosen) > SHOWN else "")
        + ". Choose a row to see it below."
    )
    key = f"misses-{wanted(CAUSE)}-{wanted(MISSED)}-{wanted(LENGTH)}-{bench.weights[:12]}"
    st.dataframe(
        pd.DataFrame([_row(miss, bench.dataset) for miss in shown]),
        hide_index=True,
        height=320,
        key=key,
        on_select=lambda: _take_row(key, shown),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}},
        column_config={
            "Came next": st.column_config.TextColumn(width="medium"),
            "Recommended first": st.column_config.TextColumn(width="medium"),
            "Rank": st.column_config.NumberColumn(width="small", help="Place of what came next; 1 is best."),
            "Log-probability": st.column_config.NumberColumn(format="%.2f", width="small", help="In nats."),
            "Events": st.column_config.NumberColumn(width="small"),
        },
        alt="Misses, the worst first: session, what came next, its rank, what was recommended first, and the "
        "likely cause.",
    )
    _detail(bench, found, shown[at])


def _asked(shown: Sequence[Miss]) -> int:
    """Row of the miss that is open: the one in the link, or the worst."""
    asked = wanted(MISS)
    at = next((at for at, miss in enumerate(shown) if miss.session_id == asked), None)
    if asked is not None and at is None:
        absent("Misses", asked)
        forget(MISS)
    return at or 0


def _take_row(key: str, shown: Sequence[Miss]) -> None:
    rows = st.session_state[key].selection.rows
    keep({MISS: shown[rows[0]].session_id if rows and rows[0] < len(shown) else None})


def _row(miss: Miss, dataset: DataSet) -> dict[str, object]:
    catalogue = dataset.catalogue
    return {
        "Session": miss.session_id,
        "Came next": catalogue.titles[miss.target],
        "Rank": miss.rank if miss.rank <= len(catalogue) else None,
        "Likely cause": CAUSES[miss.cause].title,
        "Recommended first": catalogue.titles[miss.first],
        "Events": miss.events,
        "Log-probability": miss.log_probability if miss.rank <= len(catalogue) else None,
    }


def _detail(bench: Workbench, found: Misses, miss: Miss) -> None:
    titles = bench.dataset.catalogue.titles
    place = f"number {miss.rank:,}" if miss.rank <= len(titles) else "not to be recommended"
    link = {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: miss.session_id}
    with st.container(border=True, gap="xsmall"):
        st.subheader(f"Session {plain(miss.session_id, 40)}", anchor=False)
        st.markdown(
            f"After {miss.events} events came **{plain(titles[miss.target], 80)}**. The model had it as {place} "
            f"and put "
            f"**{plain(titles[miss.first], 80)}** first."
        )
        st.caption(f"{CAUSES[miss.cause].title}: {plain(in_words(miss.cause, found.settings))}.")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.page_link(
                "explore.py", label=":primary[**Open in Explore**]", icon=":material/arrow_forward:", query_params=link
            )
            st.button("Try a what-if", on_click=_try, args=(miss.session_id,))
            title = f"Session {miss.session_id}: {titles[miss.target]} was {place}"
            mark_control(bench, "miss", title[:300], **{SESSION: miss.session_id})


def _try(session_id: str) -> None:
    choose(SESSION, session_id)
    forget(*OF_A_SESSION)
    choose(SECTION, "what-if")
