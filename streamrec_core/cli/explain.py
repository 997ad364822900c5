"""`explain`: why an item was recommended after a session, from the command line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.defaults import LEAST_SHARE
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.attention.measures import HeadReading
    from streamrec_core.data.catalogue import Catalogue
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.log import Session
    from streamrec_core.explain.record import Explanation, RankedItem
    from streamrec_core.explain.verified import Verified, VerifySettings
    from streamrec_core.models.protocol import SessionModel

VERIFIED_STATUS = {
    "verified": "verified by removing and replacing events",
    "no reason holds": "checked: no reason held",
    "not on the list": "not among the first ten, so no reason is given",
    "cannot be recommended": "nothing to verify",
}


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
    reader: Annotated[
        str, typer.Option(help="Who reads the verified sentence: viewer, analyst or regulator.")
    ] = "viewer",
    language: Annotated[str, typer.Option(help="Language of the verified sentence: en or de.")] = "en",
    least_share: Annotated[
        float,
        typer.Option(help="Share of its probability that a title must lose without a reason, if it keeps its rank."),
    ] = LEAST_SHARE,
    everything: Annotated[
        bool, typer.Option("--all", help="Explain many sessions into the Parquet file of --out, resumed after a stop.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Parquet file that --all writes.")] = None,
    sessions: Annotated[int | None, typer.Option(min=1, help="With --all: the first so many.")] = None,
    part: Annotated[str, typer.Option("--split", help="With --all: all, test, validation or train.")] = "all",
    as_json: JsonOption = False,
) -> None:
    """What each head looked at, the sentence it gives, and what removal and gradients confirm of it.

    Example: `python -m streamrec_core explain --session 17`

    Many at once: `python -m streamrec_core explain --all --out explanations.parquet --sessions 200`
    """
    from streamrec_core.cli.explain_all import explain_all
    from streamrec_core.cli.models import chosen_model
    from streamrec_core.explain.checks import CheckSettings
    from streamrec_core.explain.messages import check_reader, messages
    from streamrec_core.explain.verified import VerifySettings

    check_reader(reader)
    messages(language)
    settings = VerifySettings(checks=CheckSettings.parse({"least_share": least_share}, "explain"))
    if everything:
        if out is None or session or history or item:
            raise BadInput(
                "--all explains many sessions: give --out FILE.parquet, and no --session, --history or --item"
            )
        chosen = {"part": part, "sessions": sessions, "reader": reader, "language": language, "settings": settings}
        _report_all(explain_all(run, checkpoint, data, out, chosen, quiet=as_json), as_json)
        return
    if (session is None) == (history is None):
        raise BadInput("name one session: --session ID, or --history with item ids or titles")
    model, dataset, _ = chosen_model(run, checkpoint, data)
    found, events = _first_look(model, dataset, session, history, item)
    checked = _checked(model, dataset, found, events, settings)
    if as_json:
        checks = _plain_checks(checked, dataset.catalogue, reader, language)
        print_json(as_plain(found) | checks | {"status": checks["verified_status"]})
    else:
        _report(found, dataset, _plain_checks(checked, dataset.catalogue, reader, language))


def _first_look(
    model: SessionModel, dataset: DataSet, session: str | None, history: str | None, item: str | None
) -> tuple[Explanation, Session]:
    """What heads say of a session of the data set or of a history typed in, and its events."""
    from streamrec_core.explain.first_look import explain, explain_session

    candidate = None if item is None else _candidate(dataset, item)
    if session is not None:
        found = explain_session(model, dataset, session, candidate)
        return found, dataset.log.session(dataset.log.row(session)).until(-1)
    events = history_of(history or "", dataset.catalogue)
    return explain(model, dataset, events, candidate=candidate), events


def _checked(
    model: SessionModel, dataset: DataSet, found: Explanation, events: Session, settings: VerifySettings
) -> Verified | None:
    """The checked explanation with its counterfactual; None for an item that cannot be recommended."""
    from streamrec_core.explain.verified import add_counterfactual, verify

    if not found.candidate.rank:
        return None
    return add_counterfactual(model, dataset.catalogue, verify(model, dataset, found, events, settings))


def _plain_checks(found: Verified | None, catalogue: Catalogue, reader: str, language: str) -> dict[str, Any]:
    """What the checks add to the names of `as_plain`."""
    from streamrec_core.explain.as_json import not_verifiable, plain_values

    return not_verifiable(reader, language) if found is None else plain_values(found, catalogue, reader, language)


def history_of(text: str, catalogue: Catalogue) -> Session:
    """A session from ids or titles joined by `;` (or commas or lines), or from a file that holds them.

    Raises
    ------
    BadInput
        An item or an engagement is unknown; the message names its place.
    """
    from streamrec_core.data.history import parse_history

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
    """The first look as plain values, under the names that scripts rely on."""
    from streamrec_core.explain.as_json import plain_contributions

    return {
        "session": found.history.session_id,
        "model": found.model,
        "candidate": _item(found.candidate),
        **plain_contributions(found),
        "target": None if found.target is None else _item(found.target),
        "target_rank": None if found.target is None else found.target.rank,
        "recommendations": [_item(item) for item in found.recommendations],
        "first_look": {
            "explanation": found.sentence,
            "status": found.status,
            "reasons": [asdict(reason) for reason in found.reasons],
        },
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
    measures = plain.pop("measures")
    plain["even_type"] = plain.pop("type_under_uniform")  # the key that scripts rely on
    return {**plain, **measures}


def _report_all(written: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(written)
    else:
        people.print(
            f"{written['explanations']:,} explanations of {written['model']} in {written['out']}", markup=False
        )


def _report(found: Explanation, dataset: DataSet, checks: dict[str, Any]) -> None:
    _report_checks(checks)
    people.print(f"First look: {found.sentence}", markup=False, highlight=False)
    people.print(f"({found.status})", style="dim", markup=False)
    for reason in found.reasons:
        if reason.note:
            people.print(f"- {reason.phrase}: {reason.note}", markup=False)
    rows = [(f"{item.rank}. {item.title}", item.category, f"{item.probability:.1%}") for item in found.recommendations]
    people.print(table(f"Recommended after {len(found.history)} events", ("title", "category", "probability"), rows))
    if found.target is not None:
        people.print(f"What came next: {found.target.title} (rank {found.target.rank})", markup=False)
    if checks["evidence"]:
        people.print(_events_table(checks["evidence"]))
    if found.heads:
        people.print(_heads_table(found, dataset))
    if found.contributions is not None:
        base, heads = float(found.contributions.base[0]), float(found.contributions.values.sum())
        line = f"Popularity and start {base:+.2f}, all heads {heads:+.2f}: score {found.score:+.2f}"
        people.print(line, markup=False, highlight=False)


def _events_table(evidence: list[dict[str, Any]]) -> Table:
    """Each event's number and, for an additive model, what all heads add because of it."""
    from streamrec_core.attribution.event_value import VALUE_METHOD

    names = {"value": "number", "contribution": "heads add", "removal": "loss without it"}
    shown = {name: column for name, column in names.items() if name in evidence[0]}
    rows = [
        (f"{event['position'] + 1}. {event['title']}", *(f"{event[name]:+.2f}" for name in shown)) for event in evidence
    ]
    title = f"Events; number: {VALUE_METHOD}, in nats, + speaks for the title, - against it"
    return table(title, ("event", *shown.values()), rows)


def _report_checks(checks: dict[str, Any]) -> None:
    """The verified sentence with what backs it, and what was not confirmed."""
    people.print(checks["explanation"], style="bold", markup=False, highlight=False)
    people.print(f"({VERIFIED_STATUS[checks['verified_status']]})", style="dim", markup=False)
    for reason in checks["reasons"]:
        people.print(f"- {reason['label']}. {reason['detail']}", markup=False, highlight=False)
    for reason in checks["dropped"]:
        line = f"- not claimed: {reason['label']}. {reason['text']}"
        people.print(line, style="dim", markup=False, highlight=False)
    if checks["counterfactual"] is not None:
        people.print(checks["counterfactual"]["text"], markup=False, highlight=False)
    if checks["agreement"] is not None:
        warning = checks["agreement"]["warning"] or ""
        people.print(f"{checks['agreement']['words']}. {warning}".rstrip(), markup=False)
    people.print()


def _heads_table(found: Explanation, dataset: DataSet) -> Table:
    added = None if found.contributions is None else found.contributions.by_head[0]
    rows = [
        (
            f"{head.layer}.{head.head}",
            head.type,
            head.type_under_uniform,
            f"{head.measures.entropy:.2f} {head.measures.recency_correlation:+.2f} "
            f"{head.measures.same_category_weight:.2f}",
            *(() if added is None else (f"{added[head.layer, head.head]:+.2f}",)),
            dataset.catalogue.titles[found.history.items[head.top_positions[0]]],
        )
        for head in found.heads
    ]
    columns = ("head", "type", "if even", "measures", *(() if added is None else ("adds",)), "looks most at")
    title = "Attention heads (layer.head); measures: entropy, recency correlation, same-category weight"
    return table(title if added is None else f"{title}; adds: to the score of the title", columns, rows)
