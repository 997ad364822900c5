"""Overview: a checked example, the question box, three ways in, two honest lines, and what a broken link says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.overview import cached
from pages.ui.workbench import open_workbench
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.explain.nulls import NullSubject
from streamrec_core.explain.sentences import words as sentence_words
from streamrec_core.explain.shares import SHARES_FILE, count_shares
from streamrec_core.models.checkpoint import CARD_FILE, untrained_model
from tests.pages.conftest import Visit


def words(visitor: AppTest) -> str:
    """Everything that is written on the page."""
    parts = (visitor.title, visitor.header, visitor.subheader, visitor.markdown, visitor.caption, visitor.warning)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "").replace("\u2060", "")


def matrix(visitor: AppTest) -> dict[str, Any]:
    """What the matrix of the example was sent."""
    protos = [part.proto for part in visitor.get("bidi_component")]
    (data,) = (json.loads(proto.json) for proto in protos if proto.component_name == "streamrec_matrix")
    assert isinstance(data, dict)
    return data


def with_metrics(folder: Path, hit: float) -> None:
    """Write test metrics into a card, as training does."""
    card = json.loads((folder / CARD_FILE).read_text())
    figures = {"hit@10": hit, "hit@10_interval": [hit - 0.05, hit + 0.05], "n_sessions": 12, "ceiling_hit@10": 0.8}
    card["metrics"] = {"test": figures}
    (folder / CARD_FILE).write_text(json.dumps(card))


def test_a_live_example_shows_the_checked_sentence_and_its_matrix(visit: Visit, world: DataSet) -> None:
    visitor = visit()
    bench = open_workbench("tiny")
    view = cached.checked_example(bench)
    assert view is not None
    assert view.verified is not None
    assert sentence_words(view.verified, world.catalogue).sentence.replace("\\", "") in words(visitor).replace("\\", "")
    assert f"test session {view.explanation.history.session_id}" in words(visitor)
    data = matrix(visitor)
    assert len(data["events"]) == len(view.explanation.history)
    assert len(data["heads"]) == 8
    assert data["compact"]
    (link,) = [link for link in visitor.get("page_link") if "session=" in link.proto.query_string]
    assert (link.proto.page, link.proto.label) == ("explore", ":primary[**Open it in Explore**]")


def test_what_is_loaded_is_named(visit: Visit) -> None:
    figures = {metric.label: metric.value for metric in visit().metric}
    assert (figures["Sessions"], figures["Items"]) == ("60", "14")
    assert (figures["Layers"], figures["Heads per layer"]) == ("2", "4")


def test_three_doors_lead_on_with_the_same_data_and_model(visit: Visit) -> None:
    links = {link.proto.page: link.proto.query_string for link in visit().get("page_link") if link.proto.query_string}
    for page in ("explore", "debug", "report"):
        assert "data=tiny" in links[page]
        assert "model=a-transformer" in links[page]


def test_accuracy_stands_beside_the_lstm_and_the_best_possible(visit: Visit, checkpoints: Path) -> None:
    assert "has not been measured here" in words(visit())
    with_metrics(checkpoints / "a-transformer", 0.5)
    assert "**50.0%** of 12 test sessions" in words(visit())
    with_metrics(checkpoints / "b-lstm", 0.4)
    line = words(visit())
    assert "b-lstm: 40.0%; the best possible on this data: 80.0%" in line


def test_the_accuracy_of_a_model_of_other_events_is_not_claimed(visit: Visit, checkpoints: Path) -> None:
    with_metrics(checkpoints / "a-transformer", 0.5)
    card = json.loads((checkpoints / "a-transformer" / CARD_FILE).read_text())
    card["data"]["events_hash"] = "0" * 64
    (checkpoints / "a-transformer" / CARD_FILE).write_text(json.dumps(card))
    assert "50.0%" not in words(visit(model="a-transformer"))


def test_confirmed_explanations_stand_beside_what_noise_gets(visit: Visit, world: DataSet, checkpoints: Path) -> None:
    assert "has not been measured yet; Trust measures it" in words(visit())
    folder = checkpoints / "a-transformer"
    bench = open_workbench("tiny")
    subject = NullSubject(bench.loaded_model, untrained_model(folder, world.catalogue), world, split(world))
    counted = count_shares(subject, bench.weights, 6)
    counted.write(folder / SHARES_FILE)
    line = words(visit())
    assert f"In **{counted.shares.verified.share:.0%}** of 6 test sessions a reason was confirmed" in line
    assert "of random reasons" in line


def test_a_question_opens_the_session_or_looks_for_the_title(visit: Visit) -> None:
    visitor = visit()
    visitor.text_input(key="question_text").set_value("s7").run()
    assert visitor.query_params["session"] == "s7"
    assert "Explore" in words(visitor)
    visitor = visit()
    visitor.text_input(key="question_text").set_value("Heading").run()
    assert visitor.session_state["drawer"] == "title"
    assert visitor.session_state["title_query"] == "Heading"


def test_the_choice_is_in_the_url(visit: Visit) -> None:
    visitor = visit()
    assert visitor.query_params["data"] == "tiny"
    assert visitor.query_params["model"] == "a-transformer"
    visitor.sidebar.selectbox(key="choose_model").select("b-lstm").run()
    assert visitor.query_params["model"] == "b-lstm"
    assert "b-lstm" in words(visitor)


def test_a_link_to_an_unknown_data_set_says_so_and_leads_on(visit: Visit) -> None:
    visitor = visit(data="gone")
    assert [title.value for title in visitor.title] == ["Data set not found"]
    assert "gone" in words(visitor)
    assert "tiny" in words(visitor)
    visitor.sidebar.selectbox(key="choose_data").select("tiny").run()
    assert visitor.title[0].value == "Why was this recommended?"


def test_a_link_to_a_path_is_no_data_set(visit: Visit) -> None:
    assert "not found" in words(visit(data="../../etc"))


def test_a_link_to_an_unknown_model_says_so_and_leads_on(visit: Visit) -> None:
    visitor = visit(model="gone")
    assert "Model not found" in words(visitor)
    visitor.main.button[0].click().run()
    assert "a-transformer" in words(visitor)
    assert visitor.query_params["model"] == "a-transformer"


def test_without_a_fitting_model_the_baselines_and_the_way_to_train_one_are_shown(
    other_world: object, visit: Visit
) -> None:
    visitor = visit(data="other")
    assert "There is no model for this data set yet" in words(visitor)
    assert "--data other" in visitor.code[0].value
    (link,) = [link for link in visitor.get("page_link") if link.proto.query_string]
    assert (link.proto.page, link.proto.query_string) == ("training", "data=other")


def test_a_model_of_another_catalogue_is_refused_with_both_sides_named(other_world: object, visit: Visit) -> None:
    visitor = visit(data="other", model="a-transformer")
    assert "This model cannot be used with this data set" in words(visitor)
    assert "14 items" in words(visitor)
    assert "18 items" in words(visitor)


def test_a_fault_names_no_folder_of_the_server(visit: Visit, world: DataSet, workspace: Path) -> None:
    (workspace / "data" / "tiny" / "events.parquet").unlink()
    visitor = visit()
    assert "This data set cannot be opened" in words(visitor)
    assert str(workspace) not in words(visitor)
    assert "data/tiny/events.parquet is missing" in words(visitor)


@pytest.mark.parametrize("page", ["overview/page.py", "explore/page.py"])
def test_a_model_that_popularity_equals_is_called_bad_on_every_page(visit: Visit, checkpoints: Path, page: str) -> None:
    path = checkpoints / "a-transformer" / CARD_FILE
    row = {"metric": "hit@10", "model": 0.118, "baseline": 0.11, "difference": 0.008, "interval": [-0.02, 0.03]}
    card = json.loads(path.read_text()) | {"baselines": {"popularity": {**row, "sessions": 263}}}
    path.write_text(json.dumps(card))
    text = words(visit(page, model="a-transformer"))
    figures = "(Hit@10 0.118, popularity 0.110, on 263 validation sessions)"
    assert f"This model is not shown to be better than popularity {figures}" in text
    assert "its explanations may explain a bad model" in text


def _facts_of_a_log_with_a_home_page() -> None:
    """A script: the card of six items and a neutral one."""
    from pages.overview.key_figures import data_facts
    from tests.worlds import catalogue_of, dataset_of, log_of

    data_facts(dataset_of(catalogue_of(6, 2, home=True), log_of([[0, 1, 2]] * 5)))


def test_a_home_page_is_no_item_here_as_on_data_set() -> None:
    drawn = AppTest.from_function(_facts_of_a_log_with_a_home_page).run()
    assert not drawn.exception
    assert {metric.label: metric.value for metric in drawn.metric}["Items"] == "6"
