"""What is lost without a head or a term, on models whose loss can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from streamrec_core.attribution.case import first_recommendations
from streamrec_core.attribution.contributions import contributions
from streamrec_core.attribution.part_importance import part_importance
from streamrec_core.data.batches import Batch
from streamrec_core.errors import BadInput
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.terms import JOBS
from tests.worlds import (
    PlantedModel,
    catalogue_of,
    dataset_of,
    examples_at_last,
    log_of,
    small_lstm,
    small_transformer,
)

CATALOGUE = catalogue_of(4, 2)
LOG = log_of([[0, 1, 2], [1, 2], [3, 2, 1, 0, 1]])
DATA, EXAMPLES = dataset_of(CATALOGUE, LOG), examples_at_last(LOG)


class VotingModel:
    """Each head adds a fixed vote (V,) to the scores, times the attention it gives out, which sums to one."""

    predicts_from = "last event"
    name, max_events = "votes", 50

    def __init__(self, votes: list[list[float]]) -> None:
        self.votes = torch.tensor(votes)
        self.probe = AttentionProbe(0, len(votes))

    def logits(self, batch: Batch) -> Tensor:
        even = batch.visible / batch.lengths.unsqueeze(1)
        weights = self.probe.show(even[:, None, None].expand(-1, len(self.votes), -1, -1))
        return weights.sum((-1, -2)) @ self.votes

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return (self.probe,)


def log_softmax(scores: list[float], item: int) -> float:
    return scores[item] - float(np.log(np.exp(scores).sum()))


def test_the_drop_is_what_the_head_had_voted_for() -> None:
    parts = part_importance(VotingModel([[3.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 0, 0]]), DATA, EXAMPLES)
    whole = log_softmax([3, 1, 0, 0], 0)
    assert [part.name for part in parts] == [*(f"Layer 0 head {head}" for head in range(3)), "all heads at once"]
    drops = [whole - log_softmax(left, 0) for left in ([0, 1, 0, 0], [3, 0, 0, 0], [3, 1, 0, 0], [0, 0, 0, 0])]
    assert [part.log_prob_drop for part in parts] == pytest.approx(drops, abs=1e-6)
    assert drops[1] < 0  # without the other candidate the first recommendation gains
    assert parts[0].interval == pytest.approx((drops[0], drops[0]), abs=1e-6)


def test_heads_that_say_the_same_cover_for_each_other() -> None:
    parts = part_importance(VotingModel([[9.0, 0, 0, 0], [9.0, 0, 0, 0]]), DATA, EXAMPLES)
    assert max(part.log_prob_drop for part in parts if part.kind == "head") < 0.001
    (together,) = (part.log_prob_drop for part in parts if part.kind == "all heads")
    assert together == pytest.approx(np.log(4), abs=1e-3)


def test_cases_are_the_history_and_the_first_recommendation() -> None:
    cases = first_recommendations(PlantedModel([0.0, 1.0, 3.0, 2.0]), CATALOGUE, EXAMPLES.histories(LOG), False)
    assert [case.history.items.tolist() for case in cases] == [[0, 1], [1], [3, 2, 1, 0]]
    assert [case.candidate for case in cases] == [2, 2, 2]


def test_everything_is_switched_on_again_afterwards() -> None:
    model = VotingModel([[3.0, 0, 0, 0], [0, 1.0, 0, 0]])
    assert part_importance(model, DATA, EXAMPLES) == part_importance(model, DATA, EXAMPLES)


def test_a_head_of_a_real_model_is_switched_off_alone() -> None:
    model = small_transformer(CATALOGUE, layers=2, heads=2)
    parts = part_importance(model, DATA, EXAMPLES)
    assert [part.kind for part in parts] == [*["head"] * 4, "all heads"]
    with torch.no_grad():  # a head whose values are zero hands on nothing, so nothing is lost without it
        model.layers[0].attention.in_proj_weight[2 * 16 : 2 * 16 + 8] = 0
        model.layers[0].attention.in_proj_bias[2 * 16 : 2 * 16 + 8] = 0
    assert part_importance(model, DATA, EXAMPLES)[0].log_prob_drop == pytest.approx(0, abs=1e-5)
    assert abs(part_importance(model, DATA, EXAMPLES)[1].log_prob_drop) > 1e-4


def test_named_terms_are_switched_off_for_all_heads_and_those_nobody_has_are_left_out() -> None:
    model = small_transformer(CATALOGUE, layers=1, heads=2, jobs=("last", "category"))
    parts = part_importance(model, DATA, EXAMPLES)
    assert [part.name for part in parts if part.kind == "named term"] == ["recency", "same category", "engagement"]
    assert [part.kind for part in parts[:3]] == ["head", "head", "all heads"]


def test_every_job_can_be_switched_off() -> None:
    parts = part_importance(small_transformer(CATALOGUE, jobs=tuple(JOBS)), DATA, EXAMPLES)
    assert all(np.isfinite((part.log_prob_drop, *part.interval)).all() for part in parts)


def test_a_model_without_attention_has_nothing_to_switch_off() -> None:
    assert part_importance(small_lstm(CATALOGUE), DATA, EXAMPLES) == ()
    assert part_importance(PlantedModel([0.0] * 4), DATA, EXAMPLES) == ()


def test_nothing_to_look_at_is_said() -> None:
    with pytest.raises(BadInput, match="no sessions to analyse"):
        part_importance(small_transformer(CATALOGUE), DATA, EXAMPLES.take(np.zeros(0, np.int64)))


def test_what_heads_of_an_additive_model_add_is_the_mean_size_over_sessions() -> None:
    model = small_transformer(CATALOGUE, layers=1, heads=2, jobs=("last", "category"))
    importances = part_importance(model, DATA, EXAMPLES)
    cases = first_recommendations(model, CATALOGUE, EXAMPLES.histories(LOG), False)
    scores = [contributions(model, case.history, [case.candidate]) for case in cases]
    by_head = np.array([[split_score.values[0, 0, head].sum() for head in range(2)] for split_score in scores])
    assert (by_head < 0).any()  # so that a mean without sizes would be another figure
    assert [importance.adds for importance in importances[:2]] == pytest.approx(np.abs(by_head).mean(0), abs=1e-9)
    assert importances[2].adds == pytest.approx(np.abs(by_head.sum(1)).mean(), abs=1e-9)
    low, high = importances[0].adds_interval or (0.0, 0.0)
    assert np.abs(by_head[:, 0]).min() <= low <= (importances[0].adds or 0.0) <= high <= np.abs(by_head[:, 0]).max()
    assert {importance.adds for importance in importances[3:]} == {None}  # a named term adds nothing by itself
    assert {importance.adds for importance in part_importance(small_transformer(CATALOGUE), DATA, EXAMPLES)} == {None}
