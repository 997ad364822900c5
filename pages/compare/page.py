"""Compare: models and simple rules on the same test sessions, overall, by slice, and where two of them disagree."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.compare import disagreements, metrics, models
from pages.compare.beyond_accuracy import beyond_accuracy
from pages.compare.metrics import METRIC_HELP
from pages.compare.models import ComparedModel, ComparedResults
from pages.compare.slices import slices
from pages.compare.url import AGAINST, FIRST, METRIC, MODELS, RANK, SECOND, SLICES, VIEW
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.url_state import expert
from pages.ui.url_widgets import choose_one, choose_several
from pages.ui.workbench import current_workbench, replaced_notes
from streamrec_core.evaluation.metrics import METRIC_TITLES
from streamrec_core.evaluation.paired import compare_hits
from streamrec_core.evaluation.slicings import SLICINGS

LEVELS = {"10": "in the top 10", "1": "at rank 1"}
SIMPLE_METRIC = "hit@10"
HIT_AT_10 = (
    "Hit@10: how often the item that came next is among the ten that a model recommends out of the whole catalogue. "
    "Error bars: 95% CI."
)
HELP = {
    "overall": "Each bar is one model; error bars are 95% confidence intervals over sessions. Where they overlap, "
    "check the paired difference below before calling one model better.",
    "lift": "The difference is taken session by session, so sessions that are hard for both models cancel out. The "
    "reference is the best of the simple rules. Item neighbours recommend what similar sessions contain; sequential "
    "rules, what often came within ten events after the items of the session.",
    "slices": "Each row is a slice of the test sessions, each dot a model on it with its 95% CI; the bars on the right "
    "count the sessions. Hollow dots have too few sessions to rely on.",
    "disagreeing": "Correct means that the item that came next is in the top 10, or at rank 1. Sessions with the "
    "widest gap between the two ranks come first.",
}
VIEWS = {"figures": "each model", "difference": "difference from the reference"}


def choose_models(available: dict[str, ComparedModel], whole: bool) -> tuple[tuple[str, ...], str]:
    """Draw the choice of models and of the metric; gives both."""
    defaults = models.default_names(available)
    names = choose_several("Models and simple rules", list(available), MODELS, defaults, placeholder="Choose models")
    if not whole:
        return names, SIMPLE_METRIC
    more: dict[str, Any] = {"format_func": METRIC_TITLES.get, "help": METRIC_HELP, "required": True}
    return names, choose_one(st.segmented_control, "Metric", list(METRIC_TITLES), METRIC, SIMPLE_METRIC, **more)


def overall(results: ComparedResults, metric: str, whole: bool) -> None:
    """Bars over all test sessions and, where `whole`, the table behind them."""
    st.header("Accuracy on test sessions", anchor=False, help=HELP["overall"])
    rows = results.rows()
    metrics.metrics_chart(rows, metric, results.bench.model_name or "")
    if whole:
        metrics.metrics_table(rows)
    else:
        st.caption(HIT_AT_10)
    metrics.caveats([model for model, _ in results.evaluations.values()])


def lift(results: ComparedResults, metric: str, default: str, whole: bool) -> str:
    """How much better every model is than a reference; gives the reference's name."""
    names = list(results.evaluations)
    base = default if default in names else names[-1]
    st.header("Lift over a reference" if whole else f"Better than {plain(base, 60)}?", anchor=False, help=HELP["lift"])
    if whole:
        base = choose_one(st.selectbox, "Reference", names, AGAINST, base, width=320)
    lifts = results.lifts(base, metric)
    shown = results.bench.model_name if results.bench.model_name in lifts else next(iter(lifts))
    metrics.lift_sentence(lifts[shown])
    metrics.lift_table(list(lifts.values()), whole)
    return base


@st.fragment
def by_slice(results: ComparedResults, metric: str, base: str) -> None:
    """Every model on every slice, or its difference from the reference."""
    st.header("By slice", anchor=False, help=HELP["slices"])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = choose_one(st.selectbox, "Slice by", list(SLICINGS), SLICES, next(iter(SLICINGS)), width=300)
        view = choose_one(
            st.segmented_control, "Show", list(VIEWS), VIEW, "figures", format_func=VIEWS.get, required=True
        )
    if view == "difference":
        slices(results.differences(by, metric, base), by, metric, base)
    else:
        slices(results.columns(by, metric), by, metric, ceilings=results.ceilings(by, metric))


@st.fragment
def disagreeing(results: ComparedResults) -> None:
    """Sessions that one of two models gets right and the other wrong."""
    st.header("Where two models disagree", anchor=False, help=HELP["disagreeing"])
    names = list(results.evaluations)
    with st.container(horizontal=True, gap="medium"):
        first = choose_one(st.selectbox, "First model", names, FIRST, names[0], width=280)
        default = next(name for name in names if name != first)
        second = choose_one(st.selectbox, "Second model", names, SECOND, default, width=280)
        more: dict[str, Any] = {"format_func": LEVELS.get, "required": True}
        level = choose_one(st.segmented_control, "Counts as correct", list(LEVELS), RANK, "10", **more)
    if first == second:
        st.caption("Choose two different models to see where they disagree.")
        return
    first_model, first_evaluation = results.evaluations[first]
    second_model, second_evaluation = results.evaluations[second]
    pair = first_evaluation, second_evaluation
    difference = compare_hits(*pair, int(level))
    disagreements.counts(difference, (first, second))
    tests = ui_cached.ranked_split(results.bench.dataset).test
    disagreements.sessions(difference, pair, (first_model, second_model), tests, results.bench)


def draw(results: ComparedResults, metric: str, whole: bool) -> None:
    """Every section for the models that could be evaluated; fewer where not `whole`."""
    for name, fault in results.faults.items():
        st.warning(f"**{plain(name, 60)}** is left out. {plain(fault)}")
    if not results.evaluations:
        st.info("Choose at least one model or simple rule above.")
        return
    overall(results, metric, whole)
    several = len(results.evaluations) > 1
    if not several:
        st.info("Choose a second one above to see the lift and where the two disagree.")
    base = lift(results, metric, results.strongest_rule(metric), whole) if several else ""
    if whole:
        by_slice(results, metric, base)
        beyond_accuracy(results)
    if base:
        disagreeing(results)
    if not whole:
        ui_notices.more_for_experts(
            "other metrics, the table of all metrics, a choice of reference, and results by slice: session length, "
            "category, popularity and engagement; coverage, diversity, novelty and other measures beyond accuracy"
        )


bench = current_workbench()
st.title("Compare", anchor=False)
available = models.compared_models(bench)
st.markdown(
    f"Models and simple rules on the same test sessions of **{plain(bench.data_name, 60)}**. Each ranks the whole "
    "catalogue for the item that came next."
)
ui_notices.sampled_tests(bench.dataset)
names, metric = choose_models(available, expert())
ui_notices.replaced_models(replaced_notes())
draw(models.evaluate_all(available, names, bench), metric, expert())
