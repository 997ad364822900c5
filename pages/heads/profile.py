"""Head profile over many sessions, part by part: each a chart, how to read it, and its words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.heads.url import LIES
from pages.ui.chart import chart, ink, scheme
from pages.ui.data_table import data_table
from pages.ui.nouns import say
from pages.ui.url_widgets import choose_one
from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.attention.special_positions import special_note
from streamrec_core.attention.spread import Spread
from streamrec_core.attribution.part_importance import PartImportance
from streamrec_core.charts import profile as charts
from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.data.shown_number import POINTS, POINTS_EXPLAINED, in_points, shown_interval, shown_number
from streamrec_core.explain.parameters import TITLES, Parameter

SPREADS = {"distance": "How far back", "category": "Same or another category", "engagement": "Engagement"}


def types(profile: HeadProfile) -> None:
    """Draw how often each head has each type."""
    commonest = [profile.most_often(head) for head in range(len(profile.names))]
    alt = "Commonest type: " + ", ".join(
        f"{name} {share.type} {share.share:.0%}" for name, share in zip(profile.names, commonest, strict=True)
    )
    chart(charts.types_figure(profile), key="heads-types", alt=alt)


def lifts(profile: HeadProfile) -> None:
    """Draw how much more often each head has its types than uniform attention, and all figures behind it."""
    st.subheader("More often than uniform attention", anchor=False)
    st.caption(
        "Uniform attention would be given the type category whenever most of the session is of one category. Right of "
        "the line, the head has a type more often than that. Error bars: 95% CI, paired by session."
    )
    _chart(charts.lift_figure(profile), "lifts", "Share of each type minus that of uniform attention, head by head.")
    with st.expander("All figures"):
        data_table(
            pd.DataFrame([_row(name, share) for name, share in _shares(profile)]),
            file="head-types",
            hide_index=True,
            alt="Share of each type, its interval and its lift over uniform attention, head by head.",
        )


def summary(profile: HeadProfile) -> None:
    """Say in two sentences which types are common and which pattern is clearest."""
    commonest = [profile.most_often(head).type for head in range(len(profile.names))]
    counts = {type_name: commonest.count(type_name) for type_name in dict.fromkeys(commonest)}
    heads = ", ".join(f"**{type_name}** in {count}" for type_name, count in counts.items())
    line = f"Over {profile.sessions:,} test sessions the commonest type is {heads} of {len(commonest)} heads."
    patterns = [
        (share, name) for name, share in _shares(profile) if share.type != "distributed" and share.lift_interval[0] > 0
    ]
    if not patterns:
        st.markdown(f"{line} No head has a named type more often than uniform attention would.")
        return
    share, name = max(patterns, key=lambda pattern: pattern[0].lift)
    st.markdown(
        f"{line} The clearest pattern is **{share.type}** in {name}: {share.share:.0%} of the sessions, against "
        f"{share.uniform_share:.0%} for uniform attention."
    )


def on_no_event(profile: HeadProfile) -> None:
    """Draw how much attention lies on padding, MASK and other positions without an event; nothing where none does."""
    if not len(profile.special):
        return
    st.subheader("Attention on no event", anchor=False)
    if note := special_note(profile.special[:, 0]):
        st.warning(note)
    data_table(
        pd.DataFrame(
            {
                "Head": profile.names,
                "On no event": [f"{share:.1%}" for share, _, _ in profile.special],
                "95% CI": [shown_interval((low, high), ".1%") for _, low, high in profile.special],
            }
        ),
        hide_index=True,
        height="content",
        width="content",
        key="heads-special",
        alt="Share of each head's attention on padding, MASK and other positions without an event, mean over sessions.",
    )
    st.caption(
        "Padding, MASK and the start of a sequence hold no event. Everything else on this page is measured on the "
        "rest, scaled to the events."
    )


def measures(profile: HeadProfile) -> None:
    """Draw how the three measures are distributed."""
    _chart(charts.measures_figure(profile), "measures", "Quantiles of entropy, recency and category weight by head.")
    st.caption(
        "Boxes hold the middle half of the sessions; lines reach from the 5% to the 95% quantile. Left of the dotted "
        "line of entropy a head is focused; right of the other two it is recency or category."
    )


@st.fragment
def attention_shares(profile: HeadProfile) -> None:
    """Draw the shares of attention by distance, category or engagement; only this part runs again for another one."""
    more: dict[str, Any] = {"format_func": SPREADS.get, "required": True, "label_visibility": "collapsed"}
    grouping = choose_one(st.segmented_control, "Attention by", list(SPREADS), LIES, "distance", **more)
    spread: Spread = getattr(profile, grouping)
    alt = f"{SPREADS[grouping]}: share of attention of {len(profile.names)} heads on {', '.join(spread.labels)}."
    _chart(charts.spread_figure(profile, spread, scheme()), f"spread-{grouping}", alt)


def similarity(profile: HeadProfile) -> None:
    """Draw how similar the attention of heads is, and name the closest pair."""
    pair = profile.most_alike()
    if pair is not None:
        first, second = pair
        uniform = profile.similarity[-1]
        st.markdown(
            f"Most similar are **{profile.names[first]}** and **{profile.names[second]}** "
            f"({profile.similarity[first, second]:.2f}); to uniform attention their similarity is "
            f"{uniform[first]:.2f} and {uniform[second]:.2f}."
        )
    _chart(charts.similarity_figure(profile, scheme()), "alike", "Similarity of every pair of heads.")
    st.caption(
        "1 minus the Jensen-Shannon divergence of two heads' attention when the model predicts, mean over sessions: "
        "1 is the same, 0 has nothing in common. Two heads that are both nearly uniform are similar without showing a "
        "pattern."
    )


def importance(parts: Sequence[PartImportance], sessions: int) -> None:
    """Draw what the model loses without each head and without all of them, and name the most important one."""
    losses([part for part in parts if part.kind != "named term"], "head")
    st.caption(
        f"Mean over {sessions:,} test sessions; error bars: 95% CI. {say(POINTS_EXPLAINED)} What other "
        "parts can replace counts for little here, so single bars do not add up to that of all heads."
    )


def additions(parts: Sequence[PartImportance], parameters: Sequence[Parameter], sessions: int) -> None:
    """Say of each head of an additive model what it adds on average, and its terms."""
    lines = [_addition(part, parameters) for part in parts if part.kind == "head" and part.adds is not None]
    st.markdown("\n".join(lines))
    st.caption(
        f"Mean size over {sessions:,} test sessions, with its 95% CI, of what a head adds to the score of the first "
        "recommendation, for or against it. Named terms are factors on attention."
    )


def _addition(part: PartImportance, parameters: Sequence[Parameter]) -> str:
    low, high = (POINTS * bound for bound in part.adds_interval or (0.0, 0.0))
    points = in_points(part.adds or 0.0, ",.0f")
    terms = [term.words for term in parameters if f"Layer {term.layer} head {term.head}" == part.name]
    words = f" Its terms: {'; '.join(terms)}." if terms else ""
    return f"- **{part.name}** adds {points} [{low:,.0f}, {high:,.0f}] on average.{words}"


def losses(parts: Sequence[PartImportance], noun: str) -> None:
    """A sentence on the largest single loss, and a bar for each."""
    largest = max((part for part in parts if part.kind == noun), key=lambda part: part.log_prob_drop)
    if largest.interval[0] <= 0:
        st.markdown(f"No single {noun} has a clear effect: every interval reaches zero.")
    else:
        st.markdown(
            f"The largest loss is without **{_title(largest)}**: the first recommendation then keeps "
            f"{math.exp(-largest.log_prob_drop):.0%} of its probability (geometric mean)."
        )
    effects = [Effect(_title(part), part.log_prob_drop, part.interval) for part in parts]
    alt = f"Loss without each {noun}: " + ", ".join(f"{effect.name} {effect.lost}" for effect in effects)
    figure = effects_figure(effects, ink=ink())
    key = f"heads-contribution-{noun.replace(' ', '-')}"
    chart(figure, key=key, alt=alt)  # one panel, which fits a narrow screen too


def _title(part: PartImportance) -> str:
    return TITLES.get(part.name, part.name)


def formation(profile: HeadProfile, epochs: Mapping[int, Sequence[Sequence[TypeShare]]], sessions: int) -> None:
    """Draw the types over the saved epochs of a run, or say that there are none."""
    if not epochs:
        st.caption(
            "This checkpoint has no saved epochs. Runs that you train save a few of theirs: choose a run as the model "
            "in the sidebar."
        )
        return
    _chart(charts.formation_figure(profile.names, profile.layers, epochs), "formed", "Types by epoch, head by head.")
    st.caption(f"Saved epochs of the run, each over the same {sessions:,} test sessions.")


def _shares(profile: HeadProfile) -> list[tuple[str, TypeShare]]:
    return [(name, share) for name, shares in zip(profile.names, profile.types, strict=True) for share in shares]


def _chart(figure: Any, key: str, alt: str) -> None:
    """Draw a chart that scrolls on a narrow screen instead of shrinking."""
    with st.container(key=f"wide-{key}"):
        chart(figure, key=f"heads-{key}", alt=alt)


def _row(name: str, share: TypeShare) -> dict[str, Any]:
    return {
        "Head": name,
        "Type": share.type,
        "Share": f"{share.share:.1%}",
        "Share, 95% CI": "{:.1%} to {:.1%}".format(*share.interval),
        "Uniform attention": f"{share.uniform_share:.1%}",
        "Difference": f"{shown_number(share.lift * 100, '+.1f')} percentage points",
        "Difference, 95% CI": shown_interval((share.lift_interval[0] * 100, share.lift_interval[1] * 100), "+.1f"),
    }
