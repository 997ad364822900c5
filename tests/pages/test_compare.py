"""The Compare page: metrics of the core, links into Explore, choices in the address bar, damaged models."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from pages.compare import cached
from pages.ui.url_widgets import join_names, split_names
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, split
from streamrec_core.evaluation.beyond_accuracy import beside_floors
from streamrec_core.evaluation.beyond_accuracy.beside_floors import beyond_accuracy
from streamrec_core.evaluation.beyond_accuracy.lists import FLOORS
from streamrec_core.evaluation.beyond_accuracy.measures import ListContext, list_context
from streamrec_core.evaluation.compare import baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.paired import compare_hits, lift
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "compare/page.py"
DEFAULT_NAMES = ["a-transformer", "b-lstm", "popularity", "item neighbours", "sequential rules"]


def evaluations_of(world: DataSet) -> dict[str, Evaluation]:
    models = [load_checkpoint(folder, world.catalogue) for folder in list_checkpoints().values()]
    return {model.name: evaluate(model, world, split(world)) for model in (*models, *baselines(world))}


def charts(visitor: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in visitor.get("plotly_chart")]


def test_models_are_compared_with_item_neighbours_and_popularity_by_default(visit: Visit, world: DataSet) -> None:
    table = visit(PAGE, mode="expert").dataframe[0].value
    assert list(table["Model"]) == DEFAULT_NAMES
    evaluations = evaluations_of(world)
    assert list(table["Hit@10"]) == pytest.approx([evaluations[name].metrics()["hit@10"] for name in DEFAULT_NAMES])


def strongest(evaluations: dict[str, Evaluation], metric: str = "hit@10") -> str:
    return max(DEFAULT_NAMES[2:], key=lambda name: evaluations[name].metrics()[metric])


def test_the_lift_is_paired_and_over_the_strongest_rule(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, mode="expert")
    evaluations = evaluations_of(world)
    reference = strongest(evaluations)
    assert visitor.selectbox(key="linked_against").value == reference
    expected = lift(evaluations["a-transformer"], evaluations[reference])
    table = visitor.dataframe[1].value
    assert set(table["Model"]) == set(DEFAULT_NAMES) - {reference}
    assert table["Difference"][0] == f"{expected.difference * 100:+.1f} percentage points".replace("-", "−")
    assert ("no clear difference" in table["Verdict"][0]) is not expected.certain
    assert reference in words(visitor)


def test_another_metric_may_have_another_strongest_rule(visit: Visit, world: DataSet) -> None:
    evaluations = evaluations_of(world)
    ranks = sorted(evaluations[name].metrics()["mrr"] for name in DEFAULT_NAMES[2:])
    assert ranks[-1] > ranks[-2]  # so that one rule alone is the right one
    visitor = visit(PAGE, mode="expert", metric="mrr")
    assert visitor.selectbox(key="linked_against").value == strongest(evaluations, "mrr")


def test_small_slices_are_marked_thin_and_the_slicing_is_kept_in_the_link(visit: Visit) -> None:
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
    assert str(title).replace("<br>", " ") == "Hit@10, difference from popularity"


def test_lists_beyond_accuracy_stand_beside_their_floors_and_the_measure_is_in_the_link(
    visit: Visit, world: DataSet
) -> None:
    visitor = visit(PAGE, mode="expert", measure="novelty")
    table = visitor.dataframe[2].value
    assert list(table["Lists"]) == [*DEFAULT_NAMES, *FLOORS]
    measured = beyond_accuracy(evaluations_of(world)["a-transformer"], world, split(world))
    assert table["Novelty"][0] == pytest.approx(measured.model.mean("novelty"))
    assert charts(visitor)[2]["layout"]["xaxis"]["title"]["text"] == "Novelty (bits)"  # type: ignore[index]
    drawn = charts(visitor)[3]
    assert [trace["name"] for trace in drawn["data"]] == [*DEFAULT_NAMES, "random lists", "the log"]  # type: ignore[attr-defined,index]
    visitor.selectbox(key="linked_exposure").select("item").run()
    assert visitor.query_params["exposure"] == "item"
    assert len(charts(visitor)[3]["layout"]["yaxis"]["ticktext"]) <= 10  # type: ignore[index]
    visitor.segmented_control(key="linked_measure").set_value("diversity").run()
    assert visitor.query_params["measure"] == "diversity"


@pytest.mark.parametrize("side", ["first", "second"])
def test_sessions_on_which_two_differ_open_in_explore_with_the_model(visit: Visit, world: DataSet, side: str) -> None:
    visitor = visit(PAGE, one="a-transformer", other="popularity", at="1", listed=side)
    evaluations = evaluations_of(world)
    expected = compare_hits(evaluations["a-transformer"], evaluations["popularity"], 1)
    numbers = [metric.value for metric in visitor.metric]
    assert numbers == [str(count) for count in expected.counts.values()]
    tests, rows = split(world).test.sessions, expected.only_first if side == "first" else expected.only_second
    session_ids = [world.log.session_ids[tests[row]] for row in rows]
    links = [unquote(link.proto.query_string) for link in visitor.get("page_link")]
    assert [link for link in links if "model=a-transformer" not in link or "data=tiny" not in link] == []
    assert [link.split("session=")[1].split("&")[0] for link in links] == session_ids
    assert len(expected.only_first) + len(expected.only_second) > 0


def test_the_simple_view_shows_the_lift_and_the_disagreements_only(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    evaluations = evaluations_of(world)
    assert charts(visitor)[0]["data"][0]["x"] is not None  # type: ignore[index]
    assert len(charts(visitor)) == 1
    (table,) = visitor.dataframe
    assert list(table.value.columns) == ["Model", "Difference", "Difference, 95% CI", "Verdict"]
    difference = lift(evaluations["a-transformer"], evaluations[strongest(evaluations)]).difference
    assert table.value["Difference"][0] == f"{difference * 100:+.1f} percentage points".replace("-", "−")
    assert {box.key for box in visitor.selectbox} == {"choose_data", "choose_model", "linked_one", "linked_other"}
    assert "Hit@10: how often" in words(visitor)
    visitor.button(key="more_for_experts").click().run()
    assert visitor.query_params["mode"] == "expert"
    assert len(charts(visitor)) == 4


def test_the_simple_view_ignores_the_metric_of_a_link(visit: Visit) -> None:
    assert visit(PAGE, metric="mrr").dataframe[0].value["Difference"][0].endswith("points")


def test_the_listed_side_and_its_page_are_kept_in_the_link(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.compare.disagreements.PER_PAGE", 1)
    evaluations = evaluations_of(world)
    pair = compare_hits(evaluations["a-transformer"], evaluations["popularity"], 10)
    side, rows = max((("first", pair.only_first), ("second", pair.only_second)), key=lambda option: len(option[1]))
    assert len(rows) > 1
    tests = split(world).test.sessions
    visitor = visit(PAGE, one="a-transformer", other="popularity", listed=side, leaf="2")
    (link,) = {unquote(link.proto.query_string) for link in visitor.get("page_link")}
    assert f"session={world.log.session_ids[tests[rows[1]]]}" in link
    assert visitor.query_params["leaf"] == "2"
    visitor.selectbox(key="linked_other").select("b-lstm").run()
    assert "leaf" not in visitor.query_params


def test_a_page_that_does_not_exist_is_named(visit: Visit) -> None:
    visitor = visit(PAGE, leaf="4000", listed="third")
    assert "**4000** is not available" in words(visitor)
    assert "**third** is not available" in words(visitor)


def test_choices_are_kept_in_the_link_and_restored_by_it(visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert")
    visitor.multiselect(key="linked_models").set_value(["b-lstm", "last category"]).run()
    assert split_names(visitor.query_params["models"]) == ("b-lstm", "last category")
    again = visit(PAGE, mode="expert", models=visitor.query_params["models"], metric="mrr", against="last category")
    assert list(again.dataframe[0].value["Model"]) == ["b-lstm", "last category"]
    assert again.segmented_control(key="linked_metric").value == "mrr"
    assert again.selectbox(key="linked_against").value == "last category"


def test_unknown_names_in_a_link_are_reported_and_the_rest_is_shown(visit: Visit) -> None:
    visitor = visit(
        PAGE, mode="expert", models=join_names(["gone, with a comma", "b-lstm", "popularity"]), metric="colour"
    )
    assert "gone, with a comma" in words(visitor)
    assert "colour" in words(visitor)
    assert list(visitor.dataframe[0].value["Model"]) == ["b-lstm", "popularity"]


def test_one_model_has_no_lift_and_no_model_asks_for_one(visit: Visit) -> None:
    alone = visit(PAGE, mode="expert", models="b-lstm")
    assert len(alone.dataframe) == 2  # the metrics, and the measures beyond accuracy
    assert "Choose a second one" in alone.info[0].value
    alone.multiselect(key="linked_models").set_value([]).run()
    assert "Choose at least one" in alone.info[0].value


def test_the_same_model_twice_asks_for_another(visit: Visit) -> None:
    assert "Choose two different models" in words(visit(PAGE, mode="expert", one="b-lstm", other="b-lstm"))


def test_a_damaged_model_is_left_out_and_named(visit: Visit, checkpoints: Path) -> None:
    weights = checkpoints / "a-transformer" / "weights.safetensors"
    weights.write_bytes(b"torn")
    visitor = visit(PAGE, mode="expert", model="b-lstm")
    assert "a-transformer is left out" in words(visitor).replace("*", "")
    assert str(checkpoints) not in words(visitor)
    assert list(visitor.dataframe[0].value["Model"]) == DEFAULT_NAMES[1:]


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_model_that_may_have_learned_from_these_sessions_is_marked(
    part: str, visit: Visit, checkpoints: Path
) -> None:
    card = checkpoints / "b-lstm" / "card.json"
    content = json.loads(card.read_text())
    content["metrics"] = {part: {"split_kind": "leave-last-out"}}
    card.write_text(json.dumps(content))
    assert "was trained on a leave-last-out split" in words(visit(PAGE, mode="expert"))


def test_without_a_model_the_simple_rules_are_compared(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, mode="expert", data="other")
    assert list(visitor.dataframe[0].value["Model"]) == ["popularity", "item neighbours", "sequential rules"]
    assert not visitor.get("page_link")


@pytest.mark.parametrize("names", [(), ("a",), ("a,b", "c%2C", "ü &=")])
def test_names_survive_the_address_bar(names: tuple[str, ...]) -> None:
    assert split_names(join_names(names)) == names


def test_the_training_part_is_counted_once_for_the_lists_of_all_models(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    def count(dataset: DataSet, train: Examples, examples: Examples) -> ListContext:
        counted.append(dataset.name)
        return list_context(dataset, train, examples)

    for cache in (cached._context, cached.measured_lists, cached.list_floors, cached.exposed):
        cache.clear()
    for module in (cached, beside_floors):
        monkeypatch.setattr(module, "list_context", count)
    visit(PAGE, mode="expert")
    assert counted == ["tiny"]
