"""A faithfulness study held to planted models: attention on the truth passes, attention on a decoy is caught."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.contributions import case_contributions
from streamrec_core.attribution.faithfulness.attention_swaps import divergence, swap_attention
from streamrec_core.attribution.faithfulness.explainers import ExplainerInputs, explain_with_all
from streamrec_core.attribution.faithfulness.perturbation import perturb
from streamrec_core.attribution.faithfulness.record import (
    MEASURES,
    SWAP_MEASURES,
    SWAPS,
    FaithfulnessReport,
    FaithfulnessSettings,
    read_report,
    session_mean,
    write_report,
)
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.attribution.faithfulness.study import failed, measure_faithfulness
from streamrec_core.data.batches import Batch
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from streamrec_core.models.popularity import training_counts
from streamrec_core.models.probe import AttentionProbe
from tests.worlds import (
    BagModel,
    CopyModel,
    DeafModel,
    catalogue_of,
    dataset_of,
    log_of,
    session_of,
    small_lstm,
    small_transformer,
)

ITEMS = 10
FEW = FaithfulnessSettings(sessions=8, how="mask", k=1, near=1, search_steps=40, permutations=2, epsilon=0.05)


@pytest.fixture(scope="module")
def dataset() -> DataSet:
    """Random sessions in which the last item of the catalogue never stands."""
    rng = np.random.default_rng(3)
    rows = [rng.integers(0, ITEMS - 1, rng.integers(5, 10)).tolist() for _ in range(60)]
    return dataset_of(catalogue_of(ITEMS, 2), log_of(rows))


def rows_of(at: Tensor, batch: Batch) -> Tensor:
    """Weights (B, 1, L, L) with 0.9 of every row at position `at` (B,) and the rest spread over the history."""
    spread = 0.1 * batch.visible.float() / batch.visible.sum(1, keepdim=True).clamp(min=1)
    here = torch.arange(batch.items.shape[1]) == at.unsqueeze(1)
    return (spread + 0.9 * here)[:, None, None, :].expand(-1, 1, batch.items.shape[1], -1)


class LookingModel(CopyModel):
    """Copies the last item, or recommends one that nobody saw; shows attention on it, or the first event, in vain."""

    def __init__(self, decoy: bool) -> None:
        super().__init__(ITEMS, back=1)
        self.decoy, self._probe = decoy, AttentionProbe(0, 1)

    def logits(self, batch: Batch) -> Tensor:
        self._probe.show(rows_of(torch.zeros_like(batch.lengths) if self.decoy else batch.lengths - 1, batch))
        return self.logits_from(self.embed(batch), batch)

    def logits_from(self, embedded: Tensor, batch: Batch) -> Tensor:
        return super().logits_from(embedded, batch) + 0.1 * torch.eye(ITEMS)[-1]

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return (self._probe,)


class UsingModel(LookingModel):
    """Scores items by the attention on them and nothing else, so that no other attention gives the same output."""

    def logits(self, batch: Batch) -> Tensor:
        weights = self._probe.show(rows_of(batch.lengths - 1, batch))
        last = weights[torch.arange(len(batch)), 0, batch.lengths - 1]
        return 5.0 * (last.unsqueeze(-1) * self.embed(batch)).sum(1)


def study(model: Any, dataset: DataSet, **changed: Any) -> FaithfulnessReport:
    return measure_faithfulness(model, dataset, split(dataset), FEW.model_copy(update=changed))


def test_attention_on_the_truth_tells_the_truth_and_attention_on_a_decoy_fails(dataset: DataSet) -> None:
    honest, lying = (study(LookingModel(decoy), dataset) for decoy in (False, True))
    assert (honest.pictured, honest.failing.mean, honest.failing.n) == ("attention_mean", 0.0, 8)
    assert (lying.pictured, lying.failing.mean) == ("attention_mean", 1.0)
    for report in (honest, lying):
        for name in ("gradient_input", "integrated_gradients", "removal", "last_item"):
            measures = report.explainer(name).measures
            assert (measures["same_first"].mean, measures["fails"].mean) == (1.0, 0.0), name
            assert measures["counterfactual_success"].mean == 1.0
            assert measures["counterfactual_size"].mean == 1.0
            assert measures["sufficiency"].mean == pytest.approx(0, abs=1e-6)
            assert measures["pos@k"].mean == 0.0
            assert measures["neg@k"].mean == 1.0
    right, wrong = (report.explainer("attention_mean").measures for report in (honest, lying))
    assert right["comprehensiveness"].mean > wrong["comprehensiveness"].mean
    assert right["deletion_area"].mean < wrong["deletion_area"].mean
    assert right["insertion_area"].mean > wrong["insertion_area"].mean
    assert wrong["sufficiency"].mean > right["sufficiency"].mean


def test_a_model_that_ignores_its_history_has_no_explanation_that_holds(dataset: DataSet) -> None:
    report = study(DeafModel(torch.diag(torch.arange(float(ITEMS)))), dataset)
    assert (report.pictured, report.failing.mean) == ("integrated_gradients", 1.0)
    for explainer in report.explainers:
        assert "tau" not in explainer.measures
        assert explainer.measures["counterfactual_success"].mean == 0.0
        assert "counterfactual_size" not in explainer.measures
        assert explainer.measures["comprehensiveness"].mean == pytest.approx(0, abs=1e-6)


def test_attention_that_is_not_used_can_be_anything_and_attention_that_is_used_cannot(dataset: DataSet) -> None:
    ignored, used = (study(model, dataset).swaps for model in (LookingModel(False), UsingModel(False)))
    assert set(ignored) == set(used) == set(SWAPS)
    for name in SWAPS:
        assert ignored[name]["total_variation"].mean == pytest.approx(0, abs=1e-6)
        assert set(ignored[name]) == set(SWAP_MEASURES)
    assert used["even"]["total_variation"].mean > 0.2
    assert used["adversarial"]["total_variation"].high <= FEW.epsilon
    assert used["adversarial"]["divergence"].mean < 0.1 < ignored["adversarial"]["divergence"].mean
    assert used["adversarial"]["other_first"].mean == 0.0
    assert ignored["adversarial"]["divergence"].high <= math.log(2)


def test_uniform_attention_is_uniform_over_the_events_of_the_session() -> None:
    model = UsingModel(False)
    case = case_of(session_of([1, 2, 2, 3]), 3, model, False)
    swap = swap_attention(model, catalogue_of(ITEMS), [case], FEW)["even"]
    weights = torch.tensor([0.0, 0.025, 0.05, 0.925] + [0.0] * 6)
    uniform = torch.tensor([0.0, 0.25, 0.5, 0.25] + [0.0] * 6)
    distance = 0.5 * ((5 * weights).softmax(0) - (5 * uniform).softmax(0)).abs().sum()
    assert swap.total_variation[0] == pytest.approx(float(distance), abs=1e-5)
    assert (swap.same_recommendation[0], swap.other_first[0]) == (0.0, 1.0)


def test_divergence_is_zero_for_the_same_and_log_two_for_disjoint_weights() -> None:
    first, second = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert float(divergence(first, first)) == pytest.approx(0, abs=1e-6)
    assert float(divergence(first, second)) == pytest.approx(math.log(2), abs=1e-5)


@pytest.mark.parametrize("make", [small_transformer, small_lstm])
def test_a_real_model_gets_every_measure_and_the_report_can_be_read_back(
    make: Any, dataset: DataSet, tmp_path: Path
) -> None:
    model, other = make(dataset.catalogue, seed=1), make(dataset.catalogue, seed=2)
    few = FEW.model_copy(update={"sessions": 4})
    shares: list[float] = []
    report = measure_faithfulness(
        model, dataset, split(dataset), few, [other], lambda stage, share: shares.append(share)
    ).of_weights("0" * 64)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    removal = report.explainer("removal_masked").measures
    assert removal["tau"].mean == 1.0
    assert set(removal) <= set(MEASURES)
    assert {"stability", "seed_stability", "after_randomising", "tau", "displaced"} <= set(removal)
    assert report.models == 2
    assert bool(report.swaps) == (make is small_transformer)
    write_report(report, tmp_path)
    assert read_report(tmp_path) == report
    assert read_report(tmp_path / "none") is None
    again = measure_faithfulness(model, dataset, split(dataset), few, [other]).of_weights("0" * 64)
    assert again == report


def test_curves_run_from_the_whole_history_to_none_of_it() -> None:
    model = CopyModel(ITEMS, back=1)
    case = case_of(session_of([1, 2, 3, 4, 5, 6, 7, 8, 9, 0]), 0, model, False)
    (curves,) = perturb(model, catalogue_of(ITEMS), [case], {"true": [np.eye(10)[-1]]}, FEW)["true"]
    whole = float((5 * torch.eye(ITEMS)[0]).softmax(0)[0])
    assert curves.deletion == pytest.approx([whole, *[1 / ITEMS] * 10], abs=1e-6)
    assert curves.insertion == pytest.approx([1 / ITEMS, *[whole] * 10], abs=1e-6)
    assert curves.measures["comprehensiveness"] == pytest.approx(whole - 1 / ITEMS, abs=1e-6)
    assert curves.measures["deletion_area"] == pytest.approx(0.05 * whole + 0.95 / ITEMS, abs=1e-6)


def test_an_explanation_fails_where_its_first_event_is_none_of_the_strongest() -> None:
    effects = np.array([0.3, 0.2, 0.1, -0.5])
    assert failed(np.array([0.0, 1, 0, 0]), effects, near=1) == 1.0
    assert failed(np.array([0.0, 1, 0, 0]), effects, near=2) == 0.0
    assert failed(np.array([0.0, 0, 0, 1]), effects, near=4) == 1.0  # it raises the title instead of lowering it


def test_explainers_that_a_model_cannot_have_are_left_out(dataset: DataSet) -> None:
    bag = BagModel(torch.eye(ITEMS))
    counts = training_counts(dataset.log, dataset.catalogue, split(dataset).train)
    case = case_of(session_of([1, 2]), 1, bag, False)
    values = explain_with_all(ExplainerInputs(bag, dataset.catalogue, [case], counts))
    assert [*values] == ["value", "removal", "removal_masked", "random", "last_item", "most_popular"]
    assert values["most_popular"][0].tolist() == [counts[1], counts[2]]
    assert values["last_item"][0].tolist() == [0, 1]
    assert with_shuffled_weights(bag, 0) is None


def test_the_floor_of_popular_items_does_not_know_held_out_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Item 5 is the validation and test target of every session, and never learned from."""
    sessions = dataset_of(catalogue_of(ITEMS, 2), log_of([[0, 1, 2, 5, 5], [1, 2, 3, 5, 5], [2, 3, 4, 5, 5]]))
    counted: list[list[int]] = []

    def explained(inputs: ExplainerInputs) -> Any:
        counted.append(inputs.popularity.tolist())
        return explain_with_all(inputs)

    monkeypatch.setattr("streamrec_core.attribution.faithfulness.study.explain_with_all", explained)
    measure_faithfulness(BagModel(torch.eye(ITEMS)), sessions, split(sessions, "leave-last-out"), FEW)
    assert counted[0][:6] == [1, 2, 3, 2, 1, 0]


def test_an_additive_model_is_pictured_by_the_number_of_each_event(dataset: DataSet) -> None:
    model = small_transformer(dataset.catalogue, jobs=("last", "free", "recent", "opening"))
    assert study(model, dataset, sessions=3, search_steps=2).pictured == "value"
    explained = ExplainerInputs(
        model, dataset.catalogue, [case_of(session_of([1, 2, 3]), 1, model, False)], np.zeros(ITEMS, np.int64)
    )
    values = explain_with_all(explained)
    (parts,) = case_contributions(model, dataset.catalogue, explained.cases)
    assert values["contribution"][0] == pytest.approx(parts.sum((0, 1)))


def test_figures_leave_out_what_is_not_defined() -> None:
    assert session_mean([None, float("nan")]) is None
    mean = session_mean([1.0, None])
    assert mean is not None
    assert (mean.mean, mean.low, mean.high, mean.n) == (1.0, None, None, 1)


def test_too_few_sessions_are_refused(dataset: DataSet) -> None:
    divided = split(dataset)
    single = type(divided)(divided.kind, divided.train, divided.validation, divided.test.take(np.array([0])))
    with pytest.raises(BadInput, match="two or more are needed"):
        measure_faithfulness(BagModel(torch.eye(ITEMS)), dataset, single, FEW)
