"""Explore: a session, its recommendations, the answer, the matrix, and a model without attention."""

from __future__ import annotations

import numpy as np
import pytest

from pages.ui.escape import plain
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.data.shown_text import one_line
from streamrec_core.errors import BadInput
from streamrec_core.explain.sentences import words as in_words
from tests.pages.conftest import Visit
from tests.pages.explore_visits import (
    PAGE,
    choose_title,
    expected,
    explained_item,
    first_look,
    matrix,
    ten,
    verified,
    words,
)


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


def test_a_model_without_attention_still_recommends_and_is_checked(visit: Visit) -> None:
    visitor = visit(PAGE, model="b-lstm", session="s3")
    assert "This model has no attention heads" in words(visitor)
    assert f"Numbers beside the bars are in points. {POINTS_EXPLAINED}" in words(visitor)
    assert len(ten(visitor)) >= 10
    data = matrix(visitor)
    assert (data["heads"], data["attention"], data["added"]) == ([], [], None)
    assert len(data["without"]["points"]) == len(data["events"])
    assert not first_look(visitor)
    offered = visitor.button_group(key="detail").options
    assert not {"Full maps", "Heads off"} & {getattr(option, "content", option) for option in offered}
    assert "maps" not in visit(PAGE, model="b-lstm", session="s3", detail="maps").query_params.get("detail", "")


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
    assert [error.value for error in visitor.error] == ["The model fell silent"]
    assert visitor.text_input(key="session_id").value == "s3"
