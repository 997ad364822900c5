"""An additive model on the pages: contributions with their signs, sums that are the score, and words for its heads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.attribution.disagreement import shares
from streamrec_core.attribution.part_importance import part_importance
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_number import POINTS_EXPLAINED, in_points
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.whatif import what_if
from streamrec_core.explain.contrast import contrast
from streamrec_core.explain.parameters import TITLES, main_parameters
from streamrec_core.explain.verified import verify
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.models.test_additive import with_followers
from tests.pages.conftest import Visit
from tests.pages.explore_visits import expected, matrix, sent, words
from tests.pages.tiny_world import ship
from tests.worlds import ADDITIVE, SMALL, small_transformer

JOBS = ("last", "category", "opening", "free")
NAME = "c-additive"
SIDE_BY_SIDE = "The two layers do not build on each other: eight heads work side by side."


@pytest.fixture
def model(world: DataSet, checkpoints: Path) -> Any:
    """A third model for `tiny`, whose scores are sums."""
    made = with_followers(small_transformer(world.catalogue, jobs=JOBS, followers=3))
    ship(made, world, checkpoints / NAME, {**SMALL, **ADDITIVE, "jobs": list(JOBS), "followers": 3})
    return load_checkpoint(list_checkpoints()[NAME], world.catalogue)


def test_the_matrix_is_sent_what_heads_add_and_it_is_the_score_of_the_model_above_its_average(
    visit: Visit, world: DataSet, model: Any
) -> None:
    with torch.inference_mode():
        batch = batch_of([world.log.session(3).until(-1)], len(world.catalogue), 50)
        scores = model.logits(batch).log_softmax(1)[0]
    average = float((scores.exp() * scores).sum())
    for item in (None, "i7"):
        data = matrix(visit("explore/page.py", session="s3", model=NAME, **({} if item is None else {"item": item})))
        row = expected(world, "s3", model=NAME).candidate.row if item is None else world.catalogue.row(item)
        added = np.array(data["added"])
        assert added.shape == (8, len(data["events"]))
        assert (added < 0).any()
        assert data["score"] == pytest.approx(100 * (float(scores[row]) - average), abs=0.2)
        assert sum(value for _, value in data["base"]) + added.sum() == pytest.approx(data["score"], abs=2)
        assert data["view"]["quantity"] == "contribution"


def test_other_models_send_none(visit: Visit, model: Any) -> None:
    other = visit("explore/page.py", session="s3", model="a-transformer")
    assert matrix(other)["added"] is None
    assert SIDE_BY_SIDE not in words(other)


def test_bars_show_the_same_contributions_and_each_events_number(visit: Visit, world: DataSet, model: Any) -> None:
    visitor = visit("explore/page.py", session="s3", model=NAME, detail="evidence")
    data = sent(visitor, "evidence")[0]
    parts = expected(world, "s3", model=NAME).contributions
    assert data["switched"] == ["contribution", "attention"]
    assert [method["key"] for method in data["methods"]] == [
        "contribution",
        "attention",
        "integrated_gradients",
        "removal",
    ]
    assert [event["shares"][0] for event in data["events"]] == pytest.approx(
        shares(parts.by_event[0]).tolist(), abs=2e-3
    )
    verified = verify(model, world, expected(world, "s3", model=NAME))
    points = 100 * verified.evidence.values["value"]
    assert [event["value"] for event in data["events"]] == pytest.approx(points, abs=0.01)
    assert {item["method"] for event in data["events"] for item in event["disagreements"]} <= {
        "contribution",
        "attention",
        "integrated_gradients",
    }


def test_against_a_second_title_the_bars_show_what_is_added_to_the_difference(
    visit: Visit, world: DataSet, model: Any
) -> None:
    verified = verify(model, world, expected(world, "s3", model=NAME))
    foil = verified.first_look.recommendations[3]
    data = sent(visit("explore/page.py", session="s3", model=NAME, rival=foil.item_id, detail="evidence"), "evidence")[
        0
    ]
    against = contrast(model, world.catalogue, verified, foil.row).evidence.values["contribution"]
    assert [event["shares"][0] for event in data["events"]] == pytest.approx(shares(against).tolist(), abs=1e-3)


def test_heads_says_what_each_head_adds_its_terms_and_how_it_counts_followers(
    visit: Visit, world: DataSet, model: Any
) -> None:
    visitor = visit("heads/page.py", model=NAME)
    text = words(visitor)
    assert SIDE_BY_SIDE in text
    parts = part_importance(model, world, split(world).test)
    for part in [part for part in parts if part.kind == "head"]:
        assert f"**{part.name}** adds {100 * part.adds:,.0f} points [" in text
    lines = {line.split("**")[1]: line for line in text.splitlines() if line.startswith("- **Layer")}
    for term in main_parameters(model):
        assert term.words in lines[f"Layer {term.layer} head {term.head}"]
    assert sum("what people watched next after a title counts" in line for line in lines.values()) == 8
    bars = [json.loads(chart.proto.spec)["data"][0]["y"] for chart in visitor.get("plotly_chart")]
    terms = {TITLES[part.name] for part in parts if part.kind == "named term"}
    assert [{label.strip() for label in labels} for labels in bars].count(terms) == 1, "named terms are drawn once"
    assert SIDE_BY_SIDE not in words(visit("heads/page.py", model="a-transformer"))


def test_the_model_card_says_how_heads_stand(visit: Visit, model: Any) -> None:
    assert SIDE_BY_SIDE in words(visit(model=NAME))
    assert SIDE_BY_SIDE not in words(visit(model="a-transformer"))


def test_a_what_if_tells_what_each_head_adds_before_and_after(visit: Visit, world: DataSet, model: Any) -> None:
    visitor = visit("debug/page.py", section="what-if", session="s3", edits="remove.1", model=NAME)
    whatif = what_if(model, world, "s3", read_edits("remove.1"))
    table = next(frame.value for frame in visitor.dataframe if "Contribution before (points)" in frame.value)
    for column, side in (
        ("Contribution before (points)", whatif.before),
        ("Contribution after (points)", whatif.after),
    ):
        assert side.contributions is not None
        assert POINTS_EXPLAINED in words(visitor)
        assert list(table[column]) == pytest.approx((100 * side.contributions.by_head[0].ravel()).tolist(), abs=1e-4)
    other = visit("debug/page.py", section="what-if", session="s3", edits="remove.1", model="a-transformer")
    assert not [frame for frame in other.dataframe if "Contribution before (points)" in frame.value]


def test_heads_that_are_off_say_what_they_add(visit: Visit, world: DataSet, model: Any) -> None:
    text = words(visit("debug/page.py", section="parts-off", session="s3", off="0.1_1.2", model=NAME))
    parts = expected(world, "s3", model=NAME).contributions
    first, second = parts.by_head[0][0, 1], parts.by_head[0][1, 2]
    total = f"together {in_points(first + second)} of {in_points(parts.scores[0])}"
    assert f"Layer 0 head 1 {in_points(first)}, Layer 1 head 2 {in_points(second)}; {total}. {POINTS_EXPLAINED}" in text
    assert "together" not in words(visit("debug/page.py", section="parts-off", session="s3", off="recency", model=NAME))
