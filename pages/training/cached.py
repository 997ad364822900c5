"""Runs, their events, baseline levels and time estimates; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from threading import Thread

from pages.ui import cached as ui_cached
from pages.ui.shared_cache import shared_cache
from pages.ui.workbench import HASH_FUNCS, Workbench, readable_cards
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
    """Every run in the workspace, read anew."""
    return list_runs(runs_folder())


def advance_queue() -> None:
    """Start a supervisor for queued runs, in case the last one was killed."""
    advance(runs_folder())


def follower(name: str) -> Follower:
    """The reader of a run's events, one for all visitors."""
    return _follower(runs_folder() / name)


@shared_cache(max_entries=32, show_spinner=False)
def _follower(path: Path) -> Follower:
    return Follower(path)


def levels(dataset: DataSet, kind: SplitKind, patience: float = 0.0) -> tuple[Rule, ...] | None:
    """Hit@10 on the validation part of simple rules and, where it is known, of the best possible list.

    Parameters
    ----------
    dataset : DataSet
    kind : str
        Split of the runs that are drawn.
    patience : float
        Seconds to wait; counting a very large log takes a minute, in a thread of its own.

    Returns
    -------
    tuple of Rule, or None
        None while they are computed. Empty where there is no validation part: the test part is not evaluated during
        training.
    """
    evaluation = _evaluation(dataset, kind)
    wait([evaluation], patience)
    if not evaluation.done():
        return None
    if evaluation.exception() is not None:
        _evaluation.clear(dataset, kind)  # type: ignore[attr-defined]
    return evaluation.result()


@shared_cache(max_entries=8, show_spinner=False, hash_funcs=HASH_FUNCS)
def _evaluation(dataset: DataSet, kind: SplitKind) -> Future[tuple[Rule, ...]]:
    evaluation: Future[tuple[Rule, ...]] = Future()

    def evaluate() -> None:
        try:
            evaluation.set_result(_evaluate(dataset, kind))
        except Exception as error:  # noqa: BLE001  `levels` raises it, where a page shows it
            evaluation.set_exception(error)

    Thread(target=evaluate, name="levels", daemon=True).start()
    return evaluation


def _evaluate(dataset: DataSet, kind: SplitKind) -> tuple[Rule, ...]:
    """Rank with every simple rule; a very large part is sampled."""
    parts = split(dataset, kind)
    if not len(parts.validation):
        return ()
    sample = parts.validation.sample(ui_cached.MOST_RANKED, ui_cached.RANKED_SEED)
    parts = replace(parts, validation=sample)
    rows = compare(baselines(dataset, parts), dataset, "validation", parts)
    ceiling = rows[0].metrics.get("ceiling_hit@10")
    rules = tuple(Rule(row.model, row.metrics["hit@10"]) for row in rows)
    return rules if ceiling is None else (Rule(CEILING_NAME, ceiling), *rules)


def lstm_level(bench: Workbench, kind: SplitKind, but: str) -> tuple[Rule, ...]:
    """Hit@10 on the validation part of the best LSTM that was trained on these events, as its card says.

    Parameters
    ----------
    bench : Workbench
    kind : str
        Split of the runs that are drawn.
    but : str
        Name of the run on view, which is drawn as a curve.

    Returns
    -------
    tuple of Rule
        One, or none where there is no such LSTM.
    """
    hashes = bench.dataset.card.hashes
    measured = {
        name: card.metrics["validation"]
        for name, card in readable_cards().items()
        if card.model == "lstm" and name != but and "validation" in card.metrics
        if (card.data.events_hash, card.data.catalogue_hash) == (hashes["events"], hashes["catalogue"])
    }
    figures = [metrics["hit@10"] for metrics in measured.values() if metrics.get("split_kind", kind) == kind]
    return (Rule("LSTM", max(figures)),) if figures else ()


def earlier_estimate(config: RunConfig) -> DurationEstimate | None:
    """How long a run takes, estimated from earlier runs like it."""
    return from_earlier_runs(config, runs_folder())


def timed_estimate(config: RunConfig, dataset: DataSet) -> DurationEstimate:
    """How long a run takes, estimated by timing a few steps; measured once for settings of equal speed."""
    same = speed_settings(config)
    return _timed_estimate(same.model_dump_json(), same, dataset)


@shared_cache(max_entries=64, show_spinner="Timing a few steps …")
def _timed_estimate(settings: str, _config: RunConfig, _dataset: DataSet) -> DurationEstimate:
    return by_timing(_config, _dataset)
