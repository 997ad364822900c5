"""Faithfulness report: shares of explanations that fail, the tests behind them, and attention replaced by other."""

from __future__ import annotations

from math import log

import pandas as pd
import streamlit as st

from pages.ui.chart import chart, ink
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from pages.ui.nouns import say
from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
from streamrec_core.attribution.faithfulness.record import (
    MEASURES,
    SHARES_OF_SESSIONS,
    ExplainerReport,
    FaithfulnessReport,
    SessionMean,
)
from streamrec_core.charts.faithfulness import Curve, FailureRate, curves_figure, failing_figure
from streamrec_core.data.shown_number import shown_interval, shown_number
from streamrec_core.explain.nulls import SHUFFLED_WORDS
from streamrec_core.explain.shares import CountedShares

SHOWN = "fails"
FARTHEST = log(2)
"""Jensen-Shannon divergence, in nats, of weights that share no event."""
CURVES = ("attention_mean", "integrated_gradients", "removal", "random", "last_item")
METHODS_DRAWN = {"attention_mean": "attention", "integrated_gradients": "integrated_gradients", "removal": "removal"}
"""Explainers that are attribution methods, which have a colour of their own; floors are grey."""
SWAP_WORDS = {
    "even": "Every head attends uniformly",
    "permuted": "Every head's attention weights in random order",
    "adversarial": "Other attention weights, optimised to change the output as little as possible",
}


NULL_TITLES = {
    "random_reason": "random reasons",
    "random_title": "a random title",
    "shuffled": "the same weights, shuffled",
    "untrained": "the same network, untrained",
}


def removal_fit(counted: CountedShares | None, measuring: bool) -> None:
    """Draw how well the explanation predicts what the model does when events are removed, beside a guess."""
    with st.container(border=True, height="stretch"):
        st.caption("Charts: do they predict what happens when events are removed?")
        fit = None if counted is None else counted.removal_fit
        if fit is None:
            _missing(measuring)
            return
        share = "nothing" if fit.r2 <= 0 else f"{fit.r2:.0%}"
        st.subheader(f"They predict {share} of what happens.", anchor=False)
        st.markdown(
            "Random sets of events are removed, and the model is run again: this share of the differences was "
            f"predicted (R² over {fit.n:,} sessions). A guess without the model predicts "
            f"**{max(fit.guess, 0.0):.0%}**. "
            f"{_interval_words(fit.interval, 'Share') if fit.r2 > 0 else ''}"
        )


def confirmed_reasons(counted: CountedShares | None, measuring: bool) -> None:
    """Draw for how many recommendations no reason of the explanation in words was confirmed."""
    with st.container(border=True, height="stretch"):
        st.caption("Words: for how many recommendations does the explanation fail its check?")
        if counted is None or counted.shares.failed.share is None:
            _missing(measuring)
            return
        shares, checks = counted.shares, counted.settings.checks
        st.subheader(f"For {shares.failed.share:.0%} of {shares.failed.n:,}, no reason was confirmed.", anchor=False)
        st.markdown(
            f"At least one reason was confirmed for **{shares.verified.share:.0%}**. A reason is confirmed if removing "
            f"its events takes the {say('title')} off the top {checks.list_length}, {checks.least_fall} ranks down or "
            f"to {1 - checks.least_share:.0%} of its probability, and further than the rest of the list; also in "
            f"histories with events left out at random, and with other {say('titles')} in its place. "
            f"{_interval_words(shares.failed.interval, 'Share that fails')}"
        )
        if shares.first_look_wrong.share is not None:
            st.markdown(
                "The first look, which is not checked, named a reason that was rejected for "
                f"**{shares.first_look_wrong.share:.0%}** of {shares.first_look_wrong.n:,}. Where no reason is "
                "confirmed, the answer says so."
            )


def _missing(measuring: bool) -> None:
    """Draw that a figure is missing, and what brings it."""
    if measuring:
        st.subheader("Being measured now", anchor=False)
        st.markdown("The figure appears here when the measurement above is done.")
        return
    st.subheader("Not measured for this model yet", anchor=False)
    st.markdown("Measure it with the button above, or with the command at the end of this page.")


def noise(counted: CountedShares | None, measuring: bool) -> None:
    """Draw the share of explanations that fail for noise, under the same checks."""
    if counted is None or counted.nulls is None:
        state = "are being measured now" if measuring else "have not been measured for this model yet"
        st.caption(f"The same checks on noise {state}.")
        return
    rows = counted.nulls.rows()
    ours = rows["ours"]
    st.markdown(
        f"On {ours.n:,} sessions of five events or more, no reason was confirmed for **{1 - ours.verified:.0%}**. "
        "Noise should fail far more often:"
    )
    with st.container(horizontal=True, gap="large"):
        for name, title in ((key, say(text)) for key, text in NULL_TITLES.items()):
            if name in rows:
                low, high = (1 - bound for bound in rows[name].interval[::-1])
                st.metric(
                    title.capitalize(),
                    f"{1 - rows[name].verified:.0%} fail",
                    help=f"95% CI {shown_interval((low, high), '.0%')}",
                )
    st.caption(SHUFFLED_WORDS)


def verdict(report: FaithfulnessReport) -> None:
    """Draw for how many recommendations the chart puts the wrong event first."""
    method = EXPLAINERS[report.pictured].title
    failing = report.failing
    with st.container(border=True, height="stretch"):
        st.caption("Charts: for how many recommendations is the most important event right?")
        st.subheader(f"For {failing.mean:.0%} of {failing.n:,}, the chart puts the wrong event first.", anchor=False)
        st.markdown(
            f"The chart shows *{method}*. For **{1 - failing.mean:.0%}** it is right: the event it puts first is one "
            f"of the **{report.settings.near}** whose removal lowers the recommended {say('title')} most. "
            f"{_interval_words(failing.share_interval, 'Share that fails')}"
        )
        last = report.explainer("last_item").measures.get(SHOWN)
        if last is not None:
            st.markdown(
                f"Naming the last event every time, without the model, fails for **{last.mean:.0%}**. The difference "
                "is what the chart adds."
            )


def failures(report: FaithfulnessReport) -> None:
    """Draw how often each explainer fails the same test, baselines among them."""
    shares = [
        FailureRate(EXPLAINERS[explainer.name].title, failing.mean, failing.share_interval)
        for explainer in report.explainers
        if (failing := explainer.measures.get(SHOWN)) is not None
    ]
    chart(
        failing_figure(shares, EXPLAINERS[report.pictured].title, ink=ink()),
        key="failing",
        alt="Share of explanations that fail: " + ", ".join(f"{share.name} {share.mean:.0%}" for share in shares),
    )
    st.caption(
        "Share of recommendations for which an explainer puts the wrong event first; shorter is better. A useful "
        "explainer beats the floors, which do not use the model. Removal masked in place shows how far two kinds of "
        "removal agree, the best that can be expected."
    )


def curves(report: FaithfulnessReport) -> None:
    """Draw the probability of the recommended title as events are removed, or restored, in each explainer's order."""
    explainers = [explainer for explainer in report.explainers if explainer.name in {report.pictured, *CURVES}]
    columns = st.columns(2, gap="large")
    for column, name, title, words in (
        (columns[0], "deletion", "share of events removed, most important first", "the faster it falls, the better"),
        (columns[1], "insertion", "share of events kept, most important first", "the faster it rises, the better"),
    ):
        with column:
            lines = [
                Curve(
                    EXPLAINERS[explainer.name].title,
                    report.shares,
                    getattr(explainer, name),
                    "contribution" if explainer.name == report.pictured else METHODS_DRAWN.get(explainer.name, ""),
                )
                for explainer in explainers
            ]
            chart(
                curves_figure(lines, title),
                key=f"curve-{name}",
                alt=f"Mean probability of the {say('title')} by {title}, one line an explainer.",
            )
            st.caption(f"{name.capitalize()}: {words}.")


def attention_swaps(report: FaithfulnessReport) -> None:
    """Draw what happens when attention is replaced or weights are shuffled, in words."""
    for name, swap in report.swaps.items():
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f"**{SWAP_WORDS[name]}**")
            st.markdown(_swap_words(swap))
    agreement = report.explainer(report.pictured).measures.get("after_randomising")
    if agreement is not None:
        with st.container(border=True, gap="xxsmall"):
            st.markdown("**The same model with its weights shuffled**")
            st.markdown(
                f"Agreement of its explanations with the real ones: {agreement.mean:.2f} (Kendall's tau-b; 0 is right, "
                "1 would mean that the chart does not depend on what was learned)."
            )
    if not report.swaps:
        st.caption("This model has no attention to replace.")


def _swap_words(swap: dict[str, SessionMean]) -> str:
    moved, same = swap["total_variation"], swap["same_recommendation"]
    words = (
        f"{moved.mean:.0%} of the output's probability moves to other {say('titles')}; the first {say('title')} stays "
        f"the same in {same.mean:.0%} of recommendations"
    )
    far = swap.get("divergence")
    if far is not None:
        words = f"The attention weights change by {far.mean / FARTHEST:.0%} of the possible divergence; {words}"
    other = swap.get("other_first")
    return f"{words}, while another event gets the most attention in {other.mean:.0%}." if other else f"{words}."


def every_measure(report: FaithfulnessReport) -> None:
    """Draw all measures of all explainers as one table, with a definition of each."""
    data_table(
        pd.DataFrame([_row(explainer) for explainer in report.explainers]),
        file="faithfulness",
        hide_index=True,
        column_config={name: st.column_config.TextColumn(help=words) for name, words in MEASURES.items()},
        alt="Every measure of every explainer with its 95% CI.",
    )
    st.download_button(
        "All figures (JSON)",
        data=report.model_dump_json(indent=2),
        file_name="faithfulness.json",
        mime="application/json",
        icon=":material/download:",
    )


def _row(explainer: ExplainerReport) -> dict[str, str]:
    row = {"Explainer": EXPLAINERS[explainer.name].title}
    return row | {name: _cell(explainer.measures.get(name), name in SHARES_OF_SESSIONS) for name in MEASURES}


def _cell(figure: SessionMean | None, is_share: bool) -> str:
    if figure is None:
        return "–"
    bounds = figure.share_interval if is_share else _interval(figure)
    return shown_number(figure.mean, ".3f") + ("" if bounds is None else f" ({shown_interval(bounds)})")


def _interval(figure: SessionMean) -> tuple[float, float] | None:
    return None if figure.low is None or figure.high is None else (figure.low, figure.high)


def _interval_words(bounds: tuple[float, float] | None, noun: str) -> str:
    return "" if bounds is None else f"{noun}, 95% CI: {shown_interval(bounds, '.0%')}."


def measured_on(report: FaithfulnessReport) -> None:
    """Draw what the report was measured on."""
    subject, settings = report.subject, report.settings
    weights = (subject.weights_sha256 or "")[:12]
    st.caption(
        f"{settings.sessions:,} {settings.part} sessions of {plain(subject.data, 60)}, seed {settings.seed}, events "
        f"removed by {'dropping' if settings.how == 'drop' else 'masking'} them. Weights {weights}, catalogue "
        f"{subject.catalogue_hash[:12]}, events {(subject.events_hash or '')[:12]}. Precomputed. Reproduce with:"
    )
