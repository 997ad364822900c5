"""Notices of Trust: a model whose explanations were not tested, and the command that tests them."""

from __future__ import annotations

import streamlit as st

from pages.trust.measure import measure_button
from pages.ui.escape import plain
from pages.ui.workbench import Workbench, model_folders
from streamrec_core.explain.measuring import is_being_measured

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
    """There is no faithfulness report for this model's weights.

    Parameters
    ----------
    bench : Workbench
    running : bool
        Whether the explanations of a model, of this one or another, are being measured.
    """
    with st.container(border=True):
        if is_being_measured(bench.data_name, bench.model_name or ""):
            st.subheader("The first measurement is under way", anchor=False)
            st.markdown(
                f"The explanations of **{plain(bench.model_name or '', 60)}** are being tested by removing events. The "
                "report appears here when it is done, and is saved beside the model."
            )
            return
        st.subheader("Not measured for this model yet", anchor=False)
        st.markdown(
            f"The explanations of **{plain(bench.model_name or '', 60)}** have not been tested yet, or its weights "
            "have changed since. Measuring takes a few minutes; the report is saved beside the model and shown here."
        )
        if running:
            st.caption("One model is measured at a time: the button appears when the measurement above is done.")
        else:
            measure_button(bench, "Measure now")
        with st.expander("From a terminal"):
            measure_command(bench)
