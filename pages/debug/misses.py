"""Misses: how many, their likely causes, and a list of them, worst first, each with links that open it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import flag_control
from pages.debug.url import CAUSE, LENGTH, MISS, MISSED
from pages.ui import notices as ui_notices
from pages.ui.chart import chart
from pages.ui.data_table import data_table, short_table
from pages.ui.escape import plain
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, MODEL, SECTION, SESSION, change_url, clear_url, set_url, update_url, url_value
from pages.ui.url_widgets import unavailable
from pages.ui.workbench import Workbench
from streamrec_core.charts.causes import causes_figure
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_number import shown_count, shown_interval
from streamrec_core.diagnosis.cause_rates import CauseRate
from streamrec_core.diagnosis.causes import NO_CAUSE, condition_in_words, title_of
from streamrec_core.diagnosis.misses import Miss, Misses, MissFilter

SHOWN = 200
TITLE_PIXELS = 255
"""Width of a title's column, room for some 34 letters: two of them and the figures fill the page at 1440 pixels."""
LENGTHS = {"": (0, 10**9), "short": (0, 10), "middle": (11, 25), "long": (26, 10**9)}
LENGTH_WORDS = {
    "": "Any length",
    "short": "Up to 10 events",
    "middle": "11 to 25 events",
    "long": "More than 25 events",
}


def draw(bench: Workbench) -> None:
    """Draw the misses on the test sessions."""
    assert bench.model is not None
    misses = cached.misses(bench)
    st.markdown(_answer(misses))
    ui_notices.sampled_tests(bench.dataset)
    if not misses.worst_first:
        return
    _causes(misses)
    miss_filter = _filters(bench.dataset, misses)
    _table(bench, misses, miss_filter.choose(misses.worst_first, bench.dataset))


def _answer(misses: Misses) -> str:
    line = (
        f"In **{len(misses.worst_first):,} of {misses.tested:,}** test sessions ({misses.share:.1%}, 95% CI "
        f"{shown_interval(misses.share_interval, '.1%')}), the item that came next is not in the top "
        f"{misses.settings.miss_below}."
    )
    counts = {name: count for name, count in misses.by_cause.items() if name != NO_CAUSE}
    if not misses.worst_first:
        return line
    if not counts:
        return f"{line} No likely cause was found for any of them."
    name = max(counts, key=lambda cause: counts[cause])
    rate, without = misses.rates[name], misses.by_cause.get(NO_CAUSE, 0)
    none = f"; for {_share_of_misses(without, misses)} none was found" if without else ""
    return (
        f"{line} The most frequent likely cause: **{title_of(name).lower()}**, for "
        f"{_share_of_misses(counts[name], misses)}{none}. Its condition holds in {rate.among_misses:.0%} of the misses "
        f"and in {rate.among_hits:.0%} of the hits."
    )


def _share_of_misses(count: int, misses: Misses) -> str:
    return f"{count:,} ({count / len(misses.worst_first):.0%})"


def _causes(misses: Misses) -> None:
    titles = {title_of(name): count for name, count in misses.by_cause.items()}
    chart(
        causes_figure(titles),
        key="causes",
        alt="Misses by likely cause: " + ", ".join(f"{title} {count:,}" for title, count in titles.items()),
    )
    st.markdown("**How often each condition holds, in misses and in hits**")
    short_table(
        [_rate_cells(name, rate) for name, rate in misses.rates.items()],
        whole=pd.DataFrame([_rate_row(name, rate) for name, rate in misses.rates.items()]),
        file="cause-rates",
        alt="Each condition with its share among misses, its share among hits, and whether it counts as a cause.",
    )
    st.caption("Difference: share of the misses minus share of the hits, in percentage points.")
    with st.expander("How a cause is decided"):
        st.markdown(_rules(misses))


def _rate_cells(name: str, rate: CauseRate) -> dict[str, str]:
    """What is drawn, so narrow that a phone shows all of it."""
    return {
        "Condition": title_of(name) + ("  \n:gray[a cause of misses]" if rate.is_cause else ""),
        f"Of {rate.misses:,} misses": f"{rate.among_misses:.1%}",
        f"Of {rate.hits:,} hits": f"{rate.among_hits:.1%}",
        "Difference, 95% CI": _difference(rate),
    }


def _rate_row(name: str, rate: CauseRate) -> dict[str, str]:
    """What is downloaded."""
    return {
        "Condition": title_of(name),
        "Among misses": f"{rate.among_misses:.1%} ({rate.in_misses:,} of {rate.misses:,})",
        "Among hits": f"{rate.among_hits:.1%} ({rate.in_hits:,} of {rate.hits:,})",
        "Difference in percentage points, 95% CI": _difference(rate),
        "Cause of misses": "yes" if rate.is_cause else "no",
    }


def _difference(rate: CauseRate) -> str:
    low, high = rate.difference_interval
    return shown_interval((100 * low, 100 * high), "+.1f")


def _rules(misses: Misses) -> str:
    """How a cause is decided, as markdown: when a condition counts, and every condition in the order of the test."""
    rules = "\n".join(
        f"1. **{title_of(name)}**: {plain(condition_in_words(name, misses.settings, misses.best_list_known))}."
        for name in misses.rates
    )
    return (
        "A condition counts as a cause only if it holds clearly more often in misses than in hits: the 95% CI of "
        f"the difference lies above 0, and it holds at least {misses.settings.times_as_often:g} times as often. "
        "Conditions are checked in this order, and the first that holds and counts names the miss. A cause is likely, "
        f"not proven.\n\n{rules}"
    )


def _filters(dataset: DataSet, misses: Misses) -> MissFilter:
    with st.container(horizontal=True, gap="small"):
        _choice("Cause", CAUSE, {"": "Any cause"} | {name: title_of(name) for name in misses.by_cause})
        _choice(
            "Category of the next item",
            MISSED,
            {"": "Any category"} | {name: name for name in dataset.catalogue.content_categories},
        )
        _choice("Session length", LENGTH, LENGTH_WORDS)
    return MissFilter(
        url_value(CAUSE) or "", url_value(MISSED) or "", LENGTHS.get(url_value(LENGTH) or "", LENGTHS[""])
    )


def _choice(label: str, name: str, options: dict[str, str]) -> None:
    """Draw a filter that is kept in the link."""
    value = url_value(name) or ""
    if value not in options:
        unavailable(label, value)
        clear_url(name)
        value = ""
    st.session_state[f"debug_{name}"] = value
    st.selectbox(
        label,
        list(options),
        key=f"debug_{name}",
        format_func=options.__getitem__,
        on_change=_take,
        args=(name,),
        width=260,
    )


def _take(name: str) -> None:
    change_url(name, st.session_state[f"debug_{name}"] or None)


def _table(bench: Workbench, misses: Misses, matching: Sequence[Miss]) -> None:
    if not matching:
        st.markdown("No miss matches these filters.")
        return
    shown = matching[:SHOWN]
    at = _open_row(shown)
    st.caption(
        f"{len(matching):,} {'miss' if len(matching) == 1 else 'misses'}, worst first"
        + (f"; showing the first {SHOWN}" if len(matching) > SHOWN else "")
        + ". Select a row to see it below."
    )
    key = f"misses-{url_value(CAUSE)}-{url_value(MISSED)}-{url_value(LENGTH)}-{bench.weights[:12]}"
    data_table(
        pd.DataFrame([_row(miss, bench.dataset) for miss in shown]),
        file="misses",
        longest={"Next item": 34, "Recommended first": 34},
        hide_index=True,
        height=320,
        key=key,
        on_select=lambda: _take_row(key, shown),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [at]}},
        column_config={
            "Session": st.column_config.TextColumn(width=80),
            "Next item": st.column_config.TextColumn(width=TITLE_PIXELS),
            "Recommended first": st.column_config.TextColumn(width=TITLE_PIXELS),
            "Rank": st.column_config.NumberColumn(width=60, help="Rank of the next item; 1 is best."),
            "Log-prob.": st.column_config.NumberColumn(
                format="%.2f", width=80, help="Log-probability of the next item, in nats."
            ),
            "Events": st.column_config.NumberColumn(width=65),
        },
        alt="Misses, worst first: session, next item, its rank, first recommendation, and likely cause.",
    )
    _detail(bench, misses, shown[at])


def _open_row(shown: Sequence[Miss]) -> int:
    """Row of the open miss: the one in the link, or the worst."""
    session_id = url_value(MISS)
    at = next((at for at, miss in enumerate(shown) if miss.session_id == session_id), None)
    if session_id is not None and at is None:
        unavailable("Misses", session_id)
        clear_url(MISS)
    return at or 0


def _take_row(key: str, shown: Sequence[Miss]) -> None:
    rows = st.session_state[key].selection.rows
    update_url({MISS: shown[rows[0]].session_id if rows and rows[0] < len(shown) else None})


def _row(miss: Miss, dataset: DataSet) -> dict[str, object]:
    catalogue = dataset.catalogue
    return {
        "Session": miss.session_id,
        "Next item": catalogue.titles[miss.target],
        "Rank": miss.rank if miss.rank <= len(catalogue) else None,
        "Likely cause": title_of(miss.cause),
        "Recommended first": catalogue.titles[miss.first],
        "Events": miss.events,
        "Log-prob.": miss.log_probability if miss.rank <= len(catalogue) else None,
    }


def _detail(bench: Workbench, misses: Misses, miss: Miss) -> None:
    titles = bench.dataset.catalogue.titles
    ranked = f"ranked it {miss.rank:,}" if miss.rank <= len(titles) else "could not recommend it"
    link = {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: miss.session_id}
    with st.container(border=True, gap="xsmall"):
        st.subheader(f"Session {plain(miss.session_id, 40)}", anchor=False)
        st.markdown(
            f"After {shown_count(miss.events, 'event')}, **{plain(titles[miss.target], 80)}** came next. The model "
            f"{ranked} and ranked **{plain(titles[miss.first], 80)}** first."
        )
        condition = condition_in_words(miss.cause, misses.settings, misses.best_list_known)
        st.caption(f"{title_of(miss.cause)}: {plain(condition)}.")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            page_link(
                "explore/page.py",
                label=":primary[**Open in Explore**]",
                icon=":material/arrow_forward:",
                query_params=link,
            )
            st.button("Why not shown?", on_click=_ask_why_not, args=(miss.session_id,))
            st.button("Try a what-if", on_click=_try, args=(miss.session_id,))
            title = f"Session {miss.session_id}: next was {titles[miss.target]}, the model {ranked}"
            flag_control(bench, "miss", title[:300], **{SESSION: miss.session_id})


def _ask_why_not(session_id: str) -> None:
    """Open the part that says why the title that came next was not shown."""
    change_url(SESSION, session_id)
    set_url(SECTION, "why-not")


def _try(session_id: str) -> None:
    change_url(SESSION, session_id)
    set_url(SECTION, "what-if")
