"""Why not: each cause is told from the others, and the figures are those of the model."""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp

import pytest
import torch

from streamrec_core.attribution.bring_in_record import BringInSettings
from streamrec_core.data.filter_records import FilterRecord, FilterRecords
from streamrec_core.data.splits import split
from streamrec_core.explain.why_not import bring_in_title, why_not
from streamrec_core.explain.why_not_json import why_not_as_plain
from tests.diagnosis.model_check.planted import NEXT, RuleModel, rule_world
from tests.worlds import BagModel, catalogue_of, dataset_of, log_of, session_of

WORLD = dataset_of(catalogue_of(6, home=True), log_of([[0, 1, 2]] * 30))
RULE = FilterRecords({"i4": (FilterRecord("i4", "not in this country", "", "rule"),)})


def voters() -> BagModel:
    """After item 0, item n has the score n; the home page has most."""
    weights = torch.zeros(7, 7)
    weights[0] = torch.arange(7.0)
    return BagModel(weights)


def test_a_title_that_others_beat_is_told_by_rank_and_gap() -> None:
    answer = why_not(voters(), WORLD, session_of([0]), 2, k=3)
    assert (answer.cause, answer.rank, answer.items, answer.last_title) == ("ranked lower", 4, 6, "Title 3")
    assert answer.gap == pytest.approx(1.0)
    assert f"bag ranks it 4 of 6; the title on rank 3, Title 3, is {exp(1):.1f} times as likely" in answer.text


def test_a_record_of_a_filter_comes_first_and_the_rank_says_what_it_cost() -> None:
    answer = why_not(voters(), WORLD, session_of([0]), 4, k=3, filters=RULE)
    assert answer.cause == "filtered"
    assert 'because rule removed it ("not in this country"). bag ranks it 2 of 6' in answer.text
    assert "would have shown it" in answer.text
    beyond = why_not(voters(), WORLD, session_of([0]), 4, k=1, filters=RULE)
    assert "is beyond the first 1 as well" in beyond.text


def test_what_can_never_be_recommended_is_told_apart() -> None:
    assert why_not(voters(), WORLD, session_of([0]), 6).cause == "neutral"
    seen = why_not(voters(), dataset_of(WORLD.catalogue, WORLD.log, filter_seen=True), session_of([0, 5]), 5)
    assert (seen.cause, seen.rank) == ("seen", 1)
    assert "Without that, bag ranks it 1" in seen.text
    listed = why_not(voters(), WORLD, session_of([0]), 5, k=3)
    assert (listed.cause, listed.rank) == ("listed", 1)
    assert "no record says what" in listed.text


def test_after_a_history_of_every_title_the_answer_is_that_it_was_seen() -> None:
    filtering = dataset_of(WORLD.catalogue, WORLD.log, filter_seen=True)
    answer = why_not(voters(), filtering, session_of([1, 2, 3, 4, 5, 0]), 5)
    assert (answer.cause, answer.rank, answer.gap, answer.last_title) == ("seen", 1, None, "")
    assert "titles of the history are filtered here. Without that, bag ranks it 1" in answer.text


def test_what_brings_the_title_in_is_part_of_the_answer() -> None:
    world, model = rule_world(), RuleModel()
    history, title = session_of([3, 4, 5]), int(NEXT[9])
    answer = why_not(model, world, history, title, k=1)
    lift = bring_in_title(model, world, history, title, split(world).train, BringInSettings(k=1))
    answer = replace(answer, bring_in=lift)
    assert answer.text.endswith("With Title 9 at the end, it has rank 1.")
    plain = why_not_as_plain(answer, world.catalogue)
    assert plain["bring_in"]["edits"] == [{"kind": "add", "position": None, "item_id": "i9", "title": "Title 9"}]
    assert plain["bring_in"]["valid"] is True
    assert plain["text"] == answer.text
    json.dumps(plain)


def test_where_nothing_brings_it_in_what_was_tried_is_said() -> None:
    model = BagModel(torch.zeros(7, 7) + torch.arange(7.0))
    lift = bring_in_title(model, WORLD, session_of([0]), 1, split(WORLD).train, BringInSettings(k=2, most_edits=1))
    answer = replace(why_not(model, WORLD, session_of([0]), 1, k=2), bring_in=lift)
    assert "No change that was tried brings it among the first 2" in answer.text
    assert why_not_as_plain(answer, WORLD.catalogue)["bring_in"]["size"] is None
