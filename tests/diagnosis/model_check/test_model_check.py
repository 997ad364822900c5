"""Each check of a model finds the fault that was planted for it, and only that; a clean model raises none."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.presets import make
from streamrec_core.data.progress import progress_listener
from streamrec_core.diagnosis.model_check import sample
from streamrec_core.diagnosis.model_check.finding import ModelCheck, ModelCheckSettings
from streamrec_core.diagnosis.model_check.run import CHECKS, check_model
from streamrec_core.diagnosis.model_check.sample import score_change
from streamrec_core.errors import BadInput
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint, read_card
from tests.diagnosis.model_check import planted
from tests.worlds import catalogue_of, dataset_of, log_of, small_transformer

FAULTS: list[tuple[type[Any], str, str, str]] = [
    (planted.WithDropout, "evaluation mode", "fault", "training mode"),
    (planted.Noisy, "deterministic", "fault", "scored twice"),
    (planted.BatchNormalised, "same in a batch", "fault", "than alone"),
    (planted.WrongOrder, "same in a batch", "fault", "than alone"),
    (planted.PaddingDependent, "same with padding", "fault", "padded"),
    (planted.DropsFirst, "every event is read", "fault", "never reads the first event:"),
    (planted.DropsLast, "every event is read", "fault", "never reads the last event:"),
    (planted.LastThree, "every event is read", "warning", "the last 3 events, of at most 50"),
    (planted.OrderBlind, "order matters", "warning", "bag of items"),
    (planted.ReadsTargets, "later events unseen", "fault", "The target that a batch carries"),
    (planted.ReadsHidden, "later events unseen", "warning", "hidden in place"),
    (planted.Oracle, "plausible accuracy", "fault", "right for 100.0%"),
    (planted.AttendsToPadding, "attention on padding", "warning", "lies on padding"),
    (planted.AttendsToMask, "attention on padding", "warning", "25% of the attention lies on padding, MASK"),
    (planted.ShiftedOut, "item numbers", "fault", "recommending the item 1 place later"),
    (planted.ShiftedIn, "item numbers", "fault", "2 places"),
    (planted.AlmostPopularity, "better than popularity", "fault", "No better than popularity"),
    (planted.ListsSeen, "seen items", "warning", "Without them"),
    (planted.Echoes, "seen items", "warning", "last event itself is first"),
    (planted.WithNaN, "scores are usable", "fault", "for 1 of 40 items (Title 5)"),
    (planted.WithInfinity, "scores are usable", "fault", "for 1 of 40 items (Title 6)"),
    (planted.Tied, "scores are usable", "warning", "ties"),
    (planted.LoadFails, "checkpoint loads", "fault", "TypeError: Weights only load failed"),
    (planted.LoadDiffers, "checkpoint loads", "fault", "other scores"),
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    """Enough of the preset for two hundred targets."""
    return make("streamrec", 1000, folder=tmp_path_factory.mktemp("check") / "data")


def reported(check: ModelCheck) -> dict[str, str]:
    return {finding.check: finding.level for finding in check.findings if finding.level in ("warning", "fault")}


def test_nothing_is_reported_of_a_clean_model() -> None:
    check = check_model(planted.RuleModel(), planted.rule_world())
    assert reported(check) == {}, check.findings
    assert {finding.check for finding in check.at("not checked")} == {
        "evaluation mode",
        "attention on padding",
        "checkpoint loads",
    }
    assert [finding.check for finding in check.findings] == [*CHECKS, "checkpoint loads"]


@pytest.mark.parametrize(("model", "name", "level", "words"), FAULTS, ids=[model.__name__ for model, *_ in FAULTS])
def test_a_planted_fault_is_reported_and_nothing_else(model: type[Any], name: str, level: str, words: str) -> None:
    check = check_model(model(), planted.rule_world())
    assert reported(check) == {name: level}, check.findings
    finding = check.finding(name)
    assert words in finding.text
    assert finding.way_out
    assert finding.evidence
    json.dumps([asdict(finding) for finding in check.findings], allow_nan=False)


def test_every_check_has_a_planted_fault() -> None:
    assert {name for _, name, _, _ in FAULTS} == {*CHECKS, "checkpoint loads"}


def test_a_model_that_reads_nothing_is_told_so_and_its_order_is_not_asked() -> None:
    check = check_model(planted.Deaf(), planted.rule_world())
    assert reported(check) == {"every event is read": "fault", "better than popularity": "fault"}
    assert "does not read the history" in check.finding("every event is read").text
    assert check.finding("order matters").level == "not checked"


def test_a_module_in_evaluation_mode_is_clean() -> None:
    check = check_model(planted.WithDropout().eval(), planted.rule_world())
    assert reported(check) == {}
    assert check.finding("evaluation mode").level == "ok"


def test_each_check_is_announced_before_it_runs_and_the_share_rises() -> None:
    reports: list[tuple[str, float | None]] = []
    with progress_listener(lambda doing, share: reports.append((doing, share))):
        findings = check_model(planted.RuleModel(), planted.rule_world()).findings
    checks = [(doing, share) for doing, share in reports if doing.startswith("Checking: ")]
    assert [doing for doing, _ in checks] == [f"Checking: {finding.check}" for finding in findings]
    assert [share for _, share in checks] == pytest.approx([number / len(findings) for number in range(len(findings))])


def test_few_targets_are_a_warning_and_not_a_verdict() -> None:
    world = planted.rule_world()
    few = ModelCheckSettings(sessions=20)
    levels = {check_model(planted.AlmostPopularity(), world, few).finding("better than popularity").level}
    assert levels == {"warning"}


@pytest.mark.parametrize("seed", range(4))
def test_a_clean_model_stays_clean_whatever_the_sample(seed: int) -> None:
    check = check_model(planted.RuleModel(), planted.rule_world(), ModelCheckSettings(seed=seed, sessions=100))
    assert reported(check) == {}, check.findings


def test_order_may_say_nothing_where_events_carry_none() -> None:
    world = planted.rule_world()
    unordered = dataset_of(world.catalogue, world.log, train_positions="last")
    finding = check_model(planted.OrderBlind(), unordered).finding("order matters")
    assert (finding.level, "carry no order" in finding.text) == ("ok", True)


@pytest.mark.parametrize("name", [name for name in list_checkpoints() if name != "streamrec-home-plain"])
def test_a_shipped_model_raises_no_alarm(name: str, dataset: DataSet) -> None:
    model = load_checkpoint(name, dataset.catalogue)
    check = check_model(
        model, dataset, ModelCheckSettings(sessions=200), load=lambda: load_checkpoint(name, dataset.catalogue)
    )
    assert reported(check) == {}, check.findings
    assert check.finding("checkpoint loads").level == "ok"
    assert read_card(name).versions


def test_a_log_without_a_history_of_two_events_is_refused() -> None:
    short = dataset_of(catalogue_of(6), log_of([[n % 6, (n + 1) % 6] for n in range(40)]))
    with pytest.raises(BadInput, match="history of two events"):
        check_model(planted.RuleModel(), short)


def test_a_constant_added_to_all_scores_is_no_change() -> None:
    scores = np.array([[1.0, 2.0, 4.0], [0.0, np.nan, 1.0]])
    assert score_change(scores, scores + 7).max() < 1e-12
    assert score_change(scores, np.array([[1.0, 2.0, np.inf], [0.0, np.nan, 1.0]])).tolist() == [np.inf, 0.0]


def test_few_items_are_not_checked_for_shifts_and_a_single_item_is_refused() -> None:
    few = dataset_of(catalogue_of(5), log_of([[(n + at) % 5 for at in range(5)] for n in range(60)]))
    assert check_model(small_transformer(few.catalogue), few).finding("item numbers").level == "not checked"
    single = dataset_of(catalogue_of(1), log_of([[0, 0, 0, 0]] * 40))
    with pytest.raises(BadInput, match="one item to recommend"):
        check_model(small_transformer(single.catalogue), single)


def test_a_large_catalogue_is_tried_in_parts_with_the_same_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "SCORES_IN_MEMORY", 7 * planted.ITEMS)
    assert reported(check_model(planted.RuleModel(), planted.rule_world())) == {}
    lost = check_model(planted.DropsFirst(), planted.rule_world())
    assert reported(lost) == {"every event is read": "fault"}
    assert lost.finding("every event is read").evidence["histories"] == 7
