"""Two lines of Overview: how accurate the model is, and how often its explanations were confirmed."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached as ui_cached
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.reach import page_link
from pages.ui.workbench import Workbench, model_folders, readable_cards
from streamrec_core.data.shown_number import shown_interval
from streamrec_core.explain.measuring import is_being_measured
from streamrec_core.models.card import ModelCard

HIT = "hit@10"


def accuracy_line(bench: Workbench) -> str:
    """How often the item that came next is among the ten, beside the LSTM and the best possible."""
    card = bench.card
    figures = None if card is None or bench.other_events else card.metrics.get("test")
    if card is None or not figures or HIT not in figures:
        return "How accurate it is on this data set has not been measured here; Compare measures it."
    low, high = figures[f"{HIT}_interval"]
    parts = [
        f"In **{figures[HIT]:.1%}** of {figures['n_sessions']:,} test sessions, what came next is among its ten "
        f"(95% CI {shown_interval((low, high), '.1%')})"
    ]
    if (lstm := _lstm(bench)) is not None and lstm.name != card.name:
        parts.append(f"{plain(lstm.name, 40)}: {lstm.metrics['test'][HIT]:.1%}")
    if (ceiling := figures.get(f"ceiling_{HIT}")) is not None:
        parts.append(f"the best possible on this data: {ceiling:.1%}")
    return "; ".join(parts) + "."


def _lstm(bench: Workbench) -> ModelCard | None:
    """An LSTM that was measured on the same test sessions."""
    assert bench.card is not None
    hashes = bench.card.data.events_hash, bench.card.data.catalogue_hash
    return next(
        (
            card
            for card in readable_cards().values()
            if card.model == "lstm"
            and (card.data.events_hash, card.data.catalogue_hash) == hashes
            and HIT in card.metrics.get("test", {})
        ),
        None,
    )


def confirmed_line(bench: Workbench) -> str:
    """How often a reason was confirmed by removing events, beside what noise gets under the same checks."""
    folder = model_folders()[bench.model_name or ""]
    counted = ui_cached.explanation_shares(folder, bench.weights)
    if counted is None or counted.shares.verified.share is None:
        if is_being_measured(bench.data_name, bench.model_name or ""):
            return "How often its explanations are confirmed is being measured now; Trust shows how far it is."
        return "How often its explanations are confirmed has not been measured yet; Trust measures it."
    shares = counted.shares
    line = f"In **{shares.verified.share:.0%}** of {shares.verified.n:,} test sessions a reason was confirmed"
    rows = {} if counted.nulls is None else counted.nulls.rows()
    noise = [
        f"{rows[name].verified:.0%} of {words}"
        for name, words in (("random_reason", "random reasons"), ("random_title", say("random titles")))
        if name in rows
    ]
    return f"{line}; under the same checks {' and '.join(noise)} are." if noise else f"{line}."


def summary(bench: Workbench) -> None:
    """Draw both lines, each with the page that has more."""
    for heading, line, page, label in (
        ("Is it accurate?", accuracy_line(bench), "compare/page.py", "Compare"),
        ("Are its explanations true?", confirmed_line(bench), "trust/page.py", "Trust"),
    ):
        text, more = st.columns([6, 1], gap="small", vertical_alignment="center")
        text.markdown(f"**{heading}** {line}")
        with more:
            page_link(page, label=label, icon=":material/arrow_forward:", icon_position="right", width="content")
