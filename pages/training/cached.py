"""What Training loads or measures, cached and bounded as in `pages/ui/cached.py`, of which this is the part on runs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from streamrec_core.charts.live import CEILING_NAME, Rule
from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet, SplitKind
from streamrec_core.data.splits import split
from streamrec_core.evaluation.compare import baselines, compare
from streamrec_core.training.estimate import DurationEstimate, by_timing, from_earlier_runs, speed_settings
from streamrec_core.training.follow import Follower
from streamrec_core.training.manage import advance
from streamrec_core.training.settings import RunConfig
from streamrec_core.training.summary import RunList, list_runs


def runs() -> RunList:
    """Every run in the workspace, as it stands at this moment."""
    return list_runs(runs_folder())


def see_to_the_line() -> None:
    """Have somebody work through the line of runs, should whoever did so have been killed."""
    advance(runs_folder())


def follower(name: str) -> Follower:
    """What reads the events of a run as they come, one for all visitors."""
    return _follower(runs_folder() / name)


@st.cache_resource(max_entries=32, show_spinner=False)
def _follower(path: Path) -> Follower:
    return Follower(path)


@st.cache_resource(max_entries=8, show_spinner="Testing simple rules to compare with …")
def levels(events_hash: str, kind: SplitKind, _dataset: DataSet) -> tuple[Rule, ...]:
    """Hit@10 on the validation part of simple rules and, where it is known, of the best that anyone could do.

    None where the validation part is empty: the test part is not looked at while a run goes on.
    """
    divided = split(_dataset, kind)
    if not len(divided.validation):
        return ()
    rows = compare(baselines(_dataset, divided), _dataset, "validation", divided)
    ceiling = rows[0].metrics.get("ceiling_hit@10")
    found = tuple(Rule(row.model, row.metrics["hit@10"]) for row in rows)
    return found if ceiling is None else (Rule(CEILING_NAME, ceiling), *found)


def earlier_estimate(config: RunConfig) -> DurationEstimate | None:
    """How long a run takes, by earlier ones like it."""
    return from_earlier_runs(config, runs_folder())


def timed_estimate(config: RunConfig, dataset: DataSet) -> DurationEstimate:
    """How long a run takes, by timing a few of its steps; measured once for settings that are equally fast."""
    same = speed_settings(config)
    return _timed_estimate(same.model_dump_json(), same, dataset)


@st.cache_resource(max_entries=64, show_spinner="Timing a few steps …")
def _timed_estimate(settings: str, _config: RunConfig, _dataset: DataSet) -> DurationEstimate:
    return by_timing(_config, _dataset)
