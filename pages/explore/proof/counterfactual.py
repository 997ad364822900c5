"""Counterfactuals: the smallest removal that takes the title off the list, and one click to try it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import streamlit as st

from pages.explore import cached
from pages.explore.explained_view import ExplainedView
from pages.explore.proof.claims import ClaimPanel, draw, event_numbers
from pages.explore.url import CLAUSE, PIN, RIVAL
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.reach import page_link
from pages.ui.url_state import DATA, EDITS, HISTORY, ITEM, MODEL, SECTION, SESSION, update_url
from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.attribution.single_change import Change, ChangeKind
from streamrec_core.data.engagement import LogWords
from streamrec_core.data.history import compact
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.edits import Edit, write_edits
from streamrec_core.explain.changes import change_words
from streamrec_core.explain.messages import Messages, messages
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.protocol import reads_times

Result = TypeVar("Result")
KINDS: dict[ChangeKind, str] = {"engagement": "other engagements", "order": "other orders"}
PROVEN = "Every smaller set was tried, and none is enough."
NOT_PROVEN = "Larger sets are searched, not all tried: a smaller set of other events may be enough too."
BESIDE = "The edited session with the same title explained, and this view pinned beside it"


def smallest_removal(explained: ExplainedView, verified: Verified, reader: str, owner: bool = True) -> None:
    """Draw the counterfactual, with a progress bar during the search."""
    k = verified.settings.counterfactual.k
    if verified.evidence.removal.rank > k:
        st.caption(say(f"This title is not in the top {k}, so nothing has to change to keep it out."))
        return
    result = _with_progress("Searching for the smallest change …", partial(cached.counterfactual, explained, verified))
    if result is None:
        return
    answer = words(
        replace(verified, counterfactual=result),
        explained.bench.dataset.catalogue,
        reader,
    )
    claim = {
        "label": "",
        "text": answer.counterfactual,
        "detail": "",
        "positions": list(result.positions or ()),
        "figures": _figures(result, explained, messages()),
    }
    weights, candidate = explained.bench.weights[:12], verified.case.candidate
    stamp = f"counterfactual|{explained.session_key}|{weights}|{candidate}|{reader}"
    panel = ClaimPanel(explained.session_key, stamp, owner=False)
    draw([claim], [], panel, key="counterfactual" if owner else "counterfactual-pinned")
    if result.positions is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if result.proven:
                st.badge("proven smallest", color="green", help=PROVEN)
            else:
                st.badge("smallest found", color="gray", help=NOT_PROVEN)
            if owner:
                # From the last to the first, since events are counted anew after each edit.
                edits = [Edit("remove", position + 1) for position in sorted(result.positions, reverse=True)]
                try_it(explained, edits, _without(verified.case.history, result.positions), "removal")
    if owner:
        _smaller_changes(explained, verified, reader)


def _smaller_changes(explained: ExplainedView, verified: Verified, reader: str) -> None:
    """Draw, once it is opened, whether one other engagement or one exchange would have been enough."""
    part = st.expander("Would a different engagement or order change it?", key="changes", on_change="rerun")
    with part:
        if not part.open:
            return
        dataset = explained.bench.dataset
        for kind, name in KINDS.items():
            result = _with_progress(f"Trying {name} …", partial(cached.change, explained, verified, kind))
            if result is None:
                continue
            text = change_words(
                result,
                verified.case.history,
                dataset.catalogue,
                reader,
            )
            st.markdown(plain(text))
            if result.positions is not None:
                try_it(explained, _edits(result, dataset.catalogue.words), result.history, kind)


def _with_progress(text: str, search: Callable[[cached.Progress], Result]) -> Result:
    """The result of a search, with a progress bar that is gone when it ends."""
    bar = st.empty()

    def progress(share: float) -> None:
        bar.progress(min(share, 1.0), text=text)

    result = search(progress)
    bar.empty()
    return result


def _figures(result: Counterfactual, explained: ExplainedView, table: Messages) -> list[tuple[str, str]]:
    def label(name: str) -> str:
        return table.say("figure", name)

    tried = (label("tried"), table.number(result.tried))
    if result.positions is None:
        return [(label("worst"), table.number(result.rank_without)), tried]
    return [
        (label("events"), event_numbers(result.positions, result.start)),
        (label("rank"), f"{table.number(result.rank)} → {table.number(result.rank_without)}"),
        (label("instead"), explained.bench.dataset.catalogue.titles[result.instead[0]][:80]),
        (label("smaller"), label("proven" if result.proven else "not_proven")),
        (label("same_size"), table.number(max(result.same_size - 1, 0))),
        tried,
    ]


def _without(history: Session, positions: Sequence[int]) -> Session:
    return history.take(np.delete(np.arange(len(history)), list(positions)))


def _edits(result: Change, words: LogWords) -> list[Edit]:
    assert result.positions is not None
    first, *others = (position + 1 for position in result.positions)
    if result.engagement is not None:
        return [Edit("engage", first, engagement=words.engagements[result.engagement])]
    return [Edit("swap", first, others[0])]


def try_it(explained: ExplainedView, edits: Sequence[Edit], edited: Session, name: str) -> None:
    """Draw the link to the what-if on Debug, and the button that opens the edited session beside this one."""
    bench = explained.bench
    whole = len(explained.whole_history) == len(explained.explanation.history)
    if explained.session_id is not None and whole:
        page_link(
            "debug/page.py",
            label=":primary[**Try it: the top ten before and after**]",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={
                DATA: bench.data_name,
                MODEL: bench.model_name or "",
                SESSION: explained.session_id,
                SECTION: "what-if",
                EDITS: write_edits(edits),
            },
            width="content",
        )
    if st.button(
        "Open beside this one",
        key=f"try-{name}",
        icon=":material/splitscreen_right:",
        help=say(BESIDE),
        type="tertiary",
    ):
        update_url(
            {
                HISTORY: compact(edited, bench.dataset.catalogue, reads_times(bench.loaded_model)),
                ITEM: explained.explanation.candidate.item_id,
                PIN: explained.pin().text(),
                **dict.fromkeys((SESSION, RIVAL, CLAUSE)),
            }
        )
        st.rerun()
