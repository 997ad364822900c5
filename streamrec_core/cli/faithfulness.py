"""`faithfulness`: for how many recommendations an explanation tells the truth, explainer by explainer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from streamrec_core.cli.output import JsonOption, aside, people, print_json, table

if TYPE_CHECKING:
    from streamrec_core.attribution.faithfulness.record import FaithfulnessReport, SessionMean
    from streamrec_core.explain.shares import CountedShares

TABLES = {
    "held to removal": {
        "fails": "fails",
        "tau": "tau",
        "same_first": "same first",
        "stability": "stability",
        "after_randomising": "shuffled",
    },
    "removing events in its order": {
        "comprehensiveness": "compreh.",
        "sufficiency": "sufficiency",
        "deletion_area": "deletion",
        "insertion_area": "insertion",
        "displaced": "displaced",
    },
}
"""Measures by table, with their column titles; `MEASURES` says what each is."""


def faithfulness_command(
    run: Annotated[Path | None, typer.Option(help="Run folder; its best epoch is measured.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint folder; else the shipped transformer.")] = None,
    data: Annotated[str | None, typer.Option(help="Preset, name or folder; else what the model learned from.")] = None,
    sessions: Annotated[int, typer.Option(min=2, help="Test sessions that are drawn.")] = 200,
    epsilon: Annotated[
        float, typer.Option(help="How far the output may move in the search for other attention.")
    ] = 0.01,
    other: Annotated[
        list[Path] | None, typer.Option(help="Checkpoint of another seed; may be given several times.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Keep the report beside the model's card.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Attention, gradients and removal held to what removing events really does, with 95 % intervals.

    Two failures are told apart: the picture puts the wrong event first, and the explanation in words has no reason
    that held when its events were taken away.

    Example: `python -m streamrec_core faithfulness --sessions 100`
    """
    from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings, write_report
    from streamrec_core.attribution.faithfulness.study import measure_faithfulness
    from streamrec_core.cli.models import chosen_folder, chosen_model
    from streamrec_core.data.splits import split
    from streamrec_core.explain.nulls import NullSubject
    from streamrec_core.explain.shares import SHARES_FILE, count_shares
    from streamrec_core.models.checkpoint import load_checkpoint, read_card, untrained_model

    model, dataset, kind = chosen_model(run, checkpoint, data)
    folder = chosen_folder(run, checkpoint)
    values = {"sessions": sessions, "epsilon": epsilon}
    settings = FaithfulnessSettings.parse(values, "faithfulness")
    others = [load_checkpoint(path, dataset.catalogue) for path in other or []]
    divided, weights = split(dataset, kind), read_card(folder).weights_sha256
    with _bar(quiet=as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        report = measure_faithfulness(
            model,
            dataset,
            divided,
            settings,
            others,
            lambda stage, share: bar.update(task, description=stage, completed=share),
        ).of_weights(weights)
        subject = NullSubject(model, untrained_model(folder, dataset.catalogue), dataset, divided)
        counted = count_shares(
            subject, weights, sessions, lambda stage, share: bar.update(task, description=stage, completed=share)
        )
    if write:
        counted.write(folder / SHARES_FILE)
        aside.print(f"written to {write_report(report, folder)} and {folder / SHARES_FILE}")
    if as_json:
        nulls = None if counted.nulls is None else counted.nulls.model_dump(mode="json")
        print_json({**report.model_dump(mode="json"), "explanations": counted.shares.as_plain(), "nulls": nulls})
    else:
        _tell(report, counted)


def _bar(quiet: bool) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), console=aside, transient=True, disable=quiet)


def _tell(report: FaithfulnessReport, counted: CountedShares) -> None:
    from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
    from streamrec_core.explain.nulls import NULL_ROWS, SHUFFLED_WORDS

    failed = counted.shares.failed
    bounds = "" if failed.interval is None else " (95 % interval {:.0%} to {:.0%})".format(*failed.interval)
    people.print(
        f"{report.subject.model}: of {failed.n:,} explanations in words, {failed.share or 0:.0%}{bounds} failed their "
        "check: no reason held."
    )
    if counted.nulls is not None:
        cells = [
            (NULL_ROWS[name], f"{found.verified:.0%}\n{found.interval[0]:.2f}–{found.interval[1]:.2f}")
            for name, found in counted.nulls.rows().items()
        ]
        people.print(table("explanations with a verified reason, beside what noise gets", ("asked", "verified"), cells))
        people.print(SHUFFLED_WORDS, style="dim")
    name = EXPLAINERS[report.pictured].title
    failing = report.failing
    people.print(
        f"Apart from that, on {failing.n:,} sessions of {report.subject.data}: the event that {name} puts first "
        f"is not among the {report.settings.near} whose removal lowers the title most in "
        f"{failing.mean:.0%} of recommendations{_bounds(failing)}."
    )
    for title, columns in TABLES.items():
        rows = [
            (_short(one.name), *(_cell(one.measures.get(measure)) for measure in columns)) for one in report.explainers
        ]
        people.print(table(title, ("explainer", *columns.values()), rows))
    if report.swaps:
        _tell_swaps(report)


def _tell_swaps(report: FaithfulnessReport) -> None:
    from streamrec_core.attribution.faithfulness.record import SWAPS

    columns = ("total_variation", "same_recommendation", "divergence", "other_first")
    rows = [(name, *(_cell(report.swaps[name].get(column)) for column in columns)) for name in SWAPS]
    titles = ("attention is", "output\nmoves by", "same title\nfirst", "weights\nmove by", "other event\nfirst")
    people.print(table("attention replaced while the model runs", titles, rows))


def _short(name: str) -> str:
    return name.replace("_", " ").replace("integrated gradients", "integr. gradients")


def _cell(found: SessionMean | None) -> str:
    """The mean, and its interval below it."""
    if found is None:
        return "–"
    bounds = "" if found.low is None or found.high is None else f"\n{found.low:.2f}–{found.high:.2f}"
    return f"{found.mean:.3f}{bounds}"


def _bounds(found: SessionMean) -> str:
    return "" if found.low is None or found.high is None else f" (95 % interval {found.low:.0%} to {found.high:.0%})"
