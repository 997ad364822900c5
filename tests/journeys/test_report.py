"""The report file read offline, its PDF, and its walkthrough in the dashboard."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.report.collect import collect
from streamrec_core.report.pack import Pack, pack_name, packs_folder, read_pack, write_pack
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import open_subject
from tests.journeys.conftest import Serve
from tests.journeys.visits import fits_width, serious, visit
from tests.pages.tiny_world import build_world

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def report_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the tiny world with one pack in it."""
    folder = tmp_path_factory.mktemp("report-journey")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STREAMREC_WORKSPACE", str(folder))
        patch.setenv("STREAMREC_CHECKPOINTS", str(folder / "checkpoints"))
        build_world(folder / "checkpoints")
        settings = ReportSettings(weighed=20, looked_at=5, explained=3)
        document = collect(open_subject(list_checkpoints()["a-transformer"], "tiny"), settings)
        write_pack(document, packs_folder() / pack_name(document))
    return folder


@pytest.fixture
def pack(report_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    monkeypatch.setenv("STREAMREC_WORKSPACE", str(report_workspace))
    (folder,) = (path.parent for path in (report_workspace / "packs").glob("*/manifest.json"))
    return read_pack(folder)


def test_the_file_is_read_without_a_network(pack: Pack, browser: Browser) -> None:
    context = browser.new_context(offline=True, java_script_enabled=True)
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((pack.folder / "report.html").as_uri())
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert [text.lstrip("0123456789") for text in headings[2:]] == [section.title for section in pack.document.sections]
    page.get_by_role("link", name=re.compile(r"^\d+\. Cases$")).click()
    expect(page.get_by_role("heading", name="Case 1")).to_be_in_viewport()
    expect(page.get_by_text(pack.manifest.content)).to_be_attached()
    assert [url for url in requests if not url.startswith("file:")] == []
    assert len(requests) == 1
    assert complaints == []
    assert serious(page) == {}
    context.close()


def test_the_file_fits_a_phone(pack: Pack, browser: Browser) -> None:
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto((pack.folder / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 1
    page.context.close()


def test_the_pdf_has_every_section_on_pages_of_a4(pack: Pack) -> None:
    reader = PdfReader(pack.folder / "report.pdf")
    width, height = (float(side) for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) in {(595, 842), (596, 842), (595, 841), (594, 841)}
    text = bare("".join(page.extract_text() for page in reader.pages))
    for section in pack.document.sections:
        assert bare(section.title) in text
        assert bare(section.question) in text
    assert pack.manifest.content in text


def bare(text: str) -> str:
    """Without spaces and ligatures, which are the printer's."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def test_a_regulator_walks_through_it_and_sees_the_evidence(
    pack: Pack, report_workspace: Path, serve: Serve, page: Page, browser: Browser
) -> None:
    address = serve(STREAMREC_CHECKPOINTS=str(report_workspace / "checkpoints"))
    visit(page, f"{address}/report?data=tiny&demo=1")
    expect(page.get_by_role("heading", name="Summary")).to_be_visible()
    menu = page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_role("link", name="Report")).to_be_visible()
    expect(menu.get_by_role("link", name="Training")).to_have_count(0)
    assert serious(page) == {}
    page.get_by_role("button", name="Next: What is this").click()
    expect(page.get_by_role("heading", name="What is this, and what is it for?")).to_be_visible()
    visit(page, f"{address}/report?data=tiny&demo=1&question=quality")
    expect(page.get_by_test_id("stTable").first).to_be_visible()
    assert serious(page) == {}
    visit(page, f"{address}/report?data=tiny&demo=1&question=remaking")
    expect(page.get_by_text("Catalogue, SHA-256")).to_be_visible()
    assert serious(page) == {}
    with page.expect_download() as taken:
        page.get_by_role("button", name="Report (HTML)").click()
    assert taken.value.path().read_bytes() == (pack.folder / "report.html").read_bytes()

    phone = browser.new_context(viewport=PHONE).new_page()
    visit(phone, f"{address}/report?data=tiny&demo=1&question=cases")
    case = pack.document.cases[0].session_id
    link = phone.get_by_role("link", name=f"Open session {case}")
    link.wait_for()
    fits_width(phone)
    link.click()
    phone.wait_for_url(f"**/explore?**session={case}**")
    phone.wait_for_url("**demo=1*")
    phone.context.close()
