"""Notices of Trust: a model whose explanations were not tested, and the command that tests them."""

from __future__ import annotations

import streamlit as st

from pages.trust.measure import measure_button
from pages.ui.escape import plain
from pages.ui.workbench import Workbench, model_folders

MEASURE = "python -m streamrec_core faithfulness {which} --data {data} --sessions 200 --write"


def measure_command(bench: Workbench) -> None:
    """Draw the command that measures the faithfulness of this model."""
    assert bench.model_name is not None
    which = f"--model-from {bench.model_name}" if bench.foreign else _checkpoint_words(bench.model_name)
    st.code(MEASURE.format(which=which, data=bench.data_name), language="shell", wrap_lines=True)


def _checkpoint_words(name: str) -> str:
    run = model_folders()[name].name == "best"
    return f"--run {name}" if run else f"--checkpoint checkpoints/{name}"


def not_measured(bench: Workbench, running: bool) -> None:
    """There is no faithfulness report for this model's weights; `running` is whether one is being made."""
    with st.container(border=True):
        st.subheader("Not measured for this model yet", anchor=False)
        st.markdown(
            f"The explanations of **{plain(bench.model_name or '', 60)}** have not been tested yet, or its weights "
            "have changed since. Measuring takes a few minutes; the report is saved beside the model and shown here."
        )
        if not running:
            measure_button(bench, "Measure now")
        with st.expander("From a terminal"):
            measure_command(bench)
