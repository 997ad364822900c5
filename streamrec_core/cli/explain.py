"""The `explain` command: why an item is recommended after a session, with the checks of its reasons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from streamrec_core.cli.output import (
    AddressOption,
    CheckpointOption,
    DeviceOption,
    EngineOption,
    JobsOption,
    JsonOption,
    ModelDataOption,
    ModelFromOption,
    PseudonymsOption,
    RunOption,
    people,
    print_json,
    table,
)
from streamrec_core.defaults import LEAST_SHARE
from streamrec_core.errors import BadInput
from streamrec_core.files import read_text

if TYPE_CHECKING:
    from streamrec_core.attention.measures import HeadReading
    from streamrec_core.data.catalogue import Catalogue
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.log import Session
    from streamrec_core.explain.record import Explanation, RankedItem
    from streamrec_core.explain.verified import Verified, VerifySettings
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer()

VERIFIED_STATUS = {
    "verified": "verified by removing and replacing events",
    "no reason holds": "checked: no reason confirmed",
    "not on the list": "not in the top ten, so no reason is given",
    "cannot be recommended": "nothing to verify",
}


@app.command("explain")
def explain_command(
    session: Annotated[str | None, typer.Option(help="Session id in the data set.")] = None,
    history: Annotated[
        str | None,
        typer.Option(
            help="Ids or titles separated by `;`, with `=engagement` if not a click; or a file with one per line."
        ),
    ] = None,
    item: Annotated[
        str | None, typer.Option(help="Id or title of the item to explain. Default: the first recommendation.")
    ] = None,
    bring_in: Annotated[
        str | None, typer.Option("--bring-in", help="Say instead what would bring this title on the list of ten.")
    ] = None,
    checkpoint: CheckpointOption = None,
    model_from: ModelFromOption = None,
    run: RunOption = None,
    data: ModelDataOption = None,
    reader: Annotated[
        str, typer.Option(help="Reader of the verified sentence: viewer, analyst or regulator.")
    ] = "viewer",
    least_share: Annotated[
        float,
        typer.Option(help="Share of its probability that a title must lose without a reason if it keeps its rank."),
    ] = LEAST_SHARE,
    everything: Annotated[
        bool, typer.Option("--all", help="Explain many sessions and write them to --out; resumable.")
    ] = False,
    out: Annotated[
        str | None, typer.Option(help="With --all: file to write, .parquet, .csv or .jsonl; also s3://BUCKET/FILE.")
    ] = None,
    sessions: Annotated[int | None, typer.Option(min=1, help="With --all: number of sessions.")] = None,
    part: Annotated[str, typer.Option("--split", help="With --all: all, test, validation or train.")] = "all",
    pseudonyms: PseudonymsOption = "auto",
    jobs: JobsOption = 1,
    engine: EngineOption = "local",
    address: AddressOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Explain a recommendation: reasons confirmed by removal, attention of each head, and gradients.

    Example: `python -m streamrec_core explain --session 17`

    Many sessions: `python -m streamrec_core explain --all --out explanations.parquet --sessions 200`
    """
    from streamrec_core.background.engine import choose_engine
    from streamrec_core.cli.explain_all import explain_all
    from streamrec_core.cli.models import open_model, warning_field
    from streamrec_core.cli.why_not import events_of, print_bring_in
    from streamrec_core.explain.checks import CheckSettings
    from streamrec_core.explain.messages import check_reader
    from streamrec_core.explain.verified import VerifySettings

    check_reader(reader)
    where = choose_engine(engine, address)
    settings = VerifySettings(checks=CheckSettings.parse({"least_share": least_share}, "explain"))
    if everything:
        if out is None or session or history or item or bring_in:
            raise BadInput("--all needs --out FILE (.parquet, .csv or .jsonl), without --session, --history and --item")
        options: dict[str, Any] = {"part": part, "sessions": sessions, "reader": reader, "settings": settings}
        options |= {"device": device, "model_from": model_from, "pseudonyms": pseudonyms, "jobs": jobs}
        options |= {"engine": where}
        _print_all(explain_all(run, checkpoint, data, out, options, quiet=as_json), as_json)
        return
    if (session is None) == (history is None):
        raise BadInput("give either --session ID or --history with item ids or titles")
    model, dataset, kind = open_model(run, checkpoint, data, device, model_from)
    if bring_in is not None:
        print_bring_in(model, dataset, kind, events_of(dataset, session, history), bring_in, as_json)
        return
    first_look, events = _first_look(model, dataset, session, history, item)
    verified = _verified(model, dataset, first_look, events, settings)
    if as_json:
        checks = _plain_checks(verified, dataset.catalogue, reader)
        status = {"status": checks["verified_status"]}
        print_json(as_plain(first_look) | checks | status | warning_field(run, checkpoint, model_from))
    else:
        _print_explanation(first_look, dataset, _plain_checks(verified, dataset.catalogue, reader))


def _first_look(
    model: SessionModel, dataset: DataSet, session: str | None, history: str | None, item: str | None
) -> tuple[Explanation, Session]:
    """The first look at a session of the data set or a typed history, and its events."""
    from streamrec_core.explain.first_look import explain, explain_session

    candidate = None if item is None else _candidate(dataset, item)
    if session is not None:
        first_look = explain_session(model, dataset, session, candidate)
        return first_look, dataset.log.session(dataset.log.row(session)).until(-1)
    events = history_of(history or "", dataset.catalogue)
    return explain(model, dataset, events, candidate=candidate), events


def _verified(
    model: SessionModel, dataset: DataSet, first_look: Explanation, events: Session, settings: VerifySettings
) -> Verified | None:
    """The checked explanation with its counterfactual; None for an item that cannot be recommended."""
    from streamrec_core.explain.verified import add_counterfactual, verify

    if not first_look.candidate.rank:
        return None
    return add_counterfactual(model, dataset.catalogue, verify(model, dataset, first_look, events, settings))


def _plain_checks(verified: Verified | None, catalogue: Catalogue, reader: str) -> dict[str, Any]:
    """Values of the checks, in addition to those of `as_plain`."""
    from streamrec_core.explain.as_json import not_verifiable, plain_values

    return (
        not_verifiable(reader, catalogue.words.noun) if verified is None else plain_values(verified, catalogue, reader)
    )


def history_of(text: str, catalogue: Catalogue) -> Session:
    """Parse a history.

    Parameters
    ----------
    text : str
        Ids or titles separated by `;`, commas or lines, or the path of a file with them.
    catalogue : Catalogue

    Returns
    -------
    Session

    Raises
    ------
    BadInput
        An item or an engagement is unknown; the message names its position.
    """
    from streamrec_core.data.history import parse_history

    return parse_history(_written(text), catalogue, source="--history")


def _written(text: str) -> str:
    """The text itself, or the content of the file of that name."""
    try:
        return read_text(Path(text)) if Path(text).is_file() else text
    except BadInput as error:
        raise BadInput(f"--history: {error}; give UTF-8 text, one id or title per line") from None
    except OSError:  # longer than any file name
        return text


def _candidate(dataset: DataSet, item: str) -> int:
    row = dataset.catalogue.row(item)
    if dataset.catalogue.neutral[row]:
        raise BadInput(f"{dataset.catalogue.titles[row]!r} is neutral and never recommended; choose another item")
    return row


def as_plain(explanation: Explanation) -> dict[str, Any]:
    """Convert a first look to plain values, under the names that scripts rely on.

    Positions are those of the whole session; lists with a value for each event that the model read (`attention`,
    `contributions`) begin at `first_position`.
    """
    from streamrec_core.explain.as_json import first_look_reason, plain_contributions

    start = explanation.history.start
    return {
        "session": explanation.history.session_id,
        "events": len(explanation.every_event),
        "first_position": start,
        "model": explanation.model,
        "candidate": _item(explanation.candidate),
        **plain_contributions(explanation),
        "target": None if explanation.target is None else _item(explanation.target),
        "target_rank": None if explanation.target is None else explanation.target.rank,
        "recommendations": [_item(item) for item in explanation.recommendations],
        "first_look": {
            "explanation": explanation.sentence,
            "status": explanation.status,
            "reasons": [first_look_reason(reason, start) for reason in explanation.reasons],
        },
        "cards": [reason.card for reason in explanation.reasons],
        "predicts_from": explanation.predicts_from,
        "heads": [
            {**_head(reading, start), "effect": explanation.head_effect(reading), **_special(explanation, reading)}
            for reading in explanation.heads
        ],
        **({"attention_note": explanation.attention_note} if explanation.attention_note else {}),
        "terms": explanation.term_effects,
        "attention": [round(float(weight), 6) for weight in explanation.attention],
    }


def _item(item: RankedItem) -> dict[str, Any]:
    return {key: value for key, value in asdict(item).items() if key != "row"}


def _head(reading: HeadReading, start: int) -> dict[str, Any]:
    plain = asdict(reading) | {"top_positions": [start + position for position in reading.top_positions]}
    measures = plain.pop("measures")
    plain["even_type"] = plain.pop("type_under_uniform")  # the key that scripts rely on
    return {**plain, **measures}


def _special(explanation: Explanation, reading: HeadReading) -> dict[str, float]:
    """The share of a head's attention on positions without an event; empty where there are none."""
    if not explanation.special_shares.size:
        return {}
    return {"special_share": round(float(explanation.special_shares[reading.layer, reading.head]), 6)}


def _print_all(written: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(written)
    else:
        people.print(
            f"Wrote {written['explanations']:,} explanations of {written['model']} to {written['out']}", markup=False
        )


def _print_explanation(explanation: Explanation, dataset: DataSet, checks: dict[str, Any]) -> None:
    _print_checks(checks)
    people.print(f"First look: {explanation.sentence}", markup=False, highlight=False)
    people.print(f"({explanation.status})", style="dim", markup=False)
    for reason in explanation.reasons:
        if reason.note:
            people.print(f"- {reason.phrase}: {reason.note}", markup=False)
    rows = [
        (f"{item.rank}. {item.title}", item.category, f"{item.probability:.1%}") for item in explanation.recommendations
    ]
    noun = dataset.catalogue.words.noun
    people.print(table(_after(explanation), (noun, "category", "probability"), rows))
    if explanation.target is not None:
        people.print(f"Next item in the log: {explanation.target.title} (rank {explanation.target.rank})", markup=False)
    if checks["evidence"]:
        people.print(_events_table(checks["evidence"], noun))
    if explanation.heads:
        people.print(_heads_table(explanation, dataset))
    if explanation.attention_note:
        people.print(explanation.attention_note, markup=False, highlight=False)
    if explanation.contributions is not None:
        base, heads = float(explanation.contributions.base[0]), float(explanation.contributions.values.sum())
        line = f"Popularity and start {base:+.2f}, all heads {heads:+.2f}: score {explanation.score:+.2f}"
        people.print(line, markup=False, highlight=False)


def _after(explanation: Explanation) -> str:
    """How many events the recommendations follow, and which of them the model read."""
    history = explanation.history
    if not history.start:
        return f"Recommended after {len(history)} events"
    return (
        f"Recommended after {len(explanation.every_event):,} events, of which this model reads the last {len(history)}"
    )


def _events_table(evidence: list[dict[str, Any]], noun: str) -> Table:
    """Each event's value and, for an additive model, the contribution of all heads."""
    from streamrec_core.attribution.event_value import VALUE_METHOD

    names = {"value": "value", "contribution": "contribution", "removal": "removal", "masked": "hidden in place"}
    shown = {name: column for name, column in names.items() if name in evidence[0]}
    rows = [
        (f"{event['position'] + 1}. {event['title']}", *(f"{event[name]:+.2f}" for name in shown)) for event in evidence
    ]
    title = f"Events; value: {VALUE_METHOD}, in nats, + for the {noun}, - against it"
    return table(title, ("event", *shown.values()), rows)


def _print_checks(checks: dict[str, Any]) -> None:
    """The verified sentence with its confirmed reasons, and the rejected ones."""
    people.print(checks["explanation"], style="bold", markup=False, highlight=False)
    people.print(f"({VERIFIED_STATUS[checks['verified_status']]})", style="dim", markup=False)
    for reason in checks["reasons"]:
        people.print(f"- {reason['label']}. {reason['detail']}", markup=False, highlight=False)
    for reason in checks["dropped"]:
        line = f"- rejected: {reason['label']}. {reason['text']}"
        people.print(line, style="dim", markup=False, highlight=False)
    if checks["counterfactual"] is not None:
        people.print(checks["counterfactual"]["text"], markup=False, highlight=False)
    if checks["agreement"] is not None:
        warning = checks["agreement"]["warning"] or ""
        people.print(f"{checks['agreement']['words']}. {warning}".rstrip(), markup=False)
    people.print()


def _heads_table(explanation: Explanation, dataset: DataSet) -> Table:
    from streamrec_core.attention.special_positions import is_shown

    added = None if explanation.contributions is None else explanation.contributions.by_head[0]
    on_no_event = is_shown(explanation.special_shares)
    rows = [
        (
            f"L{head.layer}H{head.head}",
            head.type,
            head.type_under_uniform,
            f"{head.measures.entropy:.2f} {head.measures.recency_correlation:+.2f} "
            f"{head.measures.same_category_weight:.2f}",
            *(() if added is None else (f"{added[head.layer, head.head]:+.2f}",)),
            *(f"{share:.1%}" for share in _special(explanation, head).values() if on_no_event),
            dataset.catalogue.titles[explanation.history.items[head.top_positions[0]]],
        )
        for head in explanation.heads
    ]
    columns = (
        "head",
        "type",
        "type if uniform",
        "measures",
        *(() if added is None else ("adds",)),
        *(("on no event",) if on_no_event else ()),
        "most attention on",
    )
    title = "Attention heads; measures: entropy, recency correlation, same-category weight"
    return table(title if added is None else f"{title}; adds: contribution to the score", columns, rows)
