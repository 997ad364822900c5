"""Explore: a session, its recommendations, the answer, the matrix, the details; and every way a link can be wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.attention_view import AttentionView
from pages.explore.details import DETAILS
from pages.explore.full_maps import FULL
from pages.ui.escape import plain
from pages.ui.example_sessions import find_example_sessions
from pages.ui.session_split import split_sessions
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_text import one_line
from streamrec_core.errors import BadInput
from streamrec_core.explain.sentences import words as in_words
from streamrec_core.explain.verified import Verified, verify
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.explore_visits import (
    PAGE,
    choose_title,
    data_of,
    expected,
    explained_item,
    maps,
    matrix,
    press,
    send_state,
    send_trigger,
    sent,
    ten,
    view,
    words,
)
from tests.pages.tiny_world import HOSTILE


def verified(world: DataSet, session: str, item: int | None = None) -> Verified:
    model = load_checkpoint(list_checkpoints()["a-transformer"], world.catalogue)
    history = world.log.session(int(session[1:])).until(-1)
    return verify(model, world, expected(world, session, item), history)


def weights(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), "<u2") / FULL


def first_look(visitor: AppTest) -> list[str]:
    return [element.value for element in visitor.caption if element.value.startswith("First look, unchecked: ")]


def test_it_shows_the_session_the_ten_the_target_and_the_explanation(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    explanation = expected(world, "s3")
    events = matrix(visitor)["events"]
    assert [event["item"] for event in events] == explanation.history.items.tolist()
    titles = [one_line(world.catalogue.titles[row]) for row in explanation.history.items]
    assert [event["title"] for event in events] == titles
    assert [item["id"] for item in ten(visitor)] == [item.item_id for item in explanation.recommendations]
    assert [item["rank"] for item in ten(visitor)] == [str(item.rank) for item in explanation.recommendations]
    assert [item["probability"] for item in ten(visitor)] == [
        f"{item.probability:.1%}" for item in explanation.recommendations
    ]
    assert explained_item(visitor) == explanation.recommendations[0].item_id
    assert f"rank {explanation.target.rank}" in words(visitor)


def test_the_sentence_shown_first_is_the_checked_one(visit: Visit, world: DataSet) -> None:
    for session in ("s3", "s5", "s8"):
        visitor, checked = visit(PAGE, session=session), verified(world, session)
        (answer,) = [text.value for text in visitor.markdown if text.value.startswith("**")]
        assert answer == f"**{plain(in_words(checked, world.catalogue).sentence)}**"
        (look,) = first_look(visitor)
        rejected = {check.reason.positions for check in checked.first_look_rejected}
        for reason in expected(world, session).reasons:
            assert (f"~~{plain(reason.phrase)}~~" in look) is (reason.positions in rejected)
            assert plain(reason.phrase) in look


def test_the_answer_says_rank_probability_and_what_came_next(visit: Visit, world: DataSet) -> None:
    for session in ("s3", "s5"):
        first = expected(world, session).recommendations[0]
        (about,) = [text.value for text in visit(PAGE, session=session).caption if text.value.startswith("Why ")]
        assert f"**{plain(first.title)}**" in about
        assert f"rank {first.rank} · probability {first.probability:.1%}" in about
        assert "came next" in about


def test_a_title_that_was_watched_before_says_so_in_the_ten_and_in_the_answer(visit: Visit, world: DataSet) -> None:
    counted = 0
    for session in ("s3", "s5", "s8"):
        visitor = visit(PAGE, session=session)
        history = expected(world, session).history.items.tolist()
        for item in ten(visitor):
            events = [str(position + 1) for position, row in enumerate(history) if row == item["row"]]
            assert (item["seen"] is not None) is bool(events)
            if events:
                counted += 1
                assert item["seen"] == {
                    "short": "again",
                    "full": f"Seen before: event {', '.join(events)}",
                }
        again = next((item for item in ten(visitor) if item["seen"]), None)
        if again is not None:
            choose_title(visitor, again["id"])
            assert "seen before (event " in words(visitor)
    assert counted


def test_what_speaks_against_the_title_is_the_event_without_which_it_gains_most(visit: Visit, world: DataSet) -> None:
    spoken = 0
    for session in (f"s{number}" for number in range(12)):
        checked = verified(world, session)
        effects = checked.evidence.removal.effect[: len(checked.case.history)]
        worst = int(effects.argmin())
        title = world.catalogue.titles[int(checked.case.history.items[worst])]
        line = f"Speaks against it: event {worst + 1}, {plain(title, 50)}"
        shown = [text.value for text in visit(PAGE, session=session).caption]
        assert (line in shown) is bool(effects[worst] <= -0.05)
        spoken += line in shown
    assert spoken


def test_the_sentence_at_the_top_follows_the_reader(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", detail="wording")
    visitor.button_group(key="proof_reader").set_value("regulator").run()
    sentence = f"**{plain(in_words(verified(world, 's3'), world.catalogue, 'regulator').sentence)}**"
    assert sentence in [element.value for element in visitor.markdown]
    assert visitor.query_params["reader"] in ("regulator", ["regulator"])


def test_the_matrix_gets_every_event_under_every_head_and_what_removal_does(visit: Visit, world: DataSet) -> None:
    explanation, data = expected(world, "s3"), matrix(visit(PAGE, session="s3"))
    assert [head["type"] for head in data["heads"]] == [reading.type for reading in explanation.heads]
    length = len(explanation.history)
    attention = np.array(data["attention"]).reshape(2, 4, length) / 100
    assert attention == pytest.approx(explanation.maps[:, :, -1], abs=6e-4)
    assert data["added"] is None  # a plain model's score is not a sum of what heads add
    effects = verified(world, "s3").evidence.removal.effect[:length]
    assert data["without"]["points"] == pytest.approx(100 * effects, abs=0.06)
    assert len({head["colour"] for head in data["heads"]}) == len({head["type"] for head in data["heads"]})


def test_the_events_that_the_answer_names_are_marked(visit: Visit, world: DataSet) -> None:
    for session in ("s3", "s5", "s8"):
        named = {
            position
            for check in verified(world, session).named
            if check.reason.kind != "category"
            for position in check.reason.positions
        }
        events = matrix(visit(PAGE, session=session))["events"]
        assert {position for position, event in enumerate(events) if event["named"]} == named


def test_full_maps_come_without_the_masked_half(visit: Visit, world: DataSet) -> None:
    explanation, data = expected(world, "s3"), maps(visit(PAGE, session="s3", detail="maps"))
    length = len(explanation.history)
    shares = weights(data["maps"]).reshape(8, length * (length + 1) // 2)
    third_row = shares[5][3:6]  # after rows of one and of two weights
    assert third_row == pytest.approx(explanation.maps[1, 1, 2, :3], abs=1e-5)
    assert shares[:, -length:] == pytest.approx(explanation.maps[:, :, -1].reshape(8, length), abs=1e-5)


def test_only_the_open_detail_is_drawn(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3")
    assert [sent(visitor, name) for name in ("maps", "evidence", "claims")] == [[], [], []]
    assert not visitor.dataframe
    assert not visitor.get("plotly_chart")
    visitor.button_group(key="detail").set_value("evidence").run()
    assert visitor.query_params["detail"] in ("evidence", ["evidence"])
    assert len(sent(visitor, "evidence")) == 1
    assert not sent(visitor, "maps")
    visitor.button_group(key="detail").set_value(None).run()
    assert "detail" not in visitor.query_params
    assert not sent(visitor, "evidence")


@pytest.mark.parametrize("name", list(DETAILS))
@pytest.mark.parametrize("mode", ["simple", "expert"])
def test_every_detail_opens_by_link(visit: Visit, name: str, mode: str) -> None:
    visitor = visit(PAGE, session="s3", detail=name, mode=mode)
    assert visitor.button_group(key="detail").value == name


def test_a_detail_that_does_not_exist_is_closed(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", detail="gone")
    assert visitor.button_group(key="detail").value is None
    assert "detail" not in visitor.query_params


def test_an_expert_has_the_figures_in_a_table(visit: Visit, world: DataSet) -> None:
    table = visit(PAGE, session="s3", mode="expert", detail="maps").dataframe[0].value
    explanation = expected(world, "s3")
    assert list(table["Type"]) == [reading.type for reading in explanation.heads]
    assert list(table["Under uniform attention"]) == [reading.type_under_uniform for reading in explanation.heads]
    first = explanation.heads[0].top_positions[0]
    assert table["Most attention on"][0].startswith(f"{first + 1} ")
    assert list(table["Entropy"]) == pytest.approx([reading.measures.entropy for reading in explanation.heads])


def test_the_export_is_a_page_a_table_and_a_picture(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", detail="export")
    (chart,) = visitor.get("plotly_chart")
    assert len(json.loads(chart.proto.spec)["data"]) == 8
    assert [button.label for button in visitor.get("download_button")] == ["Page (HTML)", "Table (CSV)"]


def test_the_simple_level_leaves_out_figures(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", detail="maps")
    assert not visitor.dataframe
    text = words(visitor)
    assert not [word for word in ("entropy", " nats", "p value", "weights_sha256") if word in text]
    assert not matrix(visitor)["expert"]
    visitor.sidebar.button_group(key="choose_level").set_value("Expert").run()
    assert visitor.query_params["mode"] == "expert"
    assert matrix(visitor)["expert"]
    visitor.sidebar.button_group(key="choose_level").set_value("Simple").run()
    assert "mode" not in visitor.query_params


def test_the_view_of_a_link_reaches_the_matrix_and_the_maps(visit: Visit) -> None:
    link = {"head": "0.0", "event": "1", "row": "2", "keep": "70", "heads": "0.0,1.3", "scale": "own"}
    visitor = visit(PAGE, session="s3", detail="maps", join="max", quantity="attention", **link)
    assert matrix(visitor)["view"] == {"head": 0, "event": 0, "quantity": "attention", "scale": "own"}
    assert maps(visitor)["view"] == {
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
    visitor = visit(PAGE, session="s3", head="9.9", event="999", keep="50", detail="maps")
    (warning,) = visitor.warning
    assert "head '9" in warning.value
    assert "event '999'" in warning.value
    assert maps(visitor)["view"] | {"keep": 0} == AttentionView(keep=0).plain()
    assert maps(visitor)["view"]["keep"] == 50
    assert "head" not in visitor.query_params


def test_what_the_matrix_shows_is_kept_in_the_link(visit: Visit) -> None:
    visitor = view(visit(PAGE, session="s3"), event=1, scale="own")
    assert visitor.query_params["event"] in ("2", ["2"])
    assert visitor.query_params["scale"] in ("own", ["own"])
    assert matrix(visitor)["echo"]
    view(visitor, event=None, scale="shared")
    assert not {"event", "scale"} & set(visitor.query_params)


def test_a_head_that_is_opened_shows_its_full_map(visit: Visit) -> None:
    visitor = view(visit(PAGE, session="s3"), head=6)
    assert visitor.query_params["head"] in ("1.2", ["1.2"])
    assert visitor.button_group(key="detail").value == "maps"
    assert maps(visitor)["view"]["head"] == 6


@pytest.mark.parametrize(
    "message",
    [
        None,
        "x",
        {"head": 99, "event": None, "quantity": "attention", "scale": "own"},
        {"head": None, "event": True, "quantity": "attention", "scale": "own"},
        {"head": None, "event": None, "quantity": "<script>", "scale": "own"},
        {"head": None, "event": None, "quantity": "attention", "scale": "own", "key": "of another session"},
    ],
)
def test_an_invalid_view_from_the_browser_changes_nothing(visit: Visit, message: Any) -> None:
    visitor = visit(PAGE, session="s3")
    before = dict(visitor.query_params)
    if isinstance(message, dict):
        message = {"key": matrix(visitor)["key"], **message}
    send_state(visitor, "matrix", view=message)
    assert dict(visitor.query_params) == before


@pytest.mark.parametrize("message", [None, "i2", {"item": "i2", "key": "other"}, {"item": "gone"}, {"item": ["i2"]}])
def test_an_invalid_title_from_the_browser_changes_nothing(visit: Visit, message: Any) -> None:
    visitor = visit(PAGE, session="s3")
    if isinstance(message, dict):
        message = {"key": data_of(visitor, "top-ten")["key"], **message}
    send_trigger(visitor, "top-ten", "item", message)
    assert "item" not in visitor.query_params


def test_another_of_the_ten_can_be_explained_and_is_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3")
    other = expected(world, "s3").recommendations[4].item_id
    choose_title(visitor, other)
    assert visitor.query_params["item"] in (other, [other])
    assert explained_item(visitor) == other
    assert f"**{plain(expected(world, 's3').recommendations[4].title)}**" in "\n".join(
        text.value for text in visitor.caption
    )
    assert explained_item(visit(PAGE, session="s3", item=other)) == other


def test_any_item_of_the_catalogue_can_be_explained_by_link(visit: Visit, world: DataSet) -> None:
    named = {item.item_id for item in expected(world, "s3").recommendations}
    outside = next(item for item in world.catalogue.item_ids if item not in named)
    visitor = visit(PAGE, session="s3", item=outside)
    assert explained_item(visitor) == outside
    assert len(ten(visitor)) == 11
    rank = expected(world, "s3", world.catalogue.row(outside)).candidate.rank
    assert ten(visitor)[-1]["rank"] == str(rank)
    assert f"rank {rank}" in words(visitor)


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
    press(visitor, "Next")
    assert "Test session 2 of 12" in words(visitor)
    press(visitor, "Previous")
    assert visitor.query_params["session"] == first
    press(visitor, "Previous")
    assert "Test session 12 of 12" in words(visitor)


def test_a_random_session_is_a_test_session(visit: Visit) -> None:
    visitor = visit(PAGE)
    press(visitor, "Random")
    assert "Test session" in words(visitor)


def test_random_opens_what_was_drawn_ahead_and_draws_again(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = split_sessions(world).test_ids
    draws = iter((first, second, first))
    monkeypatch.setattr("pages.explore.choice.random.choice", lambda ids: next(draws))
    visitor = visit(PAGE)
    for session in (first, second):
        press(visitor, "Random")
        assert f"|{session}|" in data_of(visitor, "matrix")["key"]


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
    assert explained_item(visitor) == expected(world, "s3").recommendations[0].item_id


def test_a_model_without_attention_still_recommends_and_is_checked(visit: Visit) -> None:
    visitor = visit(PAGE, model="b-lstm", session="s3")
    assert "This model has no attention heads" in words(visitor)
    assert len(ten(visitor)) >= 10
    data = matrix(visitor)
    assert (data["heads"], data["attention"], data["added"]) == ([], [], None)
    assert len(data["without"]["points"]) == len(data["events"])
    assert not first_look(visitor)
    offered = visitor.button_group(key="detail").options
    assert not {"Full maps", "Heads off"} & {getattr(option, "content", option) for option in offered}
    assert "maps" not in visit(PAGE, model="b-lstm", session="s3", detail="maps").query_params.get("detail", "")


def test_a_model_of_another_catalogue_is_refused_with_both_sides_named(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, data="other", model="a-transformer")
    assert "This model cannot be used with this data set" in words(visitor)


def test_choosing_another_data_set_clears_the_session(other_world: object, visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2")
    visitor.sidebar.selectbox(key="choose_data").select("other").run()
    assert visitor.query_params["data"] == "other"
    assert "session" not in visitor.query_params
    assert "item" not in visitor.query_params


def test_another_session_keeps_the_view_and_clears_event_and_title(visit: Visit) -> None:
    visitor = visit(PAGE, session="s3", item="i2", event="1", head="1.0", keep="60", detail="maps", edits="remove.1")
    press(visitor, "Next")
    assert (visitor.query_params["head"], visitor.query_params["keep"]) == ("1.0", "60")
    assert visitor.query_params["detail"] == "maps"
    assert not {"event", "item", "edits"} & set(visitor.query_params)


def test_a_link_to_another_session_does_not_inherit_the_item_of_this_one(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", item="i2", event="1")
    for name in ("item", "event"):
        del visitor.query_params[name]
    visitor.query_params["session"] = "s5"
    visitor.run()
    assert explained_item(visitor) == expected(world, "s5").recommendations[0].item_id
    assert matrix(visitor)["view"]["event"] is None


def test_a_pinned_session_is_beside_the_next_one(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session="s3", mode="expert", detail="model")
    press(visitor, "Pin this view")
    press(visitor, "Next")
    assert data_of(visitor, "matrix-pinned")["session"] == "tiny|s3|"
    assert matrix(visitor)["session"] != "tiny|s3|"
    assert data_of(visitor, "matrix-pinned")["marks"] is None  # a pinned session is not edited
    assert data_of(visitor, "top-ten-pinned")["fixed"]
    assert len(first_look(visitor)) == 2
    press(visitor, "Unpin")
    assert len(sent(visitor, "matrix")) == 1


def test_another_model_is_beside_this_one_on_the_same_session(visit: Visit) -> None:
    visitor = press(visit(PAGE, session="s3", mode="expert", detail="model"), "b\\-lstm")
    assert [data["session"] for data in sent(visitor, "matrix")] == ["tiny|s3|", "tiny|s3|"]
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
    assert len(sent(visitor, "matrix")) == 1
    press(visitor, "Unpin")
    assert "pin" not in visitor.query_params


@pytest.mark.parametrize("detail", [None, *DETAILS])
def test_hostile_titles_stay_text_everywhere(visit: Visit, detail: str | None) -> None:
    raw = [title for title in HOSTILE if title != "# Heading\n- list"]
    for session in ("s0", "s1", "s2", "s3"):
        visitor = visit(PAGE, session=session, mode="expert", **({"detail": detail} if detail else {}))
        parts = (visitor.subheader, visitor.markdown, visitor.caption, visitor.warning)
        rendered = [element.value for part in parts for element in part]
        rendered += [button.label for button in visitor.button]
        assert not [(title, text) for title in raw for text in rendered if title in text]
        components = [element.proto for element in visitor.get("bidi_component")]
        # Components are sent titles as data only, never inside their markup, script or style.
        assert not [
            raw for raw in HOSTILE for component in components if raw in component.html_content + component.js_content
        ]
        for chart in visitor.get("plotly_chart"):
            assert "<img" not in chart.proto.spec.replace("\\u003c", "<")


def test_the_effect_of_each_head_on_the_explained_title_is_one_click_away(visit: Visit) -> None:
    visitor = visit(PAGE, model="a-transformer", session="s0", detail="heads")
    assert "what its score loses, in points" in words(visitor)
    assert len(visitor.get("plotly_chart")) == 1  # heads; a plain model has no named terms


def test_the_checked_reasons_are_one_click_away(visit: Visit, world: DataSet) -> None:
    for model in ("a-transformer", "b-lstm"):
        visitor = visit(PAGE, session="s3", detail="evidence", model=model)
        assert "Confirmed by removing events" in words(visitor)
        assert len(sent(visitor, "claims")) == 1
    assert "Attention, gradients and removal:" in words(visit(PAGE, session="s3", detail="evidence"))


def test_the_bar_is_drawn_when_the_answer_stands(visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same after every choice, and nobody waits for it."""
    order = []
    for module, part in (("toolbar", "toolbar"), ("answer", "checked_answer"), ("matrix", "session_check")):
        monkeypatch.setattr(f"pages.explore.{module}.{part}", lambda *_, part=part: order.append(part))
    visit(PAGE, session="s3")
    assert order == ["checked_answer", "session_check", "toolbar"]


def test_the_bar_stands_also_where_the_session_cannot_be_drawn(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BadInput("the model fell silent")

    monkeypatch.setattr("pages.explore.answer.answer", refuse)
    visitor = visit(PAGE, session="s3")
    assert [error.value for error in visitor.error] == ["the model fell silent"]
    assert visitor.text_input(key="session_id").value == "s3"
