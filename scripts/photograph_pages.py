"""Screenshots of every page of a running dashboard, light and dark, on a desktop and on a phone.

    make run
    python scripts/photograph_pages.py --out /tmp/screenshots
    python scripts/photograph_pages.py --out /tmp/screenshots --only explore

Look at them after a change of looks: order, alignment, contrast, cut labels, empty places, long titles.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
VIEWS = {
    "overview": "",
    "explore": "explore",
    "explore-expert": "explore?mode=expert",
    "explore-lstm": "explore?model=streamrec-lstm",
    "explore-plain": "explore?model=streamrec-plain",
    "explore-maps": "explore?detail=maps",
    "explore-evidence": "explore?detail=evidence",
    "explore-changes": "explore?detail=change",
    "explore-heads-off": "explore?detail=heads",
    "trust": "trust",
    "debug": "debug",
    "debug-sinks": "debug?section=magnets",
    "debug-what-if": "debug?section=what-if&session=27",
    "debug-why-not": "debug?section=why-not&session=27",
    "dataset": "dataset",
    "training": "training",
    "heads": "heads",
    "compare": "compare",
    "report": "report",
    "study": "study",
}
"""Pages, and the states of them that look different, by the name of their picture."""
PATIENCE = 120_000
SETTLED = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  return app?.dataset.testScriptState === "notRunning" && !document.querySelector("[data-testid=stSkeleton]");
}"""
WHOLE = "() => document.querySelector('[data-testid=stMain]').scrollHeight"


def photograph(browser: Browser, address: str, out: Path, views: Sequence[str]) -> None:
    """Take the pictures: the first screen of each view, and the view from top to end."""
    for scheme, (size, (width, height)) in itertools.product(SCHEMES, SIZES.items()):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        for view in views:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{address}/{VIEWS[view]}")
            page.wait_for_function(SETTLED)
            page.wait_for_timeout(2000)  # charts draw after the script
            name = out / f"{view}-{size}-{scheme}"
            page.screenshot(path=f"{name}.png")
            page.set_viewport_size({"width": width, "height": max(height, page.evaluate(WHOLE) + 80)})
            page.wait_for_timeout(500)
            page.screenshot(path=f"{name}-whole.png")
            print(f"{name}.png", flush=True)
        context.close()


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--address", default="http://127.0.0.1:8501")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="only views whose name begins so")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    views = [view for view in VIEWS if view.startswith(arguments.only)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        photograph(browser, arguments.address, arguments.out, views)
        browser.close()


if __name__ == "__main__":
    main()
