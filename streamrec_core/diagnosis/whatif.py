"""What-if: edit a copy of a session and compare recommendations, heads and explanations before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.edits import Edit, apply_edits
from streamrec_core.diagnosis.rank_changes import RankChanges, compare_rankings
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranked_catalogue import score_history
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
        Id of the original session.
    edits : tuple of Edit
        In the order in which they were made.
    history, edited : Session
        Whole histories, without the target.
    before, after : Explanation
        Of the same candidate: the requested one, else the first recommendation before the edits.
    after_first : Explanation
        Of the first recommendation after the edits.
    rank_changes : RankChanges
        Of the ten recommendations.
    """

    parent: str
    edits: tuple[Edit, ...]
    history: Session
    edited: Session
    before: Explanation
    after: Explanation
    after_first: Explanation
    rank_changes: RankChanges


def history_of(dataset: DataSet, session_id: str) -> tuple[Session, int]:
    """Split a session into its history and its target.

    Parameters
    ----------
    dataset : DataSet
    session_id : str

    Returns
    -------
    (Session, int)
        All events but the last, and the catalogue row of the last.

    Raises
    ------
    BadInput
        The session does not exist, or has only one event.
    """
    session = dataset.log.session(dataset.log.row(session_id))
    if len(session) < 2:
        raise BadInput(f"session {session_id!r} has only one event, so no history; choose a longer one")
    return session.until(-1), int(session.items[-1])


def what_if(
    model: SessionModel, dataset: DataSet, session_id: str, edits: Sequence[Edit], candidate: int | None = None
) -> WhatIf:
    """Make edits to a copy of a session and predict from both.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    session_id : str
    edits : sequence of Edit
        From `read_edits`, such as `read_edits("remove.3")`.
    candidate : int or None
        Catalogue row of the item to explain on both sides; the first recommendation before the edits when None.

    Returns
    -------
    WhatIf

    Raises
    ------
    BadInput
        The session does not exist, or an edit cannot be made.

    Examples
    --------
    >>> from streamrec_core.data.dataset import make_dataset
    >>> from streamrec_core.data.synthetic.case_study import case_study_catalogue, draw_case_study
    >>> from streamrec_core.data.splits import split
    >>> from streamrec_core.diagnosis.edits import read_edits
    >>> from streamrec_core.models.neighbours import item_neighbours
    >>> catalogue = case_study_catalogue()
    >>> log, _ = draw_case_study(catalogue, sessions=200, seed=1)
    >>> about = {"kind": "synthetic", "source": "drawn", "licence": "none needed", "train_positions": "last"}
    >>> dataset = make_dataset(catalogue, log, name="toy", **about)
    >>> model = item_neighbours(log, catalogue, split(dataset).train)
    >>> comparison = what_if(model, dataset, log.session_ids[0], read_edits("remove.1"))
    >>> len(comparison.history) - len(comparison.edited), comparison.rank_changes.in_both <= 10
    (1, True)
    """
    history, target = history_of(dataset, session_id)
    edited = apply_edits(history, edits, dataset.catalogue)
    before = explain(model, dataset, history, target, candidate)
    after = explain(model, dataset, edited, target, before.candidate.row)
    first = after.recommendations[0].row
    scored = [score_history(model, dataset.catalogue, side, dataset.card.filter_seen) for side in (history, edited)]
    return WhatIf(
        parent=session_id,
        edits=tuple(edits),
        history=history,
        edited=edited,
        before=before,
        after=after,
        after_first=after if first == after.candidate.row else explain(model, dataset, edited, target, first),
        rank_changes=compare_rankings(scored[0], scored[1], dataset.catalogue),
    )


def checked_sentences(model: SessionModel, dataset: DataSet, comparison: WhatIf) -> tuple[str, str, str]:
    """Explain both sides of a what-if by reasons that the removal of their events confirms.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    comparison : WhatIf

    Returns
    -------
    (str, str, str)
        For a viewer: of `before`, `after` and `after_first`.
    """
    sides = (
        (comparison.before, comparison.history),
        (comparison.after, comparison.edited),
        (comparison.after_first, comparison.edited),
    )
    to_check = [side for side in sides if side[0].candidate.rank]
    checked = iter(verify_many(model, dataset, to_check))
    before, after, first = (
        words(next(checked), dataset.catalogue).sentence
        if side.candidate.rank
        else cannot_be_recommended(noun=dataset.catalogue.words.noun)
        for side, _ in sides
    )
    return before, after, first
