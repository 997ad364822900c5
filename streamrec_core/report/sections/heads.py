"""The section on heads: what each looks at most often, and what is lost without it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from streamrec_core.attention.measures import HEAD_TYPES
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.attribution.part_importance import PartImportance
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.parameters import FOLLOWERS, main_parameters
from streamrec_core.report.document import Evidence, Row, Section, Table
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject

TITLE, QUESTION = "What each head does", "What happens inside?"


def heads(
    subject: Subject, profile: HeadProfile | None, parts: Sequence[PartImportance], register: Register
) -> Section:
    """One line a head, and what all of them together are worth."""
    if profile is None:
        return Section(
            key="heads",
            title=TITLE,
            question=QUESTION,
            says=(
                "This model has no attention heads. It carries a memory of figures from event to event, and these "
                "figures have no names. What it goes by can still be measured from outside, by taking events away, "
                "and is told among the main parameters.",
            ),
            evidence=(Evidence(page="compare", label="Compare it with a model that has heads"),),
        )
    by_name = {one.name: one for one in parts}
    followers = {
        f"layer {one.layer}, head {one.head}": one.words
        for one in main_parameters(subject.model, wording=subject.dataset.card.wording)
        if one.term == FOLLOWERS
    }
    rows = tuple(
        _row(profile, at, by_name.get(name), followers.get(name, ""), register) for at, name in enumerate(profile.names)
    )
    adds = any(one.adds is not None for one in parts)
    together = _fall(by_name["all heads at once"], len(profile.names), profile.sessions, register)
    sessions = register.enter("heads/sessions", "test sessions looked at", profile.sessions, "count")
    return Section(
        key="heads",
        title=TITLE,
        question=QUESTION,
        says=(
            f"A head is a part of the model that decides how much each event of the session counts. This model has "
            f"{len(profile.names)} of them in {profile.layers} layers. Over {place(sessions)} test sessions each was "
            "named by the pattern it shows most often, and switched off to see what is lost.",
            f"Without all heads at once the first title is {place(together)} less likely.",
        ),
        tables=(
            Table(
                id="heads/types",
                title="Heads by what they look at, and what each is worth",
                columns=(
                    "Head",
                    "In this share of sessions",
                    "Even attention would be called so",
                    "Less likely without it",
                    *(("Adds to the score",) if adds else ()),
                ),
                rows=rows,
                bar=0,
            ),
        ),
        after=(
            "A name says where a head looks, not what the model made of it. Heads that look at the same events cover "
            "for each other, so each alone can be worth little while all together are worth much. 1.00 times means "
            "that nothing changes without it.",
            *(_additive(profile) if adds else ()),
        ),
        evidence=(Evidence(page="heads", label="See every head over many sessions"),),
    )


def _additive(profile: HeadProfile) -> tuple[str, ...]:
    """How heads that add up to the score stand to each other."""
    return (
        side_by_side(profile.layers, profile.heads),
        "The score of a title is the sum of what the heads add because of each event, with its popularity and the "
        "start. What a head adds is given by size, for the first title, whether it speaks for the title or against it.",
    )


def _row(profile: HeadProfile, at: int, part: PartImportance | None, followers: str, register: Register) -> Row:
    name, found = profile.names[at], profile.most_often(at)
    base = f"heads/{at // profile.heads}.{at % profile.heads}"
    share = register.enter(
        f"{base}/share",
        f"{name}: share of sessions as {found.type}",
        found.share,
        "share",
        found.interval,
        profile.sessions,
    )
    even = register.enter(f"{base}/even", f"{name}: even attention as {found.type}", found.uniform_share, "share")
    lost = "" if part is None else _fall(part, at, profile.sessions, register)
    adds = () if part is None or part.adds is None else (_added(part, base, profile.sessions, register),)
    note = "; ".join(filter(None, (HEAD_TYPES[found.type].habit, followers)))
    return Row(label=f"{name}: {found.type}", note=note, cells=(share, even, lost, *adds))


def _added(part: PartImportance, base: str, sessions: int, register: Register) -> str:
    label = f"{part.name}: mean size of what it adds to the score"
    return register.enter(f"{base}/adds", label, part.adds or 0.0, "number", part.adds_interval, sessions)


def _fall(part: PartImportance, at: int, sessions: int, register: Register) -> str:
    low, high = part.interval
    base = f"heads/fall/{at}"
    register.enter(
        f"{base}/nats", f"{part.name}: fall without it, in nats", part.log_prob_drop, "nats", part.interval, sessions
    )
    return register.enter(
        base,
        f"{part.name}: first title less likely by",
        math.exp(part.log_prob_drop),
        "factor",
        (math.exp(low), math.exp(high)),
        sessions,
    )
