"""A report measures scores in points, as the pages do, and says what a point is where points first stand."""

from __future__ import annotations

import math
import re

import pytest

from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.report.document import Document, Figure, in_words
from streamrec_core.report.html import to_html
from streamrec_core.report.pack import to_csv


def points_of(document: Document) -> list[Figure]:
    return [figure for figure in document.figures if figure.unit == "score points"]


def test_no_nats_are_left_in_a_report(document: Document, memory: Document) -> None:
    for each in (document, memory):
        assert points_of(each)
        assert "nats" not in {figure.unit for figure in each.figures}
        assert not re.search(r"\bnats?\b", to_html(each) + to_csv(each))


def test_what_an_event_is_worth_in_points_and_in_times_is_the_same(document: Document) -> None:
    figures = document.by_id()
    for event in document.cases[0].events:
        points = figures[event.removal.removesuffix("/removal") + "/points"]
        assert math.exp(points.value / 100) == pytest.approx(figures[event.removal].value, abs=1e-3)
        assert points.label.endswith("in points")


def test_points_are_explained_before_the_first_of_them_is_read(document: Document, memory: Document) -> None:
    for each in (document, memory):
        html = to_html(each)
        first = min(
            (html.find(f'data-id="{figure.id}"') for figure in points_of(each) if f'data-id="{figure.id}"' in html),
            default=-1,
        )
        section = html.rfind("<section", 0, first)
        assert first > 0
        assert POINTS_EXPLAINED in html[section : html.find("</section>", first)]


def test_a_contribution_of_a_head_is_in_points_as_on_the_page(document: Document) -> None:
    adds = [figure for figure in points_of(document) if "/adds/" in figure.id]
    assert adds
    assert all(in_words(figure).endswith("\u00a0points") and figure.low is not None for figure in adds)


def test_the_rule_of_the_check_names_no_limit_of_zero(document: Document) -> None:
    says = " ".join(document.section("explanations").says)
    assert "if it loses more than the other titles of the list do on average, measured in points." in says
    assert document.by_id()["explanations/beyond_list/points"].value == 0
