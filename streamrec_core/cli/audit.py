"""`audit`: find misses, magnet items and what an edit would change, from the command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.audit_mitigations import (
    AnyDataOption,
    CheckpointOption,
    RunOption,
    remedy_command,
    ways_command,
)
from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.defaults import SINK_SESSION_SHARE, SINK_SESSIONS
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet, SplitKind
    from streamrec_core.diagnosis.attention_sinks import ItemReading, Magnets
    from streamrec_core.diagnosis.cause_rates import CauseRate
    from streamrec_core.diagnosis.misses import Miss, Misses
    from streamrec_core.diagnosis.rank_changes import Shift
    from streamrec_core.diagnosis.whatif import WhatIf
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer(help="Find faults and show the evidence.", no_args_is_help=True, rich_markup_mode="markdown")


@app.command("magnets")
def magnets_command(
    checkpoint: CheckpointOption = None,
    run: RunOption = None,
    data: AnyDataOption = None,
    sessions: Annotated[int, typer.Option(help="Test sessions to look at.")] = SINK_SESSIONS,
    share: Annotated[float, typer.Option(help="Items in at least this share of them are tested.")] = SINK_SESSION_SHARE,
    as_json: JsonOption = False,
) -> None:
    """Items that draw much attention and change nothing, with intervals, held to the number of items tested.

    Example: `python -m streamrec_core audit magnets --json`
    """
    from streamrec_core.cli.models import chosen_model
    from streamrec_core.diagnosis.attention_sinks import MagnetSettings, find_magnets

    settings = MagnetSettings.parse({"sessions": sessions, "session_share": share}, "audit magnets")
    model, dataset, _ = chosen_model(run, checkpoint, data)
    found = find_magnets(model, dataset, settings)
    if as_json:
        print_json({"model": model.name, "data": dataset.name, **magnets_as_plain(found)})
        return
    for line in _magnet_lines(found):
        people.print(line, markup=False, highlight=False)
    rows = [
        (
            item.title,
            f"{item.session_share:.1%}",
            _span(item.attention_lift, item.attention_lift_interval),
            _span(item.removal_effect, item.removal_effect_interval),
            item.verdict,
        )
        for item in found.items[:15]
    ]
    people.print(table("Items that occur often", ("item", "sessions", "attention lift", "effect", "verdict"), rows))


def magnets_as_plain(found: Magnets) -> dict[str, Any]:
    """The findings under the names that scripts rely on."""
    return {
        "sessions": found.looked_at,
        "settings": found.settings.model_dump(),
        "flagged": [_item(item) for item in found.flagged],
        "tested": [_item(item) for item in found.items],
    }


def _item(item: ItemReading) -> dict[str, Any]:
    plain = asdict(item)
    return {name: value for name, value in plain.items() if name != "row"} | {"flagged": item.flagged}


def _magnet_lines(found: Magnets) -> list[str]:
    if not found.flagged:
        return [f"None of {len(found.items)} frequent items is a magnet ({found.looked_at:,} test sessions)."]
    return [
        f"{item.title} is a magnet: in {item.session_share:.0%} of sessions it takes {item.attention_share:.0%} of the "
        f"attention, {item.attention_lift:.1f} times an even share, and removing it changes the first recommendation's "
        f"log-probability by {item.removal_effect:.3f} nats."
        for item in found.flagged
    ]


@app.command("misses")
def misses_command(
    checkpoint: CheckpointOption = None,
    run: RunOption = None,
    data: AnyDataOption = None,
    part: Annotated[str, typer.Option("--split", help="Part to look at: test, validation or train.")] = "test",
    cause: Annotated[
        str, typer.Option(help="Only this cause: excluded, unpredictable, rare, outside, magnet, noise, none.")
    ] = "",
    category: Annotated[str, typer.Option(help="Only this category of what came next.")] = "",
    top: Annotated[int, typer.Option(help="How many to list, the worst first.", min=1)] = 20,
    as_json: JsonOption = False,
) -> None:
    """Sessions that the model got wrong, the worst first, each with its likeliest cause.

    Example: `python -m streamrec_core audit misses --cause rare --json`
    """
    from streamrec_core.cli.models import chosen_model
    from streamrec_core.diagnosis.causes import title_of
    from streamrec_core.diagnosis.misses import MissFilter

    model, dataset, kind = chosen_model(run, checkpoint, data)
    misses = _misses(model, dataset, part, kind)
    chosen = MissFilter(cause=cause, category=category).choose(misses.worst_first, dataset)
    if as_json:
        print_json(
            {"model": model.name, "data": dataset.name, "split": part, **_misses_as_plain(misses, dataset)}
            | {"chosen": len(chosen), "misses": [_miss(miss, dataset) for miss in chosen[:top]]}
        )
        return
    low, high = misses.share_interval
    people.print(
        f"{len(misses.worst_first):,} of {misses.tested:,} {part} sessions are misses at {misses.settings.miss_below} "
        f"({misses.share:.1%}, 95% interval {low:.1%} to {high:.1%}).",
        highlight=False,
    )
    heads = ("cause", "misses", "among misses", "among hits", "condition")
    people.print(table("Likely causes", heads, _cause_rows(misses, is_cause=True)))
    if others := _cause_rows(misses, is_cause=False):
        people.print(table("Not clearly more frequent among misses, so no causes here", heads, others))
    rows = [
        (miss.session_id, f"{miss.rank:,}", dataset.catalogue.titles[miss.target], title_of(miss.cause))
        for miss in chosen[:top]
    ]
    people.print(table("The worst", ("session", "rank", "came next", "cause"), rows))


def _cause_rows(misses: Misses, is_cause: bool) -> list[tuple[str, str, str, str, str]]:
    """Rows of the conditions that count as causes, with the misses to which none applies, or of the others."""
    from streamrec_core.diagnosis.causes import NO_CAUSE, in_words, title_of

    rows = [
        (
            title_of(name),
            f"{misses.by_cause.get(name, 0):,}",
            f"{rate.among_misses:.1%} ({rate.in_misses:,} of {rate.misses:,})",
            f"{rate.among_hits:.1%} ({rate.in_hits:,} of {rate.hits:,})",
            in_words(name, misses.settings, misses.best_list_known),
        )
        for name, rate in misses.rates.items()
        if rate.is_cause == is_cause
    ]
    if is_cause and NO_CAUSE in misses.by_cause:
        words = in_words(NO_CAUSE, misses.settings, misses.best_list_known)
        rows.append((title_of(NO_CAUSE), f"{misses.by_cause[NO_CAUSE]:,}", "", "", words))
    return rows


def _misses(model: SessionModel, dataset: DataSet, part: str, kind: SplitKind | None) -> Misses:
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.attention_sinks import find_magnets
    from streamrec_core.diagnosis.misses import find_misses

    flagged = find_magnets(model, dataset).flagged if model.attention_probes() else ()
    return find_misses(model, dataset, [item.row for item in flagged], part=part, divided=split(dataset, kind))


def _misses_as_plain(misses: Misses, dataset: DataSet) -> dict[str, Any]:
    from streamrec_core.diagnosis.causes import NAMES, in_words, title_of

    return {
        "sessions": misses.tested,
        "missed": len(misses.worst_first),
        "share": misses.share,
        "share_interval": misses.share_interval,
        "settings": misses.settings.model_dump(),
        "magnets": [dataset.catalogue.item_ids[row] for row in misses.magnets],
        "best_list_known": misses.best_list_known,
        "causes": {
            name: {
                "title": title_of(name),
                "test": in_words(name, misses.settings, misses.best_list_known),
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
    known = miss.log_probability != float("-inf")
    return {
        "session": miss.session_id,
        "rank": miss.rank,
        "log_probability": miss.log_probability if known else None,
        "target": {"item_id": catalogue.item_ids[miss.target], "title": catalogue.titles[miss.target]},
        "first": {"item_id": catalogue.item_ids[miss.first], "title": catalogue.titles[miss.first]},
        "events": miss.events,
        "cause": miss.cause,
    }


@app.command("whatif")
def whatif_command(
    session: Annotated[str, typer.Option(help="Session id in the data set.")],
    edits: Annotated[str, typer.Option(help="Edits as in a link: remove.3_swap.1.2_insert.4.ITEM.save")] = "",
    off: Annotated[str, typer.Option(help="Heads and terms to switch off instead: 0.1_1.3_same-category")] = "",
    sessions: Annotated[
        int, typer.Option(min=0, help="With --off: test sessions over which Hit@10 is measured; 0: none.")
    ] = 0,
    checkpoint: CheckpointOption = None,
    run: RunOption = None,
    data: AnyDataOption = None,
    as_json: JsonOption = False,
) -> None:
    """The ten recommendations before and after edits of a session, or without heads and named terms.

    Example: `python -m streamrec_core audit whatif --session 17 --edits remove.3`

    Example: `python -m streamrec_core audit whatif --session 17 --off 0.1 --sessions 500`
    """
    from streamrec_core.cli.models import chosen_model
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.edits import read
    from streamrec_core.diagnosis.head_ablation import Off, hit_change, parts_of, ranks_without, read_off, without
    from streamrec_core.diagnosis.whatif import checked_sentences, history_of, what_if

    if bool(edits) == bool(off):
        raise BadInput("say what to change: --edits, or --off with heads and terms; one of them")
    model, dataset, kind = chosen_model(run, checkpoint, data)
    if off:
        chosen = read_off(off, model)
        moved = without(model, dataset, history_of(dataset, session)[0], chosen)
        every = parts_of(model)
        found: dict[str, Any] = {"off": chosen.write(), "parts": every.write().split("_"), **_shift(moved)}
        if sessions:
            tests = split(dataset, kind).test.sample(sessions, seed=0)
            ranks = [ranks_without(model, dataset, tests, parts) for parts in (Off(), chosen)]
            found["hit@10"] = asdict(hit_change(ranks[:1], ranks[1:]))
    else:
        edited = what_if(model, dataset, session, read(edits))
        moved, found = edited.shift, _edited(edited, checked_sentences(model, dataset, edited))
    if as_json:
        print_json({"model": model.name, "data": dataset.name, "session": session, **found})
        return
    rows = [(move.title, str(move.rank_before or "–"), str(move.rank_after or "–"), move.fate) for move in moved.moves]
    people.print(table(f"{moved.kept} of the ten stay", ("title", "before", "after", ""), rows))
    if hits := found.get("hit@10"):
        low, high = hits["change_interval"]
        people.print(
            f"Hit@10 over {hits['sessions']:,} test sessions: {hits['before']:.4f} before, {hits['after']:.4f} after "
            f"({hits['change']:+.4f}, 95 % interval {low:+.4f} to {high:+.4f})",
            highlight=False,
        )


def _shift(moved: Shift) -> dict[str, Any]:
    moves = [
        {**{name: value for name, value in asdict(move).items() if name != "row"}, "fate": move.fate}
        for move in moved.moves
    ]
    return {"kept": moved.kept, "same_first": moved.same_first, "moves": moves}


def _edited(found: WhatIf, checked: tuple[str, str, str]) -> dict[str, Any]:
    from streamrec_core.cli.explain import as_plain

    return {
        "parent": found.parent,
        "edits": [asdict(edit) for edit in found.edits],
        **_shift(found.shift),
        "before": as_plain(found.before) | {"explanation": checked[0], "verified": checked[0]},
        "after": as_plain(found.after) | {"explanation": checked[1], "verified": checked[1]},
        "after_first": as_plain(found.after_first) | {"explanation": checked[2], "verified": checked[2]},
    }


app.command("remedy")(remedy_command)
app.command("ways")(ways_command)


@app.command("cases")
def cases_command(as_json: JsonOption = False) -> None:
    """The cases that were marked on the Debug page, with their notes."""
    from streamrec_core.diagnosis import flagged_cases as case_list

    found = case_list.marked_cases()
    if as_json:
        print_json([asdict(case) for case in found])
        return
    rows = [(f"{case.number}", case.marked, case.kind, case.title, case.note) for case in found]
    people.print(table(f"{len(found)} marked cases", ("number", "marked (UTC)", "kind", "title", "note"), rows))


def _span(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:.2f}\n{bounds[0]:.2f}–{bounds[1]:.2f}"
