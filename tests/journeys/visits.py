"""Helpers of browser journeys: open a page, wait for what it shows, and measure barriers and width.

Every wait is for a condition, and lasts as long as a machine under load may need.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page

PATIENCE = 300_000
"""Milliseconds until a wait fails; `conftest.py` makes it the limit of every `expect`."""
READY = "[data-testid=stApp][data-test-script-state=notRunning]"
# Streamlit's own: the groups of the sidebar are lists inside list items of other lists.
STREAMLITS_OWN = {"list", "listitem"}


def visit(page: Page, address: str) -> None:
    """Open an address and wait for the page; all later waits of this page are as patient."""
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    settled(page)


def settled(page: Page) -> None:
    """Wait for the end of the script run in progress.

    A click starts a run a moment later: wait for what the click changes first (the URL, a text), then for this.
    """
    page.wait_for_selector(READY)


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for a condition that neither a locator nor the URL can express, such as an answer in the database."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        page.wait_for_timeout(50)


def fits_width(page: Page) -> None:
    """Wait until nothing makes the page scroll sideways."""
    page.wait_for_function(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main && main.scrollWidth - main.clientWidth <= 1; }"
    )


def serious(page: Page) -> dict[str, Any]:
    """Serious accessibility findings of axe that are ours."""
    violations = Axe().run(page).response["violations"]
    return {
        finding["id"]: [node["html"][:200] for node in finding["nodes"]]
        for finding in violations
        if finding["impact"] in ("serious", "critical") and finding["id"] not in STREAMLITS_OWN
    }


def ink_range(locator: Locator) -> int:
    """Difference of the darkest and the brightest pixel of an element, 0 to 255: small where its text is veiled."""
    grey = np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("L"), np.int16)
    return int(grey.max() - grey.min())
