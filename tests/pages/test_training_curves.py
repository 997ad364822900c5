"""Curves of the Training page: the levels of simple rules and of an LSTM, which follow when they are evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from pages.training import cached, curves
from pages.ui.workbench import open_workbench
from streamrec_core.charts import live as charts
from streamrec_core.charts.live import Rule
from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import Refused
from streamrec_core.models.card import ModelCard
from streamrec_core.models.checkpoint import list_checkpoints
from streamrec_core.training.run_folder import RunFolder
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.training_visits import PAGE


def test_an_lstm_on_the_same_events_is_a_level_beside_the_run(trained: RunFolder, visit: Visit, world: DataSet) -> None:
    folder = list_checkpoints()["b-lstm"]
    card = ModelCard.read(folder / "card.json")
    card.model_copy(update={"metrics": {"validation": {"hit@10": 0.375}}}).write(folder / "card.json")
    assert len(visit(PAGE).get("vega_lite_chart")) == 2
    bench = open_workbench("tiny")
    assert cached.lstm_level(bench, world.card.split, but="") == (Rule("LSTM", 0.375),)
    assert cached.lstm_level(bench, world.card.split, but="b-lstm") == ()


def test_curves_do_not_wait_for_simple_rules_whose_lines_follow(
    trained: RunFolder, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated, drawn, caption = Event(), list[list[str]](), "their lines follow by themselves"

    def hit_curve(progress: Any, levels: Sequence[Rule], text: str) -> Any:
        drawn.append([level.name for level in levels])
        return charts.hit_curve(progress, levels, text)

    monkeypatch.setattr(curves, "hit_curve", hit_curve)
    monkeypatch.setattr(cached, "_evaluate", lambda dataset, kind: evaluated.wait(60) and (Rule("popularity", 0.25),))
    monkeypatch.setattr(curves, "PATIENCE", 0.0)
    cached._evaluation.clear()
    visitor = visit(PAGE)
    assert (drawn[-1], caption in words(visitor)) == ([], True)
    evaluated.set()
    bench = open_workbench("tiny")
    assert cached.levels(bench.dataset, trained.config().split, 60) == (Rule("popularity", 0.25),)
    visitor.run()
    assert (drawn[-1], caption in words(visitor)) == (["popularity"], False)


def test_the_page_runs_again_once_the_rules_are_known(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Rerun(Exception):
        pass

    def rerun() -> None:
        raise Rerun

    monkeypatch.setattr(curves.st, "rerun", rerun)
    with pytest.raises(Rerun):
        curves._live([], [], lambda: True)
    for awaited in (None, lambda: False):
        curves._live([], [], awaited)


def test_simple_rules_that_could_not_be_evaluated_are_evaluated_again(
    trained: RunFolder, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dataset: DataSet, kind: str) -> tuple[Rule, ...]:
        raise Refused("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(cached, "_evaluate", refuse)
        cached._evaluation.clear()
        with pytest.raises(Refused, match="the disk is full"):
            cached.levels(world, world.card.split, 60)
    rules = cached.levels(world, world.card.split, 60)
    names = ["popularity", "recent popularity", "last category", "item neighbours", "sequential rules"]
    assert [rule.name for rule in rules] == names
