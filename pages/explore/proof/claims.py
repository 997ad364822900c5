"""Checked sentences, each tied to its events and figures: choosing one lights them up and opens what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.explore.attention_view import number
from pages.explore.url import CLAUSE
from pages.ui.component import register
from pages.ui.url_state import update_url, url_value
from streamrec_core.explain.checks import Check, CheckSettings
from streamrec_core.explain.messages import Messages, messages
from streamrec_core.explain.reasons import CandidateReason
from streamrec_core.explain.sentences import Clause, Words

_claims = register("claims", '<div class="sr-claims-root"></div>\n', ("bus.js", "claims.js"), "claims.css")
MOST_EVENTS = 12
"""Events of a reason that are named by number; of more, all are counted."""


@dataclass(frozen=True)
class Sheet:
    """Where claims stand.

    Attributes
    ----------
    session : str
        Names the session to the other components of the page.
    stamp : str
        Names what is claimed; another stamp is another set of sentences, with none of them open.
    owner : bool
        Whether the open sentence stands in the link.
    """

    session: str
    stamp: str
    language: str
    owner: bool = True


def verified_claims(words: Words, settings: CheckSettings, sheet: Sheet, key: str) -> None:
    """Draw the sentences that hold or, where none does, what is known; folded below, what is not claimed."""
    say = messages(sheet.language)
    clauses = [_claim(clause, settings, say) for clause in words.clauses]
    dropped = [_claim(clause, settings, say, labelled=True) for clause in words.rejected]
    draw(clauses, dropped, sheet, key, lead=() if clauses else (words.sentence,))


def draw(
    clauses: Sequence[dict[str, Any]],
    dropped: Sequence[dict[str, Any]],
    sheet: Sheet,
    key: str,
    lead: Sequence[str] = (),
) -> None:
    """Draw any claims."""
    count = len(clauses) + len(dropped)
    data = {
        "key": sheet.session,
        "stamp": sheet.stamp,
        "lang": sheet.language,
        "owner": sheet.owner,
        "open": _asked_clause(count) if sheet.owner else None,
        "lead": list(lead),
        "clauses": list(clauses),
        "dropped": list(dropped),
        "droppedTitle": messages(sheet.language).say("figure", "rejected", count=len(dropped)),
    }
    _claims(key=key, data=data, on_clause_change=lambda: take_clause(key, sheet, count))


def take_clause(key: str, sheet: Sheet, count: int) -> None:
    """Keep which sentence is open; what the browser says is not to be trusted."""
    told = st.session_state[key].get("clause")
    if not sheet.owner or not isinstance(told, Mapping) or told.get("stamp") != sheet.stamp:
        return
    at = told.get("clause")
    if at is None:
        update_url({CLAUSE: None})
    elif type(at) is int and 0 <= at < count:
        update_url({CLAUSE: str(at + 1)})


def _asked_clause(count: int) -> int | None:
    """The sentence that the link asks for, counted from 0."""
    found = number(url_value(CLAUSE) or "")
    return found - 1 if found is not None and 1 <= found <= count else None


def _claim(clause: Clause, settings: CheckSettings, say: Messages, labelled: bool = False) -> dict[str, Any]:
    return {
        "label": f"{clause.label}." if labelled else "",
        "text": clause.text,
        "detail": clause.detail if labelled else f"{clause.label}. {clause.detail}",
        "positions": list(clause.positions),
        "figures": _figures(clause.checked.check, clause.checked.reason, settings, say),
    }


def _figures(check: Check, reason: CandidateReason, settings: CheckSettings, say: Messages) -> list[tuple[str, str]]:
    """What was measured, for everybody who wants to see it."""

    def told(name: str) -> str:
        return say.say("figure", name)

    sources = ", ".join(told(source) for source in reason.proposed_by)
    if reason.heads:
        heads = ", ".join(f"L{layer}H{head}" for layer, head in reason.heads)
        sources = say.say("figure", "heads", sources=sources, heads=heads)
    return [
        (told("events"), event_numbers(check.positions)),
        (told("rank"), f"{say.number(check.rank_before)} → {say.number(check.rank_after)}"),
        (told("probability"), f"{say.percent(check.probability_before)} → {say.percent(check.probability_after)}"),
        (told("log_probability"), say.number(-check.effect, 2, signed=True)),
        (told("rest_of_list"), say.number(-check.list_effect, 2, signed=True)),
        *_trials(check, settings, say),
        (told("proposed"), sources),
    ]


def _trials(check: Check, settings: CheckSettings, say: Messages) -> list[tuple[str, str]]:
    """How many random edits lower the title, and whether that may be chance."""
    trials = check.trials
    names = ("sub_histories", "replacements", "chance")
    if trials is None:
        return [(say.say("figure", name), say.say("figure", "not_tried")) for name in names]
    counts = (
        (trials.sub_histories_lower, trials.sub_histories, settings.least_sub_histories),
        (trials.replacements_lower, trials.replacements, settings.least_replacements),
    )
    values = [
        say.say("figure", "lower", lower=say.number(lower), tried=say.number(tried), needed=say.percent(needed))
        for lower, tried, needed in counts
    ]
    p_holm, alpha = say.p_value(trials.p_holm), say.number(settings.alpha, 2)
    values.append(say.say("figure", "chance_value", p_holm=p_holm, alpha=alpha))
    return [(say.say("figure", name), value) for name, value in zip(names, values, strict=True)]


def event_numbers(positions: Sequence[int]) -> str:
    """Numbers of events, from 1."""
    named = ", ".join(str(at + 1) for at in positions[:MOST_EVENTS])
    return named if len(positions) <= MOST_EVENTS else f"{named}, … ({len(positions)})"
