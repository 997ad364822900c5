"""A model that reads times on the pages: an edited session keeps them, and its parameter is in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from streamrec_core.config import data_folder
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.diagnosis.edits import apply_edits, read_edits
from streamrec_core.models.sequence import SequenceModel
from tests.pages.conftest import Visit
from tests.pages.explore_visits import matrix, words
from tests.pages.tiny_world import ship
from tests.worlds import ADDITIVE, SMALL, dataset_of, small_transformer, written

JOBS = ("recent", "category", "lasting", "free")
NAME = "c-timed"
EDITS = "remove.1_insert.2.i4.click"


@pytest.fixture
def timed(world: DataSet, checkpoints: Path) -> tuple[DataSet, SequenceModel]:
    """The sessions of `tiny` with events half a minute and a day apart by turns, and a model of them."""
    gaps = np.resize([30, 86_400], len(world.log.items))
    log = replace(world.log, timestamps=978_300_000 + np.cumsum(gaps))
    data = written(dataset_of(world.catalogue, log, name="timed"), data_folder() / "timed")
    model = small_transformer(data.catalogue, jobs=JOBS, time_gaps=True)
    for terms in model.named_terms():
        terms.weights["time_gap"].data.fill_(1.5)
    ship(model, data, checkpoints / NAME, {**SMALL, **ADDITIVE, "jobs": list(JOBS), "time_gaps": True})
    return data, model


def score(model: SequenceModel, history: Session, row: int) -> float:
    """Points of a title above the average, as the matrix shows them."""
    with torch.inference_mode():
        scores = model.logits(batch_of([history], model.catalogue_size, 50)).log_softmax(1)[0]
    return 100 * float(scores[row] - (scores.exp() * scores).sum())


def test_an_edited_session_is_explained_with_the_times_of_its_events(
    visit: Visit, timed: tuple[DataSet, SequenceModel]
) -> None:
    data, model = timed
    row = data.catalogue.row("i7")
    whole = data.log.session(3).until(-1)
    edited = apply_edits(whole, read_edits(EDITS), data.catalogue)
    expected, at_once = score(model, edited, row), score(model, replace(edited, times=None), row)
    assert abs(expected - at_once) > 1
    shown = matrix(visit("explore/page.py", data="timed", session="s3", model=NAME, item="i7", edits=EDITS))
    assert shown["score"] == pytest.approx(expected, abs=0.2)
    unedited = matrix(visit("explore/page.py", data="timed", session="s3", model=NAME, item="i7"))
    assert unedited["score"] == pytest.approx(score(model, whole, row), abs=0.2)


def test_the_heads_page_says_what_an_hour_costs(visit: Visit, timed: tuple[DataSet, SequenceModel]) -> None:
    text = words(visit("heads/page.py", data="timed", model=NAME))
    assert "an event an hour before the last one counts less than 0.01 times as much as one of the same moment" in text
    assert "For the time since the event: what an hour costs." in text
