"""Cases of a report: which recommendations to show in full, and the evidence on each, event by event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp
from typing import Any

import numpy as np

from streamrec_core.attribution.contributions import contributions
from streamrec_core.data.shown_text import shown_text
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.explain.sentences import Clause, words
from streamrec_core.explain.verified import add_counterfactual, verify_examples
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explanation_view.payload import matrix_payload
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.report.document import CaseFile, DashboardLink, EventLine, HeadColumn, ReasonText
from streamrec_core.report.register import Register
from streamrec_core.report.subject import Subject

LISTED = 15
"""Number of events listed for a case, those with the largest effects."""
SHOWN = 10
REQUESTED = "requested"
Rule = Callable[[Verified], bool]


def _hits_target(verified: Verified) -> bool:
    target = verified.first_look.target
    return target is not None and 1 <= target.rank <= SHOWN


RULES: dict[str, Rule] = {
    "first of the sample with confirmed reasons, next title among the ten": lambda verified: (
        verified.status == "verified" and _hits_target(verified)
    ),
    "first of the sample with confirmed reasons, next title not among the ten": lambda verified: (
        verified.status == "verified" and not _hits_target(verified)
    ),
    "first of the sample without a confirmed reason": lambda verified: verified.status == "no reason holds",
}
"""Which cases to show where none is requested; they include a failure where there is one."""


def requested_cases(subject: Subject, session_ids: Sequence[str]) -> list[tuple[str, Verified]]:
    """Explain and check the requested sessions.

    Parameters
    ----------
    subject : Subject
    session_ids : sequence of str

    Returns
    -------
    list of (str, Verified)
        `REQUESTED`, and the explanation.

    Raises
    ------
    BadInput
        A session does not exist, or has only one event.
    """
    log = subject.dataset.log
    rows = [log.row(session_id) for session_id in session_ids]
    ends = [int(log.lengths[row]) - 1 for row in rows]
    for session_id, end in zip(session_ids, ends, strict=True):
        if end < 1:
            raise BadInput(f"session {session_id!r} has only one event, so no history; choose a longer one")
    examples = Examples(np.array(rows, np.int64), np.array(ends, np.int64))
    return [(REQUESTED, verified) for verified in verify_examples(subject.model, subject.dataset, examples)]


def by_rule(sample: Sequence[Verified]) -> list[tuple[str, Verified]]:
    """Select one case for each of `RULES` that any of the sample fits, none twice."""
    cases: list[tuple[str, Verified]] = []
    for rule, fits in RULES.items():
        taken = [id(verified) for _, verified in cases]
        match = next((verified for verified in sample if fits(verified) and id(verified) not in taken), None)
        if match is not None:
            cases.append((rule, match))
    return cases


def case_file(subject: Subject, selection: str, verified: Verified, register: Register) -> CaseFile:
    """Describe one recommendation in full.

    Parameters
    ----------
    subject : Subject
    selection : str
        `REQUESTED`, or the rule of `RULES` that selected it.
    verified : Verified
        Its explanation.
    register : Register
        Its figures are entered here.

    Returns
    -------
    CaseFile
    """
    catalogue = subject.dataset.catalogue
    verified = add_counterfactual(subject.model, catalogue, verified)
    viewer, formal = (words(verified, catalogue, reader) for reader in ("viewer", "regulator"))
    look = verified.first_look
    session_id = subject.pseudonyms.of(look.history.session_id)
    base = f"cases/{session_id}"
    rank = ""
    if look.target is not None and look.target.rank > 0:
        rank = register.enter(
            f"{base}/target_rank", f"rank of the next {subject.dataset.catalogue.words.noun}", look.target.rank, "count"
        )
    matrix = _matrix(subject, verified)
    return CaseFile(
        session_id=session_id,
        selection=selection,
        candidate=shown_text(look.candidate.title),
        probability=register.enter(f"{base}/probability", "its probability", look.candidate.probability, "share"),
        target="" if look.target is None else shown_text(look.target.title),
        target_rank=rank,
        status=verified.status,
        sentence=viewer.sentence,
        formal=formal.sentence,
        badge=formal.agreement,
        warning=formal.warning,
        reasons=tuple(map(_reason_text, formal.clauses)),
        rejected=tuple(map(_reason_text, formal.rejected)),
        counterfactual=viewer.counterfactual,
        events=_events(subject, verified, base, register, matrix["added"] or matrix["attention"]),
        heads=tuple(HeadColumn(**{name: head[name] for name in HeadColumn.model_fields}) for head in matrix["heads"]),
        adds=matrix["added"] is not None,
        unseen=max(0, len(look.history) - LISTED),
        recommended=tuple(shown_text(item.title) for item in look.recommendations[:SHOWN]),
        evidence=(DashboardLink(page="explore", label=f"Open session {session_id}", link={"session": session_id}),),
    )


def _matrix(subject: Subject, verified: Verified) -> dict[str, Any]:
    """What the dashboard draws its matrix from: heads, and what each makes of every event."""
    look, parts = verified.first_look, None
    if isinstance(subject.model, AdditiveModel):
        parts = contributions(subject.model, look.history, [look.candidate.row], "average")
    return matrix_payload(look, subject.dataset, verified, parts)


def _reason_text(clause: Clause) -> ReasonText:
    return ReasonText(label=clause.label, text=clause.text, detail=clause.detail)


def _events(
    subject: Subject, verified: Verified, base: str, register: Register, cells: Sequence[Sequence[float]]
) -> tuple[EventLine, ...]:
    catalogue, history = subject.dataset.catalogue, verified.first_look.history
    wording = subject.dataset.catalogue.words.phrases
    every = verified.evidence.events()
    heaviest = sorted(every, key=lambda event: (-abs(event.removal), event.position))[:LISTED]
    lines = []
    for event in sorted(heaviest, key=lambda event: event.position):
        number = history.number(event.position)
        name, at = f"{base}/event/{number}", f"event {number}"
        register.score_points(name, f"{at}: what the title loses without it", event.removal)
        ids = {}
        if event.attention is not None:
            ids["attention"] = register.enter(f"{name}/attention", f"{at}: attention", event.attention, "share")
        if event.integrated_gradients is not None:
            ids["gradients"] = register.score_points(
                f"{name}/gradients", f"{at}: gradients", event.integrated_gradients
            )
        lines.append(
            EventLine(
                position=number,
                title=shown_text(catalogue.titles[event.item]),
                category=shown_text(catalogue.categories[catalogue.category_of[event.item]]),
                engagement=wording[int(history.engagements[event.position])],
                removal=register.enter(
                    f"{name}/removal", f"{at}: less likely without it by", exp(event.removal), "factor"
                ),
                rank_without=register.enter(f"{name}/rank", f"{at}: rank without it", event.rank_without, "count"),
                heads=tuple(head[event.position] for head in cells),
                **ids,
            )
        )
    return tuple(lines)
