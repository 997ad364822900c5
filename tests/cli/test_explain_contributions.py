"""`explain` of an additive model: JSON, Parquet rows and tables add up to the score that the model gives."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.contributions import case_contributions
from streamrec_core.attribution.event_value import VALUE_METHOD, event_values
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.models.checkpoint import load_checkpoint
from tests.cli.conftest import Command
from tests.models.test_additive import with_followers
from tests.pages.tiny_world import ship
from tests.worlds import ADDITIVE, SMALL, chain_dataset, small_transformer, written

JOBS = ("last", "category", "opening", "free")
SESSION = "s3"


@pytest.fixture
def world(tmp_path: Path) -> DataSet:
    return written(chain_dataset(items=14), tmp_path / "tiny")


@pytest.fixture
def checkpoint(world: DataSet, tmp_path: Path) -> Path:
    model = with_followers(small_transformer(world.catalogue, jobs=JOBS, followers=3))
    settings = {**SMALL, **ADDITIVE, "jobs": list(JOBS), "followers": 3}
    ship(model, world, tmp_path / "summing", settings)
    return tmp_path / "summing"


def test_base_and_contributions_sum_to_the_score(command: Command, world: DataSet, checkpoint: Path) -> None:
    words = ("explain", "--checkpoint", checkpoint, "--data", world.folder, "--session", SESSION, "--json")
    model, history = load_checkpoint(checkpoint, world.catalogue), world.log.session(3).until(-1)
    with torch.inference_mode():
        scores = model.logits(batch_of([history], len(world.catalogue), 50))[0]
    for more in ((), ("--item", "i7")):
        document = command(*words, *more).json()
        row = world.catalogue.row(document["candidate"]["item_id"])
        heads = document["contributions"]
        assert [(head["layer"], head["head"]) for head in heads] == [(at // 4, at % 4) for at in range(8)]
        assert {len(head["values"]) for head in heads} == {len(history)}
        assert document["score"] == pytest.approx(float(scores[row]), abs=1e-5)
        assert document["base"] + sum(sum(head["values"]) for head in heads) == pytest.approx(
            document["score"], abs=1e-4
        )
        by_event = [sum(head["values"][at] for head in heads) for at in range(len(history))]
        assert [event["contribution"] for event in document["evidence"]] == pytest.approx(by_event, abs=1e-9)
        case = case_of(history, row, model, world.card.filter_seen)
        (against,) = case_contributions(model, world.catalogue, [case])
        assert [event["contribution_against_others"] for event in document["evidence"]] == pytest.approx(
            against.sum((0, 1)).tolist(), abs=1e-5
        )
        (values,) = event_values(model, world.catalogue, [case])
        assert [event["value"] for event in document["evidence"]] == pytest.approx(values.tolist(), abs=1e-4)
        assert document["value_method"] == VALUE_METHOD


def test_a_filtered_seen_item_has_contributions_too(
    command: Command, tmp_path: Path, world: DataSet, checkpoint: Path
) -> None:
    """What was seen cannot be recommended where seen items are filtered; its score is a sum all the same."""
    filtered = written(chain_dataset(items=14, filter_seen=True), tmp_path / "filtered")
    item = filtered.catalogue.item_ids[filtered.log.session(3).items[0]]
    words = ("explain", "--checkpoint", checkpoint, "--data", filtered.folder, "--session", SESSION)
    document = command(*words, "--item", item, "--json").json()
    added = sum(sum(head["values"]) for head in document["contributions"])
    assert (document["candidate"]["rank"], document["evidence"]) == (0, [])
    assert document["base"] + added == pytest.approx(document["score"], abs=1e-4)


def test_rows_of_many_sessions_have_the_same_contributions(
    command: Command, world: DataSet, checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "all.parquet"
    words = ("explain", "--checkpoint", checkpoint, "--data", world.folder)
    assert command(*words, "--all", "--out", out, "--sessions", 4).code == 0
    row = pq.read_table(out).to_pylist()[3]
    alone = command(*words, "--session", row["session_id"], "--json").json()
    for name in ("score", "base"):
        assert row[name] == pytest.approx(alone[name], abs=1e-4)
    assert row["value_method"] == alone["value_method"]
    for name in ("contribution", "contribution_against_others", "value"):
        assert [event[name] for event in row["evidence"]] == pytest.approx(
            [event[name] for event in alone["evidence"]], abs=1e-4
        )
    added = sum(event["contribution"] for event in row["evidence"])
    assert row["base"] + added == pytest.approx(row["score"], abs=1e-4)


def test_the_text_output_has_the_value_of_each_event_and_the_contribution_of_each_head(
    command: Command, world: DataSet, checkpoint: Path
) -> None:
    words = ("explain", "--checkpoint", checkpoint, "--data", world.folder, "--session", SESSION)
    lines = command(*words).out.splitlines()
    document = command(*words, "--json").json()
    for event in document["evidence"]:
        (line,) = [line for line in lines if f"{event['position'] + 1}. {event['title']} " in line and "%" not in line]
        assert f"{event['value']:+.2f}" in line
        assert f"{event['contribution']:+.2f}" in line
    for head in document["contributions"]:
        (line,) = [line for line in lines if f"L{head['layer']}H{head['head']} " in line]
        assert f" {sum(head['values']):+.2f} " in line
    assert f"score {document['score']:+.2f}" in " ".join(lines)
