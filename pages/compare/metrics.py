"""Models side by side on all test sessions: the bars, the figures, and the lift over one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.compare.models import Entrant
from pages.ui.escape import plain
from streamrec_core.charts.palette import INK
from streamrec_core.charts.quality import quality_figure
from streamrec_core.evaluation.compare import Row
from streamrec_core.evaluation.paired import Lift

METRIC_WORDS = {"hit@10": "Hit@10", "ndcg@10": "NDCG@10", "mrr": "MRR"}
METRIC_HELP = (
    "Hit@10: how often the item that came next is among the ten recommended. NDCG@10: the same, counting more the "
    "higher it stands. MRR: one over its rank, on average. Ranked over the whole catalogue, never over a sample."
)
BARE = {"displayModeBar": False}


def standings(rows: Sequence[Row], metric: str, shown: str) -> None:
    """Draw one bar a model with its interval."""
    st.plotly_chart(
        quality_figure(rows, shown, metric, ink=INK[st.context.theme.type or "light"]),
        config=BARE,
        key="standings",
        alt=f"{METRIC_WORDS[metric]} by model: " + ", ".join(f"{row.model} {row.metrics[metric]:.3f}" for row in rows),
    )


def figures_table(rows: Sequence[Row]) -> None:
    """Draw all figures with their intervals as a table."""
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame([_figures(row) for row in rows]),
        hide_index=True,
        column_config={
            "Expected Hit@10": number(
                help="The known chance that the next item is among the ten, where the data are invented and every "
                "chance is known. It is free of luck in what came next.",
                format="%.3f",
            ),
            "Share of ceiling": number(help="Expected Hit@10 over that of the best ten there are.", format="%.2f"),
        }
        | {word: number(format="%.3f", width=80) for word in METRIC_WORDS.values()},
        alt="All figures by model.",
    )


def _figures(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"Model": row.model}
    for metric, word in METRIC_WORDS.items():
        low, high = row.metrics[f"{metric}_interval"]
        found |= {word: row.metrics[metric], f"{word}, 95%": f"{low:.3f} to {high:.3f}"}
    if "expected_hit@10" in row.metrics:
        found |= {
            "Expected Hit@10": row.metrics["expected_hit@10"],
            "Share of ceiling": row.metrics["share_of_ceiling"],
        }
    return found


def doubts(chosen: Sequence[Entrant]) -> None:
    """Say whose figures may flatter them, and why."""
    for entrant in chosen:
        if entrant.doubt:
            st.caption(f":orange[⚠] **{plain(entrant.name, 60)}** {plain(entrant.doubt)}; its figures may flatter it.")


def lift_sentence(found: Lift) -> None:
    """Say how much better one model is than the reference, and whether that can be told at all."""
    names = f"**{plain(found.model, 60)}**", f"**{plain(found.reference, 60)}**"
    low, high = found.difference_interval
    span = f"95% interval {_amount(low, found.metric)} to {_amount(high, found.metric)}"
    if not found.certain:
        st.markdown(
            f"{names[0]} and {names[1]} cannot be told apart on these sessions by {METRIC_WORDS[found.metric]}: the "
            f"difference is {_amount(found.difference, found.metric)} ({span})."
        )
        return
    word = "higher" if found.difference > 0 else "lower"
    times = "" if found.ratio is None else f": **{found.ratio:.2f} times** the figure{_span(found.ratio_interval)}"
    amount = _amount(abs(found.difference), found.metric, sign=False)
    st.markdown(
        f"The {METRIC_WORDS[found.metric]} of {names[0]} is **{amount} {word}** than that of {names[1]} "
        f"({span}){times}."
    )


def lift_table(found: Sequence[Lift], whole: bool = True) -> None:
    """Draw the lift of every model as a table, its ratio left out where not `whole`."""
    if not found:
        return
    table = pd.DataFrame([_lift(one) for one in found])
    st.dataframe(
        table if whole else table[[name for name in table if not name.startswith("Times")]],
        hide_index=True,
        column_config={
            "Verdict": st.column_config.TextColumn(
                help="Better or worse where the whole interval of the difference lies on one side of zero."
            )
        },
        alt=f"Lift of every model over {found[0].reference}.",
    )


def _lift(found: Lift) -> dict[str, str]:
    low, high = found.difference_interval
    verdict = ("better" if found.difference > 0 else "worse") if found.certain else "cannot be told apart"
    ratio = "" if found.ratio_interval is None else "{:.2f} to {:.2f}".format(*found.ratio_interval)
    return {
        "Model": found.model,
        "Difference": _amount(found.difference, found.metric),
        "Difference, 95%": f"{_amount(low, found.metric)} to {_amount(high, found.metric)}",
        "Times": "" if found.ratio is None else f"{found.ratio:.2f}",
        "Times, 95%": ratio,
        "Verdict": verdict,
    }


def _amount(value: float, metric: str, sign: bool = True) -> str:
    """A difference of shares in percentage points, any other as it stands."""
    plus = "+" if sign else ""
    return f"{value * 100:{plus}.1f} points" if metric.startswith("hit@") else f"{value:{plus}.3f}"


def _span(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({interval[0]:.2f} to {interval[1]:.2f})"
