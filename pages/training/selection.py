"""The training runs on the page: the selected one, those beside it, and all others."""

from __future__ import annotations

from dataclasses import dataclass

from pages.training import cached
from pages.training.url import BESIDE, RUN
from pages.ui.url_state import clear_url, set_url, url_value
from pages.ui.workbench import Workbench
from streamrec_core.training.summary import RunList, RunSummary

MOST_BESIDE = 5


@dataclass(frozen=True)
class TrainingRuns:
    """The runs of the workspace, and those that this visitor has selected.

    Attributes
    ----------
    here : tuple of RunSummary
        On the current data set, the newest first.
    selected : RunSummary or None
        None if there is no run on this data set, or if a link names an unknown one.
    missing : str
        An unknown run that the link names.
    absent : tuple of str
        Unknown runs that the link sets beside it.
    """

    every: RunList
    here: tuple[RunSummary, ...]
    selected: RunSummary | None
    beside: tuple[RunSummary, ...]
    missing: str = ""
    absent: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[RunSummary, ...]:
        """The runs whose curves are drawn, the selected one first."""
        return (self.selected, *self.beside) if self.selected is not None else ()


def read_runs(bench: Workbench) -> TrainingRuns:
    """The runs on the current data set; keeps the selection in the address bar."""
    every = cached.runs()
    here = tuple(run for run in every.runs if belongs(run, bench))
    name = url_value(RUN)
    selected = every.get(name) if name is not None else _default(here)
    if selected is None or selected not in here:
        return TrainingRuns(every, here, None, (), missing=name or "")
    set_url(RUN, selected.name)
    names = [name for name in (url_value(BESIDE) or "").split(",") if name]
    beside = tuple(run for run in here if run.name in names and run is not selected)[:MOST_BESIDE]
    here_names = {run.name for run in here}
    absent = tuple(name for name in names if name not in here_names)
    return TrainingRuns(every, here, selected, beside, absent=absent)


def belongs(run: RunSummary, bench: Workbench) -> bool:
    """Whether a run trains on the current data set."""
    hashes, reference = bench.dataset.card.hashes, run.config.reference
    return (reference.events_hash, reference.catalogue_hash) == (hashes["events"], hashes["catalogue"])


def set_beside(names: list[str]) -> None:
    """Keep which runs are drawn beside the selected one."""
    if names:
        set_url(BESIDE, ",".join(names))
    else:
        clear_url(BESIDE)


def _default(here: tuple[RunSummary, ...]) -> RunSummary | None:
    """The run shown by default: one that is training, else the newest."""
    return next((run for run in here if run.active and not run.queue_position), here[0] if here else None)
