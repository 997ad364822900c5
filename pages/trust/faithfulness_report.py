"""What the Trust page draws: the share of explanations that fail, what they were held to, and the doubts answered."""

from __future__ import annotations

from math import log

import pandas as pd
import streamlit as st

from pages.ui.escape import plain
from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
from streamrec_core.attribution.faithfulness.record import MEASURES, ExplainerReport, FaithfulnessReport, SessionMean
from streamrec_core.charts.faithfulness import Curve, FailureRate, curves_figure, failing_figure
from streamrec_core.charts.palette import INK
from streamrec_core.explain.nulls import SHUFFLED_WORDS
from streamrec_core.explain.shares import CountedShares

BARE = {"displayModeBar": False}
SHOWN = "fails"
FARTHEST = log(2)
"""Jensen-Shannon divergence, in nats, of weights that share no event."""
CURVES = ("attention_mean", "integrated_gradients", "removal", "random", "last_item")
SWAP_WORDS = {
    "even": "Every head looks at all events alike",
    "permuted": "Every head's weights in random order",
    "adversarial": "Other weights, searched for to change the output as little as possible",
}


NULL_TITLES = {
    "random_reason": "random reasons",
    "random_title": "a random title",
    "shuffled": "the same weights, shuffled",
    "untrained": "the same network, untrained",
}


def foresees(counted: CountedShares | None) -> None:
    """Draw how well the picture foresees what the model does when events are taken away, beside a guess."""
    with st.container(border=True, height="stretch"):
        st.caption("In pictures: does the picture foresee what happens when events are taken away?")
        fit = None if counted is None else counted.removal_fit
        if fit is None:
            st.subheader("Not measured for this model yet", anchor=False)
            st.markdown("The command at the foot of this page measures what can be measured of this model.")
            return
        share = "nothing" if fit.r2 <= 0 else f"{fit.r2:.0%}"
        st.subheader(f"It foresees {share} of what happens.", anchor=False)
        st.markdown(
            "Random sets of events are taken away, and the model is run again: so much of the difference between what "
            f"then happens was foreseen (R², {fit.n:,} sessions). A guess that does not look at the model "
            f"foresees **{max(fit.guess, 0.0):.0%}**. "
            f"{_between(fit.interval, 'The share lies between') if fit.r2 > 0 else ''}"
        )


def words_hold(counted: CountedShares | None) -> None:
    """Draw for how many recommendations the explanation in words failed its check: no reason held."""
    with st.container(border=True, height="stretch"):
        st.caption("In words: for how many recommendations does the explanation fail its check?")
        if counted is None or counted.shares.failed.share is None:
            st.subheader("Not counted for this model yet", anchor=False)
            st.markdown("The command at the foot of this page counts it.")
            return
        shares, checks = counted.shares, counted.settings.checks
        st.subheader(f"For {shares.failed.share:.0%} of {shares.failed.n:,}, no reason held.", anchor=False)
        st.markdown(
            f"At least one reason held for **{shares.verified.share:.0%}**. A reason holds where removing its events "
            f"takes the title off the first {checks.list_length}, {checks.least_fall} places down or to "
            f"{1 - checks.least_share:.0%} of its probability, and further than the rest of the list; also in "
            "histories with events left out at random, and with other titles in its place. "
            f"{_between(shares.failed.interval, 'The share that fails lies between')}"
        )
        if shares.first_look_wrong.share is not None:
            st.markdown(
                f"The first look, which is not checked, named something that did not hold for "
                f"**{shares.first_look_wrong.share:.0%}** of {shares.first_look_wrong.n:,}. Where no reason holds, the "
                "verified sentence says so."
            )


def noise(counted: CountedShares | None) -> None:
    """Draw the share of explanations that fail for noise, held to the same checks."""
    if counted is None or counted.nulls is None:
        st.caption("What noise gets from the same checks has not been counted for this model yet.")
        return
    rows = counted.nulls.rows()
    ours = rows["ours"]
    st.markdown(
        f"On {ours.n:,} sessions of five events or more, no reason held for **{1 - ours.verified:.0%}**. Noise should "
        "fail far more often:"
    )
    with st.container(horizontal=True, gap="large"):
        for name, title in NULL_TITLES.items():
            if name in rows:
                low, high = (1 - bound for bound in rows[name].interval[::-1])
                st.metric(
                    title.capitalize(),
                    f"{1 - rows[name].verified:.0%} fail",
                    help=f"95% interval {low:.0%} to {high:.0%}",
                )
    st.caption(SHUFFLED_WORDS)


def verdict(report: FaithfulnessReport) -> None:
    """Draw for how many recommendations the picture puts the wrong event first."""
    pictured = EXPLAINERS[report.pictured].title
    failing = report.failing
    with st.container(border=True, height="stretch"):
        st.caption("In pictures: for how many recommendations does the picture tell the truth?")
        st.subheader(f"For {failing.mean:.0%} of {failing.n:,}, the picture puts the wrong event first.", anchor=False)
        st.markdown(
            f"The picture is *{pictured}*; for **{1 - failing.mean:.0%}** it tells the truth: the event it puts first "
            f"is one of the **{report.settings.near}** whose removal lowers the recommended title most. "
            f"{_between(_interval(failing), 'The share that fails lies between')}"
        )
        last = report.explainer("last_item").measures.get(SHOWN)
        if last is not None:
            st.markdown(
                f"Naming the last event every time, without looking at the model, fails for **{last.mean:.0%}**. What "
                "a picture is worth beyond that is the distance between the two."
            )


def failures(report: FaithfulnessReport) -> None:
    """Draw how often each explainer fails the same test, floors among them."""
    shares = [
        FailureRate(EXPLAINERS[one.name].title, found.mean, _interval(found))
        for one in report.explainers
        if (found := one.measures.get(SHOWN)) is not None
    ]
    st.plotly_chart(
        failing_figure(shares, EXPLAINERS[report.pictured].title, ink=INK[st.context.theme.type or "light"]),
        config=BARE,
        key="failing",
        alt="Share of explanations that fail: " + ", ".join(f"{one.name} {one.mean:.0%}" for one in shares),
    )
    st.caption(
        "Share of recommendations for which an explainer puts the wrong event first; shorter is better. An explainer "
        "is worth something where it beats the floors, which know nothing of the model; removal masked in place shows "
        "how far two ways of removing agree, the most that can be asked for."
    )


def curves(report: FaithfulnessReport) -> None:
    """Draw what happens to the recommended title while events are removed, or kept, in each explainer's order."""
    chosen = [one for one in report.explainers if one.name in {report.pictured, *CURVES}]
    columns = st.columns(2, gap="large")
    for column, name, title, words in (
        (columns[0], "deletion", "share of events removed, most important first", "the faster it falls, the better"),
        (columns[1], "insertion", "share of events kept, most important first", "the faster it rises, the better"),
    ):
        with column:
            lines = [Curve(EXPLAINERS[one.name].title, report.shares, getattr(one, name)) for one in chosen]
            st.plotly_chart(
                curves_figure(lines, title),
                config=BARE,
                key=f"curve-{name}",
                alt=f"Mean probability of the title by {title}, one line an explainer.",
            )
            st.caption(f"{name.capitalize()}: {words}.")


def doubts(report: FaithfulnessReport) -> None:
    """Draw the three doubts of the literature, answered for this model in words."""
    for name, found in report.swaps.items():
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f"**{SWAP_WORDS[name]}**")
            st.markdown(_swap_words(found))
    pictured = report.explainer(report.pictured).measures.get("after_randomising")
    if pictured is not None:
        with st.container(border=True, gap="xxsmall"):
            st.markdown("**The same model with its weights shuffled**")
            st.markdown(
                f"Its explanations agree with the real ones to {pictured.mean:.2f} (Kendall's tau-b; 0 is right, 1 "
                "would mean that the picture does not depend on what was learned)."
            )
    if not report.swaps:
        st.caption("This model has no attention to replace.")


def _swap_words(found: dict[str, SessionMean]) -> str:
    moved, same = found["total_variation"], found["same_recommendation"]
    words = (
        f"{moved.mean:.0%} of the output's probability moves elsewhere; the same title stays first in {same.mean:.0%} "
        "of recommendations"
    )
    far = found.get("divergence")
    if far is not None:
        words = f"The weights move {far.mean / FARTHEST:.0%} as far as weights can; {words}"
    other = found.get("other_first")
    return f"{words}, while another event gets the most attention in {other.mean:.0%}." if other else f"{words}."


def every_measure(report: FaithfulnessReport) -> None:
    """Draw all measures of all explainers as one table, with what each of them is."""
    st.dataframe(
        pd.DataFrame([_row(one) for one in report.explainers]),
        hide_index=True,
        column_config={name: st.column_config.TextColumn(help=words) for name, words in MEASURES.items()},
        alt="Every measure of every explainer with its 95% interval.",
    )
    st.download_button(
        "All figures (JSON)",
        data=report.model_dump_json(indent=2),
        file_name="faithfulness.json",
        mime="application/json",
        icon=":material/download:",
    )


def _row(one: ExplainerReport) -> dict[str, str]:
    row = {"Explainer": EXPLAINERS[one.name].title}
    return row | {name: _cell(one.measures.get(name)) for name in MEASURES}


def _cell(found: SessionMean | None) -> str:
    if found is None:
        return "–"
    return f"{found.mean:.3f}" if found.low is None else f"{found.mean:.3f} ({found.low:.2f} to {found.high:.2f})"


def _interval(found: SessionMean) -> tuple[float, float] | None:
    return None if found.low is None or found.high is None else (found.low, found.high)


def _between(bounds: tuple[float, float] | None, words: str) -> str:
    """`words` with the bounds of a 95% interval; empty where there is none."""
    return "" if bounds is None else f"{words} {bounds[0]:.0%} and {bounds[1]:.0%} with 95% confidence."


def measured_on(report: FaithfulnessReport) -> None:
    """Draw what was measured, on what, and the command that measures it again."""
    subject, settings = report.subject, report.settings
    weights = (subject.weights_sha256 or "")[:12]
    st.caption(
        f"{settings.sessions:,} {settings.part} sessions of {plain(subject.data, 60)}, seed {settings.seed}, events "
        f"removed by {'dropping' if settings.how == 'drop' else 'masking'} them. Weights {weights}, catalogue "
        f"{subject.catalogue_hash[:12]}, events {(subject.events_hash or '')[:12]}. Measured beforehand; again with:"
    )
