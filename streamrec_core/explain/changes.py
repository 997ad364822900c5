"""Sentences about the smallest change of an engagement or of order, for each reader."""

from __future__ import annotations

from streamrec_core.attribution.single_change import Change
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.explain.messages import check_reader, messages


def change_words(
    change: Change,
    history: Session,
    catalogue: Catalogue,
    reader: str = "viewer",
) -> str:
    """Say in one sentence what a change of an engagement or of order does, or that none was found.

    Parameters
    ----------
    change : Change
    history : Session
        As it was before the change.
    catalogue : Catalogue
    reader : str
        viewer, analyst or regulator.

    Returns
    -------
    str

    Raises
    ------
    BadInput
        The reader is unknown.
    """
    say, who = messages(catalogue.words), check_reader(reader)
    figures = {"k": say.number(change.k), "before": say.number(change.rank), "after": say.number(change.rank_after)}
    if change.positions is None:
        return say.say(who, "change", change.kind, "none", count=1, tried=say.number(change.tried), **figures)

    phrases = catalogue.words.phrases
    first = change.positions[0]
    now = change.engagement
    return say.say(
        who,
        "change",
        change.kind,
        "found",
        count=1,
        titles=say.titles([catalogue.titles[int(history.items[at])] for at in change.positions]),
        events=", ".join(say.number(history.number(at)) for at in change.positions),
        instead=say.titles([catalogue.titles[row] for row in change.instead[:1]]),
        was=phrases[int(history.engagements[first])],
        engaged="" if now is None else phrases[now],
        **figures,
    )
