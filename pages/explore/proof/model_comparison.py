"""Two models on one recommendation: what each can say about it, and buttons that put another model beside this one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.explore.explained_view import ExplainedView
from pages.explore.url import PIN
from pages.ui import workbench
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.url_state import set_url
from streamrec_core.data.shown_number import in_points
from streamrec_core.explain.verified_record import Verified

MOST_OFFERED = 3


def offer_models(explained: ExplainedView) -> None:
    """Draw buttons for other models on the same session and title; models of another kind come first."""
    cards, card = workbench.readable_cards(), explained.bench.card
    names = [name for name in explained.bench.fitting if name != explained.bench.model_name]
    names.sort(key=lambda name: card is not None and name in cards and cards[name].model == card.model)
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ask-another"):
        st.caption(say("What does another model say about this title?"), width="content")
        for name in names[:MOST_OFFERED]:
            if st.button(f"Compare with {plain(name, 40)}", key=f"ask-{name}"):
                set_url(PIN, explained.pin(name).text())
                st.rerun()


def comparison_table(views: tuple[ExplainedView, ExplainedView], checks: tuple[Verified, Verified]) -> None:
    """Draw what each model can say about its title, as one table."""
    same = checks[0].case.candidate == checks[1].case.candidate
    columns = {
        name: _column(explained, verified)
        for name, explained, verified in zip(_headings(*views), views, checks, strict=True)
    }
    st.markdown(f"**What each model can say about {'the same' if same else 'its'} {say('title')}**")
    data_table(
        pd.DataFrame(columns).rename_axis("").reset_index(),
        hide_index=True,
        key="both",
        column_config={"": st.column_config.TextColumn(width="medium")},
        alt="Rank, attention, confirmed reasons and agreement of methods, for each side.",
    )


def _headings(explained: ExplainedView, pinned: ExplainedView) -> tuple[str, str]:
    first, second = (view.bench.model_name or "" for view in (explained, pinned))
    return (first, second) if first != second else (f"{first}, this view", f"{second}, pinned")


def _column(explained: ExplainedView, verified: Verified) -> dict[str, str]:
    candidate, titles = explained.explanation.candidate, explained.bench.dataset.catalogue.titles
    effect = verified.evidence.removal.effect
    largest = int(effect.argmax())
    history = verified.case.history
    return {
        say("Title"): candidate.title,
        "Rank": f"{candidate.rank:,}",
        "Attention heads": str(len(explained.explanation.heads) or "none"),
        "Confirmed reasons": f"{len(verified.confirmed)} of {len(verified.confirmed) + len(verified.rejected)} tested",
        "Largest effect": f"event {history.number(largest)}, {titles[int(history.items[largest])]}",
        "Without it": in_points(-float(effect[largest])),
        "Do the methods agree?": verified.agreement.key,
    }
