"""Checked sentences, each tied to its events and figures: selecting one highlights them and opens what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.explore.attention_view import number
from pages.explore.url import CLAUSE
from pages.ui.component import register
from pages.ui.url_state import expert, update_url, url_value
from streamrec_core.explain.check_record import Check, CheckSettings
from streamrec_core.explain.messages import Messages, messages
from streamrec_core.explain.reasons import CandidateReason
from streamrec_core.explain.sentences import Clause, Words

_claims = register("claims", '<div class="sr-claims-root"></div>\n', ("bus.js", "claims.js"), "claims.css")
MOST_EVENTS = 12
"""Events of a reason that are named by number; of more, all are counted."""


@dataclass(frozen=True)
class ClaimPanel:
    """One panel of claims.

    Attributes
    ----------
    session : str
        Names the session to the other components of the page.
    stamp : str
        Names the set of claims; with another stamp none of them is open.
    owner : bool
        Whether the open claim is in the URL.
    start : int
        Position in the session of the first event that the model reads.
    """

    session: str
    stamp: str
    owner: bool = True
    start: int = 0


def verified_claims(words: Words, settings: CheckSettings, panel: ClaimPanel, key: str) -> None:
    """Draw the confirmed sentences or, where there is none, the findings; folded below, the rejected ones."""
    table = messages()
    clauses = [_claim(clause, settings, table, panel.start) for clause in words.clauses]
    rejected = [_claim(clause, settings, table, panel.start, labelled=True) for clause in words.rejected]
    draw(clauses, rejected, panel, key, lead=() if clauses else (words.sentence,))


def draw(
    clauses: Sequence[dict[str, Any]],
    rejected: Sequence[dict[str, Any]],
    panel: ClaimPanel,
    key: str,
    lead: Sequence[str] = (),
) -> None:
    """Draw any claims."""
    count = len(clauses) + len(rejected)
    data = {
        "key": panel.session,
        "stamp": panel.stamp,
        "owner": panel.owner,
        "open": _open_claim(count) if panel.owner else None,
        "lead": list(lead),
        "clauses": list(clauses),
        "rejected": list(rejected),
        "rejectedTitle": messages().say("figure", "rejected", count=len(rejected)),
    }
    _claims(key=key, data=data, on_clause_change=lambda: take_claim(key, panel, count))


def take_claim(key: str, panel: ClaimPanel, count: int) -> None:
    """Keep which claim is open; what the browser sends is checked first."""
    message = st.session_state[key].get("clause")
    if not panel.owner or not isinstance(message, Mapping) or message.get("stamp") != panel.stamp:
        return
    index = message.get("clause")
    if index is None:
        update_url({CLAUSE: None})
    elif type(index) is int and 0 <= index < count:
        update_url({CLAUSE: str(index + 1)})


def _open_claim(count: int) -> int | None:
    """The claim in the URL, counted from 0."""
    position = number(url_value(CLAUSE) or "")
    return position - 1 if position is not None and 1 <= position <= count else None


def _claim(
    clause: Clause, settings: CheckSettings, table: Messages, start: int, labelled: bool = False
) -> dict[str, Any]:
    return {
        "label": f"{clause.label}." if labelled else "",
        "text": clause.text,
        "detail": clause.detail if labelled else f"{clause.label}. {clause.detail}",
        "positions": list(clause.positions),
        "figures": _figures(clause.checked.check, clause.checked.reason, settings, table, start),
    }


def _figures(
    check: Check, reason: CandidateReason, settings: CheckSettings, table: Messages, start: int
) -> list[tuple[str, str]]:
    """What was measured, line by line; nats and p values are for experts."""

    def label(name: str) -> str:
        return table.say("figure", name)

    sources = ", ".join(label(source) for source in reason.proposed_by)
    if reason.heads:
        heads = ", ".join(f"L{layer}H{head}" for layer, head in reason.heads)
        sources = table.say("figure", "heads", sources=sources, heads=heads)
    return [
        (label("events"), event_numbers(check.positions, start)),
        (label("rank"), f"{table.number(check.rank_before)} → {table.number(check.rank_after)}"),
        (
            label("probability"),
            f"{table.percent(check.probability_before)} → {table.percent(check.probability_after)}",
        ),
        *(
            ()
            if not expert()
            else (
                (label("log_probability"), table.number(-check.effect, 2, signed=True)),
                (label("rest_of_list"), table.number(-check.list_effect, 2, signed=True)),
            )
        ),
        *_trials(check, settings, table),
        (label("proposed"), sources),
    ]


def _trials(check: Check, settings: CheckSettings, table: Messages) -> list[tuple[str, str]]:
    """How many random edits lower the title and, for experts, whether that may be chance."""
    trials = check.trials
    names = ("sub_histories", "replacements", *(("chance",) if expert() else ()))
    if trials is None:
        return [(table.say("figure", name), table.say("figure", "not_tried")) for name in names]
    counts = (
        (trials.sub_histories_lower, trials.sub_histories, settings.least_sub_histories),
        (trials.replacements_lower, trials.replacements, settings.least_replacements),
    )
    values = [
        table.say("figure", "lower", lower=table.number(lower), tried=table.number(tried), needed=table.percent(needed))
        for lower, tried, needed in counts
    ]
    p_holm, alpha = table.p_value(trials.p_holm), table.number(settings.alpha, 2)
    values.append(table.say("figure", "chance_value", p_holm=p_holm, alpha=alpha))
    return [(table.say("figure", name), value) for name, value in zip(names, values, strict=False)]


def event_numbers(positions: Sequence[int], start: int) -> str:
    """Numbers of events, from 1, where the model reads those from `start` on."""
    numbers = ", ".join(str(start + position + 1) for position in positions[:MOST_EVENTS])
    return numbers if len(positions) <= MOST_EVENTS else f"{numbers}, … ({len(positions)})"
