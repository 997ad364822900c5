"""Expected hits and the ceiling on truths made by hand, and what an evaluation reports of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamrec_core.data.splits import Examples, split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ceiling import best_ranks, expected_hits, is_target_of_truth, known_truth
from streamrec_core.evaluation.compare import baselines, compare
from streamrec_core.evaluation.evaluate import evaluate, evaluate_on
from streamrec_core.evaluation.seeds import over_seeds, paired_difference
from tests.worlds import PlantedModel, catalogue_of, dataset_of, even_truth, examples_at_last, log_of, written

CATALOGUE = catalogue_of(40, 2)  # 20 items in each of two categories
LOG = log_of([[row, row + 1, row + 2] for row in range(30)])
MASS = [[0.7, 0.3]] * 30
TEN_OF_FIRST = np.tile(np.arange(0, 20, 2), (30, 1))


def test_ten_items_of_the_likelier_category_reach_the_ceiling() -> None:
    expected, ceiling = expected_hits(even_truth(CATALOGUE, 30, MASS), CATALOGUE, examples_at_last(LOG), TEN_OF_FIRST)
    assert expected == pytest.approx([10 * 0.7 / 20] * 30)
    assert ceiling == pytest.approx([10 * 0.7 / 20] * 30)


def test_other_items_are_expected_by_their_own_mass() -> None:
    mixed = np.tile([0, 2, 4, 6, 1, 3, 5, 7, 9, 11], (30, 1))
    expected, ceiling = expected_hits(even_truth(CATALOGUE, 30, MASS), CATALOGUE, examples_at_last(LOG), mixed)
    assert expected == pytest.approx([4 * 0.035 + 6 * 0.015] * 30)
    assert ceiling == pytest.approx([0.35] * 30)


def test_an_item_with_a_mass_of_its_own_counts_in_both() -> None:
    truth = replace(
        even_truth(CATALOGUE, 30, [[0.35, 0.15]] * 30),
        special_offsets=np.arange(31),
        special_items=np.full(30, 39, np.int32),
        special_mass=np.full(30, 0.5, np.float32),
    )
    expected, ceiling = expected_hits(truth, CATALOGUE, examples_at_last(LOG), TEN_OF_FIRST)
    assert expected == pytest.approx([10 * 0.0175] * 30)
    assert ceiling == pytest.approx([0.5 + 0.0075 + 9 * 0.0175] * 30)


def test_each_example_looks_at_its_own_session() -> None:
    mass = [[1.0, 0.0] if row % 2 else [0.0, 1.0] for row in range(30)]
    examples = examples_at_last(LOG).take(np.array([5, 2]))
    expected, _ = expected_hits(even_truth(CATALOGUE, 30, mass), CATALOGUE, examples, TEN_OF_FIRST[:2])
    assert expected == pytest.approx([0.5, 0.0])


def test_only_the_last_event_of_a_session_has_a_known_distribution() -> None:
    dataset = dataset_of(CATALOGUE, LOG)
    assert is_target_of_truth(dataset, examples_at_last(LOG))
    assert not is_target_of_truth(dataset, Examples(np.array([0]), np.array([1])))


def test_truth_is_known_only_for_a_folder_that_keeps_it(tmp_path: Path) -> None:
    dataset = dataset_of(CATALOGUE, LOG)
    assert known_truth(dataset) is None
    assert known_truth(written(dataset, tmp_path / "plain")) is None
    truth = known_truth(written(dataset, tmp_path / "known", even_truth(CATALOGUE, 30, MASS)))
    assert truth is not None
    assert len(truth) == 30


def test_the_best_possible_list_ranks_each_target_by_the_distribution_of_its_own_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Targets 2 to 31; twenty items of either category are alike, so half of the other 19 stand before a target.
    mass = [[0.7, 0.3] if row < 20 else [0.3, 0.7] for row in range(30)]
    special = replace(
        even_truth(CATALOGUE, 30, mass),
        special_offsets=np.array([0, *[1] * 30]),
        special_items=np.array([2], np.int32),  # the target of the first session has a mass of its own
        special_mass=np.array([0.5], np.float32),
    )
    stored = written(dataset_of(CATALOGUE, LOG), tmp_path / "known", special)
    ranks = [1, *[30, 10] * 9, 30, *[30, 10] * 5]
    assert best_ranks(stored, examples_at_last(LOG)).tolist() == ranks
    monkeypatch.setattr("streamrec_core.evaluation.ceiling.DENSE_CHUNK", 7)
    assert best_ranks(stored, examples_at_last(LOG)).tolist() == ranks
    assert best_ranks(stored, examples_at_last(LOG).take(np.array([21, 0]))).tolist() == [ranks[21], 1]


def test_without_a_known_distribution_there_is_no_best_possible_list(tmp_path: Path) -> None:
    assert best_ranks(dataset_of(CATALOGUE, LOG), examples_at_last(LOG)) is None
    stored = written(dataset_of(CATALOGUE, LOG), tmp_path / "known", even_truth(CATALOGUE, 30, MASS))
    assert best_ranks(stored, Examples(np.array([0]), np.array([1]))) is None


def test_a_truth_of_another_log_is_refused(tmp_path: Path) -> None:
    stored = written(dataset_of(CATALOGUE, LOG), tmp_path / "set", even_truth(CATALOGUE, 30, MASS))
    shorter = replace(stored, log=log_of([[0, 1]]))
    with pytest.raises(BadInput, match=r"truth\.parquet describes 30 sessions, the log has 1"):
        known_truth(shorter)


def test_an_evaluation_reports_the_figures_by_the_names_that_scripts_rely_on(tmp_path: Path) -> None:
    stored = written(dataset_of(CATALOGUE, LOG), tmp_path / "set", even_truth(CATALOGUE, 30, MASS))
    first_category = PlantedModel([1.0 if row in range(0, 20, 2) else 0.0 for row in range(40)])
    metrics = evaluate(first_category, stored, split(stored)).metrics()
    assert {"hit@10", "hit@10_interval", "ndcg@10", "ndcg@10_interval", "mrr", "mrr_interval"} <= set(metrics)
    assert (metrics["n_sessions"], metrics["split"], metrics["split_kind"], metrics["filter_seen"]) == (
        6,
        "test",
        "session",
        False,
    )
    assert metrics["expected_hit@10"] == pytest.approx(0.35)
    assert metrics["expected_hit@10_interval"] == pytest.approx((0.35, 0.35))
    assert metrics["ceiling_hit@10"] == pytest.approx(0.35)
    assert metrics["share_of_ceiling"] == pytest.approx(1.0)


def test_without_a_truth_nothing_is_said_of_a_ceiling() -> None:
    dataset = dataset_of(CATALOGUE, LOG)
    metrics = evaluate(PlantedModel([0.0] * 40), dataset, split(dataset), "validation").metrics()
    assert not [name for name in metrics if "ceiling" in name or "expected" in name]
    assert (metrics["n_sessions"], metrics["split"]) == (2, "validation")


def test_targets_inside_a_session_have_no_ceiling_either(tmp_path: Path) -> None:
    stored = written(dataset_of(CATALOGUE, LOG), tmp_path / "set", even_truth(CATALOGUE, 30, MASS))
    evaluation = evaluate_on(PlantedModel([0.0] * 40), stored, Examples(np.array([0]), np.array([1])), "test", "any")
    assert (evaluation.expected, evaluation.ceiling) == (None, None)


def test_a_part_without_a_target_is_refused_by_name() -> None:
    dataset = dataset_of(CATALOGUE, log_of([[0, 1]] * 5))
    divided = split(dataset)
    assert len(divided.validation) == 0
    with pytest.raises(BadInput, match="the validation part of its session split holds no target"):
        evaluate(PlantedModel([0.0] * 40), dataset, divided, "validation")
    with pytest.raises(BadInput, match="no part 'all' in a split"):
        evaluate(PlantedModel([0.0] * 40), dataset, divided, "all")


def test_models_stand_in_one_table_on_the_same_targets() -> None:
    dataset = dataset_of(CATALOGUE, LOG)
    models = baselines(dataset)
    names = ["popularity", "recent popularity", "last category", "item neighbours", "sequential rules"]
    assert [model.name for model in models] == names
    rows = compare(models, dataset)
    assert [row.model for row in rows] == [model.name for model in models]
    assert {row.metrics["n_sessions"] for row in rows} == {6}


def test_several_seeds_give_the_mean_and_each_of_them(tmp_path: Path) -> None:
    stored = written(dataset_of(CATALOGUE, LOG), tmp_path / "set", even_truth(CATALOGUE, 30, MASS))
    hit, miss = ([float(sign * row) for row in range(40)] for sign in (-1, 1))
    first, second = (evaluate_on(PlantedModel(scores), stored, _first_eight(), "test", "any") for scores in (hit, miss))
    # targets 2..9 are among the first ten of `hit` and never of `miss`
    metrics = over_seeds([first, second])
    assert (metrics["hit@10"], metrics["hit@10_by_seed"]) == (0.5, [1.0, 0.0])
    assert metrics["hit@10_interval"] == (0.0, 1.0)  # a draw may take either seed twice
    assert (metrics["seeds"], metrics["n_sessions"]) == (2, 8)
    assert metrics["expected_hit@10_by_seed"] == pytest.approx([0.25, 0.25])
    difference = paired_difference([first, first], [second], "hit@10")
    assert (difference["hit@10_difference"], difference["hit@10_difference_interval"]) == (1.0, (1.0, 1.0))


def test_seeds_on_unlike_targets_cannot_be_joined() -> None:
    dataset = dataset_of(CATALOGUE, LOG)
    model = PlantedModel([0.0] * 40)
    unlike = [evaluate_on(model, dataset, _first_eight().take(np.arange(size)), "test", "any") for size in (3, 4)]
    for wrong in (unlike, []):
        with pytest.raises(BadInput, match="evaluate them on the same split"):
            over_seeds(wrong)


def _first_eight() -> Examples:
    return examples_at_last(LOG).take(np.arange(8))
