"""`audit whatif`: recommendations before and after edits of a session, or without some heads and terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.diagnosis.rank_changes import RankChanges
    from streamrec_core.diagnosis.whatif import WhatIf


app = typer.Typer()


@app.command("whatif")
@takes_model
def whatif_command(
    session: Annotated[str, typer.Option(help="Session id in the data set.")],
    choice: ModelChoice,
    edits: Annotated[str, typer.Option(help="Edits, joined by _: remove.3_swap.1.2_insert.4.ITEM.save")] = "",
    off: Annotated[str, typer.Option(help="Heads (layer.head) and terms to switch off: 0.1_1.3_same-category")] = "",
    sessions: Annotated[int, typer.Option(min=0, help="With --off: measure Hit@10 on this many test sessions.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compare the recommendations before and after edits of a session, or without some heads and named terms.

    Example: `python -m streamrec_core audit whatif --session 17 --edits remove.3`

    Example: `python -m streamrec_core audit whatif --session 17 --off 0.1 --sessions 500`
    """
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.edits import read_edits
    from streamrec_core.diagnosis.head_ablation import (
        ModelParts,
        all_parts,
        hit_change,
        rank_changes_without,
        ranks_without,
        read_parts,
    )
    from streamrec_core.diagnosis.whatif import checked_sentences, history_of, what_if

    if bool(edits) == bool(off):
        raise BadInput("give either --edits or --off")
    model, dataset, kind = choice.open()
    if off:
        ablation = read_parts(off, model)
        rank_changes = rank_changes_without(model, dataset, history_of(dataset, session)[0], ablation)
        document: dict[str, Any] = {"off": ablation.write(), "parts": all_parts(model).write().split("_")}
        document |= _rank_changes(rank_changes)
        if sessions:
            tests = split(dataset, kind).test.sample(sessions, seed=0)
            ranks = [ranks_without(model, dataset, tests, off) for off in (ModelParts(), ablation)]
            document["hit@10"] = asdict(hit_change(ranks[:1], ranks[1:]))
    else:
        edited = what_if(model, dataset, session, read_edits(edits))
        rank_changes, document = edited.rank_changes, _edited(edited, checked_sentences(model, dataset, edited))
    if as_json:
        subject = {"model": model.name, "data": dataset.name, "session": session}
        print_json({**subject, **document, **choice.warning_field()})
        return
    rows = [
        (change.title, str(change.rank_before or "–"), str(change.rank_after or "–"), change.status)
        for change in rank_changes.changes
    ]
    people.print(
        table(f"{rank_changes.in_both} of the ten stay", (dataset.catalogue.words.noun, "before", "after", ""), rows)
    )
    if hits := document.get("hit@10"):
        low, high = hits["change_interval"]
        people.print(
            f"Hit@10 on {hits['sessions']:,} test sessions: {hits['before']:.4f} before, {hits['after']:.4f} after "
            f"({hits['change']:+.4f}, 95% CI {low:+.4f} to {high:+.4f})",
            highlight=False,
        )


def _rank_changes(rank_changes: RankChanges) -> dict[str, Any]:
    moves = [
        {**{name: value for name, value in asdict(change).items() if name != "row"}, "fate": change.status}
        for change in rank_changes.changes
    ]
    return {"kept": rank_changes.in_both, "same_first": rank_changes.same_first, "moves": moves}


def _edited(comparison: WhatIf, checked: tuple[str, str, str]) -> dict[str, Any]:
    from streamrec_core.cli.explanation_json import as_plain

    return {
        "parent": comparison.parent,
        "edits": [asdict(edit) for edit in comparison.edits],
        **_rank_changes(comparison.rank_changes),
        "before": as_plain(comparison.before) | {"explanation": checked[0], "verified": checked[0]},
        "after": as_plain(comparison.after) | {"explanation": checked[1], "verified": checked[1]},
        "after_first": as_plain(comparison.after_first) | {"explanation": checked[2], "verified": checked[2]},
    }
