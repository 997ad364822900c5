"""`audit mitigations` measures mitigations of an attention sink; `audit mitigated-data` writes data to retrain on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.defaults import DEFAULT_PRESET
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.diagnosis.mitigations import MitigationResult

app = typer.Typer()


@app.command("mitigated-data")
@app.command("remedy", hidden=True)
def mitigated_data_command(
    item: Annotated[str, typer.Argument(help="Id or title of the item.", metavar="ITEM")],
    how: Annotated[str, typer.Option(help="neutral or without: mark the item neutral or drop its events.")],
    out: Annotated[Path, typer.Option(help="Folder to write the data set to.")],
    data: Annotated[str, typer.Option("--data", help="Preset, name or folder to start from.")] = DEFAULT_PRESET,
    as_json: JsonOption = False,
) -> None:
    """Write a data set to retrain on, in which an attention sink is marked neutral or left out.

    Example: `python -m streamrec_core audit mitigated-data home --how without --out /tmp/without-home`
    """
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.storage import write_dataset
    from streamrec_core.diagnosis.mitigations import RETRAINING_DATA

    if how not in RETRAINING_DATA:
        raise BadInput(f"unknown --how {how!r}; choose {' or '.join(RETRAINING_DATA)}")
    dataset = open_data(data)
    row = dataset.catalogue.row(item)
    if how == "neutral" and dataset.catalogue.neutral[row]:
        raise BadInput(f"{dataset.catalogue.titles[row]!r} is already neutral; use --how without to drop its events")
    written = write_dataset(RETRAINING_DATA[how](dataset, row), out)
    if as_json:
        print_json({**written.card.model_dump(), "folder": str(out)})
        return
    counts = written.card.counts
    people.print(f"Wrote {counts.sessions:,} sessions and {counts.events:,} events to {out}", highlight=False)
    command = f"python -m streamrec_core train --data {shlex.quote(str(out))}"
    people.print(f"Train on it: {command}", markup=False, highlight=False)


@app.command("mitigations")
@app.command("ways", hidden=True)
@takes_model
def mitigations_command(
    item: Annotated[str, typer.Argument(help="Id or title of the item.", metavar="ITEM")],
    choice: ModelChoice,
    sessions: Annotated[int, typer.Option(min=2, help="Maximum number of test sessions that contain it.")] = 300,
    as_json: JsonOption = False,
) -> None:
    """Measure mitigations of an attention sink at prediction time: Hit@10, attention and explanations with each.

    Example: `python -m streamrec_core audit mitigations home --checkpoint checkpoints/streamrec-home-plain`
    """
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.mitigations import MITIGATIONS, measure_mitigation, sessions_with

    model, dataset, kind = choice.open()
    row = dataset.catalogue.row(item)
    examples = sessions_with(dataset, split(dataset, kind).test, row).sample(sessions, seed=0)
    results = [measure_mitigation(model, dataset, examples, row, name) for name in MITIGATIONS]
    by_name = {result.mitigation: _as_plain(result, results[0]) for result in results}
    if as_json:
        subject = {"model": model.name, "data": dataset.name, "item_id": dataset.catalogue.item_ids[row]}
        print_json({**subject, **by_name, **choice.warning_field()})
        return
    rows = [
        (MITIGATIONS[name].title, *(_cell(values[column]) for column in COLUMNS)) for name, values in by_name.items()
    ]
    title = f"{dataset.catalogue.titles[row]} in {len(examples):,} test sessions"
    people.print(table(title, ("mitigation", *COLUMNS.values()), rows))


COLUMNS = {
    "hit@10": "Hit@10",
    "attention_on_it": "attention\non it",
    "first_looks_naming_it": "first looks\nnaming it",
    "reason_holds": "confirmed\nreason",
}


def _as_plain(result: MitigationResult, before: MitigationResult) -> dict[str, Any]:
    gain, bounds = result.gain(before)
    return {
        "sessions": len(result.hit),
        "hit@10": result.hit_at_ten,
        "hit@10_interval": list(result.hit_interval),
        "change": gain,
        "change_interval": list(bounds),
        "attention_on_it": result.attention_on_it,
        "attention_on_category": result.attention_on_category,
        "explained": result.explained,
        "first_looks_naming_it": result.naming_it,
        "first_looks_naming_something": result.naming_something,
        "reason_holds": result.confirmed,
    }


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
