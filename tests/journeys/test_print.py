"""Pages on paper: what is read stays, what can only be clicked goes, and nothing is cut at the edge."""

from __future__ import annotations

import io
import unicodedata

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.journeys.visits import settled, visit


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("trust", ("All explainers on the same test", "random (floor)", "100%")),
        ("explore?session=27", ("Why", "L0H0", "L1H3", "16")),
    ],
)
def test_a_page_is_printed_whole_and_without_controls(
    dashboard: str, page: Page, path: str, stays: tuple[str, ...]
) -> None:
    visit(page, f"{dashboard}/{path}")
    expect(page.locator(".js-plotly-plot .main-svg, .sr-matrix table").first).to_be_visible()
    settled(page)
    page.emulate_media(media="print")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('[data-testid=stMain]')).overflow") == "visible"
    reader = PdfReader(io.BytesIO(page.pdf(print_background=True, prefer_css_page_size=True)))
    text = " ".join(sheet.extract_text() for sheet in reader.pages)
    words = " ".join(unicodedata.normalize("NFKC", text).split())  # without ligatures
    for part in stays:
        assert part in words
    assert "Level of detail" not in words
