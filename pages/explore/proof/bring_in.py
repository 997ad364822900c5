"""Bring in: for a title that is not on the list, the smallest addition or swap that puts it there."""

from __future__ import annotations

import streamlit as st

from pages.explore import cached
from pages.explore.explained_view import ExplainedView
from pages.explore.proof.counterfactual import try_it
from pages.ui.escape import plain
from streamrec_core.data.nouns import in_noun
from streamrec_core.diagnosis.lifting_edits import edits_that_bring_in
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explain.why_not import BRING_IN_NOTE, bring_in_words

HELP = "Titles are added at the end or put in place of events; what is named was run through the model alone."


def what_brings_it_in(explained: ExplainedView, verified: Verified) -> None:
    """Draw, once it is opened, what would put the title on the list; nothing for a title that is on it."""
    if verified.evidence.removal.rank <= verified.settings.counterfactual.k:
        return
    part = st.expander("What would bring it on the list?", key="bring-in", on_change="rerun")
    with part:
        if not part.open:
            return
        answer, noun = cached.addition(explained, verified), explained.bench.dataset.catalogue.words.noun
        st.markdown(plain(bring_in_words(answer, noun)), help=in_noun(HELP, noun))
        st.caption(f"{answer.tried:,} changed histories in {answer.calls:,} model calls")
        if answer.edits is not None:
            st.caption(in_noun(BRING_IN_NOTE, noun))
            catalogue = explained.bench.dataset.catalogue
            edits = edits_that_bring_in(answer, catalogue, len(explained.whole_history))
            try_it(explained, edits, answer.history, "bring-in")
