"""Attention sinks: frequent items that draw attention without an effect, item by item, and their mitigations."""

from __future__ import annotations

import shlex

import pandas as pd
import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import flag_control
from pages.debug.url import SUSPECT
from pages.ui.chart import chart, ink
from pages.ui.data_table import data_table
from pages.ui.error_text import error_text
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.url_state import clear_url, set_url, url_value
from pages.ui.url_widgets import unavailable
from pages.ui.workbench import Workbench
from streamrec_core.charts.attention_sinks import attention_sinks_figure
from streamrec_core.data.shown_number import POINTS, POINTS_EXPLAINED, in_points, shown_interval, shown_number
from streamrec_core.diagnosis.attention_sinks import AttentionSinks, SinkTest
from streamrec_core.diagnosis.mitigations import MITIGATIONS, MitigationResult
from streamrec_core.errors import BadInput

RETRAIN = """\
python -m streamrec_core audit mitigated-data {item} --how {how} --data {data} --out workspace/data/{name}
python -m streamrec_core train --data {name} --run workspace/runs/{name}"""


def draw(bench: Workbench) -> None:
    """Draw every frequent item, and the mitigations of the selected one."""
    assert bench.model is not None
    if not bench.model.attention_probes():
        st.markdown(
            f"{plain(bench.model.name, 60)} has no attention, so no item can draw it. Choose a transformer in "
            f"the sidebar."
        )
        return
    sinks = cached.attention_sinks(bench)
    st.markdown(_answer(sinks))
    if not sinks.items:
        return
    chart(
        attention_sinks_figure(sinks.items, sinks.settings.lift, sinks.settings.margin, ink=ink()),
        key="magnets",
        alt="Attention relative to uniform, and effect of removal, for every frequent item: "
        + ", ".join(
            f"{item.title[:40]} {item.attention_lift:.1f}, {in_points(item.removal_effect, '.0f')}"
            for item in sinks.items[:10]
        ),
    )
    st.caption(_criteria(sinks))
    with st.expander("All values"):
        _table(sinks)
    _selected_item(bench, sinks)


def _answer(sinks: AttentionSinks) -> str:
    if not sinks.items:
        return f"No item occurs often enough in the {sinks.sessions:,} sampled test sessions to be an attention sink."
    if not sinks.flagged:
        return (
            f"**No attention sinks.** None of the {len(sinks.items)} frequent items draws attention without an effect "
            f"({sinks.sessions:,} test sessions)."
        )
    first = sinks.flagged[0]
    more = f" ({len(sinks.flagged) - 1} more below)" if len(sinks.flagged) > 1 else ""
    return (
        f"**{plain(first.title, 80)}** is an attention sink{more}: it occurs in {first.session_share:.0%} of sessions "
        f"and takes {first.attention_share:.0%} of the attention there, {first.attention_lift:.1f} times its share "
        "under uniform attention. Without it, the probability of the first recommendation changes by only "
        f"{first.probability_change:.1%}."
    )


def _criteria(sinks: AttentionSinks) -> str:
    limit = sinks.settings
    return (
        f"An attention sink takes more than {limit.lift:g} times its share under uniform attention, and removing it "
        f"changes the first recommendation by less than {in_points(limit.margin, 'g')} either way, both with the "
        f"whole 95% CI and at a false discovery rate of {limit.alpha:.0%} over the {len(sinks.items)} items tested. "
        f"Frequent: in at least {limit.session_share:.0%} of {sinks.sessions:,} test sessions. {say(POINTS_EXPLAINED)}"
    )


def _table(sinks: AttentionSinks) -> None:
    data_table(
        pd.DataFrame([_row(item) for item in sinks.items]),
        file="attention-sinks",
        hide_index=True,
        column_config={
            "Item": st.column_config.TextColumn(width="medium"),
            "In sessions": st.column_config.NumberColumn(format="percent"),
            "Attention": st.column_config.NumberColumn(
                format="percent", help="Share of the attention in sessions that contain the item."
            ),
            "× uniform": st.column_config.NumberColumn(format="%.2f"),
            "Effect (points)": st.column_config.NumberColumn(
                format="%.1f",
                help="Points that the first recommendation loses without the item, mean over sessions. "
                + say(POINTS_EXPLAINED),
            ),
            say("Changes the top title"): st.column_config.NumberColumn(
                format="percent", help=say("Sessions in which another title would be ranked first.")
            ),
            "p, corrected": st.column_config.NumberColumn(format="%.4f", help="Corrected for multiple testing."),
            "Predictive in training data (points)": st.column_config.NumberColumn(
                format="%.2f", help="What its presence says about the next category, in the training sessions alone."
            ),
        },
        alt="Every frequent item with its attention, effect, p-value and verdict.",
    )


def _row(item: SinkTest) -> dict[str, object]:
    least, most = item.removal_effect_interval
    return {
        "Item": item.title,
        "Verdict": item.verdict,
        "In sessions": item.session_share,
        "Attention": item.attention_share,
        "× uniform": item.attention_lift,
        "× uniform, 95% CI": shown_interval(item.attention_lift_interval),
        "Effect (points)": POINTS * item.removal_effect,
        "Effect, 95% CI": shown_interval((POINTS * least, POINTS * most), ".1f"),
        say("Changes the top title"): item.first_changes,
        "p, corrected": item.adjusted,
        "Predictive in training data (points)": POINTS * item.lift_in_data.gain,
        "p, training data": f"{item.lift_in_data.p_value:.2g}",
    }


def _selected_item(bench: Workbench, sinks: AttentionSinks) -> None:
    """Draw the choice of an item, its test result and its mitigations."""
    tests = {item.item_id: item for item in sinks.items}
    item_id = url_value(SUSPECT)
    if item_id is not None and item_id not in tests:
        unavailable("Item", item_id)
        clear_url(SUSPECT)
    item = tests[item_id] if item_id in tests else sinks.items[0]
    st.header("Mitigations" if sinks.flagged else "Item by item", anchor=False)
    st.session_state["suspect"] = item.item_id
    st.selectbox(
        "Item", list(tests), key="suspect", format_func=lambda name: tests[name].title, on_change=_take, width=420
    )
    st.markdown(_reading(item))
    with st.container(horizontal=True, gap="small"):
        measured = st.toggle("Measure mitigations", key="measure-ways", help="Takes a few seconds.")
        flag_control(bench, "attention sink", f"{item.title}: {item.verdict}"[:300], **{SUSPECT: item.item_id})
    if measured:
        _mitigations(bench, item)
    _retrain(bench, item)


def _take() -> None:
    set_url(SUSPECT, st.session_state["suspect"])


def _reading(item: SinkTest) -> str:
    p = item.lift_in_data.p_value
    predictive = "is predictive" if p < 0.01 else "was not shown to be predictive"
    return (
        f"{item.verdict.capitalize()}: {item.attention_lift:.2f} times its share under uniform attention. Without it, "
        f"the probability of the first recommendation changes by about {item.probability_change:.0%}. In the training "
        f"data, its presence {predictive} of the next category (p {'< 0.001' if p < 0.001 else f'= {p:.2g}'})."
    )


def _mitigations(bench: Workbench, item: SinkTest) -> None:
    """Measure every mitigation, with a progress bar, and draw the results as a table."""
    assert bench.model is not None
    bar = st.progress(0.0, text="Measuring …")
    results: list[MitigationResult] = []
    try:
        for number, (name, mitigation) in enumerate(MITIGATIONS.items(), start=1):
            bar.progress(number / (len(MITIGATIONS) + 1), text=f"Measuring: {mitigation.title.lower()} …")
            results.append(cached.mitigation(bench, item.row, name))
    except BadInput as error:
        st.markdown(plain(error_text(error)))
        return
    finally:
        bar.empty()
    data_table(
        pd.DataFrame([_result_row(result, results[0]) for result in results]),
        file="mitigations",
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="percent")
            for name in (
                "Hit@10",
                "Attention on the item",
                "On the last category",
                "First looks naming it",
                "Naming anything",
                "Reason confirmed",
            )
        },
        alt="Hit@10, attention and explanations as it is and with each mitigation.",
    )
    st.caption(
        f"Over {len(results[0].hit):,} test sessions that contain the item; explanations of {results[0].explained} of "
        "them. 95% CI, paired by session. A reason is confirmed by removing its events."
    )


def _result_row(result: MitigationResult, before: MitigationResult) -> dict[str, object]:
    gain, interval = result.gain(before)
    return {
        "Mitigation": MITIGATIONS[result.mitigation].title,
        "Hit@10": result.hit_at_ten,
        "Change": "" if result is before else f"{shown_number(gain, '+.1%')} ({shown_interval(interval, '+.1%')})",
        "Attention on the item": result.attention_on_it,
        "On the last category": result.attention_on_category,
        "First looks naming it": result.naming_it,
        "Naming anything": result.naming_something,
        "Reason confirmed": result.confirmed,
    }


def _retrain(bench: Workbench, item: SinkTest) -> None:
    with st.expander("Retrain without this item, or with it marked neutral"):
        neutral = bool(bench.dataset.catalogue.neutral[item.row])
        for how in ("without",) if neutral else ("without", "neutral"):
            name = f"{bench.data_name}-{how}"
            st.code(
                RETRAIN.format(
                    item=shlex.quote(item.item_id), how=how, data=shlex.quote(bench.data_name), name=shlex.quote(name)
                ),
                language="shell",
                wrap_lines=True,
            )
        st.caption(
            ("It is already neutral: never recommended and never named. " if neutral else "")
            + "A model trained without it has the same catalogue: it appears in the model list, and this page measures "
            "it on the same sessions."
        )
