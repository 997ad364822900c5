"""What a study shows: nothing before there are enough raters, then means, tests, agreement and exports."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.ui.escape import plain
from streamrec_core.charts.palette import INK
from streamrec_core.charts.study import outcome_figure
from streamrec_core.study.export import answers_csv, study_json_text
from streamrec_core.study.results import CLAIM, LEAST_RATERS, Comparison, OutcomeSummary, Results
from streamrec_core.study.store import StudyCard
from streamrec_core.study.words import agreement_words, arm_label, findings, p_words

HEADINGS = {
    "trust": ("Trust", "How far raters trust the explanation, from 1 (not at all) to 5 (completely)."),
    "understanding": (
        "Understanding",
        "How often raters foresaw without which of two events the recommendation would be less likely. No explanation "
        "names these events, so that no answer can be read off. The dotted line is guessing.",
    ),
}


def facts(card: StudyCard) -> None:
    """One line on what the study is about."""
    arms = ", ".join(arm_label(arm) for arm in card.arms)
    st.caption(
        f"{card.cases} cases of {plain(card.data, 60)}, recommended by {plain(card.model, 60)} · arms: {plain(arms)} · "
        f"created {card.created} · texts frozen under {card.cases_sha256[:12]}"
    )


def results(found: Results) -> None:
    """Draw the results, or how many raters are wanting."""
    if not found.enough:
        _waiting(found)
        return
    st.caption(f"{found.raters} raters who met every arm, {found.answers} answers. Whiskers are 95% intervals.")
    for column, outcome in zip(st.columns(2, gap="large"), found.outcomes, strict=True):
        with column:
            _outcome(outcome)
    st.subheader("Paired tests", anchor=False)
    _tests(found)
    st.caption(plain(agreement_words(found)))
    _claim()
    _exports(found.card.name)


def needed_words(planning: Mapping[str, int | None]) -> str:
    """How many raters effects of stated sizes would take."""
    sizes = ", ".join(f"{raters} for {effect}" for effect, raters in planning.items())
    return (
        f"Raters needed to find an effect of a stated size (Cohen's dz) with power 0.8: {sizes}. Counted for a paired "
        "t test at 0.05 shared among all pairs of arms."
    )


def _waiting(found: Results) -> None:
    with st.container(border=True):
        st.subheader("No result yet", anchor=False)
        st.markdown(
            f"**{found.raters} of {LEAST_RATERS}** raters have met every arm. Nothing is shown before there are "
            f"{LEAST_RATERS}: with fewer, the signed-rank test cannot fall below 0.05 whatever people answer, and a "
            "result that is watched while it grows misleads."
        )
        st.caption(needed_words(found.planning))
    _claim()


def _claim() -> None:
    st.caption(
        f"For comparison only: the case study printed {CLAIM['attention-grounded']} for attention-grounded and "
        f"{CLAIM['generic']} for generic explanations. That is its claim; it names neither raters nor tests, and "
        "nothing on this page was measured there."
    )


def _outcome(outcome: OutcomeSummary) -> None:
    title, about = HEADINGS[outcome.name]
    st.subheader(title, anchor=False)
    st.plotly_chart(
        outcome_figure(outcome, ink=INK[st.context.theme.type or "light"]),
        config={"displayModeBar": False},
        key=f"study-{outcome.name}",
        alt=f"{title}: " + ", ".join(f"{arm_label(arm.arm)} {arm.mean:.2f}" for arm in outcome.estimates),
    )
    for said in findings(outcome):
        st.markdown(plain(said))
    st.caption(about)


def _tests(found: Results) -> None:
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame([_row(outcome, pair) for outcome in found.outcomes for pair in outcome.comparisons]),
        hide_index=True,
        column_config={
            "Mean": number(format="%.2f", help="First minus second, over the cases that both arms can word."),
            "dz": number(format="%.2f", help="Cohen's d of paired differences."),
            "Rank-biserial": number(format="%.2f", help="-1 to 1: share of ranks in favour minus share against."),
            "Raters needed": number(help="To find an effect of the observed size with power 0.8."),
            "Signed rank": st.column_config.TextColumn(help="Wilcoxon, two-sided, adjusted by Holm."),
            "Paired t": st.column_config.TextColumn(help="Two-sided, adjusted by Holm."),
        },
        alt="Paired differences between arms with tests and effect sizes.",
    )


def _row(outcome: OutcomeSummary, pair: Comparison) -> dict[str, object]:
    row: dict[str, object] = {
        "Outcome": HEADINGS[outcome.name][0],
        "Difference": f"{arm_label(pair.first)} − {arm_label(pair.second)}",
    }
    if pair.test is None:
        return row
    low, high = pair.test.interval
    return row | {
        "Mean": pair.test.difference,
        "95% interval": f"{low:.2f} to {high:.2f}",
        "Signed rank": p_words(pair.w_holm),
        "Paired t": p_words(pair.t_holm),
        "dz": pair.test.dz,
        "Rank-biserial": pair.test.rank_biserial,
        "Raters": pair.test.n,
        "Raters needed": pair.needed,
    }


def _exports(name: str) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Answers as CSV",
            lambda: answers_csv(name),
            f"{name}-answers.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Everything as JSON",
            lambda: study_json_text(name),
            f"{name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
