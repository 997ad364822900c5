"""Metrics of the compared models on all test sessions: bar chart, table, and the lift over a reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.compare.models import ComparedModel
from pages.ui.chart import chart, ink
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from streamrec_core.charts.quality import quality_figure
from streamrec_core.data.shown_number import shown_interval, shown_number
from streamrec_core.evaluation.compare import ModelMetrics
from streamrec_core.evaluation.metrics import METRIC_TITLES
from streamrec_core.evaluation.paired import Lift

METRIC_HELP = (
    "Hit@10: how often the item that came next is among the ten recommended. NDCG@10: the same, with more credit for "
    "a better rank. MRR: the mean of one over its rank. Ranked over the whole catalogue, not a sample."
)


def metrics_chart(rows: Sequence[ModelMetrics], metric: str, shown: str) -> None:
    """Draw one bar a model with its interval."""
    chart(
        quality_figure(rows, shown, metric, ink=ink()),
        key="standings",
        alt=f"{METRIC_TITLES[metric]} by model: " + ", ".join(f"{row.model} {row.metrics[metric]:.3f}" for row in rows),
    )


def metrics_table(rows: Sequence[ModelMetrics]) -> None:
    """Draw all metrics with their intervals as a table."""
    number = st.column_config.NumberColumn
    data_table(
        pd.DataFrame([_metrics(row) for row in rows]),
        file="metrics",
        hide_index=True,
        column_config={
            "Expected Hit@10": number(
                help="Probability that the next item is among the ten. Available for synthetic data, where every "
                "probability is known; free of luck in which item came next.",
                format="%.3f",
                width=115,
            ),
            "Share of ceiling": number(
                width=115, help="Expected Hit@10 divided by that of the best possible ten.", format="%.2f"
            ),
        }
        | {word: number(format="%.3f", width=75) for word in METRIC_TITLES.values()}
        | {f"{word}, 95% CI": st.column_config.TextColumn("95% CI", width=110) for word in METRIC_TITLES.values()},
        alt="All metrics by model.",
    )


def _metrics(row: ModelMetrics) -> dict[str, Any]:
    cells: dict[str, Any] = {"Model": row.model}
    for metric, word in METRIC_TITLES.items():
        low, high = row.metrics[f"{metric}_interval"]
        cells |= {word: row.metrics[metric], f"{word}, 95% CI": shown_interval((low, high), ".3f")}
    if "expected_hit@10" in row.metrics:
        cells |= {
            "Expected Hit@10": row.metrics["expected_hit@10"],
            "Share of ceiling": row.metrics["share_of_ceiling"],
        }
    return cells


def caveats(models: Sequence[ComparedModel]) -> None:
    """Name the models whose metrics may be too good, and why."""
    for model in models:
        if model.caveat:
            st.caption(f":orange[⚠] **{plain(model.name, 60)}** {plain(model.caveat)}; its metrics may be too good.")


def lift_sentence(lift: Lift) -> None:
    """Say how much better one model is than the reference, and whether the difference is significant."""
    names = f"**{plain(lift.model, 60)}**", f"**{plain(lift.reference, 60)}**"
    low, high = lift.difference_interval
    span = f"95% CI {_interval(low, high, lift.metric)}"
    if not lift.certain:
        st.markdown(
            f"No clear difference in {METRIC_TITLES[lift.metric]} between {names[0]} and {names[1]} on these sessions: "
            f"{_amount(lift.difference, lift.metric)} ({span})."
        )
        return
    word = "higher" if lift.difference > 0 else "lower"
    ratio = "" if lift.ratio is None else f", **{lift.ratio:.2f} times** as high"
    ratio += "" if lift.ratio_interval is None else " ({:.2f} to {:.2f})".format(*lift.ratio_interval)
    amount = _amount(abs(lift.difference), lift.metric, sign=False)
    st.markdown(
        f"The {METRIC_TITLES[lift.metric]} of {names[0]} is **{amount} {word}** than that of {names[1]} "
        f"({span}){ratio}."
    )


def lift_table(lifts: Sequence[Lift], whole: bool = True) -> None:
    """Draw the lift of every model as a table, its ratio left out where not `whole`."""
    if not lifts:
        return
    table = pd.DataFrame([_lift(lift) for lift in lifts])
    data_table(
        table if whole else table[[name for name in table if not str(name).startswith("Ratio")]],
        file="lifts",
        hide_index=True,
        column_config={
            "Verdict": st.column_config.TextColumn(
                help="Better or worse if the whole 95% CI of the difference is on one side of zero."
            )
        },
        alt=f"Lift of every model over {lifts[0].reference}.",
    )


def _lift(lift: Lift) -> dict[str, str]:
    low, high = lift.difference_interval
    verdict = ("better" if lift.difference > 0 else "worse") if lift.certain else "no clear difference"
    return {
        "Model": lift.model,
        "Difference": _amount(lift.difference, lift.metric),
        "Difference, 95% CI": _interval(low, high, lift.metric),
        "Ratio": "" if lift.ratio is None else f"{lift.ratio:.2f}",
        "Ratio, 95% CI": "" if lift.ratio_interval is None else "{:.2f} to {:.2f}".format(*lift.ratio_interval),
        "Verdict": verdict,
    }


PERCENTAGE = " percentage points"


def _amount(value: float, metric: str, sign: bool = True) -> str:
    """A difference of shares in percentage points, any other as a number."""
    plus = "+" if sign else ""
    if metric.startswith("hit@"):
        return f"{shown_number(value * 100, f'{plus}.1f')}{PERCENTAGE}"
    return shown_number(value, f"{plus}.3f")


def _interval(low: float, high: float, metric: str) -> str:
    """Two differences, their unit once."""
    return f"{_amount(low, metric).removesuffix(PERCENTAGE)} to {_amount(high, metric)}"
