"""`audit misses`: wrong predictions, the worst first, each with its likeliest cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import JsonOption, people, print_json, table

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet, SplitKind
    from streamrec_core.diagnosis.cause_rates import CauseRate
    from streamrec_core.diagnosis.misses import Miss, Misses
    from streamrec_core.models.protocol import SessionModel


app = typer.Typer()


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

    divided = split(dataset, kind)
    flagged = find_attention_sinks(model, dataset, divided=divided).flagged if model.attention_probes() else ()
    return find_misses(model, dataset, [item.row for item in flagged], part=part, divided=divided)


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
