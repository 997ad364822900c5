"""Heads: what every attention head of the model does over many test sessions, beside uniform attention."""

from __future__ import annotations

import streamlit as st

from pages.heads import cached, notices
from pages.heads import profile as profile_parts
from pages.heads.named_terms import named_terms
from pages.heads.url import SAMPLE
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.nouns import say
from pages.ui.tab_title import tab_title
from pages.ui.url_state import expert
from pages.ui.url_widgets import choose_one
from pages.ui.workbench import Workbench, current_workbench, model_folders
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.explain.first_look_phrases import side_by_side
from streamrec_core.explain.parameters import main_parameters
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.training.history import saved_epochs

SIZES = (250, 1_000, 4_000)
DEFAULT_SIZE = 1_000
MOST_REMOVED = 1_000
"""Sessions for which every head is switched off; each head takes a pass over them."""


def sample_size(bench: Workbench, choosable: bool) -> int:
    """How many test sessions to sample, all of them at most; the default number where it is not choosable."""
    total = len(ui_cached.dataset_split(bench.dataset).test)
    sizes = [size for size in SIZES if size < total]
    if len(sizes) < len(SIZES):
        sizes.append(total)
    default = DEFAULT_SIZE if DEFAULT_SIZE in sizes else sizes[-1]
    if not choosable:
        return default
    size = choose_one(
        st.segmented_control,
        "Test sessions",
        [str(size) for size in sizes],
        SAMPLE,
        str(default),
        format_func=lambda size: f"all {total:,}" if int(size) == total else f"{int(size):,} of {total:,}",
        help="Sampled at random with a fixed seed, so that the same choice shows the same figures.",
        required=True,
    )
    return int(size)


HELP = {
    "types": "A bar is a head; its parts are the shares of sessions in which it has each type, from its attention at "
    "the predicting position. The last bar is what uniform attention would be given in the same sessions.",
    "measures": "Each session gives each head three measures. Where the box is far from the dotted line, the type is "
    "stable; where it crosses the line, the type changes from session to session.",
    "shares": "The share of a head's attention on such events, mean over sessions; a row adds up to 100%. The stronger "
    "the colour, the larger the share. ▲ more than uniform attention, ▼ less, by the 95% CI.",
    "similarity": "Each cell compares two heads session by session. Of heads that are similar, one is likely to be "
    "enough.",
    "importance": "A bar is the points that the first recommendation loses without the head's output, mean "
    "over sessions; error bars: 95% CI. It checks the attention above: a clear pattern may change nothing.",
    "adds": "The score of every title is the sum of what the heads add because of each event, with popularity and the "
    "start. The terms in a head's attention are named, and so is the weight of what followed a title before.",
    "terms": "What a head looks for beside the content of the titles, as figures that can be read and switched off.",
    "formation": "A small chart is a head, a bar a saved epoch of training, its parts the shares of the four types.",
}


def draw(profile: HeadProfile, bench: Workbench, whole: bool) -> None:
    """The profile from types to their formation; fewer parts where not `whole`."""
    profile_parts.summary(profile)
    st.header("Head types", anchor=False, help=HELP["types"])
    profile_parts.types(profile)
    profile_parts.on_no_event(profile)
    if whole:
        profile_parts.lifts(profile)
        st.header("The three measures behind the types", anchor=False, help=HELP["measures"])
        profile_parts.measures(profile)
    st.header("Attention by event", anchor=False, help=HELP["shares"])
    profile_parts.attention_shares(profile)
    if whole:
        st.header("Similar heads", anchor=False, help=HELP["similarity"])
        profile_parts.similarity(profile)
    st.header("Importance of each head", anchor=False, help=HELP["importance"])
    importance_part = st.container()
    if whole:
        st.header("Head types during training", anchor=False, help=HELP["formation"])
        formation_part = st.container()
    else:
        ui_notices.more_for_experts(
            "intervals of the types and their measures, types during training, similar heads and the number of sessions"
        )
    # What takes seconds comes last, so that everything else can be read meanwhile.
    with importance_part:
        importance(bench, min(profile.sessions, MOST_REMOVED))
    if whole:
        with formation_part:
            formation(profile, bench)


def importance(bench: Workbench, size: int) -> None:
    """Draw the loss without each head, and of an additive model what its heads add and look for."""
    model, parts = bench.loaded_model, cached.importance(bench, size)
    profile_parts.importance(parts, size)
    if isinstance(model, AdditiveModel):
        st.header("What each head adds", anchor=False, help=say(HELP["adds"]))
        probes = model.attention_probes()
        st.markdown(side_by_side(len(probes), probes[0].heads, model.context_events))
        over_seeds = None if bench.card is None else bench.card.over_seeds
        parameters = main_parameters(model, over_seeds, bench.dataset.catalogue.words)
        profile_parts.additions(parts, parameters, size)
        st.header("What drives recommendations", anchor=False, help=say(HELP["terms"]))
        named_terms(parameters, [part for part in parts if part.kind == "named term"], size)


def formation(profile: HeadProfile, bench: Workbench) -> None:
    """Draw the types over the saved epochs of the run that the model is from."""
    folder = model_folders()[bench.model_name or ""]
    epochs = cached.formation(bench, tuple(saved_epochs(folder)), folder)
    total = len(ui_cached.dataset_split(bench.dataset).test)
    profile_parts.formation(profile, epochs, min(cached.FORMATION_SAMPLE, total))


bench = current_workbench()
st.title("Heads", anchor=False)
tab_title("Heads", bench.model_name or "")
if bench.model is None:
    ui_notices.no_model(bench)
else:
    st.markdown(
        f"What every attention head of **{plain(bench.model.name, 60)}** does when it predicts, over many test "
        "sessions. Attention shows where heads look; whether the model uses it is another question."
    )
    ui_notices.bad_model(bench)
    ui_notices.other_events(bench)
    if bench.model.attention_probes():
        size = sample_size(bench, choosable=expert())
        profile = cached.head_profile(bench, size)
        assert profile is not None
        draw(profile, bench, expert())
    else:
        notices.no_heads(bench.model, [name for name in bench.fitting if name != bench.model_name])
