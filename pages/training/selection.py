"""Which training runs are on the page: the chosen one, those beside it, and what else goes on."""

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
    """The runs of the workspace as this visitor looks at them.

    Attributes
    ----------
    here : tuple of RunSummary
        On the chosen data set, the newest first.
    chosen : RunSummary or None
        None where there is no run on this data set, or where a link names one that is not here.
    missing : str
        The run that the link names in vain.
    absent : tuple of str
        Runs that the link sets beside it in vain.
    """

    every: RunList
    here: tuple[RunSummary, ...]
    chosen: RunSummary | None
    beside: tuple[RunSummary, ...]
    missing: str = ""
    absent: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[RunSummary, ...]:
        """The runs whose curves are drawn, the chosen one first."""
        return (self.chosen, *self.beside) if self.chosen is not None else ()


def look(bench: Workbench) -> TrainingRuns:
    """The runs on the chosen data set; keeps the choice in the address bar."""
    every = cached.runs()
    here = tuple(run for run in every.runs if belongs(run, bench))
    asked = url_value(RUN)
    chosen = every.get(asked) if asked is not None else _usual(here)
    if chosen is None or chosen not in here:
        return TrainingRuns(every, here, None, (), missing=asked or "")
    set_url(RUN, chosen.name)
    names = [name for name in (url_value(BESIDE) or "").split(",") if name]
    beside = tuple(run for run in here if run.name in names and run is not chosen)[:MOST_BESIDE]
    known = {run.name for run in here}
    return TrainingRuns(every, here, chosen, beside, absent=tuple(name for name in names if name not in known))


def belongs(run: RunSummary, bench: Workbench) -> bool:
    """Whether a run learns from the chosen data set."""
    hashes, reference = bench.dataset.card.hashes, run.config.reference
    return (reference.events_hash, reference.catalogue_hash) == (hashes["events"], hashes["catalogue"])


def set_beside(names: list[str]) -> None:
    """Keep which runs are drawn beside the chosen one."""
    if names:
        set_url(BESIDE, ",".join(names))
    else:
        clear_url(BESIDE)


def _usual(here: tuple[RunSummary, ...]) -> RunSummary | None:
    """The run to begin with: one that goes on, else the newest."""
    return next((run for run in here if run.active and not run.queue_position), here[0] if here else None)
