"""`explain`: why an item was recommended after a session, from the command line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from streamrec_core.attention.measures import HeadReading
from streamrec_core.cli.models import chosen_model
from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.history import parse_history
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look import explain, explain_session
from streamrec_core.explain.record import Explanation, RankedItem


def explain_command(
    session: Annotated[str | None, typer.Option(help="Session id in the data set.")] = None,
    history: Annotated[
        str | None,
        typer.Option(
            help="Ids or titles joined by `;`, each with `=engagement` if not a click; or a file with one a line."
        ),
    ] = None,
    item: Annotated[
        str | None, typer.Option(help="Id or title of the item to explain; else the first recommendation.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint folder; else the shipped transformer.")] = None,
    run: Annotated[Path | None, typer.Option(help="Run folder, instead of a checkpoint.")] = None,
    data: Annotated[str | None, typer.Option(help="Preset, name or folder; else what the model learned from.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What each head looked at, and the sentence it gives. A first look: nothing here is checked yet.

    Example: `python -m streamrec_core explain --session 17`
    """
    if (session is None) == (history is None):
        raise BadInput("name one session: --session ID, or --history with item ids or titles")
    model, dataset, _ = chosen_model(run, checkpoint, data)
    candidate = None if item is None else _candidate(dataset, item)
    if session is not None:
        found = explain_session(model, dataset, session, candidate)
    else:
        found = explain(model, dataset, history_of(history or "", dataset.catalogue), candidate=candidate)
    if as_json:
        print_json(as_plain(found))
    else:
        _report(found, dataset)


def history_of(text: str, catalogue: Catalogue) -> Session:
    """A session from ids or titles joined by `;` (or commas or lines), or from a file that holds them.

    Raises
    ------
    BadInput
        An item or an engagement is unknown; the message names its place.
    """
    return parse_history(_written(text), catalogue, source="--history")


def _written(text: str) -> str:
    """The text itself, or what the file of that name holds."""
    try:
        return Path(text).read_text(encoding="utf-8") if Path(text).is_file() else text
    except UnicodeDecodeError:
        raise BadInput(f"--history: {text} is not UTF-8 text; save it as UTF-8, one id or title a line") from None
    except OSError:  # longer than any file name
        return text


def _candidate(dataset: DataSet, item: str) -> int:
    row = dataset.catalogue.row(item)
    if dataset.catalogue.neutral[row]:
        raise BadInput(f"{dataset.catalogue.titles[row]!r} is neutral and never recommended; choose another item")
    return row


def as_plain(found: Explanation) -> dict[str, Any]:
    """The explanation as plain values, under the names that scripts rely on."""
    return {
        "session": found.history.session_id,
        "model": found.model,
        "candidate": _item(found.candidate),
        "target": None if found.target is None else _item(found.target),
        "target_rank": None if found.target is None else found.target.rank,
        "recommendations": [_item(item) for item in found.recommendations],
        "explanation": found.sentence,
        "status": found.status,
        "reasons": [asdict(reason) for reason in found.reasons],
        "cards": [reason.card for reason in found.reasons],
        "predicts_from": found.predicts_from,
        "heads": [{**_head(reading), "effect": found.head_effect(reading)} for reading in found.heads],
        "terms": found.term_effects,
        "attention": [round(float(weight), 6) for weight in found.attention],
    }


def _item(item: RankedItem) -> dict[str, Any]:
    return {key: value for key, value in asdict(item).items() if key != "row"}


def _head(reading: HeadReading) -> dict[str, Any]:
    plain = asdict(reading)
    return {**{key: value for key, value in plain.items() if key != "measures"}, **plain["measures"]}


def _report(found: Explanation, dataset: DataSet) -> None:
    people.print(found.sentence, style="bold", markup=False)
    people.print(f"({found.status})", style="dim", markup=False)
    for reason in found.reasons:
        if reason.note:
            people.print(f"- {reason.phrase}: {reason.note}", markup=False)
    rows = [(f"{item.rank}. {item.title}", item.category, f"{item.probability:.1%}") for item in found.recommendations]
    people.print(table(f"Recommended after {len(found.history)} events", ("title", "category", "probability"), rows))
    if found.target is not None:
        people.print(f"What came next: {found.target.title} (rank {found.target.rank})", markup=False)
    if found.heads:
        people.print(_heads_table(found, dataset))


def _heads_table(found: Explanation, dataset: DataSet) -> Table:
    rows = [
        (
            f"{head.layer}.{head.head}",
            head.type,
            head.even_type,
            f"{head.measures.entropy:.2f} {head.measures.recency_correlation:+.2f} "
            f"{head.measures.same_category_weight:.2f}",
            dataset.catalogue.titles[found.history.items[head.top_positions[0]]],
        )
        for head in found.heads
    ]
    columns = ("head", "type", "if even", "measures", "looks most at")
    title = "Attention heads (layer.head); measures: entropy, recency correlation, same-category weight"
    return table(title, columns, rows)
