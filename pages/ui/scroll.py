"""Back to the top when a new task is shown: Streamlit keeps the place on the page, which is the end of the last one."""

from __future__ import annotations

import streamlit as st

# Runs when its `data` change; scrolls the page, draws nothing.
SCRIPT = """
const seen = new WeakMap();
export default function (component) {
  const { data, parentElement } = component;
  if (seen.get(parentElement) === data.view) return;
  seen.set(parentElement, data.view);
  const main = document.querySelector("[data-testid=stMain]");
  if (main) main.scrollTo({ top: 0 });
}
"""


def scroll_to_top(view: str) -> None:
    """Scroll up once for each new `view`."""
    with st.container(key="scroll", height="content"):
        st.components.v2.component("streamrec_scroll", js=SCRIPT, html="<span></span>")(
            key="scroll-to-top", data={"view": view}, height="content"
        )
