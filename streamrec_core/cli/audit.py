"""The `audit` commands: misses, attention sinks, what-if edits, mitigations and flagged cases."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli import audit_mitigations
from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import (
    JsonOption,
    people,
    print_json,
    table,
)
from streamrec_core.defaults import SINK_SESSION_SHARE, SINK_SESSIONS
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet, SplitKind
    from streamrec_core.diagnosis.attention_sinks import AttentionSinks, SinkTest
    from streamrec_core.diagnosis.cause_rates import CauseRate
    from streamrec_core.diagnosis.misses import Miss, Misses
    from streamrec_core.diagnosis.rank_changes import RankChanges
    from streamrec_core.diagnosis.whatif import WhatIf
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer(help="Find what goes wrong, and why.", no_args_is_help=True, rich_markup_mode="markdown")


@app.command("sinks")
@app.command("magnets", hidden=True)
@takes_model
def sinks_command(
    choice: ModelChoice,
    sessions: Annotated[int, typer.Option(help="Test sessions to sample.")] = SINK_SESSIONS,
    share: Annotated[
        float, typer.Option(help="Test items that occur in at least this share of them.")
    ] = SINK_SESSION_SHARE,
    as_json: JsonOption = False,
) -> None:
    """Find attention sinks: items that draw much attention and have no effect, corrected for multiple testing.

    Example: `python -m streamrec_core audit sinks --json`
    """
    from streamrec_core.diagnosis.attention_sinks import SinkSettings, find_attention_sinks

    settings = SinkSettings.parse({"sessions": sessions, "session_share": share}, "audit sinks")
    model, dataset, _ = choice.open()
    sinks = find_attention_sinks(model, dataset, settings)
    if as_json:
        subject = {"model": model.name, "data": dataset.name, **choice.warning_field()}
        print_json({**subject, **sinks_as_plain(sinks)})
        return
    for line in _sink_lines(sinks):
        people.print(line, markup=False, highlight=False)
    rows = [
        (
            item.title,
            f"{item.session_share:.1%}",
            _span(item.attention_lift, item.attention_lift_interval),
            _span(item.removal_effect, item.removal_effect_interval),
            item.verdict,
        )
        for item in sinks.items[:15]
    ]
    people.print(
        table("Frequent items", ("item", "sessions", "attention,\n× uniform", "effect,\nnats", "verdict"), rows)
    )


def sinks_as_plain(sinks: AttentionSinks) -> dict[str, Any]:
    """Attention sinks under the names that scripts rely on."""
    return {
        "sessions": sinks.sessions,
        "settings": sinks.settings.model_dump(),
        "flagged": [_item(item) for item in sinks.flagged],
        "tested": [_item(item) for item in sinks.items],
    }


def _item(item: SinkTest) -> dict[str, Any]:
    plain = asdict(item)
    return {name: value for name, value in plain.items() if name != "row"} | {"flagged": item.flagged}


def _sink_lines(sinks: AttentionSinks) -> list[str]:
    if not sinks.flagged:
        return [f"No attention sink among {len(sinks.items)} frequent items ({sinks.sessions:,} test sessions)."]
    return [
        f"{item.title} is an attention sink: in {item.session_share:.0%} of sessions it takes "
        f"{item.attention_share:.0%} of the attention ({item.attention_lift:.1f} × uniform), and removing it changes "
        f"the log-probability of the first recommendation by {item.removal_effect:.3f} nats."
        for item in sinks.flagged
    ]


@app.command("misses")
@takes_model
def misses_command(
    choice: ModelChoice,
    part: Annotated[str, typer.Option("--split", help="Part of the split: test, validation or train.")] = "test",
    cause: Annotated[
        str, typer.Option(help="Only this cause: excluded, unpredictable, rare, outside, magnet, noise, none.")
    ] = "",
    category: Annotated[str, typer.Option(help="Only targets of this category.")] = "",
    top: Annotated[int, typer.Option(help="Number of misses to list, the worst first.", min=1)] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the sessions that the model got wrong, the worst first, each with its likeliest cause.

    Example: `python -m streamrec_core audit misses --cause rare --json`
    """
    from streamrec_core.diagnosis.causes import title_of
    from streamrec_core.diagnosis.misses import MissFilter

    model, dataset, kind = choice.open()
    misses = _misses(model, dataset, part, kind)
    selected = MissFilter(cause=cause, category=category).choose(misses.worst_first, dataset)
    if as_json:
        print_json(
            {"model": model.name, "data": dataset.name, "split": part, **_misses_as_plain(misses, dataset)}
            | {"chosen": len(selected), "misses": [_miss(miss, dataset) for miss in selected[:top]]}
            | choice.warning_field()
        )
        return
    low, high = misses.share_interval
    people.print(
        f"The target is outside the top {misses.settings.miss_below} in {len(misses.worst_first):,} of "
        f"{misses.tested:,} {part} sessions ({misses.share:.1%}, 95% CI {low:.1%} to {high:.1%}).",
        highlight=False,
    )
    columns = ("cause", "misses", "among misses", "among hits", "condition")
    people.print(table("Likely causes", columns, _cause_rows(misses, is_cause=True)))
    if others := _cause_rows(misses, is_cause=False):
        people.print(table("Not causes: not clearly more frequent in misses than in hits", columns, others))
    rows = [
        (miss.session_id, f"{miss.rank:,}", dataset.catalogue.titles[miss.target], title_of(miss.cause))
        for miss in selected[:top]
    ]
    people.print(table("Worst misses", ("session", "rank", "target", "cause"), rows))


def _cause_rows(misses: Misses, is_cause: bool) -> list[tuple[str, str, str, str, str]]:
    """Rows of the conditions that count as causes, and of the misses without one; or rows of the other conditions."""
    from streamrec_core.diagnosis.causes import NO_CAUSE, condition_in_words, title_of

    rows = [
        (
            title_of(name),
            f"{misses.by_cause.get(name, 0):,}",
            f"{rate.among_misses:.1%} ({rate.in_misses:,} of {rate.misses:,})",
            f"{rate.among_hits:.1%} ({rate.in_hits:,} of {rate.hits:,})",
            condition_in_words(name, misses.settings, misses.best_list_known),
        )
        for name, rate in misses.rates.items()
        if rate.is_cause == is_cause
    ]
    if is_cause and NO_CAUSE in misses.by_cause:
        words = condition_in_words(NO_CAUSE, misses.settings, misses.best_list_known)
        rows.append((title_of(NO_CAUSE), f"{misses.by_cause[NO_CAUSE]:,}", "", "", words))
    return rows


def _misses(model: SessionModel, dataset: DataSet, part: str, kind: SplitKind | None) -> Misses:
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.attention_sinks import find_attention_sinks
    from streamrec_core.diagnosis.misses import find_misses

    flagged = find_attention_sinks(model, dataset).flagged if model.attention_probes() else ()
    return find_misses(model, dataset, [item.row for item in flagged], part=part, divided=split(dataset, kind))


def _misses_as_plain(misses: Misses, dataset: DataSet) -> dict[str, Any]:
    from streamrec_core.diagnosis.causes import NAMES, condition_in_words, title_of

    return {
        "sessions": misses.tested,
        "missed": len(misses.worst_first),
        "share": misses.share,
        "share_interval": misses.share_interval,
        "settings": misses.settings.model_dump(by_alias=True),
        "magnets": [dataset.catalogue.item_ids[row] for row in misses.attention_sinks],
        "best_list_known": misses.best_list_known,
        "causes": {
            name: {
                "title": title_of(name),
                "test": condition_in_words(name, misses.settings, misses.best_list_known),
                "misses": misses.by_cause.get(name, 0),
            }
            | (_rate_as_plain(misses.rates[name]) if name in misses.rates else {})
            for name in NAMES
        },
    }


def _rate_as_plain(rate: CauseRate) -> dict[str, Any]:
    return {
        "is_cause": rate.is_cause,
        "among_misses": {"share": rate.among_misses, "count": rate.in_misses, "of": rate.misses},
        "among_hits": {"share": rate.among_hits, "count": rate.in_hits, "of": rate.hits},
        "difference_interval": rate.difference_interval,
    }


def _miss(miss: Miss, dataset: DataSet) -> dict[str, Any]:
    catalogue = dataset.catalogue
    return {
        "session": miss.session_id,
        "rank": miss.rank,
        "log_probability": None if miss.log_probability == float("-inf") else miss.log_probability,
        "target": {"item_id": catalogue.item_ids[miss.target], "title": catalogue.titles[miss.target]},
        "first": {"item_id": catalogue.item_ids[miss.first], "title": catalogue.titles[miss.first]},
        "events": miss.events,
        "cause": miss.cause,
    }


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
    from streamrec_core.cli.explain import as_plain

    return {
        "parent": comparison.parent,
        "edits": [asdict(edit) for edit in comparison.edits],
        **_rank_changes(comparison.rank_changes),
        "before": as_plain(comparison.before) | {"explanation": checked[0], "verified": checked[0]},
        "after": as_plain(comparison.after) | {"explanation": checked[1], "verified": checked[1]},
        "after_first": as_plain(comparison.after_first) | {"explanation": checked[2], "verified": checked[2]},
    }


app.add_typer(audit_mitigations.app)


@app.command("cases")
def cases_command(as_json: JsonOption = False) -> None:
    """List the cases that were flagged on the Debug page, with their notes."""
    from streamrec_core.diagnosis.flagged_cases import flagged_cases

    cases = flagged_cases()
    if as_json:
        print_json([asdict(case) for case in cases])
        return
    rows = [(f"{case.number}", case.marked, case.kind, case.title, case.note) for case in cases]
    people.print(table(f"{len(cases)} flagged cases", ("number", "flagged (UTC)", "kind", "title", "note"), rows))


def _span(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:.2f}\n{bounds[0]:.2f}–{bounds[1]:.2f}"


@app.command("log")
def log_command(
    check: Annotated[bool, typer.Option("--check", help="Recompute the chain and compare it with every pack.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List who imported, trained, deleted and reported what, or check that nothing in the list was changed.

    Example: `streamrec audit log --check`
    """
    from streamrec_core.audit_log import audit_file, chain_faults, entries
    from streamrec_core.report.pack import list_packs

    chain = entries()
    heads = {f"pack {pack.name}": pack.manifest.audit for pack in list_packs() if pack.manifest.audit is not None}
    faults = chain_faults(chain, heads) if check else ()
    if as_json:
        document: dict[str, Any] = {"entries": [asdict(entry) for entry in chain]}
        if check:
            document |= {"sound": not faults, "faults": list(faults), "packs": len(heads)}
        print_json(document)
    elif not check:
        rows = [(str(entry.number), entry.moment, entry.actor, entry.action, entry.subject) for entry in chain]
        people.print(table("Audit log", ("entry", "time (UTC)", "who", "action", "of"), rows))
    if faults and not as_json:
        raise BadInput(f": the audit log was changed: {'; '.join(faults)}", path=audit_file())
    if check and not as_json:
        people.print(f"{len(chain):,} entries, unbroken; {len(heads):,} packs agree with it", highlight=False)
    if faults:
        raise typer.Exit(2)
