"""Cases told in full: which ones, and what is known of each, event by event, with what would change the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp

import numpy as np

from streamrec_core.data.engagement import ENGAGEMENT_WORDS
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.explain.sentences import Clause, words
from streamrec_core.explain.verified import Verified, add_counterfactual, verify_examples
from streamrec_core.report.document import CaseFile, EventLine, Evidence, Said, Unit
from streamrec_core.report.register import Register
from streamrec_core.report.subject import Subject

LISTED = 15
"""Events of a case that are listed, those with the largest effects."""
SHOWN = 10
ASKED_FOR = "asked for"
Rule = Callable[[Verified], bool]


def _found_next(one: Verified) -> bool:
    target = one.first_look.target
    return target is not None and 1 <= target.rank <= SHOWN


RULES: dict[str, Rule] = {
    "the first of the sample whose reasons held and where the ten hold what came next": lambda one: (
        one.status == "verified" and _found_next(one)
    ),
    "the first of the sample whose reasons held and where the ten miss what came next": lambda one: (
        one.status == "verified" and not _found_next(one)
    ),
    "the first of the sample for which no reason held": lambda one: one.status == "no reason holds",
}
"""Which cases are told where nobody asks for any; a failure is always among them where there is one."""


def asked(subject: Subject, session_ids: Sequence[str]) -> list[tuple[str, Verified]]:
    """The cases that were asked for, checked.

    Raises
    ------
    BadInput
        A session is not there, or has no history.
    """
    log = subject.dataset.log
    rows = [log.row(session_id) for session_id in session_ids]
    ends = [int(log.lengths[row]) - 1 for row in rows]
    for session_id, end in zip(session_ids, ends, strict=True):
        if end < 1:
            raise BadInput(f"session {session_id!r} has one event and so no history; choose a longer one")
    examples = Examples(np.array(rows, np.int64), np.array(ends, np.int64))
    return [(ASKED_FOR, one) for one in verify_examples(subject.model, subject.dataset, examples)]


def by_rule(sample: Sequence[Verified]) -> list[tuple[str, Verified]]:
    """One case for each rule that any of the sample fits, none twice."""
    chosen: list[tuple[str, Verified]] = []
    for rule, fits in RULES.items():
        taken = [id(one) for _, one in chosen]
        found = next((one for one in sample if fits(one) and id(one) not in taken), None)
        if found is not None:
            chosen.append((rule, found))
    return chosen


def case_file(subject: Subject, chosen: str, found: Verified, register: Register) -> CaseFile:
    """Everything known of one recommendation, its figures entered in the register."""
    catalogue = subject.dataset.catalogue
    found = add_counterfactual(subject.model, catalogue, found)
    viewer, formal = (words(found, catalogue, reader) for reader in ("viewer", "regulator"))
    look = found.first_look
    session_id = look.history.session_id
    base = f"cases/{session_id}"
    rank = ""
    if look.target is not None and look.target.rank > 0:
        rank = register.enter(f"{base}/target_rank", "rank of what came next", look.target.rank, "count")
    return CaseFile(
        session_id=session_id,
        chosen=chosen,
        candidate=look.candidate.title,
        probability=register.enter(f"{base}/probability", "its probability", look.candidate.probability, "share"),
        target="" if look.target is None else look.target.title,
        target_rank=rank,
        status=found.status,
        sentence=viewer.sentence,
        formal=formal.sentence,
        badge=formal.agreement,
        warning=formal.warning,
        reasons=tuple(map(_said, formal.clauses)),
        dropped=tuple(map(_said, formal.rejected)),
        counterfactual=viewer.counterfactual,
        events=_events(subject, found, base, register),
        unseen=max(0, len(look.history) - LISTED),
        recommended=tuple(item.title for item in look.recommendations[:SHOWN]),
        evidence=(Evidence(page="explore", label=f"Open session {session_id}", link={"session": session_id}),),
    )


def _said(clause: Clause) -> Said:
    return Said(label=clause.label, text=clause.text, detail=clause.detail)


def _events(subject: Subject, found: Verified, base: str, register: Register) -> tuple[EventLine, ...]:
    catalogue, history = subject.dataset.catalogue, found.first_look.history
    wording = ENGAGEMENT_WORDS[subject.dataset.card.wording]
    every = found.evidence.events()
    heaviest = sorted(every, key=lambda event: (-abs(event.removal), event.position))[:LISTED]
    lines = []
    for event in sorted(heaviest, key=lambda event: event.position):
        name, at = f"{base}/event/{event.position + 1}", f"event {event.position + 1}"
        register.enter(f"{name}/nats", f"{at}: fall without it, in nats", event.removal, "nats")
        optional: dict[str, tuple[Unit, float | None]] = {
            "attention": ("share", event.attention),
            "gradients": ("nats", event.integrated_gradients),
        }
        ids = {
            method: register.enter(f"{name}/{method}", f"{at}: {method}", value, unit)
            for method, (unit, value) in optional.items()
            if value is not None
        }
        lines.append(
            EventLine(
                place=event.position + 1,
                title=catalogue.titles[event.item],
                category=catalogue.categories[catalogue.category_of[event.item]],
                engagement=wording[int(history.engagements[event.position])],
                removal=register.enter(
                    f"{name}/removal", f"{at}: less likely without it by", exp(event.removal), "factor"
                ),
                rank_without=register.enter(f"{name}/rank", f"{at}: rank without it", event.rank_without, "count"),
                **ids,
            )
        )
    return tuple(lines)
