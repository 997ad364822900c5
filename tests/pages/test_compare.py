"""Compare: figures that the core gives, links that open Explore, choices in the address bar, and what can go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.url_widgets import from_link, to_link
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.evaluation.compare import baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.paired import disagreement, lift
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "compare/page.py"
USUAL = ["a-transformer", "b-lstm", "popularity", "item neighbours"]


def results(world: DataSet) -> dict[str, Evaluation]:
    models = [load_checkpoint(folder, world.catalogue) for folder in list_checkpoints().values()]
    return {model.name: evaluate(model, world, split(world)) for model in (*models, *baselines(world))}


def charts(visitor: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in visitor.get("plotly_chart")]


def test_models_stand_beside_collaborative_filtering_and_popularity(visit: Visit, world: DataSet) -> None:
    table = visit(PAGE, mode="expert").dataframe[0].value
    assert list(table["Model"]) == USUAL
    found = results(world)
    assert list(table["Hit@10"]) == pytest.approx([found[name].metrics()["hit@10"] for name in USUAL])


def test_the_lift_is_paired_and_over_the_neighbours(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, mode="expert")
    found = results(world)
    expected = lift(found["a-transformer"], found["item neighbours"])
    table = visitor.dataframe[1].value
    assert list(table["Model"]) == USUAL[:3]
    assert table["Difference"][0] == f"{expected.difference * 100:+.1f} points"
    assert ("cannot be told apart" in table["Verdict"][0]) is not expected.certain
    assert "item neighbours" in words(visitor)


def test_slices_are_thin_in_a_thin_world_and_the_way_of_slicing_stands_in_the_link(visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert")
    assert all("thin" in label for label in charts(visitor)[1]["layout"]["yaxis"]["ticktext"])  # type: ignore[index]
    visitor.selectbox(key="linked_slices").select("category of the target").run()
    assert visitor.query_params["slices"] == "category of the target"
    labels = charts(visitor)[1]["layout"]["yaxis"]["ticktext"]  # type: ignore[index]
    names = [label.split("<br>")[0] for label in labels]
    assert names[0] == "all test sessions"
    assert {"Crime", "Drama"} <= set(names)


def test_the_difference_from_the_reference_can_be_shown_slice_by_slice(visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert", view="difference", against="popularity")
    title = charts(visitor)[1]["layout"]["xaxis"]["title"]["text"]  # type: ignore[index]
    assert title == "Hit@10, difference from popularity"


@pytest.mark.parametrize("side", ["first", "second"])
def test_sessions_on_which_two_differ_open_in_explore_with_the_model(visit: Visit, world: DataSet, side: str) -> None:
    visitor = visit(PAGE, one="a-transformer", other="popularity", at="1", listed=side)
    found = results(world)
    expected = disagreement(found["a-transformer"], found["popularity"], 1)
    numbers = [metric.value for metric in visitor.metric]
    assert numbers == [str(count) for count in expected.counts.values()]
    tests, places = split(world).test.sessions, expected.only_first if side == "first" else expected.only_second
    wanted = [world.log.session_ids[tests[place]] for place in places]
    links = [unquote(link.proto.query_string) for link in visitor.get("page_link")]
    assert [link for link in links if "model=a-transformer" not in link or "data=tiny" not in link] == []
    assert [link.split("session=")[1].split("&")[0] for link in links] == wanted
    assert len(expected.only_first) + len(expected.only_second) > 0


def test_a_product_manager_sees_who_is_better_and_where_and_no_more(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    found = results(world)
    assert charts(visitor)[0]["data"][0]["x"] is not None  # type: ignore[index]
    assert len(charts(visitor)) == 1
    (table,) = visitor.dataframe
    assert list(table.value.columns) == ["Model", "Difference", "Difference, 95%", "Verdict"]
    difference = lift(found["a-transformer"], found["item neighbours"]).difference
    assert table.value["Difference"][0] == f"{difference * 100:+.1f} points"
    assert {box.key for box in visitor.selectbox} == {"choose_data", "choose_model", "linked_one", "linked_other"}
    assert "Hit@10: how often" in words(visitor)
    visitor.button(key="more_for_experts").click().run()
    assert visitor.query_params["mode"] == "expert"
    assert len(charts(visitor)) == 2


def test_a_simple_view_stays_with_the_usual_metric(visit: Visit) -> None:
    assert visit(PAGE, metric="mrr").dataframe[0].value["Difference"][0].endswith("points")


def test_the_listed_side_and_its_page_stand_in_the_link(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.compare.disagreements.PER_PAGE", 1)
    found = results(world)
    pair = disagreement(found["a-transformer"], found["popularity"], 10)
    side, places = max((("first", pair.only_first), ("second", pair.only_second)), key=lambda one: len(one[1]))
    assert len(places) > 1
    tests = split(world).test.sessions
    visitor = visit(PAGE, one="a-transformer", other="popularity", listed=side, leaf="2")
    (link,) = {unquote(link.proto.query_string) for link in visitor.get("page_link")}
    assert f"session={world.log.session_ids[tests[places[1]]]}" in link
    assert visitor.query_params["leaf"] == "2"
    visitor.selectbox(key="linked_other").select("b-lstm").run()
    assert "leaf" not in visitor.query_params


def test_a_page_that_is_not_there_is_named(visit: Visit) -> None:
    visitor = visit(PAGE, leaf="4000", listed="third")
    assert "asks for **4000**" in words(visitor)
    assert "asks for **third**" in words(visitor)


def test_choices_stand_in_the_link_and_a_link_brings_them_back(visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert")
    visitor.multiselect(key="linked_models").set_value(["b-lstm", "last category"]).run()
    assert from_link(visitor.query_params["models"]) == ("b-lstm", "last category")
    again = visit(PAGE, mode="expert", models=visitor.query_params["models"], metric="mrr", against="last category")
    assert list(again.dataframe[0].value["Model"]) == ["b-lstm", "last category"]
    assert again.segmented_control(key="linked_metric").value == "mrr"
    assert again.selectbox(key="linked_against").value == "last category"


def test_a_link_that_names_what_is_not_here_says_so_and_shows_the_rest(visit: Visit) -> None:
    visitor = visit(
        PAGE, mode="expert", models=to_link(["gone, with a comma", "b-lstm", "popularity"]), metric="colour"
    )
    assert "gone, with a comma" in words(visitor)
    assert "colour" in words(visitor)
    assert list(visitor.dataframe[0].value["Model"]) == ["b-lstm", "popularity"]


def test_one_alone_is_shown_without_a_lift_and_none_leads_on(visit: Visit) -> None:
    alone = visit(PAGE, mode="expert", models="b-lstm")
    assert len(alone.dataframe) == 1
    assert "Choose a second one" in alone.info[0].value
    alone.multiselect(key="linked_models").set_value([]).run()
    assert "Choose at least one" in alone.info[0].value


def test_the_same_model_twice_asks_for_another(visit: Visit) -> None:
    assert "Choose two different ones" in words(visit(PAGE, mode="expert", one="b-lstm", other="b-lstm"))


def test_a_damaged_model_is_left_out_and_named(visit: Visit, checkpoints: Path) -> None:
    weights = checkpoints / "a-transformer" / "weights.safetensors"
    weights.write_bytes(b"torn")
    visitor = visit(PAGE, mode="expert", model="b-lstm")
    assert "a-transformer is left out" in words(visitor).replace("*", "")
    assert str(checkpoints) not in words(visitor)
    assert list(visitor.dataframe[0].value["Model"]) == USUAL[1:]


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_model_that_may_have_learned_from_these_sessions_is_marked(
    part: str, visit: Visit, checkpoints: Path
) -> None:
    card = checkpoints / "b-lstm" / "card.json"
    told = json.loads(card.read_text())
    told["metrics"] = {part: {"split_kind": "leave-last-out"}}
    card.write_text(json.dumps(told))
    assert "was trained on a leave-last-out split" in words(visit(PAGE, mode="expert"))


def test_without_a_model_the_simple_rules_are_compared(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert", data="other")
    assert list(visitor.dataframe[0].value["Model"]) == ["popularity", "item neighbours"]
    assert not visitor.get("page_link")


@pytest.mark.parametrize("names", [(), ("a",), ("a,b", "c%2C", "ü &=")])
def test_names_survive_the_address_bar(names: tuple[str, ...]) -> None:
    assert from_link(to_link(names)) == names
