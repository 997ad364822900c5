"""The `why-not` command, and `explain --bring-in`: why a title was not shown, and what would bring it on the list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import JsonOption, aside, people, print_json
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.attribution.bring_in_record import BringIn
    from streamrec_core.data.dataset import DataSet, SplitKind
    from streamrec_core.data.log import Session
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer()


@app.command("why-not")
@takes_model
def why_not_command(
    item: Annotated[str, typer.Option(help="Id or title of the item that was not shown.")],
    choice: ModelChoice,
    session: Annotated[str | None, typer.Option(help="Session id in the data set.")] = None,
    history: Annotated[
        str | None, typer.Option(help="Ids or titles separated by `;`; or a file with one per line.")
    ] = None,
    filters: Annotated[
        Path | None,
        typer.Option(
            help="File of what was removed around the model: columns item, reason, and session, stage. "
            "Default: filters.csv or the like in the folder of the data set."
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Length of the list.")] = 10,
    search: Annotated[bool, typer.Option(help="Search what would bring the title on the list.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Say why a title was not shown: its rank, the filter that removed it, and what would bring it on the list.

    Example: `streamrec why-not --session 17 --item "The Working Harvest"`
    """
    from streamrec_core.attribution.bring_in_record import BringInSettings
    from streamrec_core.data.filter_records import read_filter_records, stored_filter_file
    from streamrec_core.data.splits import split
    from streamrec_core.explain.why_not import bring_in_title, why_not
    from streamrec_core.explain.why_not_json import why_not_as_plain

    if (session is None) == (history is None):
        raise BadInput("give either --session ID or --history with item ids or titles")
    model, dataset, kind = choice.open()
    events, row = events_of(dataset, session, history), dataset.catalogue.row(item)
    file = filters or stored_filter_file(dataset)
    records = None if file is None else read_filter_records(file, dataset.catalogue)
    if records is not None and records.unknown:
        aside.print(f"{records.unknown:,} records of {file} name items that the catalogue lacks.", markup=False)
    answer = why_not(model, dataset, events, row, top, records)
    if search and answer.cause == "ranked lower":
        train = split(dataset, kind).train
        lift = bring_in_title(model, dataset, events, row, train, BringInSettings(k=top))
        answer = replace(answer, bring_in=lift)
    if as_json:
        print_json(why_not_as_plain(answer, dataset.catalogue))
    else:
        people.print(answer.text, markup=False, highlight=False, soft_wrap=True)
        if answer.bring_in is not None:
            _print_note(answer.bring_in, answer.noun)


def print_bring_in(
    model: SessionModel, dataset: DataSet, kind: SplitKind | None, events: Session, item: str, as_json: bool
) -> None:
    """Print what would bring a title on the list of ten.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    kind : str or None
        As `open_model` gives it.
    events : Session
        The history.
    item : str
        Id or title.
    as_json : bool

    Raises
    ------
    BadInput
        There is no such title, it is on the list already, or it cannot be recommended.
    """
    from streamrec_core.data.splits import split
    from streamrec_core.explain.why_not import bring_in_title, bring_in_words
    from streamrec_core.explain.why_not_json import bring_in_as_plain

    row = dataset.catalogue.row(item)
    lift = bring_in_title(model, dataset, events, row, split(dataset, kind).train)
    if as_json:
        document = {"session": events.session_id, "model": model.name} | bring_in_as_plain(lift, dataset.catalogue)
        print_json(document)
        return
    text = bring_in_words(lift, dataset.catalogue.words.noun)
    people.print(f"{lift.title} has rank {lift.rank:,}. {text}", markup=False, highlight=False)
    people.print(f"({lift.tried:,} changed histories in {lift.calls} model calls)", style="dim", markup=False)
    _print_note(lift, dataset.catalogue.words.noun)


def _print_note(lift: BringIn, noun: str) -> None:
    """What a search that succeeded does not show."""
    from streamrec_core.data.nouns import in_noun
    from streamrec_core.explain.why_not import BRING_IN_NOTE

    if lift.edits is not None:
        people.print(in_noun(BRING_IN_NOTE, noun), style="dim", markup=False, highlight=False, soft_wrap=True)


def events_of(dataset: DataSet, session: str | None, history: str | None) -> Session:
    """The history to explain after: that of a session of the data set, or a typed one.

    Parameters
    ----------
    dataset : DataSet
    session, history : str or None
        One of them.

    Returns
    -------
    Session

    Raises
    ------
    BadInput
        There is no such session, or the history cannot be read.
    """
    from streamrec_core.cli.explain import history_of

    if session is not None:
        return dataset.log.session(dataset.log.row(session)).until(-1)
    return history_of(history or "", dataset.catalogue)
