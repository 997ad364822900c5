"""The section on heads shows contributions beside ablation for models whose scores are sums."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.attention.profile import profile
from streamrec_core.attribution.part_importance import part_importance
from streamrec_core.report.document import Document
from streamrec_core.report.register import Register
from streamrec_core.report.sections.heads import heads
from tests.models.test_additive import with_followers
from tests.pages.tiny_world import ship
from tests.report.worlds import JOBS, build, opened
from tests.worlds import ADDITIVE, SMALL, small_transformer


def test_contributions_of_heads_are_shown_beside_their_ablation(document: Document) -> None:
    section = document.section("heads")
    (table,) = section.tables
    assert table.columns[-1] == "Adds to the score"
    figures = {figure.id: figure for figure in document.figures}
    for row in table.rows:
        added = figures[row.cells[3]]
        assert added.unit == "score points"
        assert 0 <= (added.low or 0.0) <= added.value <= (added.high or 0.0)
    assert "The two layers do not build on each other: eight heads work side by side." in section.after


def test_followers_are_described_and_contributions_match_the_core(tmp_path: Path) -> None:
    folders = build(tmp_path)
    base = opened(folders)
    model = with_followers(small_transformer(base.dataset.catalogue, jobs=JOBS, followers=3))
    settings = {**SMALL, **ADDITIVE, "jobs": list(JOBS), "followers": 3}
    ship(model, base.dataset, tmp_path / "following", settings)
    subject = opened({**folders, "following": tmp_path / "following"}, "following")
    examples = subject.divided.test.sample(8, seed=0)
    parts, register = part_importance(subject.model, subject.dataset, examples), Register()
    (table,) = heads(subject, profile(subject.model, subject.dataset, examples), parts, register).tables
    for row, part in zip(table.rows, parts, strict=False):
        assert register.figure(row.cells[3]).value == pytest.approx(100 * (part.adds or 0), abs=1e-4)
        assert "; what people watched next after a title counts" in row.note


def test_a_plain_model_has_no_contribution_column(tmp_path: Path) -> None:
    folders = build(tmp_path)
    base = opened(folders)
    ship(small_transformer(base.dataset.catalogue), base.dataset, tmp_path / "plain", dict(SMALL))
    subject = opened({**folders, "plain": tmp_path / "plain"}, "plain")
    examples = subject.divided.test.sample(8, seed=0)
    head_profile = profile(subject.model, subject.dataset, examples)
    section = heads(subject, head_profile, part_importance(subject.model, subject.dataset, examples), Register())
    assert {len(row.cells) for row in section.tables[0].rows} == {3}
    assert not [text for text in section.after if "side by side" in text]
