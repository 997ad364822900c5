"""The smallest change of an engagement or of order in words, for each reader and language."""

from __future__ import annotations

from streamrec_core.attribution.counterfactual import Change
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.engagement import ENGAGEMENTS, Wording
from streamrec_core.data.log import Session
from streamrec_core.explain.messages import check_reader, messages


def change_words(
    found: Change,
    history: Session,
    catalogue: Catalogue,
    wording: Wording = "events",
    reader: str = "viewer",
    language: str = "en",
) -> str:
    """One sentence on what such a change does, or that none does it.

    Parameters
    ----------
    history : Session
        As it was before the change.

    Raises
    ------
    BadInput
        The reader or the language is unknown.
    """
    say, who = messages(language), check_reader(reader)
    figures = {"k": say.number(found.k), "before": say.number(found.rank), "after": say.number(found.rank_after)}
    if found.positions is None:
        return say.say(who, "change", found.kind, "none", count=1, tried=say.number(found.tried), **figures)

    def engaged(code: int) -> str:
        return say.say("engagement", wording, ENGAGEMENTS[code])

    first = found.positions[0]
    now = found.engagement
    return say.say(
        who,
        "change",
        found.kind,
        "found",
        count=1,
        titles=say.titles([catalogue.titles[int(history.items[at])] for at in found.positions]),
        events=", ".join(say.number(at + 1) for at in found.positions),
        instead=say.titles([catalogue.titles[row] for row in found.instead[:1]]),
        was=engaged(int(history.engagements[first])),
        engaged="" if now is None else engaged(now),
        **figures,
    )
