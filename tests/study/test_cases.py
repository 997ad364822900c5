"""Study cases found by running a model: frozen, about events that no text names, with the model's answer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput, Refused
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.explain.first_look import explain
from streamrec_core.study import arms as arms_module
from streamrec_core.study.arms import ARMS, Arm, ArmEvidence, arms_for, first_look, gather, word_arms
from streamrec_core.study.cases import StudyCase
from streamrec_core.study.create import create_study
from streamrec_core.study.plan import StudyPlan
from streamrec_core.study.questions import LEAST_GAP, ArmText, askable, unnamed
from streamrec_core.study.store import read_study
from tests.worlds import (
    OneHotModel,
    PlantedModel,
    catalogue_of,
    chain_dataset,
    dataset_of,
    log_of,
    planted_maps,
    session_of,
    small_lstm,
    small_transformer,
)


def wide_dataset(seed: int = 0) -> DataSet:
    """Sessions of 8 to 11 different items in four categories, so that some are left that no text names."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(40, int(rng.integers(8, 12)), replace=False).tolist() for _ in range(300)]
    return dataset_of(catalogue_of(40, 4), log_of(rows))


def read_cases(name: str) -> tuple[StudyCase, ...]:
    return read_study(name)[1]


def test_answers_are_those_of_the_model_run_without_each_event(workspace: Path) -> None:
    dataset = wide_dataset()
    model = small_transformer(dataset.catalogue, seed=4)
    create_study(StudyPlan(name="real", cases=8), model, dataset, "w")
    for case in read_cases("real"):
        session = dataset.log.session(dataset.log.row(case.session_id))
        history = session_of(session.items[:-1], session.engagements[:-1])
        candidate = dataset.catalogue.rows[case.item_id]
        assert score_history(model, dataset.catalogue, history, False).order[0] == candidate
        left = []
        for position in case.event_pair:
            without = session_of(np.delete(history.items, position), np.delete(history.engagements, position))
            left.append(float(score_history(model, dataset.catalogue, without, False).probabilities[candidate]))
        assert case.probabilities == pytest.approx(left, rel=1e-4)
        assert case.truth == ("earlier" if left[0] < left[1] else "later")
        assert abs(np.log(left[0] / left[1])) > LEAST_GAP - 1e-4
        assert case.texts["first pass"].text == explain(model, dataset, history).sentence
        assert case.texts["generic"].text == "Based on your viewing history."
        assert [event.title for event in case.events] == [dataset.catalogue.titles[row] for row in history.items]


@pytest.mark.parametrize("arms", [tuple(ARMS), ("generic", "first pass"), ("generic", "verified", "counterfactual")])
@pytest.mark.parametrize("seed", range(3))
def test_no_text_names_the_events_of_the_question_and_right_answers_are_balanced(
    arms: tuple[str, ...], seed: int, workspace: Path
) -> None:
    dataset = wide_dataset(seed)
    cases = 2 * len(arms)
    plan = StudyPlan(name="built", arms=arms, cases=cases, seed=seed)
    create_study(plan, small_transformer(dataset.catalogue, seed), dataset, "w")
    built = read_cases("built")
    for case in built:
        assert case.event_pair[0] < case.event_pair[1]
        for position in case.event_pair:
            for arm in arms:
                assert case.events[position].title not in case.texts[arm].text
                assert case.events[position].category not in case.texts[arm].text
                assert position not in case.texts[arm].events
    assert Counter(case.truth for case in built) == {"earlier": cases // 2, "later": cases // 2}


def test_a_seed_gives_the_same_cases_and_another_seed_others(workspace: Path) -> None:
    dataset = wide_dataset()
    model = small_transformer(dataset.catalogue, seed=4)
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        create_study(StudyPlan(name=name, cases=8, seed=seed), model, dataset, "w")
    assert read_study("one")[1] == read_study("again")[1]
    assert read_study("one")[1] != read_study("two")[1]


def test_only_test_sessions_of_a_readable_length_are_taken(workspace: Path) -> None:
    dataset = wide_dataset()
    create_study(StudyPlan(name="short", cases=4, longest=8), small_transformer(dataset.catalogue, 4), dataset, "w")
    tests = {dataset.log.session_ids[row] for row in split(dataset).test.sessions}
    for case in read_study("short")[1]:
        assert case.session_id in tests
        assert 3 <= len(case.events) <= 8


def test_progress_is_reported_after_each_session(workspace: Path) -> None:
    dataset = chain_dataset(sessions=200, items=30)
    reports: list[tuple[int, int]] = []
    model = small_transformer(dataset.catalogue, seed=4)
    card = create_study(
        StudyPlan(name="told", cases=4),
        model,
        dataset,
        "w",
        report=lambda number, cases: reports.append((number, cases)),
    )
    assert reports[-1] == (4, 4)
    assert len(reports) == card.looked_at


def test_the_first_look_arm_is_absent_with_a_cause_where_no_head_qualifies() -> None:
    dataset = dataset_of(catalogue_of(6), log_of([[0, 1, 2, 3]]))
    even = PlantedModel(range(6), planted_maps([[1 / 3, 1 / 3, 1 / 3]]))
    history = session_of([0, 1, 2])
    text = first_look(ArmEvidence(even, dataset, history, explain(even, dataset, history)))
    assert text == ArmText(absent="no head has a named type, so the text would equal the generic one")
    focused = PlantedModel(range(6), planted_maps([[1.0, 0.0, 0.0]]))
    worded = first_look(ArmEvidence(focused, dataset, history, explain(focused, dataset, history)))
    assert worded.text == "Recommended because of your engagement with 'Title 0'."
    assert worded.events == (0,)


def test_a_model_without_attention_has_no_first_look_arm(workspace: Path) -> None:
    dataset = chain_dataset(sessions=200, items=30)
    lstm = small_lstm(dataset.catalogue)
    assert arms_for(lstm) == ("generic", "verified", "counterfactual")
    assert arms_for(small_transformer(dataset.catalogue)) == tuple(ARMS)
    with pytest.raises(BadInput, match=r"found 0 of 4 cases .* first pass had a text for 0"):
        create_study(StudyPlan(name="lstm", arms=("generic", "first pass"), cases=4), lstm, dataset, "w")


def test_an_arm_that_a_rater_might_never_meet_is_refused(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARMS, "mute", Arm("Mute", "A test.", lambda case: ArmText(absent="it never speaks")))
    plan = StudyPlan(name="unmet", arms=("generic", "first pass", "mute"), cases=6, longest=30)
    dataset = wide_dataset()
    message = r"'mute' has no text for 6 of 6 cases \(it never speaks\); omit that arm"
    with pytest.raises(BadInput, match=message):
        create_study(plan, small_transformer(dataset.catalogue, 4), dataset, "w")
    assert not (workspace / "study").exists()


# --- the arms that rest on checks

DECIDES, CANDIDATE = 7, 50


def decided() -> tuple[OneHotModel, DataSet, Session]:
    """Item 7 makes 50 the first; without it 20 to 30 stand before 50, and half of the 48 that are no better."""
    weights = torch.zeros(60, 60)
    weights[DECIDES, CANDIDATE] = 5.0
    weights[:, 20:31] = torch.linspace(0.02, 0.01, 11)
    dataset = dataset_of(catalogue_of(60), log_of([[0, 1]]))
    return OneHotModel(weights), dataset, session_of(list(range(1, 19)))


def test_checked_arms_name_the_event_that_decides_and_what_comes_without_it() -> None:
    model, dataset, history = decided()
    (case,) = gather(model, dataset, [history], ("verified", "counterfactual"))
    assert case.explanation.candidate.row == CANDIDATE
    texts = word_arms(case, ("verified", "counterfactual"))
    assert texts["verified"].text == "Without 'Title 7', this title would fall from rank 1 to rank 36."
    assert texts["counterfactual"].text == (
        "Without 'Title 7', this title would not be among the first 10; 'Title 20' would come first."
    )
    assert texts["verified"].events == texts["counterfactual"].events == (list(history.items).index(DECIDES),)
    assert case_texts_name(case, texts) == [2, DECIDES]  # Title 2 for being part of Title 20


def case_texts_name(case: ArmEvidence, texts: dict[str, ArmText]) -> list[int]:
    """Items of the events that can be asked about but for the texts."""
    arguments = case.dataset.catalogue, case.history, case.explanation.candidate.row
    named = set(askable(*arguments)) - set(unnamed(*arguments, texts.values()))
    return [int(case.history.items[position]) for position in sorted(named)]


def test_checked_arms_state_that_no_event_decides() -> None:
    dataset = dataset_of(catalogue_of(12), log_of([[0, 1, 2, 3]]))
    deaf = PlantedModel(range(12))
    (case,) = gather(deaf, dataset, [session_of([5, 1, 6, 2, 7, 3, 8, 4, 9, 5, 1, 6])], ("verified", "counterfactual"))
    texts = word_arms(case, ("verified", "counterfactual"))
    assert "none was confirmed" in texts["verified"].text
    assert "Title" not in texts["verified"].text
    assert texts["counterfactual"] == ArmText(absent="no removal that was tested takes the title off the list")


def test_checks_of_many_cases_at_once_equal_those_of_each_alone() -> None:
    dataset = chain_dataset(sessions=20, items=30)
    model = small_transformer(dataset.catalogue, seed=4)
    sessions = [dataset.log.session(row) for row in range(6)]
    histories = [session_of(session.items[:-1], session.engagements[:-1]) for session in sessions]
    for case, history in zip(gather(model, dataset, histories, tuple(ARMS)), histories, strict=True):
        alone = ArmEvidence(model, dataset, history, explain(model, dataset, history))
        assert word_arms(case, tuple(ARMS)) == word_arms(alone, tuple(ARMS))


def test_nothing_is_checked_for_arms_that_need_no_check() -> None:
    model, dataset, history = decided()
    (case,) = gather(model, dataset, [history], ("generic", "first pass"))
    assert case.checked is None


def test_a_new_arm_is_one_line_and_is_left_out_where_it_is_absent(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def picky(case: ArmEvidence) -> ArmText:
        return ArmText(text="checked") if case.history.items[0] < 6 else ArmText(absent="a late item")

    monkeypatch.setitem(arms_module.ARMS, "picky", Arm("Picky", "A test.", picky))
    dataset = wide_dataset()
    model = small_transformer(dataset.catalogue, seed=4)
    plan = StudyPlan(name="three", arms=("generic", "first pass", "picky"), cases=9)
    card = create_study(plan, model, dataset, "w")
    cases = read_study("three")[1]
    assert card.worded["generic"] == card.looked_at
    absent = [case for case in cases if not case.worded("picky")]
    assert absent
    assert all(case.texts["picky"] == ArmText(absent="a late item") for case in absent)


def test_texts_stay_as_they_were_when_the_words_of_an_arm_change(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = wide_dataset()
    create_study(StudyPlan(name="frozen", cases=4), small_transformer(dataset.catalogue, 4), dataset, "w")
    monkeypatch.setitem(ARMS, "generic", Arm("Generic", "Changed.", lambda case: ArmText(text="Changed.")))
    evidence = ArmEvidence(PlantedModel(range(6)), dataset, session_of([0]), None)
    assert word_arms(evidence, ["generic"])["generic"].text == "Changed."
    assert {case.texts["generic"].text for case in read_study("frozen")[1]} == {"Based on your viewing history."}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"arms": ["generic", "praise"]},
            "unknown arm 'praise'; choose from generic, first pass, verified, counterfactual",
        ),
        ({"arms": ["generic"]}, "at least two different arms, not generic"),
        ({"arms": ["generic", "generic"]}, "at least two different arms"),
        ({"cases": 7}, "7 cases cannot be divided evenly among 4 arms; choose a multiple of 4"),
        ({"cases": 100}, "cases: Input should be less than or equal to 60"),
        ({"longest": 2}, "longest"),
        ({"raters": 3}, "raters: Extra inputs are not permitted"),
    ],
)
def test_an_impossible_plan_is_refused_with_the_cause(values: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        StudyPlan.parse({"name": "x"} | values, origin="study")


def test_too_few_fitting_sessions_are_named_and_nothing_is_left(workspace: Path) -> None:
    dataset = chain_dataset(sessions=20, items=30)
    with pytest.raises(BadInput, match=r"of 40 cases among \d+ test sessions of tiny with 3 to 12 events"):
        create_study(StudyPlan(name="few", cases=40), small_transformer(dataset.catalogue, 4), dataset, "w")
    assert not (workspace / "study").exists()


def test_read_only_creates_nothing(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    dataset = chain_dataset(sessions=20, items=30)
    with pytest.raises(Refused, match="creating a study"):
        create_study(StudyPlan(name="no"), small_transformer(dataset.catalogue), dataset, "w")
