"""Heads: the head profile over the test sessions, for models with heads, without, and with saved epochs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.heads import cached
from pages.heads.named_terms import named_terms
from pages.ui import data_table
from pages.ui.escape import plain
from streamrec_core.attention.profile import HeadProfile, profile
from streamrec_core.attribution.part_importance import part_importance
from streamrec_core.config import runs_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import open_data
from streamrec_core.data.shown_number import POINTS, shown_interval
from streamrec_core.data.splits import split
from streamrec_core.explain.parameters import Parameter
from streamrec_core.models.card import TermSpread
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.worlds import SMALL

PAGE = "heads/page.py"


def charts(visitor: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in visitor.get("plotly_chart")]


def expected(world: DataSet) -> HeadProfile:
    model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
    measured = profile(model, world, split(world).test)
    assert measured is not None
    return measured


def test_types_of_all_heads_are_counted_over_the_test_sessions(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, mode="expert")
    measured = expected(world)
    assert "Over 12 test sessions" in words(visitor)
    bars = charts(visitor)[0]["data"]
    assert [list(bar["x"])[:-1] for bar in bars] == [  # type: ignore[attr-defined]
        pytest.approx([head[number].share for head in measured.types]) for number in range(4)
    ]
    table = visitor.dataframe[0].value
    assert len(table) == 8 * 4
    assert table["Share"][0] == f"{measured.types[0][0].share:.1%}"


def test_shares_of_attention_and_similar_heads_are_below(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, mode="expert")
    measured = expected(world)
    first, second = measured.most_alike() or (0, 0)
    assert f"{measured.names[first]}** and **{measured.names[second]}" in words(visitor)
    # types, lifts, measures, a spread, similarity, contributions
    assert len(charts(visitor)) == 6


@pytest.mark.parametrize("by", ["distance", "category", "engagement"])
def test_the_grouping_of_attention_is_in_the_link(visit: Visit, world: DataSet, by: str) -> None:
    drawn = charts(visit(PAGE, lies=by))[1]["data"][0]  # type: ignore[index]
    assert [label.replace("<br>", " ") for label in drawn["x"]] == list(getattr(expected(world), by).labels)


def test_an_unknown_grouping_is_named(visit: Visit) -> None:
    assert "**colour** is not available" in words(visit(PAGE, lies="colour"))


def test_the_simple_level_shows_types_attention_and_importance(visit: Visit) -> None:
    visitor = visit(PAGE)
    assert [header.value for header in visitor.header] == [
        "Head types",
        "Attention by event",
        "Importance of each head",
    ]
    assert len(charts(visitor)) == 3
    assert not visitor.dataframe
    visitor.button(key="more_for_experts").click().run()
    assert len(charts(visitor)) == 6


def test_the_importance_of_a_head_is_measured_by_switching_it_off(visit: Visit, world: DataSet) -> None:
    model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
    falls = sorted(POINTS * part.log_prob_drop for part in part_importance(model, world, split(world).test))
    assert charts(visit(PAGE, mode="expert"))[-1]["data"][0]["x"] == pytest.approx(falls)  # type: ignore[index]


def test_a_shipped_model_says_that_it_has_no_saved_epochs(visit: Visit) -> None:
    assert "has no saved epochs" in words(visit(PAGE, mode="expert"))


def test_a_run_shows_how_its_heads_formed(visit: Visit, world: DataSet) -> None:
    dataset = open_data("tiny")
    run = RunFolder(runs_folder() / "my-run")
    run.begin(new_run("my-run", dataset, "transformer", "plain", {**SMALL, "epochs": 2, "batch_size": 16}))
    list(train(run, dataset))
    visitor = visit(PAGE, mode="expert", model="my-run")
    formed = charts(visitor)[-1]["data"]
    assert len(formed) == 8 * 4  # type: ignore[arg-type]
    assert formed[0]["x"] == ["1", "2"]  # type: ignore[index]
    assert "Saved epochs of the run" in words(visitor)


def test_a_model_without_heads_says_so_and_leads_on(visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert", model="b-lstm")
    assert "This model has no attention heads" in words(visitor)
    assert "a-transformer" in words(visitor)
    assert not charts(visitor)
    assert len(visitor.get("page_link")) == 1


def test_without_a_model_the_way_to_train_one_is_shown(other_world: object, visit: Visit) -> None:
    assert "There is no model for this data set yet" in words(visit(PAGE, mode="expert", data="other"))


def test_the_sample_size_is_in_the_link_and_an_unknown_one_is_named(visit: Visit) -> None:
    assert visit(PAGE, mode="expert").query_params["sample"] == "12"
    assert "9999" in words(visit(PAGE, mode="expert", sample="9999"))


def test_attention_on_no_event_is_a_column_of_its_own_with_a_warning_where_it_is_much(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "On no event" not in [name for frame in visit(PAGE).dataframe for name in frame.value]
    measured = expected(world)
    for most, warned in ((0.04, False), (0.31, True)):
        shares = np.linspace(0.01, most, len(measured.names))
        special = np.stack([shares, shares - 0.005, shares + 0.005], axis=1)
        with_special = replace(measured, special=special)
        monkeypatch.setattr(cached, "head_profile", lambda bench, size, shown=with_special: shown)
        visitor = visit(PAGE)
        (table,) = (frame.value for frame in visitor.dataframe if "On no event" in frame.value)
        assert list(table["Head"]) == list(measured.names)
        assert (table["On no event"].iloc[-1], table["95% CI"].iloc[0]) == (f"{most:.1%}", "0.5% to 1.5%")
        assert ("lies on padding, MASK" in " ".join(each.value for each in visitor.warning)) == warned


@pytest.mark.parametrize("spread", [None, TermSpread(layer=0, head=1, term="recency", mean=-2.0, low=-2.5, high=-1.5)])
def test_named_terms_are_read_whole_and_seeds_stand_where_there_are_several(
    spread: TermSpread | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[pd.DataFrame] = []
    monkeypatch.setattr(data_table.st, "table", lambda frame, **more: drawn.append(frame))
    text = "each event further back counts *0.12* times as much as the one after it, and so on and on " * 3
    named_terms([Parameter(0, 1, "recency", "Recency", -2.125, text.strip(), spread)], [], 10)
    (row,) = drawn[0].to_dict("records")
    assert row.pop("In plain words") == plain(text.strip())
    assert row == {"Head": "L0H1", "Figure": "−2.12"} | ({"Over seeds": shown_interval((-2.5, -1.5))} if spread else {})
