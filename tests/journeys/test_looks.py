"""Looks that a machine can judge, on every page, light and dark, wide and narrow: pale, cut and overlapping text."""

from __future__ import annotations

import io
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.journeys.visits import fits_width, settled, visit

PAGES = (
    "",
    "explore",
    "trust",
    "debug",
    "debug?section=why-not",
    "dataset",
    "training",
    "heads",
    "compare",
    "report",
    "study",
)
WIDTHS = (1440, 390)
LEAST_CONTRAST, LEAST_OF_LARGE = 4.5, 3.0
"""WCAG 2.2, 1.4.3; large is 24 pixels, or bold 18.66 pixels."""
DRAWN = """() => !document.querySelector("[data-testid=stSkeleton]") &&
  [...document.querySelectorAll(".js-plotly-plot")].every((plot) => {
    const drawing = plot.querySelector(".main-svg");
    return drawing && Math.abs(drawing.getBoundingClientRect().width - plot.getBoundingClientRect().width) < 2;
  })"""
"""Every chart is drawn, and as wide as its place."""
HEIGHT = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
TEXTS = """() => {
  const opacity = (node) => { let all = 1;
    for (; node; node = node.parentElement) all *= Number(getComputedStyle(node).opacity); return all; };
  const parts = [...document.querySelectorAll("[data-testid=stMain] *")].filter((node) =>
    [...node.childNodes].some((child) => child.nodeType === 3 && /[\\p{L}\\p{N}]/u.test(child.textContent)) &&
    !node.closest("label")?.querySelector(":disabled") &&
    !node.closest("details:not([open]) > :not(summary), :disabled, [aria-disabled=true], " +
      "[aria-hidden=true], canvas, style, script, title"));
  return parts.map((node) => {
    const chart = node.closest("svg.main-svg");
    const range = document.createRange(); range.selectNodeContents(node);
    const box = (chart ? node : range).getBoundingClientRect();
    const style = getComputedStyle(node);
    const edge = chart?.getBoundingClientRect();
    return {
      text: node.textContent.trim().slice(0, 60), box: [box.left, box.top, box.right, box.bottom],
      colour: chart ? style.fill : style.color, opacity: opacity(node),
      size: parseFloat(style.fontSize), bold: Number(style.fontWeight) >= 700,
      chart: edge ? [edge.left, edge.top, edge.right, edge.bottom] : null,
      chart_id: chart?.closest(".stElementContainer")?.className ?? "",
      kind: node.closest(".xtick, .x2tick, .ytick, .legendtext, .annotation-text, .xtitle, .x2title, .ytitle")
        ?.getAttribute("class") ?? "",
      seen: style.visibility === "visible" && opacity(node) > 0 && box.width > 1 && box.height > 1,
    };
  }).filter((part) => part.seen);
}"""


NEVER_COVERED = {"legendtext", "xtitle", "x2title", "ytitle"}


OPEN_SEGMENTS = """() => [...document.querySelectorAll("[data-variant=segmented_control]")].filter((segment) => {
  const before = segment.previousElementSibling;
  const wraps = before && Math.abs(before.getBoundingClientRect().top - segment.getBoundingClientRect().top) > 2;
  return wraps && getComputedStyle(segment).borderLeftColor.endsWith(", 0)");
}).map((segment) => segment.textContent)"""
"""Segments that begin a second line and have no left edge."""


class Rgb(NamedTuple):
    red: float
    green: float
    blue: float


def luminance(colour: Rgb) -> float:
    """Relative luminance of WCAG 2.2 of a colour from 0 to 255."""
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in colour)
    ]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(first: Rgb, second: Rgb) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def channels(css: str) -> tuple[Rgb, float]:
    """Read a computed colour and its alpha: `rgb(1, 2, 3)`, `rgba(1, 2, 3, 0.5)`, `color(srgb 0.1 0.2 0.3 / 0.5)`."""
    words = css[css.index("(") + 1 : -1].replace(",", " ").replace("/", " ").replace("srgb", " ").split()
    scale = 255 if css.startswith("color") else 1
    red, green, blue = (scale * float(word) for word in words[:3])
    return Rgb(red, green, blue), float(words[3]) if len(words) > 3 else 1.0


def ground_of(pixels: npt.NDArray[np.uint8], box: list[float]) -> Rgb | None:
    """The commonest colour behind a text; None where it lies outside of the picture."""
    left, top, right, bottom = (round(edge) for edge in box)
    part = pixels[max(top, 0) : bottom, max(left, 0) : right].reshape(-1, 3)
    if not part.size:
        return None
    colours, counts = np.unique(part, axis=0, return_counts=True)
    red, green, blue = colours[counts.argmax()].tolist()
    return Rgb(red, green, blue)


def pale(texts: list[dict[str, Any]], picture: bytes) -> list[str]:
    """Texts with too little contrast on the ground that they stand on."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    faults = []
    for part in texts:
        ground = ground_of(pixels, part["box"])
        if ground is None:
            continue
        colour, alpha = channels(part["colour"])
        share = alpha * part["opacity"]
        mixed = Rgb(*(share * top + (1 - share) * below for top, below in zip(colour, ground, strict=True)))
        large = part["size"] >= 24 or (part["bold"] and part["size"] >= 18.66)
        if contrast(mixed, ground) < (LEAST_OF_LARGE if large else LEAST_CONTRAST) - 0.05:
            faults.append(f"{part['text']!r}: {contrast(mixed, ground):.2f}")
    return faults


def cut(texts: list[dict[str, Any]]) -> list[str]:
    """Texts of charts that reach over the edge of their drawing."""
    faults = []
    for part in texts:
        if part["chart"] is not None:
            (left, top, right, bottom), edge = part["box"], part["chart"]
            if left < edge[0] - 1 or top < edge[1] - 1 or right > edge[2] + 1 or bottom > edge[3] + 1:
                faults.append(part["text"])
    return faults


def overlapping(texts: list[dict[str, Any]]) -> list[str]:
    """Pairs of labels of one chart that cover each other: of one kind, such as ticks, or a legend or title and any."""
    labels = [part for part in texts if part["kind"]]
    faults = []
    for at, first in enumerate(labels):
        for second in labels[at + 1 :]:
            kinds = {first["kind"], second["kind"]}
            if first["chart_id"] != second["chart_id"] or (len(kinds) > 1 and not kinds & NEVER_COVERED):
                continue
            left, right = first["box"], second["box"]
            wide = min(left[2], right[2]) - max(left[0], right[0])
            high = min(left[3], right[3]) - max(left[1], right[1])
            if wide > 2 and high > 3:
                faults.append(f"{first['text']!r} and {second['text']!r}")
    return faults


def shown_whole(page: Page, width: int) -> None:
    """Make the window as high as the page, so that everything is drawn and in the picture."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function(DRAWN)
    page.set_viewport_size({"width": width, "height": max(900, page.evaluate(HEIGHT))})
    page.wait_for_function(DRAWN)


def measured(page: Page) -> tuple[list[dict[str, Any]], bytes]:
    """All texts, and a picture in which they stand where they were measured."""
    while True:
        texts, picture = page.evaluate(TEXTS), page.screenshot(animations="disabled")
        if page.evaluate(TEXTS) == texts:
            return texts, picture


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_text_can_be_read_and_is_whole(
    dashboard: str, browser: Browser, path: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900}, color_scheme=scheme)
    page = context.new_page()
    visit(page, f"{dashboard}/{path}")
    for width in WIDTHS:
        shown_whole(page, width)
        settled(page)
        fits_width(page)
        texts, picture = measured(page)
        assert len(texts) > 10
        assert pale(texts, picture) == [], f"too pale at {width} pixels"
        assert cut(texts) == [], f"cut at {width} pixels"
        assert overlapping(texts) == [], f"overlapping at {width} pixels"
        assert page.evaluate(OPEN_SEGMENTS) == [], f"cut open by the end of a line at {width} pixels"
    context.close()


PLANTED = """<style>body { background: white; margin: 0 } text { font-size: 14px }</style>
<div data-testid="stMain"><p style="color: #777; opacity: 0.8">pale</p><p style="color: #767676">clear</p>
<p style="color: #888; font-size: 30px">large</p><button disabled style="color: #ccc">off</button>
<svg class="main-svg" width="200" height="60" style="overflow: visible">
<g class="xtick"><text x="10" y="20">first</text></g><g class="xtick"><text x="25" y="22">second</text></g>
<text class="xtitle" x="100" y="20">title</text><text class="legendtext" x="110" y="22">legend</text>
<text x="170" y="50">reaches over</text><text x="10" y="50" fill="#bbb">faint</text></svg></div>"""


def test_planted_faults_are_found_and_nothing_else(page: Page) -> None:
    page.set_content(PLANTED)
    texts, picture = measured(page)
    assert [fault.split(":")[0] for fault in pale(texts, picture)] == ["'pale'", "'faint'"]
    assert cut(texts) == ["reaches over"]
    assert overlapping(texts) == ["'first' and 'second'", "'title' and 'legend'"]


def test_the_contrast_of_known_colours_is_that_of_the_standard() -> None:
    assert contrast(Rgb(0, 0, 0), Rgb(255, 255, 255)) == pytest.approx(21)
    assert contrast(Rgb(118, 118, 118), Rgb(255, 255, 255)) == pytest.approx(4.54, abs=0.01)
    assert channels("rgba(1, 2, 3, 0.5)") == (Rgb(1, 2, 3), 0.5)
    assert channels("color(srgb 0.2 0.4 1 / 0.25)") == (Rgb(51, 102, 255), 0.25)
