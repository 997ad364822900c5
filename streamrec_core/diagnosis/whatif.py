"""What if the session had been another: the ten, the heads and the explanation, before and after edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.edits import Edit, apply
from streamrec_core.diagnosis.rank_changes import Shift, shift
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import score_history
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.record import Explanation
from streamrec_core.explain.sentences import cannot_be_recommended, words
from streamrec_core.explain.verified import verify_many
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class WhatIf:
    """One session and an edited copy of it.

    Attributes
    ----------
    parent : str
        Id of the session that the edited one came from.
    edits : tuple of Edit
        How it came from it.
    history, edited : Session
        The whole histories, target left off.
    before, after : Explanation
        Of the same candidate on both sides: the one asked for, else the first recommendation before.
    after_first : Explanation
        Of the first recommendation after the edits.
    shift : Shift
        How the ten moved.
    """

    parent: str
    edits: tuple[Edit, ...]
    history: Session
    edited: Session
    before: Explanation
    after: Explanation
    after_first: Explanation
    shift: Shift


def history_of(dataset: DataSet, session_id: str) -> tuple[Session, int]:
    """The history of a session and the catalogue row of its target; raises `BadInput` where it has no history."""
    session = dataset.log.session(dataset.log.row(session_id))
    if len(session) < 2:
        raise BadInput(f"session {session_id!r} has one event and so no history; choose a longer one")
    return session.until(-1), int(session.items[-1])


def what_if(
    model: SessionModel, dataset: DataSet, session_id: str, edits: Sequence[Edit], candidate: int | None = None
) -> WhatIf:
    """Make the edits to a copy of the session and predict from both.

    Raises
    ------
    BadInput
        There is no such session, or an edit cannot be made.
    """
    history, target = history_of(dataset, session_id)
    edited = apply(history, edits, dataset.catalogue)
    before = explain(model, dataset, history, target, candidate)
    after = explain(model, dataset, edited, target, before.candidate.row)
    first = after.recommendations[0].row
    scored = [score_history(model, dataset.catalogue, one, dataset.card.filter_seen) for one in (history, edited)]
    return WhatIf(
        parent=session_id,
        edits=tuple(edits),
        history=history,
        edited=edited,
        before=before,
        after=after,
        after_first=after if first == after.candidate.row else explain(model, dataset, edited, target, first),
        shift=shift(scored[0], scored[1], dataset.catalogue),
    )


def checked_sentences(model: SessionModel, dataset: DataSet, found: WhatIf) -> tuple[str, str, str]:
    """What holds when events are really taken away: of `before`, `after` and `after_first`, in a viewer's words."""
    sides = ((found.before, found.history), (found.after, found.edited), (found.after_first, found.edited))
    to_check = [side for side in sides if side[0].candidate.rank]
    checked = iter(verify_many(model, dataset, to_check))
    before, after, first = (
        words(next(checked), dataset.catalogue).sentence if one.candidate.rank else cannot_be_recommended()
        for one, _ in sides
    )
    return before, after, first
