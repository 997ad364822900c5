"""What the Trust page draws: the share of explanations that fail, what they were held to, and the doubts answered."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui.plain import plain
from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
from streamrec_core.attribution.faithfulness.record import MEASURES, ExplainerReport, FaithfulnessReport, Figure
from streamrec_core.charts.faithfulness import Curve, Share, curves_figure, failing_figure
from streamrec_core.charts.palette import INK

BARE = {"displayModeBar": False}
SHOWN = "fails"
CURVES = ("attention_mean", "integrated_gradients", "removal", "random", "last_item")
SWAP_WORDS = {
    "even": "Every head looks at all events alike",
    "permuted": "Every head's weights in random order",
    "adversarial": "Other weights, searched for to change the output as little as possible",
}


def verdict(report: FaithfulnessReport) -> None:
    """Draw the answer in one sentence, and the figures that it rests on."""
    pictured = EXPLAINERS[report.pictured].title
    failing = report.failing
    with st.container(border=True):
        st.caption("For how many recommendations does the picture tell the truth?")
        st.subheader(
            f"For {1 - failing.mean:.0%} of {failing.n:,} recommendations; for {failing.mean:.0%} it does not.",
            anchor=False,
        )
        st.markdown(
            f"The picture is *{pictured}*. It tells the truth where the event it puts first is one of the "
            f"**{report.settings.near}** whose removal changes the recommended title most. "
            f"{_span(failing, 'The share that fails lies between', as_percent=True)}"
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
        Share(EXPLAINERS[one.name].title, found.mean, _interval(found))
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
    chosen = [one for one in report.explainers if one.name in CURVES]
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


def _swap_words(found: dict[str, Figure]) -> str:
    moved, same = found["total_variation"], found["same_recommendation"]
    words = (
        f"{moved.mean:.0%} of the output's probability moves elsewhere; the same title stays first in {same.mean:.0%} "
        "of recommendations"
    )
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


def _cell(found: Figure | None) -> str:
    if found is None:
        return "–"
    return f"{found.mean:.3f}" if found.low is None else f"{found.mean:.3f} ({found.low:.2f} to {found.high:.2f})"


def _interval(found: Figure) -> tuple[float, float] | None:
    return None if found.low is None or found.high is None else (found.low, found.high)


def _span(found: Figure, words: str, as_percent: bool) -> str:
    if found.low is None or found.high is None:
        return ""
    low, high = (f"{value:.0%}" if as_percent else f"{value:.2f}" for value in (found.low, found.high))
    return f"{words} {low} and {high} with 95% confidence."


def measured_on(report: FaithfulnessReport) -> None:
    """Draw what was measured, on what, and the command that measures it again."""
    subject, settings = report.subject, report.settings
    weights = (subject.weights_sha256 or "")[:12]
    st.caption(
        f"{settings.sessions:,} {settings.part} sessions of {plain(subject.data, 60)}, seed {settings.seed}, events "
        f"removed by {'dropping' if settings.how == 'drop' else 'masking'} them. Weights {weights}, catalogue "
        f"{subject.catalogue_hash[:12]}, events {(subject.events_hash or '')[:12]}. Measured beforehand; again with:"
    )
