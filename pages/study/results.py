"""Results of a study: nothing before there are enough raters, then means, tests, agreement and exports."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.ui.chart import chart, ink
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from streamrec_core.charts.study import outcome_figure
from streamrec_core.data.shown_number import shown_interval
from streamrec_core.study.export import answers_csv, study_json_text
from streamrec_core.study.results_record import CLAIM, LEAST_RATERS, ArmComparison, OutcomeSummary, Results
from streamrec_core.study.store import StudyCard
from streamrec_core.study.words import agreement_words, arm_label, findings, p_words

HEADINGS = {
    "trust": ("Trust", "How much raters trust the explanation, from 1 (not at all) to 5 (completely)."),
    "understanding": (
        "Understanding",
        "How often raters predicted which of two events the recommendation depends on more. No explanation mentions "
        "these events, so the answer cannot be read off. The dotted line is guessing.",
    ),
}


def facts(card: StudyCard) -> None:
    """Draw one line on data, model, arms and date of the study."""
    arms = ", ".join(arm_label(arm) for arm in card.arms)
    st.caption(
        f"{card.cases} cases of {plain(card.data, 60)}, recommended by {plain(card.model, 60)} · arms: {plain(arms)} · "
        f"created {card.created} · texts frozen, hash {card.cases_sha256[:12]}"
    )


def results(study: Results) -> None:
    """Draw the results, or how many raters are missing."""
    if not study.enough:
        _waiting(study)
        return
    st.caption(f"{study.raters} raters who saw every arm, {study.answers} answers. Error bars: 95% CI.")
    for column, outcome in zip(st.columns(2, gap="large"), study.outcomes, strict=True):
        with column:
            _outcome(outcome)
    st.subheader("Paired tests", anchor=False)
    _tests(study)
    st.caption(plain(agreement_words(study)))
    _claim()
    _exports(study.card.name)


def needed_words(planning: Mapping[str, int | None]) -> str:
    """How many raters it takes to detect effects of stated sizes, as a sentence."""
    sizes = ", ".join(f"{raters} for {effect}" for effect, raters in planning.items())
    return (
        f"Raters needed to detect an effect of a given size (Cohen's dz) with power 0.8: {sizes}. For a paired t test "
        "at 0.05, corrected for all pairs of arms."
    )


def _waiting(study: Results) -> None:
    with st.container(border=True):
        st.subheader("No results yet", anchor=False)
        st.markdown(
            f"**{study.raters} of {LEAST_RATERS}** raters have seen every arm. Results are shown from {LEAST_RATERS} "
            "raters: with fewer, the signed-rank test cannot reach p < 0.05 whatever people answer, and watching a "
            "result while it grows is misleading."
        )
        st.caption(needed_words(study.planning))
    _claim()


def _claim() -> None:
    st.caption(
        f"For comparison only: the case study printed {CLAIM['attention-grounded']} for attention-grounded and "
        f"{CLAIM['generic']} for generic explanations. That is its claim: it reports neither raters nor tests, and "
        "none of the results on this page come from it."
    )


def _outcome(outcome: OutcomeSummary) -> None:
    title, about = HEADINGS[outcome.name]
    st.subheader(title, anchor=False)
    chart(
        outcome_figure(outcome, ink=ink()),
        key=f"study-{outcome.name}",
        alt=f"{title}: " + ", ".join(f"{arm_label(arm.arm)} {arm.mean:.2f}" for arm in outcome.estimates),
    )
    for sentence in findings(outcome):
        st.markdown(plain(sentence))
    st.caption(about)


def _tests(study: Results) -> None:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    differing = "First minus second, over the cases that both arms can explain."
    balance = "−1 to 1: share of ranks in favour minus share against."
    data_table(
        pd.DataFrame([_row(outcome, pair) for outcome in study.outcomes for pair in outcome.comparisons]),
        hide_index=True,
        height="content",
        column_config={
            "Outcome": text(width=114),
            "Difference": text(width=212),
            "Mean": number(format="%.2f", width=50, help=differing),
            "95% CI": text(width=105),
            "dz": number(format="%.2f", width=46, help="Cohen's d of paired differences."),
            "Rank-biserial": number(format="%.2f", width=100, help=balance),
            "Raters": number(width=58),
            "Raters needed": number(width=110, help="To detect an effect of the observed size with power 0.8."),
            "Signed rank": text(width=88, help="Wilcoxon, two-sided, Holm-corrected."),
            "Paired t": text(width=82, help="Two-sided, Holm-corrected."),
        },
        alt="Paired differences between arms with tests and effect sizes.",
    )


def _row(outcome: OutcomeSummary, pair: ArmComparison) -> dict[str, object]:
    row: dict[str, object] = {
        "Outcome": HEADINGS[outcome.name][0],
        "Difference": f"{arm_label(pair.first)} − {arm_label(pair.second)}",
    }
    if pair.test is None:
        return row
    return row | {
        "Mean": pair.test.difference,
        "95% CI": shown_interval(pair.test.interval),
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
