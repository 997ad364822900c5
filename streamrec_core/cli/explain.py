"""The `explain` command: why an item is recommended after a session, with the checks of its reasons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from streamrec_core.cli.explain_options import (
    ArchiveFile,
    ArchivePart,
    ArchiveSessions,
    EverySession,
    ItemToExplain,
    LeastShare,
    Reader,
    SessionId,
    TitleToBringIn,
    WrittenHistory,
)
from streamrec_core.cli.explanation_json import as_plain, plain_checks
from streamrec_core.cli.explanation_text import print_explanation
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
)
from streamrec_core.defaults import LEAST_SHARE
from streamrec_core.errors import BadInput
from streamrec_core.files import read_text

if TYPE_CHECKING:
    from streamrec_core.data.catalogue import Catalogue
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.log import Session
    from streamrec_core.explain.record import Explanation
    from streamrec_core.explain.verified_record import Verified, VerifySettings
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer()


@app.command("explain")
def explain_command(
    session: SessionId = None,
    history: WrittenHistory = None,
    item: ItemToExplain = None,
    bring_in: TitleToBringIn = None,
    checkpoint: CheckpointOption = None,
    model_from: ModelFromOption = None,
    run: RunOption = None,
    data: ModelDataOption = None,
    reader: Reader = "viewer",
    least_share: LeastShare = LEAST_SHARE,
    everything: EverySession = False,
    out: ArchiveFile = None,
    sessions: ArchiveSessions = None,
    part: ArchivePart = "all",
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
    from streamrec_core.cli.explain_all import ArchiveOptions, explain_all
    from streamrec_core.cli.models import open_model, warning_field
    from streamrec_core.cli.why_not import events_of, print_bring_in
    from streamrec_core.explain.messages import check_reader

    check_reader(reader)
    where = choose_engine(engine, address)
    settings = _verify_settings(least_share)
    if everything:
        if out is None or session or history or item or bring_in:
            raise BadInput("--all needs --out FILE (.parquet, .csv or .jsonl), without --session, --history and --item")
        options = ArchiveOptions(
            part, sessions, reader, settings, pseudonyms, device=device, model_from=model_from, jobs=jobs, engine=where
        )
        _print_written(explain_all(run, checkpoint, data, out, options, quiet=as_json), as_json)
        return
    if (session is None) == (history is None):
        raise BadInput("give either --session ID or --history with item ids or titles")
    model, dataset, kind = open_model(run, checkpoint, data, device, model_from)
    if bring_in is not None:
        print_bring_in(model, dataset, kind, events_of(dataset, session, history), bring_in, as_json)
        return
    first_look, events = _first_look(model, dataset, session, history, item)
    verified = _verified(model, dataset, first_look, events, settings)
    checks = plain_checks(verified, dataset.catalogue, reader)
    if as_json:
        status = {"status": checks["verified_status"]}
        print_json(as_plain(first_look) | checks | status | warning_field(run, checkpoint, model_from))
    else:
        print_explanation(first_look, dataset, checks)


def _verify_settings(least_share: float) -> VerifySettings:
    from streamrec_core.explain.check_record import CheckSettings
    from streamrec_core.explain.verified_record import VerifySettings

    return VerifySettings(checks=CheckSettings.parse({"least_share": least_share}, "explain"))


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


def _print_written(written: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(written)
    else:
        people.print(
            f"Wrote {written['explanations']:,} explanations of {written['model']} to {written['out']}", markup=False
        )
