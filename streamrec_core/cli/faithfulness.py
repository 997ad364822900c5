"""The `faithfulness` command: compare attention, gradients and removal with the effect of removing events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamrec_core.cli.output import (
    CheckpointOption,
    DeviceOption,
    JsonOption,
    ModelDataOption,
    ModelFromOption,
    RunOption,
    aside,
    people,
    print_json,
    progress_bar,
    table,
)
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.attribution.faithfulness.record import FaithfulnessReport, SessionMean
    from streamrec_core.data.catalogue import Catalogue
    from streamrec_core.explain.shares import CountedShares
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer()

SampledSessions = Annotated[int, typer.Option(min=2, help="Test sessions to sample.")]
AdversaryLimit = Annotated[
    float, typer.Option(help="Maximum change of the output in the search for adversarial attention.")
]
OtherSeeds = Annotated[list[Path] | None, typer.Option(help="Checkpoint of another seed; may be repeated.")]
WriteReport = Annotated[bool, typer.Option("--write", help="Store the report beside the model's card.")]

TABLES = {
    "compared with removal": {
        "fails": "fails",
        "tau": "tau",
        "same_first": "same first",
        "stability": "stability",
        "after_randomising": "shuffled",
    },
    "events removed in the order of each explainer": {
        "comprehensiveness": "compreh.",
        "sufficiency": "sufficiency",
        "deletion_area": "deletion",
        "insertion_area": "insertion",
        "displaced": "displaced",
    },
}
"""Measures by table, with their column titles; see `MEASURES`."""


@app.command("faithfulness")
def faithfulness_command(
    run: RunOption = None,
    checkpoint: CheckpointOption = None,
    model_from: ModelFromOption = None,
    data: ModelDataOption = None,
    sessions: SampledSessions = 200,
    epsilon: AdversaryLimit = 0.01,
    other: OtherSeeds = None,
    write: WriteReport = False,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Measure the faithfulness of attention, gradients and removal, with 95 % confidence intervals.

    Two failures are counted: an explainer puts the wrong event first, and an explanation has no reason that removing
    its events confirms.

    Example: `python -m streamrec_core faithfulness --sessions 100`
    """
    from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings, write_report
    from streamrec_core.attribution.faithfulness.study import measure_faithfulness
    from streamrec_core.cli.models import checkpoint_for, open_model, weights_of
    from streamrec_core.data.splits import split
    from streamrec_core.explain.nulls import NullSubject
    from streamrec_core.explain.shares import SHARES_FILE, count_shares
    from streamrec_core.models.checkpoint import load_checkpoint

    model, dataset, kind = open_model(run, checkpoint, data, device, model_from)
    checkpoint_path = None if model_from else checkpoint_for(run, checkpoint)
    folder = _folder(checkpoint_path, model_from, write)
    settings = FaithfulnessSettings.parse({"sessions": sessions, "epsilon": epsilon}, "faithfulness")
    others = [load_checkpoint(path, dataset.catalogue, device) for path in other or []]
    divided, weights = split(dataset, kind), weights_of(model, run, checkpoint)
    with progress_bar(quiet=as_json) as bar:
        task = bar.add_task("starting", total=1.0)

        def show(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=share)

        report = measure_faithfulness(model, dataset, divided, settings, others, show).of_weights(weights)
        untrained = _untrained(model, dataset.catalogue, checkpoint_path, device)
        counted = count_shares(NullSubject(model, untrained, dataset, divided), weights, sessions, show)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        counted.write(folder / SHARES_FILE)
        aside.print(f"Wrote {write_report(report, folder)} and {folder / SHARES_FILE}")
    if as_json:
        nulls = None if counted.nulls is None else counted.nulls.model_dump(mode="json")
        print_json({**report.model_dump(mode="json"), "explanations": counted.shares.as_plain(), "nulls": nulls})
    else:
        _print_report(report, counted, dataset.catalogue.words.noun)


def _folder(checkpoint_path: Path | None, model_from: str | None, write: bool) -> Path | None:
    """The folder to store the report in; None where it is not to be stored."""
    if not write:
        return None
    folder = checkpoint_path if model_from is None else _foreign_folder(model_from)
    if folder is None:
        raise BadInput(
            "--write needs --run, --checkpoint, or a name of models.toml: a model of another library that has no name "
            "there has no folder to write to"
        )
    return folder


def _untrained(
    model: SessionModel, catalogue: Catalogue, checkpoint_path: Path | None, device: str
) -> SessionModel | None:
    """The same architecture with the weights it had before training; None where they cannot be drawn."""
    from streamrec_core.models.checkpoint import untrained_model
    from streamrec_core.models.protocol import ControlledModel

    if checkpoint_path is not None:
        return untrained_model(checkpoint_path, catalogue, device=device)
    return model.control("untrained", seed=0) if isinstance(model, ControlledModel) else None


def _foreign_folder(name: str) -> Path | None:
    """Where measurements of a model that models.toml names are kept; None where it does not."""
    from streamrec_core.adapters import list_foreign_models
    from streamrec_core.config import foreign_models_folder

    return foreign_models_folder() / name if name in list_foreign_models().models else None


def _print_report(report: FaithfulnessReport, counted: CountedShares, noun: str) -> None:
    from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
    from streamrec_core.attribution.faithfulness.record import SHARES_OF_SESSIONS
    from streamrec_core.explain.nulls import NO_WEIGHTS, NULL_ROWS, SHUFFLED_WORDS

    failed = counted.shares.failed
    bounds = "" if failed.interval is None else " (95% CI {:.0%} to {:.0%})".format(*failed.interval)
    people.print(
        f"{report.subject.model}: {failed.share or 0:.0%}{bounds} of {failed.n:,} explanations failed their check: no "
        "reason was confirmed."
    )
    if counted.nulls is not None:
        cells = [
            (NULL_ROWS[name], f"{row.verified:.0%}\n{row.interval[0]:.2f}–{row.interval[1]:.2f}")
            for name, row in counted.nulls.rows().items()
        ]
        people.print(
            table("explanations with a verified reason, and the share for noise", ("source", "verified"), cells)
        )
        people.print(SHUFFLED_WORDS, style="dim")
        if counted.nulls.shuffled is None:
            people.print(NO_WEIGHTS, style="dim")
    name = EXPLAINERS[report.pictured].title
    failing = report.failing
    people.print(
        f"{name} puts the wrong event first in {failing.mean:.0%} of recommendations{_bounds(failing)}: one that is "
        f"not among the {report.settings.near} whose removal lowers the {noun} most ({failing.n:,} sessions of "
        f"{report.subject.data})."
    )
    for title, columns in TABLES.items():
        rows = [
            (
                _short(explainer.name),
                *(_cell(explainer.measures.get(measure), measure in SHARES_OF_SESSIONS) for measure in columns),
            )
            for explainer in report.explainers
        ]
        people.print(table(title, ("explainer", *columns.values()), rows))
    if report.swaps:
        _print_swaps(report, noun)


def _print_swaps(report: FaithfulnessReport, noun: str) -> None:
    from streamrec_core.attribution.faithfulness.record import SWAPS

    columns = ("total_variation", "same_recommendation", "divergence", "other_first")
    rows = [(name, *(_cell(report.swaps[name].get(column)) for column in columns)) for name in SWAPS]
    titles = ("attention is", "output\nchange", f"same {noun}\nfirst", "attention\nchange", "other event\nfirst")
    people.print(table("attention replaced in the forward pass", titles, rows))


def _short(name: str) -> str:
    return name.replace("_", " ").replace("integrated gradients", "integr. gradients")


def _cell(mean: SessionMean | None, is_share: bool = False) -> str:
    """The mean, and its interval below it."""
    if mean is None:
        return "–"
    bounds = mean.share_interval if is_share else (mean.low, mean.high)
    return f"{mean.mean:.3f}" + ("" if bounds is None or None in bounds else f"\n{bounds[0]:.2f}–{bounds[1]:.2f}")


def _bounds(mean: SessionMean) -> str:
    bounds = mean.share_interval
    return "" if bounds is None else f" (95% CI {bounds[0]:.0%} to {bounds[1]:.0%})"
