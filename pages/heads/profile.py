"""What heads do over many sessions, part by part: each a chart, how to read it, and its words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.heads.url import LIES
from pages.ui.url_widgets import choose_one
from streamrec_core.attention.batch_measures import TypeShare
from streamrec_core.attention.profile import HeadProfile
from streamrec_core.attention.spread import Spread
from streamrec_core.attribution.part_importance import PartImportance
from streamrec_core.charts import profile as charts
from streamrec_core.charts.effects import Effect, effects_figure
from streamrec_core.charts.palette import INK
from streamrec_core.explain.parameters import TITLES, Parameter

BARE = {"displayModeBar": False}
SPREADS = {"distance": "How far back", "category": "Same or another category", "engagement": "Engagement"}


def types(profile: HeadProfile) -> None:
    """Draw how often each head has each type."""
    st.plotly_chart(charts.types_figure(profile), config=BARE, key="heads-types", alt=_types_alt(profile))


def lifts(profile: HeadProfile) -> None:
    """Draw how much of its types is each head's own doing, and all figures behind it."""
    st.subheader("More often than even attention", anchor=False)
    st.caption(
        "A head that looks at everything alike would be called category whenever most of the session is of one "
        "category. What lies right of the line, the head brings itself; whiskers are 95% intervals, paired by session."
    )
    _chart(charts.lift_figure(profile), "lifts", "Share of each type less that of even attention, head by head.")
    with st.expander("All figures"):
        st.dataframe(
            pd.DataFrame(
                [_row(name, one) for name, head in zip(profile.names, profile.types, strict=True) for one in head]
            ),
            hide_index=True,
            alt="Share of each type, its interval and its lift over even attention, head by head.",
        )


def summary(profile: HeadProfile) -> None:
    """Say in two sentences what the heads come to."""
    kinds = [profile.most_often(head).type for head in range(len(profile.names))]
    counted = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    heads = ", ".join(f"**{kind}** in {count}" for kind, count in counted.items())
    line = f"Over {profile.sessions:,} test sessions the commonest type is {heads} of {len(kinds)} heads."
    own = [(one, name) for name, head in zip(profile.names, profile.types, strict=True) for one in head]
    named = [pair for pair in own if pair[0].type != "distributed" and pair[0].lift_interval[0] > 0]
    if not named:
        st.markdown(f"{line} No head has a named type more often than even attention would have been given it.")
        return
    best, name = max(named, key=lambda pair: pair[0].lift)
    st.markdown(
        f"{line} The clearest pattern is **{best.type}** in {name}: {best.share:.0%} of the sessions, where even "
        f"attention would have been called so in {best.uniform_share:.0%}."
    )


def measures(profile: HeadProfile) -> None:
    """Draw how the three measures are distributed."""
    _chart(charts.measures_figure(profile), "measures", "Quantiles of entropy, recency and category weight by head.")
    st.caption(
        "Boxes hold the middle half of the sessions, lines reach from the 5 % to the 95 % quantile. Left of the dotted "
        "line of entropy a head is called focused; right of the other two, recency or category."
    )


@st.fragment
def where(profile: HeadProfile) -> None:
    """Draw where attention lies, one of three ways; only this part runs again for another way."""
    more: dict[str, Any] = {"format_func": SPREADS.get, "required": True, "label_visibility": "collapsed"}
    chosen = choose_one(st.segmented_control, "Attention by", list(SPREADS), LIES, "distance", **more)
    spread = getattr(profile, chosen)
    _chart(charts.spread_figure(profile, spread), f"spread-{chosen}", _spread_alt(SPREADS[chosen], spread, profile))


def alike(profile: HeadProfile) -> None:
    """Draw how alike the heads look, and name the closest pair."""
    pair = profile.most_alike()
    if pair is not None:
        first, second = pair
        even = profile.similarity[-1]
        st.markdown(
            f"Most alike are **{profile.names[first]}** and **{profile.names[second]}** "
            f"({profile.similarity[first, second]:.2f}); beside even attention they score {even[first]:.2f} and "
            f"{even[second]:.2f}."
        )
    _chart(charts.similarity_figure(profile), "alike", "Similarity of every pair of heads.")
    st.caption(
        "1 less the Jensen-Shannon divergence of what two heads looked at when the model predicted, mean over "
        "sessions: 1 is the same, 0 has nothing in common. Two heads that are both nearly even are alike without doing "
        "anything."
    )


def contributes(found: Sequence[PartImportance], sessions: int) -> None:
    """Draw what the model loses without each head and each named term, and say which matters most."""
    terms = [one for one in found if one.kind == "named term"]
    heads = [one for one in found if one.kind != "named term"]
    if terms:
        st.subheader("Heads", anchor=False)
    _losses(heads, "head")
    if terms:
        st.subheader("Named terms, switched off in all heads", anchor=False)
        _losses(terms, "named term")
    st.caption(
        f"Mean over {sessions:,} test sessions, whiskers are 95% intervals; a nat is a factor of 2.7 in probability. "
        "What other parts can stand in for counts for little here, so single bars do not add up to that of all heads."
    )


def additions(found: Sequence[PartImportance], parameters: Sequence[Parameter], sessions: int) -> None:
    """Say of each head of an additive model what it adds on average, and its terms."""
    lines = [_addition(one, parameters) for one in found if one.kind == "head" and one.adds is not None]
    st.markdown("\n".join(lines))
    st.caption(
        f"Mean over {sessions:,} test sessions, with its 95% interval, of the size of what a head adds to the score of "
        "the first recommendation, for or against it. Named terms are factors on attention."
    )


def _addition(one: PartImportance, parameters: Sequence[Parameter]) -> str:
    low, high = one.adds_interval or (0.0, 0.0)
    terms = [part.words for part in parameters if f"Layer {part.layer} head {part.head}" == one.name]
    words = f" Its terms: {'; '.join(terms)}." if terms else ""
    return f"- **{one.name}** adds {one.adds or 0.0:.2f} [{low:.2f}, {high:.2f}] on average.{words}"


def _losses(found: Sequence[PartImportance], noun: str) -> None:
    """A sentence on the largest single loss, and a bar for each."""
    single = [one for one in found if one.kind == noun]
    most = max(single, key=lambda one: one.log_prob_drop)
    if most.interval[0] <= 0:
        st.markdown(f"No single {noun} can be told to matter: every interval reaches zero.")
    else:
        st.markdown(
            f"Most is lost without **{_title(most)}**: the first recommendation then keeps "
            f"{math.exp(-most.log_prob_drop):.0%} of its probability (geometric mean)."
        )
    alt = f"What is lost without each {noun}: " + ", ".join(
        f"{_title(one)} {one.log_prob_drop:.3f} nats" for one in found
    )
    effects = [Effect(_title(one), one.log_prob_drop, one.interval) for one in found]
    figure = effects_figure(effects, ink=INK[st.context.theme.type or "light"])
    key = f"heads-contribution-{noun.replace(' ', '-')}"
    st.plotly_chart(figure, config=BARE, key=key, alt=alt)  # one panel, which fits a narrow screen too


def _title(one: PartImportance) -> str:
    return TITLES.get(one.name, one.name)


def formed(profile: HeadProfile, epochs: Mapping[int, Sequence[Sequence[TypeShare]]], sessions: int) -> None:
    """Draw how the types formed over the epochs that were kept; say so where none were."""
    if not epochs:
        st.caption(
            "This checkpoint comes without the epochs before it, so how its heads formed cannot be shown. Every run "
            "that you train keeps a few of its epochs: choose a run as the model in the sidebar."
        )
        return
    _chart(charts.formation_figure(profile.names, profile.layers, epochs), "formed", "Types by epoch, head by head.")
    st.caption(f"Epochs that the run kept, each over the same {sessions:,} test sessions.")


def _chart(figure: Any, key: str, alt: str) -> None:
    """Draw a chart that scrolls on a narrow screen instead of shrinking."""
    with st.container(key=f"wide-{key}"):
        st.plotly_chart(figure, config=BARE, key=f"heads-{key}", alt=alt)


def _types_alt(profile: HeadProfile) -> str:
    most = [profile.most_often(head) for head in range(len(profile.names))]
    return "Commonest type: " + ", ".join(
        f"{name} {one.type} {one.share:.0%}" for name, one in zip(profile.names, most, strict=True)
    )


def _spread_alt(name: str, spread: Spread, profile: HeadProfile) -> str:
    return f"{name}: share of attention of {len(profile.names)} heads on {', '.join(spread.labels)}."


def _row(name: str, one: TypeShare) -> dict[str, Any]:
    return {
        "Head": name,
        "Type": one.type,
        "Share": f"{one.share:.1%}",
        "Share, 95%": "{:.1%} to {:.1%}".format(*one.interval),
        "Even attention": f"{one.uniform_share:.1%}",
        "Difference": f"{one.lift * 100:+.1f} points",
        "Difference, 95%": f"{one.lift_interval[0] * 100:+.1f} to {one.lift_interval[1] * 100:+.1f}",
    }
