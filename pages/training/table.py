"""Table of runs: metrics with intervals, and the settings in which the runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.data_table import data_table
from streamrec_core.evaluation.metrics import METRIC_TITLES
from streamrec_core.training.summary import RunSummary

METRICS = {name: METRIC_TITLES[name] for name in ("hit@10", "ndcg@10")}


def run_table(runs: Sequence[RunSummary]) -> None:
    """Draw all runs as a table."""
    rows = [_row(run, differing(runs)) for run in runs]
    figure = st.column_config.TextColumn(width=165, help="With 95% CI over sessions.")
    share = st.column_config.NumberColumn(
        format="percent", help="Expected Hit@10 divided by that of the best possible ten."
    )
    data_table(
        pd.DataFrame(rows).dropna(axis=1, how="all"),  # such as the share of a ceiling that is not known
        file="runs",
        hide_index=True,
        column_config={
            "Run": st.column_config.TextColumn(pinned=True),
            **{name: figure for name in rows[0] if name.startswith(tuple(METRICS.values()))},
            "Share of ceiling": share,
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        key="run-table",
        placeholder="–",
        alt="Every run on this data set: state, best epoch, metrics with intervals, settings that differ.",
    )


def differing(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """Names of the settings that differ between runs; a setting that one model lacks differs."""
    every = [run.settings() for run in runs]
    names = dict.fromkeys(name for settings in every for name in settings)
    return tuple(name for name in names if len({str(settings.get(name, "–")) for settings in every}) > 1)


def _row(run: RunSummary, names: Sequence[str]) -> dict[str, Any]:
    settings = run.settings()
    figures = {
        f"{label}, {part}": _with_interval(run.metrics(part), metric)
        for part in ("validation", "test")
        for metric, label in METRICS.items()
    }
    return {
        "Run": run.name,
        "State": run.state,
        "Best epoch": run.card.epoch if run.card is not None else None,
        **figures,
        "Share of ceiling": run.metrics("test").get("share_of_ceiling"),
        "Parameters": run.card.parameters if run.card is not None else None,
        **{name.replace("_", " "): _in_words(settings.get(name, "–")) for name in names},
    }


def _with_interval(metrics: dict[str, Any], metric: str) -> str:
    if metric not in metrics:
        return "–"
    low, high = metrics[f"{metric}_interval"]
    return f"{metrics[metric]:.3f} [{low:.3f}, {high:.3f}]"


def _in_words(value: Any) -> str:
    if value is None:
        return "auto"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
