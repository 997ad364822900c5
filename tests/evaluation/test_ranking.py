"""Ranks over the whole catalogue: ties gain nothing, neutral items never come, seen items only where asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from streamrec_core.api.explaining import explain_session, recommend
from streamrec_core.data.batches import Batch
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation import ranking
from streamrec_core.evaluation.ranked_catalogue import RankedCatalogue, score_history
from streamrec_core.evaluation.ranking import (
    best_first,
    log_shares,
    rank,
    ranks_of_all,
    recommendable,
    seen_items,
    target_ranks,
)
from tests.worlds import (
    PlantedModel,
    catalogue_of,
    chain_dataset,
    dataset_of,
    examples_at_last,
    log_of,
    session_of,
    small_transformer,
)

CATALOGUE = catalogue_of(12, 3)
FALLING = [float(-row) for row in range(12)]  # item 0 first, item 11 last


def ranks(scores: list[float], sessions: list[list[int]], filter_seen: bool = False) -> list[int]:
    log = log_of(sessions)
    made = rank(PlantedModel(scores), dataset_of(CATALOGUE, log), examples_at_last(log), filter_seen)
    return made.ranks.tolist()


def test_the_rank_counts_the_items_before_the_target() -> None:
    assert ranks(FALLING, [[5, 0], [5, 1], [5, 11]]) == [1, 2, 12]


def test_results_stand_in_the_order_of_the_examples_whatever_the_batches() -> None:
    sessions = [[5] * length + [length % 12] for length in (3, 9, 1, 7, 2)]
    assert ranks(FALLING, sessions) == [4, 10, 2, 8, 3]


def test_of_items_with_equal_scores_half_stand_before_the_target() -> None:
    assert ranks([0.0] * 12, [[5, row] for row in range(12)]) == [6] * 12
    # two above, then a tie of four: one of the other three before, in whole numbers
    assert ranks([9, 8, 1, 1, 1, 1, *[0.0] * 6], [[5, 3]]) == [4]


GONE = float("-inf")


def test_one_formula_ranks_a_target_and_the_whole_catalogue() -> None:
    scores = torch.tensor([9.0, 1.0, 8.0, 1.0, GONE, 1.0, 1.0, GONE, 0.0])
    every = [1, 4, 2, 4, 0, 4, 4, 0, 7]  # four share the places 3 to 6
    assert ranks_of_all(scores).tolist() == every
    rows = scores.expand(9, 9)
    assert target_ranks(rows, torch.arange(9)).tolist() == [rank_of_item or 10 for rank_of_item in every]


def test_a_list_puts_equal_scores_in_catalogue_order() -> None:
    scores = torch.tensor([[1.0, 2, 2, 3, 2, 2], [5, 4, 3, 2, 1, 0], [GONE, 0, GONE, GONE, 1, GONE]])
    assert best_first(scores, 3).tolist() == [[3, 1, 2], [0, 1, 2], [4, 1, 0]]
    assert best_first(scores, 6)[0].tolist() == [3, 1, 2, 4, 5, 0]
    level = torch.zeros(2, 500)
    assert best_first(level, 10).tolist() == [list(range(10))] * 2


def test_one_history_and_a_batch_give_the_same_rank_and_list_where_scores_are_equal() -> None:
    planted = [3.0, 1.0, 1.0, 7.0, 1.0, *[0.0] * 7]
    log = log_of([[5, row] for row in range(12)])
    for filter_seen in (False, True):
        batched = rank(PlantedModel(planted), dataset_of(CATALOGUE, log), examples_at_last(log), filter_seen)
        alone = score_history(PlantedModel(planted), CATALOGUE, session_of([5]), filter_seen)
        assert [rank_of_item or 13 for rank_of_item in alone.ranks.tolist()] == batched.ranks.tolist()
        assert batched.top.tolist() == [alone.order[:10].tolist()] * 12
    assert batched.ranks[:5].tolist() == [2, 4, 4, 1, 4]


@pytest.mark.parametrize("seed", range(20))
def test_the_first_rows_and_one_rank_are_those_of_the_sorted_catalogue(seed: int) -> None:
    rng = np.random.default_rng(seed)
    planted = rng.choice([GONE, 0.0, 1.0, 2.5, 7.0, -3.0], size=12).tolist()
    ranked = score_history(PlantedModel(planted), CATALOGUE, session_of([5, int(rng.integers(12))]), bool(seed % 2))
    firsts = {k: ranked.best(k).tolist() for k in (1, 3, 10, 99)}
    ranks = [ranked.rank(row) for row in range(12)]
    assert not {"ranks", "order", "probabilities"} & vars(ranked).keys()  # nothing was sorted for them
    assert firsts == {k: ranked.order[:k].tolist() for k in firsts}
    assert ranks == ranked.ranks.tolist()


@pytest.mark.parametrize("act", [recommend, explain_session])
def test_one_session_is_answered_without_sorting_the_catalogue(
    act: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = chain_dataset(sessions=30)
    model, session = small_transformer(dataset.catalogue), dataset.log.session_ids[0]
    monkeypatch.setattr(RankedCatalogue, "order", property(lambda _: pytest.fail("the catalogue was sorted")))
    monkeypatch.setattr(RankedCatalogue, "ranks", property(lambda _: pytest.fail("every item was ranked")))
    act(model, dataset, session)


def test_a_model_that_scores_all_alike_gains_nothing() -> None:
    catalogue = catalogue_of(4_000, 2)
    log = log_of([[0, row] for row in range(0, 4_000, 40)])
    ranking = rank(PlantedModel([0.0] * 4_000), dataset_of(catalogue, log), examples_at_last(log))
    assert (ranking.ranks > 10).all()


def test_a_model_without_figures_gains_nothing_either() -> None:
    assert ranks([float("nan")] * 12, [[5, 0]]) == [13]
    broken = [float("nan") if row == 0 else -float(row) for row in range(12)]
    assert ranks(broken, [[5, 0], [5, 1]]) == [13, 1]


def test_seen_items_are_filtered_where_asked_and_a_repeated_target_is_then_out_of_reach() -> None:
    sessions = [[0, 1, 2, 3], [0, 1, 0]]
    assert ranks(FALLING, sessions) == [4, 1]
    assert ranks(FALLING, sessions, filter_seen=True) == [1, 13]


def test_the_card_decides_on_seen_items_unless_the_caller_does() -> None:
    log = log_of([[0, 1, 2]])
    dataset = dataset_of(CATALOGUE, log, filter_seen=True)
    model, examples = PlantedModel(FALLING), examples_at_last(log)
    assert rank(model, dataset, examples).ranks.tolist() == [1]
    assert rank(model, dataset, examples, filter_seen=False).ranks.tolist() == [3]


def test_items_seen_before_the_models_window_are_filtered_too() -> None:
    log = log_of([[0, 1, 2, 3, 4, 5]])
    model = PlantedModel(FALLING, max_events=2)
    assert rank(model, dataset_of(CATALOGUE, log), examples_at_last(log), True).ranks.tolist() == [1]


def test_one_history_is_filtered_whole_too() -> None:
    model = PlantedModel(FALLING, max_events=2)
    ranked = score_history(model, CATALOGUE, session_of([0, 1, 2, 3, 4]), filter_seen=True)
    assert ranked.order.tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert ranked.ranks.tolist() == [0] * 5 + [1, 2, 3, 4, 5, 6, 7]
    assert (ranked.probabilities[:5] == 0).all()


def test_the_filter_reaches_before_the_window_of_every_history_of_a_batch() -> None:
    sessions = [[*range(length), 11] for length in (9, 3, 6)]
    log = log_of(sessions)
    for seen, first in ((True, [9, 3, 6]), (False, [0, 0, 0])):
        model = PlantedModel(FALLING, max_events=2)
        ranking = rank(model, dataset_of(CATALOGUE, log), examples_at_last(log), seen)
        assert ranking.top[:, 0].tolist() == first
        alone = [score_history(model, CATALOGUE, session_of(session[:-1]), seen) for session in sessions]
        assert [scored.order[0] for scored in alone] == first
        assert [scored.ranks[11] for scored in alone] == ranking.ranks.tolist()


def test_probabilities_are_the_softmax_of_what_can_be_recommended() -> None:
    catalogue = catalogue_of(12, 3, home=True)
    log = log_of([[0, 1], [0, 0], [2, 11]])
    scores = torch.randn(13, generator=torch.Generator().manual_seed(3)).tolist()
    ranking = rank(PlantedModel(scores), dataset_of(catalogue, log), examples_at_last(log), filter_seen=True)
    exact = np.exp(np.float32(scores).astype(np.float64))
    for row, (seen, target) in enumerate([(0, 1), (0, 0), (2, 11)]):
        allowed = [item for item in range(12) if item != seen]
        share = {item: exact[item] / exact[allowed].sum() for item in allowed}
        assert np.exp(ranking.log_probability[row]) == pytest.approx(share.get(target, 0.0))
        assert ranking.top_probability[row] == pytest.approx(sum(sorted(share.values())[-10:]))
        assert len(set(ranking.top[row]) & set(allowed)) == 10
    nothing = rank(PlantedModel([float("nan")] * 13), dataset_of(catalogue, log), examples_at_last(log))
    assert nothing.top_probability.tolist() == [0.0] * 3
    assert np.isneginf(nothing.log_probability).all()


def test_neutral_items_are_never_recommended_and_never_before_a_target() -> None:
    catalogue = catalogue_of(12, 3, home=True)
    log = log_of([[0, 12, 1], [12, 3]])
    ranking = rank(PlantedModel([*FALLING, 99.0]), dataset_of(catalogue, log), examples_at_last(log))
    assert ranking.ranks.tolist() == [2, 4]
    assert ranking.top.tolist() == [list(range(10))] * 2


def test_the_ten_best_are_named_best_first() -> None:
    log = log_of([[0, 1]])
    ranking = rank(PlantedModel([float(row) for row in range(12)]), dataset_of(CATALOGUE, log), examples_at_last(log))
    assert ranking.top.tolist() == [[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]]


def test_the_model_sees_the_last_events_of_a_longer_history() -> None:
    model = small_transformer(CATALOGUE, max_events=3)
    log = log_of([[1, 2, 3, 4, 5, 6], [3, 4, 5, 6]])
    for filter_seen in (False, True):
        ranking = rank(model, dataset_of(CATALOGUE, log), examples_at_last(log), filter_seen)
        assert ranking.ranks[0] == ranking.ranks[1] or filter_seen
    for seen in (False, True):
        whole, read = (score_history(model, CATALOGUE, session_of(of), seen) for of in ([1, 2, 3, 4, 5], [3, 4, 5]))
        assert whole.scores.tolist() == read.scores.tolist()


def test_one_long_history_does_not_pad_the_others() -> None:
    sizes: list[int] = []

    class Counted(PlantedModel):
        def logits(self, batch: Batch) -> torch.Tensor:
            sizes.append(batch.items.numel())
            return super().logits(batch)

    log = log_of([[*[0, 1, 2] * 2_000, 11], *[[3, 11]] * 20])
    ranking = rank(Counted(FALLING, max_events=4), dataset_of(CATALOGUE, log), examples_at_last(log), True)
    assert sizes == [21 * 4]
    assert ranking.top[:, 0].tolist() == [3, *[0] * 20]
    rows, items = seen_items([session_of([5, 6]), session_of([7])])
    assert (rows.tolist(), items.tolist()) == ([0, 0, 1], [5, 6, 7])


def test_what_cannot_be_recommended_has_no_score() -> None:
    catalogue = catalogue_of(4, 2, home=True)
    scores = torch.tensor([[0.0, 1, 2, 3, 4], [0, 1, 2, 3, 4]])
    remaining = recommendable(scores, seen_items([session_of([1, 2]), session_of([0])]), catalogue)
    gone = float("-inf")
    assert remaining.tolist() == [[0, gone, gone, 3, gone], [gone, 1, 2, 3, gone]]
    assert scores[0, 1] == 1  # the model's own scores stay as they were


def test_scoring_one_history_gives_places_and_probabilities_to_what_can_be_recommended() -> None:
    catalogue = catalogue_of(3, 1, home=True)
    model = PlantedModel([0.0, np.log(3.0), np.log(2.0), 50.0])
    ranked = score_history(model, catalogue, session_of([0, 3]), filter_seen=False)
    assert ranked.order.tolist() == [1, 2, 0]
    assert ranked.ranks.tolist() == [3, 1, 2, 0]
    assert ranked.probabilities == pytest.approx([1 / 6, 3 / 6, 2 / 6, 0])
    seen = score_history(model, catalogue, session_of([1, 3]), filter_seen=True)
    assert seen.ranks.tolist() == [2, 0, 1, 0]
    assert seen.probabilities == pytest.approx([1 / 3, 0, 2 / 3, 0])


def test_one_history_and_a_batch_of_them_agree() -> None:
    model = small_transformer(CATALOGUE)
    log = log_of([[1, 2, 3, 4], [5, 6], [7, 8, 9]])
    ranking = rank(model, dataset_of(CATALOGUE, log), examples_at_last(log))
    for row, session in enumerate(([1, 2, 3], [5], [7, 8])):
        alone = score_history(model, CATALOGUE, session_of(session), filter_seen=False)
        assert alone.ranks[log.session(row).items[-1]] == ranking.ranks[row]
        assert alone.order[:10].tolist() == ranking.top[row].tolist()


def test_examples_in_the_middle_of_a_session_see_nothing_after_them() -> None:
    model = small_transformer(CATALOGUE)
    log = log_of([[1, 2, 3, 4, 5]])
    ranking = rank(model, dataset_of(CATALOGUE, log), Examples(np.array([0]), np.array([2])))
    alone = score_history(model, CATALOGUE, session_of([1, 2]), filter_seen=False)
    assert ranking.ranks.tolist() == [alone.ranks[3]]


@given(st.integers(0, 2**32 - 1))
def test_shares_are_those_of_a_softmax_over_what_can_be_recommended(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, size = int(rng.integers(1, 9)), int(rng.integers(1, 30))
    scores = torch.from_numpy(rng.normal(0, 30, (rows, size))).float()
    scores[torch.from_numpy(rng.random((rows, size)) < rng.choice([0, 0.3, 1]))] = float("-inf")
    items = torch.from_numpy(rng.integers(0, size, (rows, 3)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "CACHED_SCORES", int(rng.integers(1, 60)))
        shares = log_shares(scores, items).exp().numpy()
    with np.errstate(invalid="ignore"):
        expected = np.nan_to_num(softmax(scores.double().numpy(), axis=1))
    np.testing.assert_allclose(shares, np.take_along_axis(expected, items.numpy(), 1), rtol=1e-6, atol=1e-300)
