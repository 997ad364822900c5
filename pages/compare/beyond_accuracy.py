"""Coverage, diversity, novelty and more of the compared models' lists, beside random, popular and logged lists."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.compare.models import ComparedResults
from pages.compare.url import EXPOSURE, MEASURE
from pages.ui.chart import chart, ink
from pages.ui.data_table import data_table
from pages.ui.nouns import say
from pages.ui.url_widgets import choose_one
from streamrec_core.charts.beyond_accuracy import beyond_accuracy_figure
from streamrec_core.charts.exposure import exposure_figure
from streamrec_core.data.catalogue_columns import column_names
from streamrec_core.evaluation.beyond_accuracy.lists import FLOORS
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists
from streamrec_core.evaluation.beyond_accuracy.measures import LIST_MEASURES

HELP = (
    "Measures of the lists of ten themselves, by the definitions of RecTools. Outlined bars are floors: "
    + "; ".join(f"{name}: {what}" for name, what in FLOORS.items())
)
MOST_GROUPS = 10
TITLES = {name: measure.title for name, measure in LIST_MEASURES.items()}


@st.fragment
def beyond_accuracy(results: ComparedResults) -> None:
    """Bars of one measure, and the table of all."""
    st.header("Beyond accuracy", anchor=False, help=f"{say(HELP)}.")
    measure = choose_one(
        st.segmented_control,
        "Measure",
        list(TITLES),
        MEASURE,
        "coverage",
        format_func=TITLES.get,
        required=True,
        label_visibility="collapsed",
    )
    models, floors = results.measured_lists(), results.list_floors()
    chart(
        beyond_accuracy_figure(models, floors, measure, results.bench.model_name or "", ink()),
        key="beyond-accuracy",
        alt=f"{TITLES[measure]}: "
        + ", ".join(f"{lists.name} {lists.mean(measure):.3g}" for lists in (*models, *floors)),
    )
    st.caption(
        f"{say(LIST_MEASURES[measure].help)} Outlined: lists made without a model. Error bars: 95% CI over sessions."
    )
    _table([*models, *floors])
    _exposure(results)


def _exposure(results: ComparedResults) -> None:
    """How often each group of items is recommended, by a column of the catalogue."""
    columns = column_names(results.bench.dataset)
    by = choose_one(st.selectbox, "Exposure by", columns, EXPOSURE, "category", width=300)
    models = results.exposures(by, MOST_GROUPS)
    if not models:
        return
    chart(exposure_figure(models), key="exposure", alt=f"Share of all list places by {by} for every model.")
    st.caption(
        "Share of all list places. Dotted line: what random lists give. Circle: share of the training events. Error "
        f"bars: 95% CI over sessions. At most {MOST_GROUPS} are shown: those that the first model recommends most and "
        "least."
    )


def _table(rows: list[MeasuredLists]) -> None:
    number = st.column_config.NumberColumn
    data_table(
        pd.DataFrame(
            [{"Lists": lists.name, **{TITLES[name]: lists.mean(name) for name in lists.values}} for lists in rows]
        ),
        file="beyond-accuracy",
        hide_index=True,
        column_config={
            measure.title: number(
                help=say(measure.help), format={"share": "percent", "bits": "%.2f", "number": "%.4f"}[measure.unit]
            )
            for measure in LIST_MEASURES.values()
        },
        alt="Every measure beyond accuracy by model and floor.",
    )
