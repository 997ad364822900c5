"""What would have to be different: the smallest removal that takes the title off the list, and one click to try it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from pages.explore import cached
from pages.explore.proof.audience import Wording
from pages.explore.proof.claims import Sheet, draw, event_numbers
from pages.explore.scene import Scene
from pages.explore.url import CLAUSE, PIN, RIVAL
from pages.ui.escape import plain
from pages.ui.url_state import DATA, EDITS, HISTORY, ITEM, MODEL, SECTION, SESSION, update_url
from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.attribution.single_change import Change, ChangeKind
from streamrec_core.data.engagement import ENGAGEMENTS
from streamrec_core.data.history import compact
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.edits import Edit, write_edits
from streamrec_core.explain.changes import change_words
from streamrec_core.explain.messages import Messages, messages
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import Verified

Result = TypeVar("Result")
KINDS: dict[ChangeKind, str] = {"engagement": "another engagement", "order": "another order"}
PROVEN = "Every smaller set was tried, and none of them does it."
FOUND = "Larger sets are searched, not all tried: a smaller set of other events may do it too."


def smallest(scene: Scene, found: Verified, wording: Wording, owner: bool = True) -> None:
    """Draw the counterfactual, with its progress while it is looked for."""
    k = found.settings.counterfactual.k
    if found.evidence.removal.rank > k:
        st.caption(f"This title is not among the first {k}, so nothing has to change to keep it out.")
        return
    result = _searched("Looking for the smallest change …", lambda told: cached.counterfactual(scene, found, told))
    if result is None:
        return
    said = words(replace(found, counterfactual=result), scene.bench.dataset.catalogue, *_choice(wording))
    stamp = f"counterfactual|{scene.name}|{scene.bench.weights[:12]}|{found.case.candidate}|{wording}"
    claim = _claim(
        said.counterfactual,
        found.case.history,
        result.positions or (),
        _figures(result, scene, messages(wording.language)),
    )
    side = "" if owner else "-pinned"
    draw([claim], [], Sheet(scene.name, stamp, wording.language, owner=False), key=f"counterfactual{side}")
    if result.positions is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if result.proven:
                st.badge("proven smallest", color="green", help=PROVEN)
            else:
                st.badge("smallest found", color="gray", help=FOUND)
            if owner:
                _try_it(scene, _removing(result.positions), _without(found.case.history, result.positions), "removal")
    if owner:
        smaller_changes(scene, found, wording)


def smaller_changes(scene: Scene, found: Verified, wording: Wording) -> None:
    """Draw, where a visitor asks for it, whether one other engagement or one exchange would have been enough."""
    part = st.expander("Would another engagement or order do it?", key="changes", on_change="rerun")
    with part:
        if not part.open:
            return
        for kind, name in KINDS.items():
            result = _searched(f"Trying {name} …", partial(cached.change, scene, found, kind))
            if result is None:
                continue
            dataset = scene.bench.dataset
            text = change_words(result, found.case.history, dataset.catalogue, dataset.card.wording, *_choice(wording))
            st.markdown(plain(text))
            if result.positions is not None:
                _try_it(scene, _changing(result), result.history, kind)


def _searched(text: str, search: Callable[[cached.Progress], Result]) -> Result:
    """What a search finds; its progress stands there only while it lasts."""
    place = st.empty()

    def told(share: float) -> None:
        place.progress(min(share, 1.0), text=text)

    result = search(told)
    place.empty()
    return result


def _choice(wording: Wording) -> tuple[str, str]:
    return wording.reader, wording.language


def _claim(text: str, history: Session, positions: Sequence[int], figures: list[tuple[str, str]]) -> dict[str, Any]:
    return {"label": "", "text": text, "detail": "", "positions": list(positions), "figures": figures}


def _figures(result: Counterfactual, scene: Scene, say: Messages) -> list[tuple[str, str]]:
    def told(name: str) -> str:
        return say.say("figure", name)

    tried = (told("tried"), say.number(result.tried))
    if result.positions is None:
        return [(told("worst"), say.number(result.rank_without)), tried]
    return [
        (told("events"), event_numbers(result.positions)),
        (told("rank"), f"{say.number(result.rank)} → {say.number(result.rank_without)}"),
        (told("instead"), scene.bench.dataset.catalogue.titles[result.instead[0]][:80]),
        (told("smaller"), told("proven" if result.proven else "not_proven")),
        (told("same_size"), say.number(max(result.same_size - 1, 0))),
        tried,
    ]


def _removing(positions: Sequence[int]) -> list[Edit]:
    """From the last to the first, since events are counted anew after each edit."""
    return [Edit("remove", at + 1) for at in sorted(positions, reverse=True)]


def _without(history: Session, positions: Sequence[int]) -> Session:
    gone = list(positions)
    return Session(history.session_id, np.delete(history.items, gone), np.delete(history.engagements, gone))


def _changing(result: Change) -> list[Edit]:
    assert result.positions is not None
    first, *others = (at + 1 for at in result.positions)
    if result.engagement is not None:
        return [Edit("engage", first, engagement=ENGAGEMENTS[result.engagement])]
    return [Edit("swap", first, others[0])]


def _try_it(scene: Scene, edits: Sequence[Edit], edited: Session, name: str) -> None:
    """One click to the ten before and after or, for what no log holds, to the edited session beside this one."""
    bench = scene.bench
    whole = len(scene.whole_history) == len(scene.found.history)
    if scene.session_id is not None and whole:
        link = {DATA: bench.data_name, MODEL: bench.model_name or "", SESSION: scene.session_id, SECTION: "what-if"}
        st.page_link(
            "debug/page.py",
            label=":primary[**Try it: the ten before and after**]",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=link | {EDITS: write_edits(edits)},
            width="content",
        )
    if st.button(
        "Open beside this one", key=f"try-{name}", icon=":material/splitscreen_right:", help=BESIDE, type="tertiary"
    ):
        update_url(
            {
                HISTORY: compact(edited, bench.dataset.catalogue),
                ITEM: scene.found.candidate.item_id,
                PIN: scene.pin().text(),
                **dict.fromkeys((SESSION, RIVAL, CLAUSE)),
            }
        )
        st.rerun()


BESIDE = "The edited session, with the same title explained, and this view pinned beside it"
