"""Compare: figures that the core gives, links that open Explore, choices in the address bar, and what can go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.linked import from_link, to_link
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.evaluation.compare import baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.paired import disagreement, lift
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "compare.py"
USUAL = ["a-transformer", "b-lstm", "popularity", "item neighbours"]


def results(world: DataSet) -> dict[str, Evaluation]:
    models = [load_checkpoint(folder, world.catalogue) for folder in list_checkpoints().values()]
    return {model.name: evaluate(model, world, split(world)) for model in (*models, *baselines(world))}


def charts(visitor: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in visitor.get("plotly_chart")]


def test_models_stand_beside_collaborative_filtering_and_popularity(visit: Visit, world: DataSet) -> None:
    table = visit(PAGE).dataframe[0].value
    assert list(table["Model"]) == USUAL
    found = results(world)
    assert list(table["Hit@10"]) == pytest.approx([found[name].metrics()["hit@10"] for name in USUAL])


def test_the_lift_is_paired_and_over_the_neighbours(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    found = results(world)
    expected = lift(found["a-transformer"], found["item neighbours"])
    table = visitor.dataframe[1].value
    assert list(table["Model"]) == USUAL[:3]
    assert table["Difference"][0] == f"{expected.difference * 100:+.1f} points"
    assert ("cannot be told apart" in table["Verdict"][0]) is not expected.certain
    assert "item neighbours" in words(visitor)


def test_slices_are_thin_in_a_thin_world_and_the_way_of_slicing_stands_in_the_link(visit: Visit) -> None:
    visitor = visit(PAGE)
    assert all("thin" in label for label in charts(visitor)[1]["layout"]["yaxis"]["ticktext"])  # type: ignore[index]
    visitor.selectbox(key="linked_slices").select("category of the target").run()
    assert visitor.query_params["slices"] == "category of the target"
    labels = charts(visitor)[1]["layout"]["yaxis"]["ticktext"]  # type: ignore[index]
    names = [label.split("<br>")[0] for label in labels]
    assert names[0] == "all test sessions"
    assert {"Crime", "Drama"} <= set(names)


def test_the_difference_from_the_reference_can_be_shown_slice_by_slice(visit: Visit) -> None:
    visitor = visit(PAGE, view="difference", against="popularity")
    title = charts(visitor)[1]["layout"]["xaxis"]["title"]["text"]  # type: ignore[index]
    assert title == "Hit@10, difference from popularity"


def test_sessions_on_which_two_differ_open_in_explore_with_the_model(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, one="a-transformer", other="popularity", at="1")
    found = results(world)
    expected = disagreement(found["a-transformer"], found["popularity"], 1)
    numbers = [metric.value for metric in visitor.metric]
    assert numbers == [str(count) for count in expected.counts.values()]
    tests = split(world).test.sessions
    wanted = [world.log.session_ids[tests[place]] for place in (*expected.only_first, *expected.only_second)]
    links = [unquote(link.proto.query_string) for link in visitor.get("page_link")]
    assert [link for link in links if "model=a-transformer" not in link or "data=tiny" not in link] == []
    assert sorted(link.split("session=")[1].split("&")[0] for link in links) == sorted(wanted[: len(links)])
    assert len(links) == len(wanted) > 0


def test_choices_stand_in_the_link_and_a_link_brings_them_back(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.multiselect(key="linked_models").set_value(["b-lstm", "last category"]).run()
    assert from_link(visitor.query_params["models"]) == ("b-lstm", "last category")
    again = visit(PAGE, models=visitor.query_params["models"], metric="mrr", against="last category")
    assert list(again.dataframe[0].value["Model"]) == ["b-lstm", "last category"]
    assert again.segmented_control(key="linked_metric").value == "mrr"
    assert again.selectbox(key="linked_against").value == "last category"


def test_a_link_that_names_what_is_not_here_says_so_and_shows_the_rest(visit: Visit) -> None:
    visitor = visit(PAGE, models=to_link(["gone, with a comma", "b-lstm", "popularity"]), metric="colour")
    assert "gone, with a comma" in words(visitor)
    assert "colour" in words(visitor)
    assert list(visitor.dataframe[0].value["Model"]) == ["b-lstm", "popularity"]


def test_one_alone_is_shown_without_a_lift_and_none_leads_on(visit: Visit) -> None:
    alone = visit(PAGE, models="b-lstm")
    assert len(alone.dataframe) == 1
    assert "Choose a second one" in alone.info[0].value
    alone.multiselect(key="linked_models").set_value([]).run()
    assert "Choose at least one" in alone.info[0].value


def test_the_same_model_twice_asks_for_another(visit: Visit) -> None:
    assert "Choose two different ones" in words(visit(PAGE, one="b-lstm", other="b-lstm"))


def test_a_damaged_model_is_left_out_and_named(visit: Visit, checkpoints: Path) -> None:
    weights = checkpoints / "a-transformer" / "weights.safetensors"
    weights.write_bytes(b"torn")
    visitor = visit(PAGE, model="b-lstm")
    assert "a-transformer is left out" in words(visitor).replace("*", "")
    assert str(checkpoints) not in words(visitor)
    assert list(visitor.dataframe[0].value["Model"]) == USUAL[1:]


def test_a_model_that_may_have_learned_from_these_sessions_is_marked(visit: Visit, checkpoints: Path) -> None:
    card = checkpoints / "b-lstm" / "card.json"
    told = json.loads(card.read_text())
    told["metrics"] = {"validation": {"split_kind": "leave-last-out"}}
    card.write_text(json.dumps(told))
    assert "was trained on a leave-last-out split" in words(visit(PAGE))


def test_without_a_model_the_simple_rules_are_compared(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other")
    assert list(visitor.dataframe[0].value["Model"]) == ["popularity", "item neighbours"]
    assert not visitor.get("page_link")


@pytest.mark.parametrize("names", [(), ("a",), ("a,b", "c%2C", "ü &=")])
def test_names_survive_the_address_bar(names: tuple[str, ...]) -> None:
    assert from_link(to_link(names)) == names
