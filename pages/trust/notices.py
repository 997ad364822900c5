"""What Trust says of a model whose explanations were not measured, and the command that measures them."""

from __future__ import annotations

import streamlit as st

from pages.ui.escape import plain
from pages.ui.workbench import Workbench, model_folders

MEASURE = "python -m streamrec_core faithfulness {which} --data {data} --sessions 200 --write"


def measure_command(bench: Workbench) -> None:
    """How the faithfulness of this model is measured."""
    assert bench.model_name is not None
    folder = model_folders()[bench.model_name]
    run = folder.name == "best"
    which = f"--run {bench.model_name}" if run else f"--checkpoint checkpoints/{bench.model_name}"
    st.code(MEASURE.format(which=which, data=bench.data_name), language="shell", wrap_lines=True)


def not_measured(bench: Workbench) -> None:
    """Nobody has measured yet whether this model's explanations tell the truth."""
    with st.container(border=True):
        st.subheader("Not measured for this model yet", anchor=False)
        st.markdown(
            f"Nobody has held the explanations of **{plain(bench.model_name or '', 60)}** to removal, or its weights "
            "have changed since. It takes a few minutes; the report then lies beside the model, and this page shows it:"
        )
        measure_command(bench)
