"""`audit ways` and `audit remedy`: ways out of a magnet item, measured, and data to train on without it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.defaults import DEFAULT_PRESET
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.diagnosis.mitigations import Outcome

RunOption = Annotated[Path | None, typer.Option("--run", help="Run folder; its best epoch is asked.")]
CheckpointOption = Annotated[
    Path | None, typer.Option("--checkpoint", help="Checkpoint folder; else the shipped transformer.")
]
AnyDataOption = Annotated[
    str | None, typer.Option("--data", help="Preset, name or folder; else what the model learned from.")
]


def remedy_command(
    item: Annotated[str, typer.Argument(help="Id or title of the item.", metavar="ITEM")],
    how: Annotated[str, typer.Option(help="neutral or without: marked neutral, or without its events.")],
    out: Annotated[Path, typer.Option(help="Folder to write the data set to.")],
    data: Annotated[str, typer.Option("--data", help="Preset, name or folder to begin from.")] = DEFAULT_PRESET,
    as_json: JsonOption = False,
) -> None:
    """Write a data set in which a magnet item is neutral or left out, to train on anew.

    Example: `python -m streamrec_core audit remedy home --how without --out /tmp/without-home`
    """
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.storage import write_dataset
    from streamrec_core.diagnosis.mitigations import DATA_WAYS

    if how not in DATA_WAYS:
        raise BadInput(f"unknown way {how!r}; choose {' or '.join(DATA_WAYS)}")
    dataset = open_data(data)
    row = dataset.catalogue.row(item)
    if how == "neutral" and dataset.catalogue.neutral[row]:
        raise BadInput(f"{dataset.catalogue.titles[row]!r} is neutral already; leave it out with --how without")
    written = write_dataset(DATA_WAYS[how](dataset, row), out)
    if as_json:
        print_json({**written.card.model_dump(), "folder": str(out)})
        return
    counts = written.card.counts
    people.print(f"Wrote {counts.sessions:,} sessions and {counts.events:,} events to {out}", highlight=False)
    people.print(f"Train on it: python -m streamrec_core train --data {out}", markup=False, highlight=False)


def ways_command(
    item: Annotated[str, typer.Argument(help="Id or title of the item.", metavar="ITEM")],
    checkpoint: CheckpointOption = None,
    run: RunOption = None,
    data: AnyDataOption = None,
    sessions: Annotated[int, typer.Option(min=2, help="Test sessions that hold it, at most.")] = 300,
    as_json: JsonOption = False,
) -> None:
    """Ways out of a magnet item at prediction: Hit@10, attention and explanations before and after each.

    Example: `python -m streamrec_core audit ways home --checkpoint checkpoints/streamrec-home-plain`
    """
    from streamrec_core.cli.models import chosen_model
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.mitigations import WAYS, holding, try_way

    model, dataset, kind = chosen_model(run, checkpoint, data)
    row = dataset.catalogue.row(item)
    held = holding(dataset, split(dataset, kind).test, row).sample(sessions, seed=0)
    outcomes = [try_way(model, dataset, held, row, way) for way in WAYS]
    found = {one.way: _as_plain(one, outcomes[0]) for one in outcomes}
    if as_json:
        print_json({"model": model.name, "data": dataset.name, "item_id": dataset.catalogue.item_ids[row], **found})
        return
    rows = [(WAYS[name].title, *(_cell(values[column]) for column in COLUMNS)) for name, values in found.items()]
    title = f"{dataset.catalogue.titles[row]} in {len(held):,} test sessions"
    people.print(table(title, ("way", *COLUMNS.values()), rows))


COLUMNS = {
    "hit@10": "Hit@10",
    "attention_on_it": "attention\non it",
    "first_looks_naming_it": "first looks\nnaming it",
    "reason_holds": "a reason\nholds",
}


def _as_plain(one: Outcome, before: Outcome) -> dict[str, Any]:
    gain, bounds = one.gain(before)
    return {
        "sessions": len(one.hit),
        "hit@10": one.hit_at_ten,
        "hit@10_interval": list(one.hit_interval),
        "change": gain,
        "change_interval": list(bounds),
        "attention_on_it": one.attention_on_it,
        "attention_on_category": one.attention_on_category,
        "explained": one.explained,
        "first_looks_naming_it": one.naming_it,
        "first_looks_naming_something": one.naming_something,
        "reason_holds": one.confirmed,
    }


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
