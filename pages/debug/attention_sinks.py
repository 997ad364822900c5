"""Magnet items: which draw attention and change nothing, shown item by item, and the ways out, measured."""

from __future__ import annotations

import shlex

import pandas as pd
import streamlit as st

from pages.debug import cached
from pages.debug.flag_case import mark_control
from pages.ui.escape import plain
from pages.ui.url_state import SUSPECT, choose, forget, wanted
from pages.ui.url_widgets import absent
from pages.ui.workbench import Workbench
from streamrec_core.charts.attention_sinks import attention_sinks_figure
from streamrec_core.charts.palette import INK
from streamrec_core.diagnosis.attention_sinks import AttentionSinks, SinkTest
from streamrec_core.diagnosis.mitigations import MITIGATIONS, MitigationResult
from streamrec_core.errors import BadInput

RETRAIN = """\
python -m streamrec_core audit mitigated-data {item} --how {how} --data {data} --out workspace/data/{name}
python -m streamrec_core train --data {name} --run workspace/runs/{name}"""


def draw(bench: Workbench) -> None:
    """Draw every frequent item, and the ways out of the one that is chosen."""
    assert bench.model is not None
    if not bench.model.attention_probes():
        st.markdown(
            f"{plain(bench.model.name, 60)} has no attention, so no item can draw it. Choose a transformer in "
            f"the sidebar."
        )
        return
    found = cached.magnets(bench.weights, bench.events_hash, bench.model, bench.dataset)
    st.markdown(_answer(found))
    if not found.items:
        return
    st.plotly_chart(
        attention_sinks_figure(
            found.items, found.settings.lift, found.settings.margin, ink=INK[st.context.theme.type or "light"]
        ),
        config={"displayModeBar": False},
        key="magnets",
        alt="Attention against even and effect of removal for every frequent item: "
        + ", ".join(
            f"{item.title[:40]} {item.attention_lift:.1f}, {item.removal_effect:.2f}" for item in found.items[:10]
        ),
    )
    st.caption(_how(found))
    with st.expander("All figures"):
        _table(found)
    _one(bench, found)


def _answer(found: AttentionSinks) -> str:
    if not found.items:
        return f"No item occurs often in the {found.sessions:,} test sessions looked at, so none can be a magnet."
    if not found.flagged:
        return (
            f"**No magnet item.** None of the {len(found.items)} frequent items draws attention without an effect "
            f"({found.sessions:,} test sessions)."
        )
    first = found.flagged[0]
    more = f", and {len(found.flagged) - 1} more" if len(found.flagged) > 1 else ""
    return (
        f"**{plain(first.title, 80)}** is a magnet{more}: it is in {first.session_share:.0%} of sessions and takes "
        f"{first.attention_share:.0%} of the attention there, {first.attention_lift:.1f} times an even share. "
        f"Yet without "
        f"it the probability of the first recommendation changes by {first.probability_change:.1%} only."
    )


def _how(found: AttentionSinks) -> str:
    limit = found.settings
    return (
        f"A magnet's attention is more than {limit.lift:g} times what even attention would give it, and its "
        f"removal changes "
        f"the first recommendation by less than {limit.margin:g} nats either way, both with the whole 95% "
        f"interval and at a "
        f"false discovery rate of {limit.alpha:.0%} over the {len(found.items)} items tested. Frequent: in "
        f"{limit.session_share:.0%} of {found.sessions:,} test sessions."
    )


def _table(found: AttentionSinks) -> None:
    st.dataframe(
        pd.DataFrame([_row(item) for item in found.items]),
        hide_index=True,
        column_config={
            "Item": st.column_config.TextColumn(width="medium"),
            "In sessions": st.column_config.NumberColumn(format="percent"),
            "Attention": st.column_config.NumberColumn(format="percent", help="Where it occurs."),
            "Times even": st.column_config.NumberColumn(format="%.2f"),
            "Effect (nats)": st.column_config.NumberColumn(format="%.3f", help="Mean size of the change without it."),
            "Other first": st.column_config.NumberColumn(
                format="percent", help="Sessions where another item would stand first."
            ),
            "p, corrected": st.column_config.NumberColumn(format="%.4f"),
            "Tells in data (nats)": st.column_config.NumberColumn(
                format="%.4f", help="What its presence tells about the next category, in the training sessions alone."
            ),
        },
        alt="Every frequent item with its attention, effect, p-value and verdict.",
    )


def _row(item: SinkTest) -> dict[str, object]:
    (low, high), (least, most) = item.attention_lift_interval, item.removal_effect_interval
    return {
        "Item": item.title,
        "Verdict": item.verdict,
        "In sessions": item.session_share,
        "Attention": item.attention_share,
        "Times even": item.attention_lift,
        "95%": f"{low:.2f} to {high:.2f}",
        "Effect (nats)": item.removal_effect,
        "95% ": f"{least:.3f} to {most:.3f}",
        "Other first": item.first_changes,
        "p, corrected": item.adjusted,
        "Tells in data (nats)": item.lift_in_data.gain,
        "p in data": f"{item.lift_in_data.p_value:.2g}",
    }


def _one(bench: Workbench, found: AttentionSinks) -> None:
    """The item that is chosen, and its ways out."""
    known = {item.item_id: item for item in found.items}
    asked = wanted(SUSPECT)
    if asked is not None and asked not in known:
        absent("Item", asked)
        forget(SUSPECT)
    chosen = known[asked] if asked in known else found.items[0]
    st.header("The way out" if found.flagged else "Item by item", anchor=False)
    st.session_state["suspect"] = chosen.item_id
    st.selectbox(
        "Item", list(known), key="suspect", format_func=lambda name: known[name].title, on_change=_take, width=420
    )
    st.markdown(_reading(chosen))
    with st.container(horizontal=True, gap="small"):
        asked_for = st.toggle("Measure each way out", key="measure-ways", help="Takes a few seconds.")
        mark_control(bench, "attention sink", f"{chosen.title}: {chosen.verdict}"[:300], **{SUSPECT: chosen.item_id})
    if asked_for:
        _ways(bench, chosen)
    _retrain(bench, chosen)


def _take() -> None:
    choose(SUSPECT, st.session_state["suspect"])


def _reading(item: SinkTest) -> str:
    tells = "tells something" if item.lift_in_data.p_value < 0.01 else "tells nothing"
    return (
        f"{item.verdict.capitalize()}: {item.attention_lift:.2f} times an even share of attention. Without it the "
        f"probability of the first recommendation changes by about {item.probability_change:.0%}. In the "
        f"training data its "
        f"presence {tells} about the category that comes next (p {item.lift_in_data.p_value:.2g})."
    )


def _ways(bench: Workbench, item: SinkTest) -> None:
    assert bench.model is not None
    bar = st.progress(0.0, text="Measuring …")
    outcomes: list[MitigationResult] = []
    try:
        for number, way in enumerate(MITIGATIONS, start=1):
            bar.progress(number / (len(MITIGATIONS) + 1), text=f"Measuring: {MITIGATIONS[way].title.lower()} …")
            outcomes.append(cached.way_out(bench.weights, bench.events_hash, item.row, way, bench.model, bench.dataset))
    except BadInput as error:
        st.markdown(plain(str(error)))
        return
    finally:
        bar.empty()
    st.dataframe(
        pd.DataFrame([_outcome(one, outcomes[0]) for one in outcomes]),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="percent")
            for name in (
                "Hit@10",
                "Attention on it",
                "On the last category",
                "First looks naming it",
                "Naming anything",
                "A reason holds",
            )
        },
        alt="Hit@10, attention and explanations as it is and after each way out.",
    )
    st.caption(
        f"Over {len(outcomes[0].hit):,} test sessions that hold it; explanations of {outcomes[0].explained} of them. "
        "Intervals are 95%, session by session. A reason holds where it was confirmed by taking its events away."
    )


def _outcome(one: MitigationResult, before: MitigationResult) -> dict[str, object]:
    gain, (low, high) = one.gain(before)
    return {
        "Mitigation": MITIGATIONS[one.mitigation].title,
        "Hit@10": one.hit_at_ten,
        "Change": "" if one is before else f"{gain:+.1%} ({low:+.1%} to {high:+.1%})",
        "Attention on it": one.attention_on_it,
        "On the last category": one.attention_on_category,
        "First looks naming it": one.naming_it,
        "Naming anything": one.naming_something,
        "A reason holds": one.confirmed,
    }


def _retrain(bench: Workbench, item: SinkTest) -> None:
    with st.expander("Train anew: without it, or with it marked neutral"):
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
            ("It is neutral already: never recommended and never named. " if neutral else "")
            + "A model that learned without it knows the same catalogue; it then stands in the list of models, "
            "and this page "
            "measures it on the same sessions."
        )
