"""Heads: what every attention head of the model does over many test sessions, beside what even attention would do."""

from __future__ import annotations

import streamlit as st

from pages.heads import cached, notices
from pages.heads import profile as parts
from pages.heads.url import SAMPLE
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.url_state import expert
from pages.ui.url_widgets import choose_one
from pages.ui.workbench import Workbench, current, model_folders
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.parameters import main_parameters
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.training.history import saved_epochs

SIZES = (250, 1_000, 4_000)
USUAL_SIZE = 1_000
MOST_REMOVED = 1_000
"""Sessions for which every head is switched off; each head takes a pass over them."""


def sample_size(bench: Workbench, ask: bool) -> int:
    """How many test sessions to look at, as many as there are at most; the usual number where it is not to be asked."""
    total = len(ui_cached.tests(bench.events_hash, bench.dataset))
    sizes = [size for size in SIZES if size < total]
    if len(sizes) < len(SIZES):
        sizes.append(total)
    usual = USUAL_SIZE if USUAL_SIZE in sizes else sizes[-1]
    if not ask:
        return usual
    chosen = choose_one(
        st.segmented_control,
        "Test sessions looked at",
        [str(size) for size in sizes],
        SAMPLE,
        str(usual),
        format_func=lambda size: f"all {total:,}" if int(size) == total else f"{int(size):,} of {total:,}",
        help="Drawn at random with a fixed seed, so that the same choice shows the same figures.",
        required=True,
    )
    return int(chosen)


HELP = {
    "types": "A bar is a head, its parts are the shares of sessions in which it has each type, read from the row it "
    "predicts from. The last bar is what a head that looks at everything alike would have been called in the same "
    "sessions.",
    "measures": "Each session gives each head three figures. A box far from the dotted line is a name that holds; one "
    "across it changes from session to session.",
    "where": "A figure is the share of a head's attention that lies on such events, mean over sessions; a row adds up "
    "to 100 %. Blue is more than even attention would lay there, brown less.",
    "alike": "Each field compares two heads session by session. Heads that are alike are likely to be "
    "needed only once.",
    "contributes": "A bar is what the first recommendation's log-probability loses when the head hands on nothing, "
    "mean over sessions, with its 95% interval. It is the check on the looks above: a head may look clearly and change "
    "nothing.",
    "adds": "The score of every title is the sum of what the heads add because of each event, with popularity and the "
    "start. The terms in a head's attention are named, and so is how much it counts what followed a title before.",
    "formed": "A small chart is a head, a bar an epoch of training that was kept, its parts the shares of the four "
    "types.",
}


def draw(found: HeadProfile, bench: Workbench, whole: bool) -> None:
    """Everything about the heads, from what they are called to how they came about; less of it where not `whole`."""
    parts.summary(found)
    st.header("What each head is called", anchor=False, help=HELP["types"])
    parts.types(found)
    if whole:
        parts.lifts(found)
        st.header("The three measures behind the names", anchor=False, help=HELP["measures"])
        parts.measures(found)
    st.header("Where attention lies", anchor=False, help=HELP["where"])
    parts.where(found)
    if whole:
        st.header("Which heads do the same", anchor=False, help=HELP["alike"])
        parts.alike(found)
    st.header("What each head contributes", anchor=False, help=HELP["contributes"])
    contribution = st.container()
    if whole:
        st.header("How the types formed", anchor=False, help=HELP["formed"])
        formation = st.container()
    else:
        ui_notices.more_for_experts(
            "how sure each type is and how it formed over the epochs, the measures behind it, which heads do the same, "
            "and how many sessions are looked at"
        )
    # What takes seconds comes last, so that everything else can be read meanwhile.
    with contribution:
        contributes(bench, min(found.sessions, MOST_REMOVED))
    if whole:
        with formation:
            formed(found, bench)


def contributes(bench: Workbench, size: int) -> None:
    """What is lost without each head and each named term."""
    assert bench.model is not None
    lost = cached.contributions(bench.weights, bench.events_hash, size, bench.model, bench.dataset)
    parts.contributes(lost, size)
    if isinstance(bench.model, AdditiveModel):
        st.header("What each head adds", anchor=False, help=HELP["adds"])
        probes = bench.model.attention_probes()
        st.markdown(side_by_side(len(probes), probes[0].heads))
        over_seeds = None if bench.card is None else bench.card.over_seeds
        parts.additions(lost, main_parameters(bench.model, over_seeds, bench.dataset.card.wording), size)


def formed(found: HeadProfile, bench: Workbench) -> None:
    """Types over the epochs of the run, where the model is one's best epoch."""
    folder = model_folders()[bench.model_name or ""]
    epochs = cached.formation(bench.weights, tuple(saved_epochs(folder)), bench.events_hash, folder, bench.dataset)
    total = len(ui_cached.tests(bench.events_hash, bench.dataset))
    parts.formed(found, epochs, min(cached.FORMATION_SAMPLE, total))


bench = current()
st.title("Heads", anchor=False)
if bench.model is None:
    ui_notices.no_model(bench)
else:
    st.markdown(
        f"What every attention head of **{plain(bench.model.name, 60)}** does when it predicts, over many test "
        "sessions instead of one. This is where heads look; whether the model uses it is another question."
    )
    ui_notices.other_events(bench)
    if bench.model.attention_probes():
        size = sample_size(bench, expert())
        found = cached.head_profile(bench.weights, bench.events_hash, size, bench.model, bench.dataset)
        assert found is not None
        draw(found, bench, expert())
    else:
        notices.no_heads(bench.model.name, [name for name in bench.fitting if name != bench.model_name])
