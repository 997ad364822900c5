"""Models of the settings file in the dashboard: listed and explained like others, and one notice for a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pages.ui import foreign_models
from streamrec_core.adapters.worker_process import workers
from streamrec_core.background.task import REQUEST_FILE
from streamrec_core.config import models_file
from streamrec_core.data.dataset import DataSet
from streamrec_core.explain import measuring_process
from streamrec_core.explain.measuring import MeasureRequest
from streamrec_core.report import making_process
from streamrec_core.report.making import PackRequest
from streamrec_core.report.pack import write_pack
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.test_report import SMALL

SOURCE = """
import os, sys
import numpy as np

class Follows:
    item_ids = [f"i{row}" for row in range(12)]  # two less than the data set has

    def score(self, histories):
        print("on standard output")
        scores = np.zeros((len(histories), 12))
        for row, history in enumerate(histories):
            for age, item in enumerate(reversed(history)):
                scores[row, (int(item[1:]) + 1) % 12] += 8 / 1.3**age
        return scores

def load(): return Follows()

class Crashing(Follows):
    def score(self, histories):
        if max(map(len, histories)) > 2:  # not those that are tried first
            print("the disk is on fire", file=sys.stderr)
            os._exit(3)
        return super().score(histories)

def broken(): raise OSError("no weights")
def other():
    model = Follows()
    model.item_ids = [f"x{row}" for row in range(12)]
    return model
"""
PAGES = ("overview", "explore", "heads", "trust", "debug", "compare", "report", "study")


@pytest.fixture
def listed(world: DataSet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes the settings file, with an entry for each function of the module."""
    monkeypatch.setattr(foreign_models, "_begun", set())
    folder = models_file().parent
    (folder / "mine.py").write_text(SOURCE)

    def write(*functions: str) -> None:
        entries = (f'["m-{name}"]\nmodel_from = "mine:{name}"\nstart_seconds = 60\n' for name in functions)
        models_file().write_text("".join(entries))

    yield write
    workers.close()


def model_list(page: object) -> list[str]:
    """Names and remarks in the list of models."""
    return next(box for box in page.selectbox if box.key == "choose_model").options  # type: ignore[attr-defined]


def test_every_page_shows_a_listed_model_like_the_others(visit: Visit, listed: Callable[..., None]) -> None:
    listed("load")
    text = {}
    for name in PAGES:
        page = visit(f"{name}/page.py", model="m-load")
        text[name] = words(page)
        assert not page.error, name
        if name == "explore":
            assert "m-load (other library)" in model_list(page)
    assert "2 of the 14 items of this data set are unknown to m-load" in text["explore"]
    assert "no torch module: attention, heads and gradients are not available" in text["explore"]
    assert "attention, heads and gradients are not available" in text["heads"]
    assert "runs in a process of its own, under the account of this server" in text["overview"]
    assert "m-load" in text["compare"]
    assert "what it was trained on is not known" in text["explore"]


def test_a_model_that_crashes_leaves_the_page_with_one_notice(visit: Visit, listed: Callable[..., None]) -> None:
    listed("Crashing")
    page = visit("explore/page.py", model="m-Crashing")
    notices = [notice.value.replace("\\", "").replace("\u2060", "") for notice in page.error]
    assert len(notices) == 1
    assert "m-Crashing: the worker process ended with exit code 3 during score" in notices[0]
    assert "it last printed: the disk is on fire" in notices[0]
    assert "m-Crashing (other library)" in model_list(page)
    page = visit("explore/page.py", model="a-transformer")
    assert not page.error


def test_what_cannot_be_used_is_named_where_it_is_chosen(visit: Visit, listed: Callable[..., None]) -> None:
    listed("broken", "other")
    with models_file().open("a") as file:
        file.write('[odd]\nmodel_from = "mine.py"\n')
    for name, message in (
        ("m-broken", "m-broken: broken() raised OSError: no weights"),
        ("m-other", "None of the 14 items has an id of the model's 12 items"),
        ("odd", 'model_from must be "module:function", got'),
    ):
        page = visit("explore/page.py", model=name)
        assert message in words(page).replace("\\", "")
    assert {f"{name} (other library)" for name in ("m-broken", "m-other", "odd")} <= set(model_list(page))
    assert "Model **odd** is damaged" in words(visit("training/page.py"))


def test_its_explanations_are_measured_and_a_report_is_built(
    visit: Visit, listed: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed("load")
    jobs = tmp_path / "measuring", tmp_path / "making"
    for job in jobs:
        job.mkdir()
    MeasureRequest(data="tiny", model="m-load", sessions=3).write(jobs[0] / REQUEST_FILE)
    assert measuring_process.measure(jobs[0]).stage == "done"
    text = words(visit("trust/page.py", model="m-load"))
    assert "Not measured for this model yet" not in text
    assert "3 test sessions of tiny" in text

    monkeypatch.setattr(making_process, "write_pack", partial(write_pack, pdf=False))
    request = PackRequest(data="tiny", model="m-load", folder=str(tmp_path / "packs"), settings=SMALL)
    request.write(jobs[1] / REQUEST_FILE)
    state = making_process.make(jobs[1])
    assert state.stage == "done", state.message
    assert "loaded from mine:load" in next((tmp_path / "packs").glob("*/*.html")).read_text()


def test_without_another_model_the_page_waits_for_those_of_the_settings(
    visit: Visit, listed: Callable[..., None], checkpoints: Path
) -> None:
    for card in checkpoints.glob("*/card.json"):
        card.unlink()
    listed("load")
    page = visit("explore/page.py")
    assert model_list(page) == ["m-load (other library)"]
    assert "what it was trained on is not known" in words(page)
