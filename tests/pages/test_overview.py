"""Overview: what is loaded, how accurate it is, the starting points, and what a broken link says."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from streamrec_core.data.dataset import DataSet
from tests.pages.conftest import Visit


def words(visitor: AppTest) -> str:
    """Everything that is written on the page."""
    parts = (visitor.title, visitor.header, visitor.subheader, visitor.markdown, visitor.caption, visitor.warning)
    return "\n".join(element.value for part in parts for element in part).replace("\\", "").replace("\u2060", "")


def test_it_says_what_this_is_and_what_is_loaded(visit: Visit) -> None:
    visitor = visit()
    assert visitor.title[0].value == "Look inside a recommendation"
    figures = {metric.label: metric.value for metric in visitor.metric}
    assert figures["Sessions"] == "60"
    assert figures["Items"] == "14"
    assert (figures["Layers"], figures["Heads"]) == ("2", "4")
    assert "a-transformer" in words(visitor)
    assert "first look, not checked" in words(visitor)


def test_it_says_how_accurate_the_model_is_beside_simple_rules(visit: Visit) -> None:
    visitor = visit()
    assert "of 12 test sessions" in words(visitor)
    assert len(visitor.get("plotly_chart")) == 1


def test_three_starting_points_open_a_session_with_the_same_data_and_model(visit: Visit) -> None:
    links = visit().get("page_link")
    cards = [link for link in links if link.proto.query_string]
    assert len(cards) == 3
    assert [link.proto.label for link in links if link not in cards] == ["Trust", "Debug", "Study"]
    for card in cards:
        assert "data=tiny" in card.proto.query_string
        assert "model=a-transformer" in card.proto.query_string
        assert "session=s" in card.proto.query_string


def test_the_choice_is_in_the_url(visit: Visit) -> None:
    visitor = visit()
    assert visitor.query_params["data"] == "tiny"
    assert visitor.query_params["model"] == "a-transformer"
    visitor.sidebar.selectbox(key="choose_model").select("b-lstm").run()
    assert visitor.query_params["model"] == "b-lstm"
    assert "b-lstm" in words(visitor)


def test_a_link_to_an_unknown_data_set_says_so_and_leads_on(visit: Visit) -> None:
    visitor = visit(data="gone")
    assert "Data set not found" in words(visitor)
    assert "gone" in words(visitor)
    assert "tiny" in words(visitor)
    assert not visitor.title
    visitor.sidebar.selectbox(key="choose_data").select("tiny").run()
    assert visitor.title[0].value == "Look inside a recommendation"


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
    assert "Accuracy of simple rules" in words(visitor)
    assert "--data other" in visitor.code[0].value
    (link,) = [link for link in visitor.get("page_link") if link.proto.query_string]
    assert (link.proto.page, link.proto.query_string) == ("training", "data=other")
    assert len(visitor.get("plotly_chart")) == 1


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
