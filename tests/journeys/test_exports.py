"""Every export opened in Chromium, and its pixels: text is there, colours are the palette's, nothing is black."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from streamrec_core.charts.export import weights_csv
from streamrec_core.charts.heads import maps_figure
from streamrec_core.charts.palette import (
    DARK_GROUND,
    HEAD_TYPE_COLOURS,
    LIGHT_GROUND,
    SEQUENTIAL,
    Scheme,
    shade,
)
from streamrec_core.charts.readable import readable
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.record import Explanation
from streamrec_core.explanation_view.widget import show
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from streamrec_core.models.protocol import SessionModel
from streamrec_core.report.collect import collect
from streamrec_core.report.pack import HTML_FILE, PDF_FILE, Pack, write_pack
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import open_subject
from tests.journeys.visits import PATIENCE

GROUNDS: dict[Scheme, str] = {"light": LIGHT_GROUND, "dark": DARK_GROUND}
MODEL, SESSION = "streamrec-transformer", "27"
CUT_TABLES = """() => [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth)
  .map((box) => box.getAttribute("aria-label"))"""
Pixels = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def dataset() -> DataSet:
    return open_data("streamrec")


@pytest.fixture(scope="module")
def model(dataset: DataSet) -> SessionModel:
    return load_checkpoint(list_checkpoints()[MODEL], dataset.catalogue)


@pytest.fixture(scope="module")
def explanation(model: SessionModel, dataset: DataSet) -> Explanation:
    return explain_session(model, dataset, SESSION)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """An evidence pack on the shipped model, with its PDF."""
    subject = open_subject(list_checkpoints()[MODEL], "streamrec")
    settings = ReportSettings(weighed=20, looked_at=10, explained=4, sessions=(SESSION,))
    return write_pack(collect(subject, settings), tmp_path_factory.mktemp("packs") / "pack")


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    ground: Scheme = request.param
    return ground


@pytest.fixture
def offline(browser: Browser, scheme: Scheme) -> Iterator[Page]:
    """A page without a network, which complains of nothing."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
    context.close()


def test_the_page_of_an_explanation_has_its_matrix_in_the_colours_of_the_types(
    model: SessionModel, dataset: DataSet, explanation: Explanation, offline: Page, scheme: Scheme, tmp_path: Path
) -> None:
    file = show(model, dataset, explanation).save(tmp_path / "explanation.html")
    offline.goto(file.as_uri())
    matrix = offline.locator(".sr-matrix")
    expect(matrix.get_by_text("L0H0").first).to_be_visible()
    expect(offline.get_by_role("heading", name=re.compile("^Why "))).to_be_visible()
    pixels = picture(offline.screenshot(full_page=True))
    assert share_of(pixels, GROUNDS[scheme]) > 0.3
    assert black(pixels) < 0.005
    for name in {head.type for head in explanation.heads}:
        assert share_of(pixels, HEAD_TYPE_COLOURS[name], near=12) > 0, name


def test_a_picture_of_the_maps_is_in_the_colours_of_the_scale(
    explanation: Explanation, dataset: DataSet, offline: Page, scheme: Scheme, tmp_path: Path
) -> None:
    titles = [dataset.catalogue.titles[item] for item in explanation.history.items]
    figure = readable(maps_figure(explanation, titles, scheme), scheme)
    figure.update_layout(width=1200)
    file = tmp_path / "maps.html"
    figure.write_html(file, include_plotlyjs=True)
    offline.goto(file.as_uri())
    url = offline.evaluate(
        "async ground => { const chart = document.querySelector('.js-plotly-plot');"
        " await Plotly.relayout(chart, {paper_bgcolor: ground});"
        " return Plotly.toImage(chart, {format: 'png', scale: 1}); }",
        GROUNDS[scheme],
    )
    pixels = picture(b64decode(url.partition(",")[2]))
    assert black(pixels) < 0.01
    scale = [shade(SEQUENTIAL[scheme], share) for share in np.linspace(0, 1, 41)]
    assert sum(share_of(pixels, colour, near=4) > 0.0002 for colour in scale) > 8
    assert share_of(pixels, SEQUENTIAL[scheme][0], near=4) > 0.01  # most cells of the maps are near zero


def test_the_table_has_a_line_for_every_weight(explanation: Explanation, dataset: DataSet) -> None:
    titles = [dataset.catalogue.titles[item] for item in explanation.history.items]
    rows = list(csv.DictReader(io.StringIO(weights_csv(explanation, titles))))
    length = len(titles)
    assert len(rows) == len(explanation.heads) * length * (length + 1) // 2
    assert {row["type"] for row in rows} == {head.type for head in explanation.heads}
    assert rows[0]["event_title"] == titles[0]
    last = [row for row in rows if row["row"] == str(length) and row["layer"] == row["head"] == "0"]
    assert sum(float(row["weight"]) for row in last) == pytest.approx(1.0, abs=1e-4)


def test_the_file_of_the_pack_looks_like_the_dashboard(pack: Pack, offline: Page) -> None:
    offline.goto((pack.folder / HTML_FILE).as_uri())
    fonts = offline.evaluate(
        "() => ['h1', 'p'].map(name => getComputedStyle(document.querySelector(name)).fontFamily.split(',')[0])"
    )
    assert fonts == ["Georgia", "system-ui"]
    assert offline.evaluate(CUT_TABLES) == []
    pixels = picture(offline.screenshot())
    assert share_of(pixels, LIGHT_GROUND) > 0.3
    assert black(pixels) < 0.005
    offline.locator("table.matrix").first.scroll_into_view_if_needed()
    pixels = picture(offline.locator("table.matrix").first.screenshot())
    types = {head.type for head in pack.document.cases[0].heads}
    assert all(share_of(pixels, HEAD_TYPE_COLOURS[name], near=4) > 0.0005 for name in types)
    assert black(pixels) < 0.06  # the figures in the cells


def test_the_pdf_of_the_pack_has_the_matrix_and_the_colours_of_the_types(pack: Pack) -> None:
    reader = PdfReader(pack.folder / PDF_FILE)
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "What each head adds because of each event" in words
    assert all(head.short in words for head in pack.document.cases[0].heads)
    fills: set[str] = set()
    for page in reader.pages:
        contents = page.get_contents()
        source = contents.get_data().decode("latin-1") if contents is not None else ""
        for match in re.finditer(r"([\d.]+) ([\d.]+) ([\d.]+) rg", source):
            fills.add("#" + "".join(f"{round(255 * float(part)):02x}" for part in match.groups()))
    assert {HEAD_TYPE_COLOURS[head.type] for head in pack.document.cases[0].heads} <= fills


def picture(image: bytes) -> Pixels:
    """(H, W, 3) values of 0 to 255."""
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"), np.int16)


def share_of(pixels: Pixels, colour: str, near: int = 2) -> float:
    """Share of the pixels whose channels are all within `near` of a colour."""
    target = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return float((np.abs(pixels - target).max(-1) <= near).mean())


def black(pixels: Pixels) -> float:
    """Share of pixels that are black, which neither the ink nor the dark ground is."""
    return float((pixels.max(-1) <= 8).mean())
