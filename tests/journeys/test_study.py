"""A study from end to end in a real browser: created, rated on a phone with a break in the middle, results read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from streamrec_core.study.invitations import invite
from streamrec_core.study.rating import enter
from tests.journeys.conftest import Serve
from tests.journeys.test_looks import Rgb, channels, contrast
from tests.journeys.visits import fits_width, serious, settled, until, visit
from tests.pages.tiny_world import build_many, build_world
from tests.study.test_results import planted
from tests.study.worlds import rate

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def served(workspace: Path, tmp_path: Path, serve: Serve) -> str:
    checkpoints = tmp_path / "checkpoints"
    build_many(build_world(checkpoints))
    return serve(STREAMREC_CHECKPOINTS=str(checkpoints))


def create_and_invite(page: Page, address: str) -> str:
    """The organiser's part; gives the link of the one rater."""
    visit(page, f"{address}/study?data=many")
    page.get_by_role("combobox", name="Cases per rater").click()
    page.get_by_role("option", name="6", exact=True).click()
    # A catalogue of a dozen titles leaves nothing that could push a title out of the first ten.
    page.get_by_role("button", name="Counterfactual", exact=True).click()
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_text("No results yet")).to_be_visible()
    page.get_by_role("tab", name="Raters").click()
    page.get_by_label("New raters").fill("1")
    page.get_by_role("button", name="Invite", exact=True).click()
    return page.get_by_test_id("stCode").first.inner_text().strip()


def answer(page: Page, number: int) -> None:
    """One task: both questions, then on."""
    expect(page.get_by_text(f"{number} of 6")).to_be_visible()
    groups = page.get_by_role("radiogroup")
    for group, option in ((0, 3), (1, 0)):
        groups.nth(group).locator("label").nth(option).click()
        expect(groups.nth(group).get_by_role("radio").nth(option)).to_be_checked()
        settled(page)  # a click during the run that the last one began could be lost
    onward = page.get_by_role("button", name="Finish" if number == 6 else "Next")
    expect(onward).to_be_enabled()
    onward.dblclick()  # an impatient thumb counts once


def test_a_study_is_created_rated_on_a_phone_and_read(served: str, page: Page, browser: Browser) -> None:
    link = create_and_invite(page, served)
    code = link.partition("code=")[2]
    phone = browser.new_context(viewport=PHONE).new_page()
    visit(phone, link)
    expect(phone.get_by_test_id("stSidebar")).to_have_count(0)
    assert serious(phone) == {}
    phone.get_by_role("button", name="Begin").click()
    ring = phone.get_by_test_id("stRadioOption").first.locator("> div > div").first
    colour, alpha = channels(ring.evaluate("node => getComputedStyle(node).borderColor"))
    ground, _ = channels(phone.get_by_test_id("stApp").evaluate("node => getComputedStyle(node).backgroundColor"))
    drawn = Rgb(*(alpha * top + (1 - alpha) * below for top, below in zip(colour, ground, strict=True)))
    assert contrast(drawn, ground) >= 3  # WCAG 2.2, 1.4.11
    for number in (1, 2):
        answer(phone, number)
    expect(phone.get_by_text("3 of 6")).to_be_visible()
    main = phone.get_by_test_id("stMain")
    expect(main).to_have_js_property("scrollTop", 0)
    fits_width(phone)
    settled(phone)  # as in `answer`
    phone.get_by_role("radiogroup").nth(0).locator("label").nth(1).click()
    expect(phone.get_by_role("radiogroup").nth(0).get_by_role("radio").nth(1)).to_be_checked()
    until(phone, lambda: (visit := enter(code)).answer(visit.trials[2]).trust == 2)
    phone.reload()
    expect(phone.get_by_text("3 of 6")).to_be_visible()
    expect(phone.get_by_role("radiogroup").nth(0).get_by_role("radio").nth(1)).to_be_checked()
    assert serious(phone) == {}
    for number in (3, 4, 5, 6):
        answer(phone, number)
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    assert enter(code).done == 6
    phone.context.close()

    for rater, invitation in enumerate(invite("study-1", 6)):
        rate(invitation.code, rater, planted)
    visit(page, f"{served}/study?data=many&study=study-1")
    expect(page.get_by_text("7 raters who saw every arm, 42 answers")).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    settled(page)
    assert serious(page) == {}
