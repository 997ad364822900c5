"""Results of a study: nothing before there are enough raters, then means, tests, agreement and exports."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.study import cached
from pages.ui.chart import chart, ink
from pages.ui.data_table import data_table
from pages.ui.escape import plain
from streamrec_core.charts.study import outcome_figure
from streamrec_core.data.shown_number import shown_interval
from streamrec_core.study.export import answers_csv, study_json_text
from streamrec_core.study.rating import progress
from streamrec_core.study.results_record import CLAIM, LEAST_RATERS, ArmComparison, OutcomeSummary, Results
from streamrec_core.study.store import StudyCard
from streamrec_core.study.words import agreement_words, arm_label, findings, p_words

EVERY = "5s"
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
        _waiting(study.card.name)
        _claim()
        return
    st.caption(f"{study.raters} raters who saw every arm, {study.answers} answers. Error bars: 95% CI.")
    for column, outcome in zip(st.columns(2, gap="large"), study.outcomes, strict=True):
        with column:
            _outcome(outcome)
    st.subheader("Paired tests", anchor=False)
    for outcome in study.outcomes:
        _tests(outcome)
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


@st.fragment(run_every=EVERY)
def _waiting(name: str) -> None:
    """Draw how many raters are missing and how many are at work, refreshed until the results are there."""
    study = cached.study_results(name)
    if study.enough:
        st.rerun()
    invited = [rater for rater in progress(name) if not rater.revoked]
    rating = sum(rater.begun and rater.done < rater.tasks for rater in invited)
    with st.container(border=True):
        st.subheader("Rating is under way" if rating else "No results yet", anchor=False)
        if rating:
            st.markdown(f"**{rating}** {'rater is' if rating == 1 else 'raters are'} in progress; see “Raters”.")
        if len(invited) < LEAST_RATERS:
            links = "1 rater has" if len(invited) == 1 else f"{len(invited) or 'no'} raters have"
            st.markdown(f"{links[:1].upper()}{links[1:]} a link: invite at least {LEAST_RATERS - len(invited)} more.")
        st.markdown(
            f"**{study.raters} of {LEAST_RATERS}** raters have seen every arm. Results are shown from {LEAST_RATERS} "
            "raters: with fewer, the signed-rank test cannot reach p < 0.05 whatever people answer, and watching a "
            "result while it grows is misleading."
        )
        st.caption(needed_words(study.planning))


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


def _tests(outcome: OutcomeSummary) -> None:
    st.markdown(f"**{HEADINGS[outcome.name][0]}**")
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    differing = "First minus second, over the cases that both arms can explain."
    balance = "−1 to 1: share of ranks in favour minus share against."
    data_table(
        pd.DataFrame([_row(pair) for pair in outcome.comparisons]),
        hide_index=True,
        height="content",
        column_config={
            "Difference": text(width=212),
            "Mean": number(format="%.2f", width=64, help=differing),
            "95% CI": text(width=128),
            "dz": number(format="%.2f", width=60, help="Cohen's d of paired differences."),
            "Rank-biserial": number(format="%.2f", width=110, help=balance),
            "Raters": number(width=64),
            "Raters needed": number(
                width=118, help="To detect an effect of the observed size with power 0.8; – where there is no effect."
            ),
            "Signed rank": text(width=102, help="Wilcoxon, two-sided, Holm-corrected."),
            "Paired t": text(width=90, help="Two-sided, Holm-corrected."),
        },
        placeholder="–",
        alt=f"{HEADINGS[outcome.name][0]}: paired differences between arms with tests and effect sizes.",
    )


def _row(pair: ArmComparison) -> dict[str, object]:
    row: dict[str, object] = {"Difference": f"{arm_label(pair.first)} − {arm_label(pair.second)}"}
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
