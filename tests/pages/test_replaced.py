"""Models of the replaced recipe readable on the pages: listed with the way to another, chosen by nobody unasked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.checkpoint import list_checkpoints
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.training.test_replaced import READABLE, written_run

LINE = "0-readable was trained with the recipe readable, which was replaced by additive; retrain with:"
COMMAND = 'python -m streamrec_core train --data tiny --run "$STREAMREC_WORKSPACE"/runs/0-additive'


@pytest.fixture
def old(world: DataSet) -> Path:
    """A run on `tiny` whose card stands first among the models and cannot be built."""
    card = json.loads((list_checkpoints()["a-transformer"] / "card.json").read_text())
    run = written_run("0-readable", reference=card["data"], data="tiny")
    (run / "best").mkdir()
    card |= {"name": "0-readable", "recipe": "readable", "architecture": READABLE}
    (run / "best" / "card.json").write_text(json.dumps(card))
    assert "0-readable" in list_checkpoints()
    return runs_folder()


@pytest.mark.parametrize(
    "page",
    ["overview/page.py", "explore/page.py", "heads/page.py", "compare/page.py", "training/page.py", "debug/page.py"],
)
def test_it_is_not_chosen_unasked_and_breaks_no_page(page: str, old: Path, visit: Visit) -> None:
    visitor = visit(page)
    assert not visitor.exception
    assert visitor.query_params["model"] == "a-transformer"
    (choice,) = [box for box in visitor.sidebar.selectbox if box.key == "choose_model"]
    assert "0-readable (recipe replaced)" in choice.options


@pytest.mark.parametrize("page", ["overview/page.py", "explore/page.py", "heads/page.py"])
def test_chosen_all_the_same_it_says_how_to_get_another(page: str, old: Path, visit: Visit) -> None:
    visitor = visit(page, model="0-readable")
    assert not visitor.exception
    assert LINE in words(visitor).replace("**", "")
    assert COMMAND in [code.value for code in visitor.code]


@pytest.mark.parametrize("page", ["training/page.py", "compare/page.py"])
def test_lists_keep_it_with_its_line(page: str, old: Path, visit: Visit) -> None:
    visitor = visit(page)
    assert LINE in words(visitor).replace("**", "")
    assert COMMAND in [code.value for code in visitor.code]


def test_nobody_can_resume_or_use_it(old: Path, visit: Visit) -> None:
    visitor = visit("training/page.py", run="0-readable")
    labels = {button.label for button in visitor.main.button}
    assert {"Rename", "Delete"} <= labels
    assert not {"Resume", "Use this model"} & labels
