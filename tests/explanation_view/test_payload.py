"""What the matrix is drawn from: it adds up to the model's score, agrees with removal, and says what it leaves out."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from streamrec_core.attention.measures import read_head
from streamrec_core.attribution.contributions import Contributions, contributions
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.shown_number import points_text
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.head_phrases import head_phrase
from streamrec_core.explain.verified import verify
from streamrec_core.explanation_view.payload import (
    POINTS,
    Ghost,
    MatrixOptions,
    check_payload,
    matrix_payload,
    titles_payload,
)
from streamrec_core.explanation_view.widget import ExplanationView, show
from streamrec_core.models.terms import JOBS
from tests.worlds import catalogue_of, dataset_of, log_of, session_of, small_lstm, small_transformer

HISTORY = [1, 4, 2, 7, 7, 3]


@pytest.fixture(scope="module")
def world() -> DataSet:
    return dataset_of(catalogue_of(12, 3), log_of([[0, 1]]))


def additive(world: DataSet) -> ExplanationView:
    model = small_transformer(world.catalogue, jobs=tuple(JOBS))
    return show(model, world, explain(model, world, session_of(HISTORY)))


def test_cells_and_base_add_up_to_the_log_probability_above_the_average(world: DataSet) -> None:
    model = small_transformer(world.catalogue, jobs=tuple(JOBS))
    explanation = explain(model, world, session_of(HISTORY))
    parts = contributions(model, explanation.history, [explanation.candidate.row], "average")
    payload = matrix_payload(explanation, world, parts=parts)
    with torch.inference_mode():
        log_probs = model.logits(batch_of([session_of(HISTORY)], len(world.catalogue), 50)).log_softmax(1)[0]
    expected = POINTS * float(log_probs[explanation.candidate.row] - (log_probs.exp() * log_probs).sum())
    cells = float(np.sum(payload["added"]))
    assert payload["score"] == pytest.approx(expected, abs=0.1)
    assert cells + payload["base"][0][1] == pytest.approx(payload["score"], abs=0.05 * len(HISTORY) * 8 + 0.1)


def test_removal_stands_in_points_with_the_ranks_before_and_after(world: DataSet) -> None:
    model = small_transformer(world.catalogue)
    explanation = explain(model, world, session_of(HISTORY))
    checked = verify(model, world, explanation)
    without = matrix_payload(explanation, world, checked)["without"]
    assert without["points"] == pytest.approx(100 * checked.evidence.removal.effect[: len(HISTORY)], abs=0.06)
    before = checked.evidence.removal.rank
    for rank, points, text in zip(checked.evidence.ranks, without["points"], without["texts"], strict=False):
        assert text == points_text(-points) + ("" if rank == before else f" · {before} → {rank}")


def test_another_title_is_sent_ahead_exactly_as_it_will_be_when_it_is_explained(world: DataSet) -> None:
    model = small_transformer(world.catalogue, jobs=tuple(JOBS))
    first = explain(model, world, session_of(HISTORY))
    rows = [item.row for item in first.recommendations]
    ahead = titles_payload(contributions(model, first.history, rows, "average"))
    assert list(ahead) == [str(row) for row in rows]
    now = matrix_payload(first, world)
    for row in rows:
        then = explain(model, world, session_of(HISTORY), candidate=row)
        payload = matrix_payload(then, world, parts=contributions(model, then.history, [row], "average"))
        tenths = np.frombuffer(base64.b64decode(ahead[str(row)]["added"]), "<i2").reshape(8, len(HISTORY))
        assert (tenths / 10).tolist() == payload["added"]
        assert all(ahead[str(row)][name] == payload[name] for name in ("sums", "base", "score"))
        for name in ("events", "heads", "attention"):
            assert payload[name] == now[name]


def test_a_title_whose_points_do_not_fit_is_not_sent_ahead() -> None:
    values = np.zeros((2, 1, 2, 3))
    values[1, 0, 1, 2] = 40.0
    assert list(titles_payload(Contributions((4, 9), np.zeros(2), values))) == ["4"]


def test_the_check_comes_after_a_matrix_that_waits_for_it(world: DataSet) -> None:
    model = small_transformer(world.catalogue)
    explanation = explain(model, world, session_of(HISTORY))
    checked = verify(model, world, explanation)
    whole = matrix_payload(explanation, world, checked)
    waiting = matrix_payload(explanation, world, options=MatrixOptions(pending=True))
    check = check_payload("matrix", checked)
    assert waiting["pending"]
    assert waiting["without"] is None
    assert check["without"] == whole["without"]
    assert check["named"] == [at for at, event in enumerate(whole["events"]) if event["named"]]
    assert check_payload("matrix", None) == {"key": "matrix", "without": None, "named": []}


@pytest.mark.parametrize(("points", "text"), [(12.4, "+12"), (-3.2, "−3"), (0.3, "0"), (-0.4, "0"), (1234.0, "+1,234")])
def test_points_have_a_sign_unless_they_round_to_none(points: float, text: str) -> None:
    assert points_text(points) == text


def test_a_model_without_contributions_or_heads_sends_what_it_has(world: DataSet) -> None:
    plain = small_transformer(world.catalogue)
    sent = matrix_payload(explain(plain, world, session_of(HISTORY)), world)
    assert sent["added"] is None
    assert np.sum(sent["attention"], axis=1) == pytest.approx(np.full(len(sent["heads"]), 100.0), abs=0.5)
    lstm = small_lstm(world.catalogue)
    sent = matrix_payload(explain(lstm, world, session_of(HISTORY)), world)
    assert (sent["heads"], sent["attention"], sent["added"]) == ([], [], None)


def test_only_the_window_of_the_model_is_drawn_and_counted(world: DataSet) -> None:
    model = small_transformer(world.catalogue, max_events=3)
    sent = matrix_payload(explain(model, world, session_of(HISTORY)), world)
    assert [event["item"] for event in sent["events"]] == HISTORY[-3:]
    assert [event["number"] for event in sent["events"]] == [4, 5, 6]
    assert sent["hidden"] == "3 events older than the 3 that this model reads"
    assert matrix_payload(explain(model, world, session_of(HISTORY[-3:])), world)["hidden"] == ""


def test_options_and_ghosts_are_passed_on(world: DataSet) -> None:
    model = small_transformer(world.catalogue)
    options = MatrixOptions(
        head=2, event=1, quantity="attention", scale="own", editable=True, ghosts=(Ghost(0, "Gone"),)
    )
    sent = matrix_payload(explain(model, world, session_of(HISTORY)), world, options=options)
    assert sent["view"] == {"head": 2, "event": 1, "quantity": "attention", "scale": "own"}
    assert sent["ghosts"] == [{"before": 0, "title": "Gone"}]
    assert [name for name, _ in sent["marks"]] == ["click", "partial_view", "full_view", "save", "share"]
    json.dumps(sent)


@pytest.mark.parametrize(
    ("weights", "phrase"),
    [
        ([0, 0, 0, 0, 0.04, 0.96], "the last title"),
        ([0.96, 0, 0, 0, 0, 0.04], "the first title"),
        ([0.0, 0, 0.97, 0, 0, 0.03], "event 3"),
        ([0.0, 0, 0.48, 0.48, 0.04, 0], "a few titles"),
        ([0.02, 0.08, 0.12, 0.2, 0.26, 0.32], "recent titles"),
        ([0.2, 0.2, 0.2, 0.2, 0.1, 0.1], "all titles"),
    ],
)
def test_a_head_is_told_in_two_words(world: DataSet, weights: list[float], phrase: str) -> None:
    history = session_of([1, 4, 2, 5, 8, 3])
    assert head_phrase(read_head(np.array(weights), history.items, world.catalogue), history, world.catalogue) == phrase


def test_a_category_head_is_told_by_its_category(world: DataSet) -> None:
    history = session_of([3, 1, 6, 2, 4, 0])
    weights = np.where(world.catalogue.category_of[history.items] == world.catalogue.category_of[0], 0.3, 0.033)
    reading = read_head(weights / weights.sum(), history.items, world.catalogue)
    if reading.type == "category":
        assert head_phrase(reading, history, world.catalogue) == f"{world.catalogue.category(0)} titles"
    else:
        pytest.fail(f"planted as a category head, read as {reading.type}")


def test_the_page_holds_no_address_and_titles_stay_text(world: DataSet) -> None:
    hostile = ("</script><script>alert(1)</script>", "<a href='javascript:alert(1)'>Click</a>", "<img src=x>")
    titles = tuple(hostile[row % 3] for row in range(len(world.catalogue)))
    page = additive(replace(world, catalogue=replace(world.catalogue, titles=titles))).html()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count("<script") == page.count("</script") == 3
    assert not [title for title in hostile if title in page]
    assert "&lt;img src=x&gt;" in page


def test_a_notebook_gets_the_page_in_a_sandboxed_frame(world: DataSet) -> None:
    frame = additive(world)._repr_html_()
    assert frame.startswith('<iframe sandbox="allow-scripts" srcdoc="&lt;!doctype html&gt;')
    assert frame.count('"') == 6


def test_the_widget_carries_the_payload(world: DataSet) -> None:
    view = additive(world)
    widget = view.widget()
    assert widget.payload["score"] == matrix_payload(view.explanation, world, view.verified, view.parts)["score"]
    assert "export default { render }" in str(widget._esm)
