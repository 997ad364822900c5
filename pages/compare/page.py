"""Compare: models and simple rules on the same test sessions, overall, slice by slice, and where they disagree."""

from __future__ import annotations

import streamlit as st

from pages.compare import disagreements, metrics, models
from pages.compare.metrics import METRIC_HELP, METRIC_WORDS
from pages.compare.models import Entrant, Field
from pages.compare.slices import slices
from pages.ui import cached as ui_cached
from pages.ui import notices as ui_notices
from pages.ui.escape import plain
from pages.ui.url_state import AGAINST, AT, LEAF, METRIC, MODELS, ONE, OTHER, SLICES, VIEW, expert
from pages.ui.url_widgets import one_of, some_of
from pages.ui.workbench import current, replaced_notes
from streamrec_core.evaluation.paired import disagreement
from streamrec_core.evaluation.slices import SLICINGS

LEVELS = {"10": "among the ten", "1": "at first place"}
SIMPLE_METRIC = "hit@10"
HIT_AT_10 = (
    "Hit@10: how often the item that really came next is among the ten that a model recommends out of the whole "
    "catalogue. Whiskers are 95% intervals."
)
HELP = {
    "overall": "A bar is a model's figure, its whisker the 95% interval over sessions. Where whiskers overlap, look at "
    "the paired difference below before calling one better.",
    "lift": "The difference is taken session by session, so that what is hard for both falls out of it. Item "
    "neighbours is collaborative filtering: what sessions like this one held.",
    "slices": "A row is a part of the test sessions, a dot a model on it with its 95% interval; the bar on the right "
    "counts the sessions. Hollow dots stand on too few sessions to go by.",
    "disagreeing": "Right means that the item which really came next is among the ten, or first. The widest gap "
    "between the two ranks stands first.",
}
VIEWS = {"figures": "every model", "difference": "difference from the reference"}


def line_up(known: dict[str, Entrant], whole: bool) -> tuple[tuple[str, ...], str]:
    """Who stands side by side, and by which metric."""
    names = some_of("Models and simple rules", list(known), MODELS, models.usual(known), placeholder="Choose some")
    if not whole:
        return names, SIMPLE_METRIC
    more = {"format_func": METRIC_WORDS.get, "help": METRIC_HELP, "required": True}
    return names, one_of(st.segmented_control, "Metric", list(METRIC_WORDS), METRIC, SIMPLE_METRIC, **more)


def overall(field: Field, metric: str, whole: bool) -> None:
    """Bars over all test sessions, and the table behind them where it is wanted."""
    st.header("On all test sessions", anchor=False, help=HELP["overall"])
    rows = field.standings()
    metrics.standings(rows, metric, field.bench.model_name or "")
    if whole:
        metrics.figures_table(rows)
    else:
        st.caption(HIT_AT_10)
    metrics.doubts([entrant for entrant, _ in field.results.values()])


def lift(field: Field, metric: str, usual: str, whole: bool) -> str:
    """How much better everybody is than a reference; gives its name."""
    names = list(field.results)
    base = usual if usual in names else names[-1]
    st.header("Lift over a reference" if whole else f"Better than {plain(base, 60)}?", anchor=False, help=HELP["lift"])
    if whole:
        base = one_of(st.selectbox, "Reference", names, AGAINST, base, width=320)
    lifts = field.lifts(base, metric)
    shown = field.bench.model_name if field.bench.model_name in lifts else next(iter(lifts))
    metrics.lift_sentence(lifts[shown])
    metrics.lift_table(list(lifts.values()), whole)
    return base


@st.fragment
def by_slice(field: Field, metric: str, base: str) -> None:
    """Everybody on every slice, or their difference from the reference."""
    st.header("Slice by slice", anchor=False, help=HELP["slices"])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = one_of(st.selectbox, "Slice by", list(SLICINGS), SLICES, next(iter(SLICINGS)), width=300)
        view = one_of(st.segmented_control, "Show", list(VIEWS), VIEW, "figures", format_func=VIEWS.get, required=True)
    if view == "difference":
        slices(field.differences(by, metric, base), by, metric, base)
    else:
        slices(field.columns(by, metric), by, metric, ceilings=field.ceilings(by, metric))


@st.fragment
def disagreeing(field: Field) -> None:
    """Sessions where one of two models is right and the other wrong."""
    st.header("Where one is right and the other wrong", anchor=False, help=HELP["disagreeing"])
    names = list(field.results)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        one = one_of(st.selectbox, "One model", names, ONE, names[0], (LEAF,), width=280)
        usual = next(name for name in names if name != one)
        other = one_of(st.selectbox, "Another", names, OTHER, usual, (LEAF,), width=280)
        more = {"format_func": LEVELS.get, "required": True}
        level = one_of(st.segmented_control, "Right means", list(LEVELS), AT, "10", (LEAF,), **more)
    if one == other:
        st.caption("Choose two different ones to see where they differ.")
        return
    pair = field.results[one][1], field.results[other][1]
    entrants = field.results[one][0], field.results[other][0]
    found = disagreement(*pair, int(level))
    disagreements.counts(found, (one, other))
    tests = ui_cached.tests(field.bench.events_hash, field.bench.dataset)
    disagreements.sessions(found, pair, entrants, tests, field.bench)


def draw(field: Field, metric: str, whole: bool) -> None:
    """Everything that can be said of those who could be tested; less of it where not `whole`."""
    for name, fault in field.faults.items():
        st.warning(f"**{plain(name, 60)}** is left out. {plain(ui_notices.without_folders(fault))}")
    if not field.results:
        st.info("Choose at least one model or simple rule above.")
        return
    overall(field, metric, whole)
    if len(field.results) == 1:
        st.info("Choose a second one above to see the lift, and where the two disagree.")
    base = lift(field, metric, models.NEIGHBOURS, whole) if len(field.results) > 1 else ""
    if whole:
        by_slice(field, metric, base)
    if base:
        disagreeing(field)
    if not whole:
        ui_notices.more_for_experts(
            "other metrics and every figure, another reference, and the same slice by slice: by session length, "
            "category, popularity and engagement"
        )


bench = current()
st.title("Compare", anchor=False)
known = models.entrants(bench)
st.markdown(
    f"Models and simple rules on the same test sessions of **{plain(bench.data_name, 60)}**. Each ranks the whole "
    "catalogue for the item that really came next."
)
names, metric = line_up(known, expert())
ui_notices.replaced_models(replaced_notes())
draw(models.hold(known, names, bench), metric, expert())
