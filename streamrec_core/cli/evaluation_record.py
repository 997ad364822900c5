"""What `evaluate` measured of one model, as one JSON document and as tables, with what is stored beside its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from streamrec_core.cli.beyond_accuracy import beyond_accuracy_table, exposure_table
from streamrec_core.cli.output import people, table, with_interval

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.splits import Examples, PartName, Split
    from streamrec_core.diagnosis.gate.thresholds import Judgement, Threshold
    from streamrec_core.evaluation.beyond_accuracy.beside_floors import BeyondAccuracy
    from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure
    from streamrec_core.evaluation.evaluate import Evaluation
    from streamrec_core.evaluation.metrics import Values
    from streamrec_core.models.protocol import SessionModel

EXPLAINED = {
    "failed": "explanation failed its check",
    "first_look_wrong": "first look named a rejected reason",
    "warned": "methods disagree",
}


@dataclass(frozen=True)
class Evaluated:
    """The measures of one model on one part of a data set.

    Attributes
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        The targets of the part.
    evaluation : Evaluation
    lists : BeyondAccuracy
        Measures of the lists of ten beside random lists, popularity lists and the log.
    exposed : sequence of GroupExposure
    stored : dict of str to Any
        Checked explanations, and the measures that stand beside the model's card.
    """

    model: SessionModel
    dataset: DataSet
    examples: Examples
    evaluation: Evaluation
    lists: BeyondAccuracy
    exposed: Sequence[GroupExposure]
    stored: dict[str, Any]

    @property
    def figures(self) -> dict[str, Any]:
        """The measures that the table of accuracy shows."""
        return self.evaluation.metrics() | self.stored | _unknown_items(self.model, self.dataset, self.examples)

    @property
    def note(self) -> dict[str, str]:
        """Under `note`, that a catalogue of so few items says nothing; empty for any other."""
        from streamrec_core.evaluation.baselines import few_items_note

        note = few_items_note(int((~self.dataset.catalogue.neutral).sum()))
        return {"note": note} if note else {}

    def judged(self, limits: tuple[Threshold, ...]) -> tuple[Judgement, ...]:
        """Judge the measures by the thresholds of a release."""
        from streamrec_core.diagnosis.gate.measuring import model_estimates
        from streamrec_core.diagnosis.gate.thresholds import judge

        failed = _failed(self.stored.get("explanations"))
        return judge(limits, model_estimates(self.evaluation, self.lists.model, failed))

    def as_plain(self, exposure_by: str) -> dict[str, Any]:
        """The measures as JSON; `exposure_by` is the column of the catalogue that exposure is shown by."""
        return {
            "model": self.model.name,
            "data": self.dataset.name,
            **self.evaluation.metrics(),
            "beyond_accuracy": self.lists.as_plain(),
            "exposure": {"by": exposure_by, "groups": [group.as_plain() for group in self.exposed]},
            **self.stored,
            **_unknown_items(self.model, self.dataset, self.examples),
        }

    def show(self, part: str, exposure_by: str) -> None:
        """Print the tables.

        Parameters
        ----------
        part : str
            test, validation or train.
        exposure_by : str
            Column of the catalogue that exposure is shown by.
        """
        figures = self.figures
        title = f"{self.model.name} on {figures['n_sessions']:,} {part} sessions of {self.dataset.name}"
        people.print(table(title, ("metric", "value [95% CI]"), _metric_rows(figures)))
        people.print(beyond_accuracy_table(self.lists))
        people.print(exposure_table(self.exposed, exposure_by))


def checked_explanations(
    model: SessionModel, dataset: DataSet, divided: Split, part: str, count: int
) -> dict[str, Any]:
    """Shares of the outcomes of explanations; of a model of another library, for which none are stored, with floors.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    divided : Split
    part : str
        test, validation or train.
    count : int
        Sessions to explain.

    Returns
    -------
    dict of str to Any
        `explanations` and, for a model of another library, `nulls`.
    """
    from streamrec_core.explain.nulls import MOST_NULLS, NullSubject, null_shares
    from streamrec_core.explain.shares import explanation_shares
    from streamrec_core.models.protocol import ControlledModel

    checked: dict[str, Any] = {"explanations": explanation_shares(model, dataset, divided.part(part), count).as_plain()}
    if isinstance(model, ControlledModel):
        subject = NullSubject(model, model.control("untrained", seed=0), dataset, divided, cast("PartName", part))
        nulls = null_shares(subject, min(count, MOST_NULLS))
        checked["nulls"] = None if nulls is None else nulls.model_dump(mode="json")
    return checked


def precomputed(folder: Path, dataset: DataSet) -> dict[str, Any]:
    """Measures stored beside a model's card, if they are of these weights and these events.

    Parameters
    ----------
    folder : Path
        Of the checkpoint.
    dataset : DataSet

    Returns
    -------
    dict of str to Any
    """
    from streamrec_core.attribution.faithfulness.record import read_report
    from streamrec_core.explain.shares import read_shares
    from streamrec_core.models.checkpoint import read_card

    key = read_card(folder).weights_sha256, dataset.card.hashes.get("events")
    report, counted = read_report(folder), read_shares(folder)
    metrics: dict[str, Any] = {}
    if counted is not None and (counted.weights_sha256, counted.events_hash) == key:
        metrics["explanations"] = counted.shares.as_plain()
        metrics["nulls"] = None if counted.nulls is None else counted.nulls.model_dump(mode="json")
    if report is not None and (report.subject.weights_sha256, report.subject.events_hash) == key:
        metrics["wrong_first_event"] = {"explainer": report.pictured, **report.failing.model_dump()}
    return metrics


def _failed(explanations: dict[str, Any] | None) -> Values:
    """For each explained session, 1 where no reason was confirmed; only the number is known."""
    import numpy as np

    if explanations is None or explanations["failed"]["share"] is None:
        return np.zeros(0)
    failed, count = explanations["failed"], explanations["failed"]["n"]
    return (np.arange(count) < round(failed["share"] * count)).astype(np.float64)


def _unknown_items(model: SessionModel, dataset: DataSet, examples: Examples) -> dict[str, Any]:
    """What the model does not know: items, targets of the part, and engagements with what each counts as."""
    from streamrec_core.models.known_engagements import counted_stand_ins

    unknown: dict[str, Any] = {}
    engagement_match = getattr(model, "engagement_match", None)
    if engagement_match is not None and engagement_match.unseen:
        counted = counted_stand_ins(engagement_match, dataset.log)
        unknown["unseen_engagements"] = {
            word: {"counts_as": stand_in, "events": events} for word, (stand_in, events) in counted.items()
        }
    item_match = getattr(model, "item_match", None)
    if item_match is not None and len(item_match.unknown):
        targets = int((item_match.rows[examples.targets(dataset.log)] < 0).sum())
        unknown |= {"unknown_items": len(item_match.unknown), "unknown_targets": targets}
    return unknown


def _metric_rows(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    from streamrec_core.evaluation.metrics import TABLE_METRICS
    from streamrec_core.explain.nulls import NULL_ROWS

    rows = [(name, with_interval(metrics, name)) for name in TABLE_METRICS if name in metrics]
    if "unknown_targets" in metrics:
        rows.append(("next items unknown to the model (counted as misses)", f"{metrics['unknown_targets']:,}"))
    if "ceiling_hit@10" in metrics:
        rows.append(("ceiling_hit@10", f"{metrics['ceiling_hit@10']:.4f}"))
    rows += _explained_rows(metrics.get("explanations", {}))
    rows += [
        (f"verified reason: {NULL_ROWS[name]} (of {share['n']:,})", f"{share['verified']:.1%}")
        for name, share in (metrics.get("nulls") or {}).items()
        if share is not None
    ]
    if "wrong_first_event" in metrics:
        wrong = metrics["wrong_first_event"]
        rows.append((f"attention puts the wrong event first (of {wrong['n']:,})", f"{wrong['mean']:.1%}"))
    return rows


def _explained_rows(shares: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{words} (of {shares[name]['n']:,})", f"{shares[name]['share']:.1%}")
        for name, words in EXPLAINED.items()
        if name in shares and shares[name]["share"] is not None
    ]
