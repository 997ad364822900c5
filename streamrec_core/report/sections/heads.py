"""The section on attention heads: the most frequent type of each, and the loss without it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from streamrec_core.attention.measures import HEAD_TYPES
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.attention.special_positions import kind_note, special_shares
from streamrec_core.attribution.part_importance import PartImportance
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.parameters import FOLLOWERS, main_parameters
from streamrec_core.models.protocol import SessionModel, context_of
from streamrec_core.report.document import DashboardLink, Row, Section, Table
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject

NOTED = 100
"""Sessions whose attention on positions without an event is measured."""
TITLE, QUESTION = "Attention heads", "What happens inside the model?"
COLUMNS = ("Head", "Share of sessions", "Same type under uniform attention", "Less likely without it")
READING_THE_TABLE = (
    "A type says where a head looks, not what the model makes of it. Heads that attend to the same events replace each "
    "other, so each alone can matter little while all together matter much. 1.00 times means no change."
)


def heads(
    subject: Subject, profile: HeadProfile | None, parts: Sequence[PartImportance], register: Register
) -> Section:
    """Describe every head and measure what is lost without it.

    Parameters
    ----------
    subject : Subject
    profile : HeadProfile or None
        None for a model without attention.
    parts : sequence of PartImportance
        Of the heads.
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
    """
    if profile is None:
        return _no_heads(subject)
    by_name = {part.name: part for part in parts}
    followers = {
        f"Layer {parameter.layer} head {parameter.head}": parameter.words
        for parameter in main_parameters(subject.model, words=subject.dataset.catalogue.words)
        if parameter.term == FOLLOWERS
    }
    rows = tuple(
        _row(profile, at, by_name.get(name), followers.get(name, ""), register) for at, name in enumerate(profile.names)
    )
    adds = any(part.adds is not None for part in parts)
    columns = (*COLUMNS, "Adds to the score") if adds else COLUMNS
    together = _drop(by_name["all heads at once"], len(profile.names), profile.sessions, register)
    sessions = register.enter("heads/sessions", "test sessions sampled", profile.sessions, "count")
    return Section(
        key="heads",
        title=TITLE,
        question=QUESTION,
        says=(
            "An attention head decides how much each event of the session counts. This model has "
            f"{len(profile.names)} heads in {profile.layers} layers. On {ref(sessions)} test sessions, each head was "
            "classified by its most frequent type and switched off to measure the loss.",
            f"Without all heads at once the first recommendation is {ref(together)} less likely.",
        ),
        tables=(
            Table(
                id="heads/types", title="Heads by type, and the loss without each", columns=columns, rows=rows, bar=0
            ),
        ),
        after=(
            READING_THE_TABLE,
            *(_additive(profile, subject.model) if adds else ()),
            *(_on_no_event(subject, register) if subject.foreign else ()),
        ),
        evidence=(DashboardLink(page="heads", label="See every head over many sessions"),),
    )


def _no_heads(subject: Subject) -> Section:
    """The section on a model without attention heads."""
    why = (
        "No attention heads of this model could be read: it is known by its scores, or has none."
        if subject.foreign
        else "This model has no attention heads: it is recurrent."
    )
    return Section(
        key="heads",
        title=TITLE,
        question=QUESTION,
        says=(
            f"{why} What drives its recommendations is measured from outside, by removing events; see the main "
            "parameters.",
        ),
        evidence=(DashboardLink(page="compare", label="Compare it with a model that has heads"),),
    )


def _on_no_event(subject: Subject, register: Register) -> tuple[str, ...]:
    """What lies on padding and MASK in a model of another library, and of what kind its weights are."""
    rows = subject.divided.test.sessions[:NOTED].tolist()
    histories = [subject.dataset.log.session(row).until(-1) for row in rows]
    by_session = special_shares(subject.model, histories, len(subject.dataset.catalogue))
    note = kind_note(subject.model)
    shares = [note] if note else []
    if by_session and by_session[0].size:
        mean = sum(float(each.mean()) for each in by_session) / len(by_session)
        on_none = register.enter(
            "heads/special", "attention on padding, MASK and other positions without an event", mean, "share"
        )
        shares.append(
            f"On average {ref(on_none)} of the attention lies on padding, MASK or other positions without an event; "
            "types are measured on the rest, scaled to the events."
        )
    return tuple(shares)


def _additive(profile: HeadProfile, model: SessionModel) -> tuple[str, ...]:
    """Notes on a model whose heads add up to the score."""
    return (
        side_by_side(profile.layers, profile.heads, context_of(model)),
        "The score of a title is the sum of the heads' contributions for each event, its popularity and the start. The "
        f"size of a contribution is of the first recommendation, whatever its sign. {POINTS_EXPLAINED}",
    )


def _row(profile: HeadProfile, at: int, part: PartImportance | None, followers: str, register: Register) -> Row:
    name, head_type = profile.names[at], profile.most_often(at)
    base = f"heads/{at // profile.heads}.{at % profile.heads}"
    share = register.enter(
        f"{base}/share",
        f"{name}: share of sessions as {head_type.type}",
        head_type.share,
        "share",
        head_type.interval,
        profile.sessions,
    )
    even = register.enter(
        f"{base}/even", f"{name}: uniform attention as {head_type.type}", head_type.uniform_share, "share"
    )
    lost = "" if part is None else _drop(part, at, profile.sessions, register)
    adds = () if part is None or part.adds is None else (_added(part, base, profile.sessions, register),)
    note = "; ".join(filter(None, (HEAD_TYPES[head_type.type].meaning, followers)))
    return Row(label=f"{name}: {head_type.type}", note=note, cells=(share, even, lost, *adds))


def _added(part: PartImportance, base: str, sessions: int, register: Register) -> str:
    label = f"{part.name}: mean size of its contribution to the score"
    return register.score_points(f"{base}/adds", label, part.adds or 0.0, part.adds_interval, sessions)


def _drop(part: PartImportance, at: int, sessions: int, register: Register) -> str:
    low, high = part.interval
    base = f"heads/fall/{at}"
    label = f"{part.name}: what the first recommendation loses without it"
    register.score_points(base, label, part.log_prob_drop, part.interval, sessions)
    return register.enter(
        base,
        f"{part.name}: first recommendation less likely by",
        math.exp(part.log_prob_drop),
        "factor",
        (math.exp(low), math.exp(high)),
        sessions,
    )
