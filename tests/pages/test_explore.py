"""Explore: a session, its recommendations, its heads, its explanation; and every way a link can be wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.attention_view import AttentionView
from pages.explore.heads import FULL
from pages.ui.escape import plain
from pages.ui.example_sessions import find_example_sessions
from pages.ui.session_split import split_sessions
from streamrec_core.data.dataset import DataSet
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.sentences import words as in_words
from streamrec_core.explain.verified import verify
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.tiny_world import HOSTILE

PAGE = "explore/page.py"


def sent(visitor: AppTest, name: str) -> list[dict[str, Any]]:
    """What the components of this name were sent; their JavaScript does not run here."""
    protos = [element.proto for element in visitor.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.component_name == f"streamrec_{name}"]


def strip(visitor: AppTest) -> list[dict[str, Any]]:
    """The events of the one strip on the page."""
    (only,) = sent(visitor, "strip")
    return only["events"]


def heads_data(visitor: AppTest) -> dict[str, Any]:
    """What the heads component was sent."""
    return next(data for data in sent(visitor, "heads") if data["owner"])


def weights(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), "<u2") / FULL


def press(visitor: AppTest, label: str) -> AppTest:
    return next(button for button in visitor.main.button if button.label == label).click().run()


def drawer(visitor: AppTest, kind: str, key: str) -> Any:
    """A widget in the drawer that is open."""
    return next(element for element in visitor.get(kind) if element.key == key)


def expected(world: DataSet, session: str, item: int | None = None, model: str = "a-transformer") -> Any:
    return explain_session(load_checkpoint(list_checkpoints()[model], world.catalogue), world, session, item)


def test_it_shows_the_session_the_ten_the_target_and_the_explanation(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    explanation = expected(world, "s3")
    assert [event["item"] for event in strip(visitor)] == explanation.history.items.tolist()
    assert [event["title"] for event in strip(visitor)] == [
        world.catalogue.titles[row] for row in explanation.history.items
    ]
    assert [option.split("  ")[0] for option in visitor.radio(key="explain_item").options] == [
        str(item.rank) for item in explanation.recommendations
    ]
    assert visitor.radio(key="explain_item").value == explanation.recommendations[0].item_id
    assert f"rank {explanation.target.rank}" in words(visitor)


def test_the_sentence_shown_first_is_the_checked_one(visit: Visit, world: DataSet) -> None:
    for session in ("s3", "s5", "s8"):
        visitor, explanation = visit(PAGE, session=session), expected(world, session)
        model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
        verified = verify(model, world, explanation, world.log.session(int(session[1:])).until(-1))
        shown = [element.value for element in visitor.markdown]
        sentence = f"**{plain(in_words(verified, world.catalogue).sentence)}**"
        (first,) = [index for index, text in enumerate(shown) if text.startswith("First look: ")]
        assert shown.index(sentence) < first
        rejected = {check.reason.positions for check in verified.first_look_rejected}
        for reason in explanation.reasons:
            struck = f"~~{plain(reason.phrase)}~~" in shown[first]
            assert struck is (reason.positions in rejected)
            assert plain(reason.phrase) in shown[first]


def test_the_sentence_at_the_top_follows_reader_and_language(visit: Visit, world: DataSet) -> None:
    visitor, explanation = visit(PAGE, session="s3"), expected(world, "s3")
    model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
    verified = verify(model, world, explanation, world.log.session(3).until(-1))
    visitor.button_group(key="proof_language").set_value("de").run()
    sentence = f"**{plain(in_words(verified, world.catalogue, 'viewer', 'de').sentence)}**"
    assert sentence in [element.value for element in visitor.markdown]


def test_the_heads_component_gets_the_predicting_row(visit: Visit, world: DataSet) -> None:
    explanation, data = expected(world, "s3"), heads_data(visit(PAGE, session="s3"))
    length = len(explanation.history)
    assert [head["type"] for head in data["heads"]] == [reading.type for reading in explanation.heads]
    assert weights(data["row"]).reshape(2, 4, length) == pytest.approx(explanation.maps[:, :, -1], abs=1e-5)
    assert data["maps"] == ""
    assert len({head["colour"] for head in data["heads"]}) == 8


def test_an_expert_gets_whole_maps_without_the_masked_half(visit: Visit, world: DataSet) -> None:
    explanation, data = expected(world, "s3"), heads_data(visit(PAGE, session="s3", mode="expert"))
    length = len(explanation.history)
    maps = weights(data["maps"]).reshape(8, length * (length + 1) // 2)
    third_row = maps[5][3:6]  # after rows of one and of two weights
    assert third_row == pytest.approx(explanation.maps[1, 1, 2, :3], abs=1e-5)
    assert maps[:, -length:] == pytest.approx(weights(data["row"]).reshape(8, length), abs=1e-5)


def test_an_expert_has_the_figures_in_a_table_and_the_export(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", mode="expert")
    table = visitor.dataframe[0].value
    explanation = expected(world, "s3")
    assert list(table["Type"]) == [reading.type for reading in explanation.heads]
    assert list(table["Under uniform attention"]) == [reading.type_under_uniform for reading in explanation.heads]
    first = explanation.heads[0].top_positions[0]
    assert table["Most attention on"][0].startswith(f"{first + 1} ")
    assert list(table["Entropy"]) == pytest.approx([reading.measures.entropy for reading in explanation.heads])
    assert len(visitor.get("plotly_chart")) == 1  # the effects of heads; the maps are drawn for export only
    visitor.session_state["export"] = True
    visitor.run()
    _, chart = visitor.get("plotly_chart")
    assert len(json.loads(chart.proto.spec)["data"]) == 8
    assert [button.label for button in visitor.get("download_button")] == ["Page (HTML)", "Table (CSV)"]


def test_the_simple_level_leaves_out_figures(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3")
    assert not visitor.dataframe
    assert "entropy" not in words(visitor)
    assert not heads_data(visitor)["expert"]
    visitor.sidebar.button_group(key="choose_level").set_value("Expert").run()
    assert visitor.query_params["mode"] == "expert"
    assert heads_data(visitor)["expert"]
    visitor.sidebar.button_group(key="choose_level").set_value("Simple").run()
    assert "mode" not in visitor.query_params


def test_the_view_of_a_link_reaches_the_heads(visit: Visit) -> None:
    link = {"look": "maps", "head": "0.0", "event": "1", "row": "2", "keep": "70", "heads": "0.0,1.3", "scale": "own"}
    data = heads_data(visit(PAGE, session="s3", mode="expert", join="max", quantity="attention", **link))["view"]
    assert data == {
        "tab": "maps",
        "head": 0,
        "event": 0,
        "row": 1,
        "keep": 70,
        "heads": [0, 7],
        "join": "max",
        "scale": "own",
        "quantity": "attention",
    }


def test_what_is_not_available_is_named_and_the_rest_of_the_link_applies(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", head="9.9", event="999", keep="50")
    (warning,) = visitor.warning
    assert "head '9" in warning.value
    assert "event '999'" in warning.value
    assert heads_data(visitor)["view"] | {"keep": 0} == AttentionView(keep=0).plain()
    assert heads_data(visitor)["view"]["keep"] == 50
    assert "head" not in visitor.query_params


def test_another_of_the_ten_can_be_explained_and_is_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    other = expected(world, "s3").recommendations[4].item_id
    visitor.radio(key="explain_item").set_value(other).run()
    assert visitor.query_params["item"] == other
    again = visit(PAGE, session="s3", item=other)
    assert again.radio(key="explain_item").value == other


def test_any_item_of_the_catalogue_can_be_explained_by_link(visit: Visit, world: DataSet) -> None:
    named = {item.item_id for item in expected(world, "s3").recommendations}
    outside = next(item for item in world.catalogue.item_ids if item not in named)
    visitor = visit(PAGE, session="s3", item=outside)
    assert visitor.radio(key="explain_item").value is None
    assert "outside the top ten" in words(visitor)


def test_it_begins_with_a_session_that_shows_something(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    begun = visitor.query_params["session"]
    examples = find_example_sessions(split_sessions(world).test_ids, lambda session_id: expected(world, session_id))
    assert begun == examples[0].session_id
    assert expected(world, begun).reasons


def test_next_and_previous_walk_through_the_test_sessions_only(visit: Visit, world: DataSet) -> None:
    first = split_sessions(world).test_ids[0]
    visitor = visit(PAGE, session=first)
    assert "Test session 1 of 12" in words(visitor)
    press(visitor, "Next →")
    assert "Test session 2 of 12" in words(visitor)
    press(visitor, "← Previous")
    assert visitor.query_params["session"] == first
    press(visitor, "← Previous")
    assert "Test session 12 of 12" in words(visitor)


def test_a_random_session_is_a_test_session(visit: Visit) -> None:
    visitor = visit(PAGE)
    press(visitor, "Random test session")
    assert "Test session" in words(visitor)


def test_a_session_used_for_training_says_so(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    noted = "was trained on this session" in words(visitor)
    assert noted is ("Not a test session" in words(visitor))


def test_a_typed_session_id_is_opened(visit: Visit) -> None:
    visitor = visit(PAGE)
    visitor.text_input(key="session_id").set_value(" s5 ").run()
    assert visitor.query_params["session"] == "s5"


def test_a_session_that_is_not_there_is_named_and_leads_on(visit: Visit) -> None:
    visitor = visit(PAGE, session="nope")
    assert "This session cannot be shown" in words(visitor)
    assert "'nope'" in words(visitor)
    offered = visitor.main.button[-1].label
    visitor.main.button[-1].click().run()
    assert "Test session" in words(visitor)
    assert offered == f"Open test session {visitor.query_params['session']}"


def test_an_item_that_is_not_there_is_named_and_the_first_is_explained(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", item="gone")
    assert "gone" in words(visitor)
    assert visitor.radio(key="explain_item").value == expected(world, "s3").recommendations[0].item_id


def test_a_model_without_attention_still_recommends(visit: Visit) -> None:
    visitor = visit(PAGE, model="b-lstm", session="s3")
    assert "This model has no attention heads" in words(visitor)
    assert len(visitor.radio(key="explain_item").options) >= 1
    assert not sent(visitor, "heads")
    assert strip(visitor)


def test_a_model_of_another_catalogue_is_refused_with_both_sides_named(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other", model="a-transformer")
    assert "This model cannot be used with this data set" in words(visitor)


def test_choosing_another_data_set_clears_the_session(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2")
    visitor.sidebar.selectbox(key="choose_data").select("other").run()
    assert visitor.query_params["data"] == "other"
    assert "session" not in visitor.query_params
    assert "item" not in visitor.query_params


def test_another_session_keeps_the_head_view_and_clears_the_event(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2", event="1", head="1.0", keep="60")
    press(visitor, "Next →")
    assert (visitor.query_params["head"], visitor.query_params["keep"]) == ("1.0", "60")
    assert "event" not in visitor.query_params
    assert "item" not in visitor.query_params


def test_a_link_to_another_session_does_not_inherit_the_item_of_this_one(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", item="i2", event="1")
    for name in ("item", "event"):
        del visitor.query_params[name]
    visitor.query_params["session"] = "s5"
    visitor.run()
    assert visitor.radio(key="explain_item").value == expected(world, "s5").recommendations[0].item_id
    assert heads_data(visitor)["view"]["event"] is None


def test_any_item_is_found_by_a_word_of_its_title(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    visitor.text_input(key="search_item").set_value("title 1").run()
    offered = [button for button in visitor.main.button if (button.key or "").startswith("item-")]
    titled = [row for row, title in enumerate(world.catalogue.titles) if "title 1" in title.casefold()]
    assert [button.key for button in offered] == [f"item-{row}" for row in titled]
    offered[0].click().run()
    assert visitor.query_params["item"] == world.catalogue.item_ids[titled[0]]
    visitor.text_input(key="search_item").set_value("no such thing").run()
    assert "No item matches" in words(visitor)


def test_a_history_of_your_own_is_explained_and_is_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = press(visit(PAGE), "Bring your own")
    drawer(visitor, "text_area", "own_text").set_value("i3=save\nTitle 9\ni1").run()
    next(button for button in visitor.button if button.label == "Explain this session").click().run()
    assert visitor.query_params["history"] == "i3=save;i9;i1"
    assert "session" not in visitor.query_params
    assert [event["item"] for event in strip(visitor)] == [3, 9, 1]
    assert strip(visitor)[0]["mark"] == "saved"
    assert "Your own session" in words(visitor)
    again = visit(PAGE, history="i3=save;i9;i1")
    assert [event["item"] for event in strip(again)] == [3, 9, 1]
    assert again.radio(key="explain_item").value == visitor.radio(key="explain_item").value


def test_a_history_that_cannot_be_read_says_which_event(visit: Visit) -> None:
    visitor = press(visit(PAGE), "Bring your own")
    drawer(visitor, "text_area", "own_text").set_value("i3; lost").run()
    next(button for button in visitor.button if button.label == "Explain this session").click().run()
    assert any("your text, event 2" in error.value for error in visitor.error)
    assert "history" not in visitor.query_params
    assert "event 1 of the link" in words(visit(PAGE, history="gone")).replace("\\", "")


def test_a_session_is_found_by_what_it_is_like(visit: Visit, world: DataSet) -> None:
    visitor = press(visit(PAGE), "Find a session")
    drawer(visitor, "selectbox", "wish_outcome").set_value("wrong at 1").run()
    ranks = {session: expected(world, session).target.rank for session in split_sessions(world).test_ids}
    wrong = [session for session, rank in ranks.items() if rank > 1]
    listed = visitor.dataframe[-1].value
    assert list(listed["Session"]) == wrong
    assert list(listed["Rank of next item"]) == [ranks[session] for session in wrong]
    next(button for button in visitor.button if button.label == "Open a random match").click().run()
    assert visitor.query_params["session"] in wrong


def test_a_pinned_session_is_beside_the_next_one(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", mode="expert")
    press(visitor, "Pin this view")
    press(visitor, "Next →")
    current, pinned = sorted(sent(visitor, "heads"), key=lambda data: not data["owner"])
    assert pinned["session"] == "tiny|s3|"
    assert current["session"] != pinned["session"]
    assert len([element for element in visitor.markdown if element.value.startswith("First look: ")]) == 2
    press(visitor, "Unpin")
    assert len(sent(visitor, "heads")) == 1


def test_another_model_is_beside_this_one_on_the_same_session(visit: Visit) -> None:
    visitor = press(visit(PAGE, session="s3", mode="expert"), "b\\-lstm")
    assert [data["key"] for data in sent(visitor, "strip")] == ["tiny|s3|", "tiny|s3|"]
    assert "This model has no attention heads" in words(visitor)


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("nonsense", "cut off or damaged"),
        ("session|s3|gone|", "gone"),
        ("session|nope|a-transformer|", "nope"),
        ("session|s3|a-transformer|lost", "lost"),
        ("own|zzz|a-transformer|", "event 1 of the link"),
    ],
)
def test_a_pin_that_cannot_be_opened_is_named_and_leaves_the_page_whole(visit: Visit, pin: str, fault: str) -> None:
    visitor = visit(PAGE, session="s3", pin=pin)
    assert "The pinned view cannot be shown" in words(visitor)
    assert fault in words(visitor)
    assert len(sent(visitor, "heads")) == 1
    press(visitor, "Unpin")
    assert "pin" not in visitor.query_params


def test_hostile_titles_stay_text_everywhere(visit: Visit) -> None:
    raw = [title for title in HOSTILE if title != "# Heading\n- list"]
    for session in ("s0", "s1", "s2", "s3"):
        visitor = visit(PAGE, session=session)
        parts = (visitor.subheader, visitor.markdown, visitor.caption)
        rendered = [element.value for part in parts for element in part]
        rendered += [text for radio in visitor.radio for text in (*radio.options, *radio.proto.captions)]
        assert not [(title, text) for title in raw for text in rendered if title in text]
        components = [element.proto for element in visitor.get("bidi_component")]
        # Components are sent titles as data only, never inside their markup, script or style.
        assert not [
            raw for raw in HOSTILE for component in components if raw in component.html_content + component.js_content
        ]
        expert = visit(PAGE, session=session, mode="expert")
        expert.session_state["export"] = True
        expert.run()
        assert "<img" not in expert.get("plotly_chart")[0].proto.spec.replace("\\u003c", "<")


def test_the_effect_of_each_head_on_the_explained_title_is_one_click_away(visit: Visit) -> None:
    visitor = visit("explore/page.py", model="a-transformer", session="s0")
    assert not visitor.get("plotly_chart")  # nothing is drawn for a part that is folded
    visitor.session_state["parts"] = True
    visitor.run()
    (parts,) = [part for part in visitor.expander if part.label.startswith("What each head")]
    assert "drop of its log-probability" in parts.caption[0].value
    assert len(parts.get("plotly_chart")) == 1  # heads; a plain model has no named terms


def test_the_checked_reasons_are_under_the_answer(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    assert "Confirmed by removing events" in words(visitor)
    assert "Attention, gradients and removal:" in words(visitor)
    labels = [badge for badge in words(visitor).splitlines() if "check" in badge]
    assert labels


def test_an_lstm_without_attention_is_checked_all_the_same(visit: Visit) -> None:
    assert "Confirmed by removing events" in words(visit(PAGE, session="s3", model="b-lstm"))
