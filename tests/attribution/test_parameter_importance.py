"""The importance of main parameters by what is planted: models that use one of them, and models that ignore it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from streamrec_core.attribution.importance_record import RESOLUTION, Mean, ParameterImportance
from streamrec_core.attribution.parameter_importance import DRAWS, FEWEST, measure_parameters
from streamrec_core.data.batches import Batch
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples, split
from streamrec_core.errors import BadInput
from streamrec_core.models.popularity import popularity
from streamrec_core.models.protocol import SessionModel
from tests.worlds import (
    BagModel,
    CopyModel,
    catalogue_of,
    chain_dataset,
    dataset_of,
    examples_at_last,
    log_of,
    small_transformer,
)

ITEMS = 12
Measured = dict[tuple[str, str], ParameterImportance]


@pytest.fixture(scope="module")
def chain() -> DataSet:
    return chain_dataset(sessions=160, items=ITEMS)


def measured(model: SessionModel, dataset: DataSet, train: Examples | None = None, sessions: int = 60) -> Measured:
    looked_at = examples_at_last(dataset.log).take(np.arange(min(sessions, len(dataset.log))))
    importances = measure_parameters(model, dataset, looked_at, train or split(dataset).train)
    return {(each.parameter, each.ablation): each for each in importances}


def mattering(importances: Measured) -> set[str]:
    return {name for (name, _), importance in importances.items() if importance.matters}


def shuffled_sessions(count: int = 80, length: int = 8, items: int = ITEMS, categories: int = 3) -> DataSet:
    """Titles in random order, none twice, each session with marks 0 to 3 on random events."""
    rng = np.random.default_rng(0)
    rows = [rng.permutation(items)[:length].tolist() for _ in range(count)]
    marks = [rng.choice(4, length, p=(0.76, 0.08, 0.08, 0.08)).tolist() for _ in range(count)]
    return dataset_of(catalogue_of(items, categories), log_of(rows, marks))


@dataclass
class EngagedModel:
    """A linear model in which an event says as much for its own title as its mark is strong."""

    strength: tuple[float, ...] = (0.2, 2.0, 2.0, 2.0, 2.0)

    def __post_init__(self) -> None:
        self.name, self.max_events, self.predicts_from = "engaged", 50, "last event"

    def logits(self, batch: Batch) -> Tensor:
        one_hot = torch.cat([torch.eye(ITEMS), torch.zeros(1, ITEMS)])[batch.items]
        strengths = torch.tensor(self.strength)[batch.engagements].unsqueeze(-1) * one_hot
        return (strengths * batch.visible.unsqueeze(-1)).sum(1)

    def attention_probes(self) -> tuple[()]:
        return ()


class SuccessorModel(CopyModel):
    """Looks at the last event and scores by its row of a table."""

    def __init__(self, table: Tensor) -> None:
        super().__init__(len(table), back=1)
        self.weights = table


def test_a_model_that_copies_the_last_item_goes_by_recency_alone(chain: DataSet) -> None:
    importances = measured(CopyModel(ITEMS, back=1), chain)
    recency, opening = importances["recency", "events removed"], importances["opening", "events removed"]
    assert recency.log_prob_drop.low > 4  # a score of 5 is gone
    assert recency.null is not None
    assert recency.log_prob_drop.low > recency.null.high > 0  # the last event itself is drawn now and then
    assert opening.log_prob_drop.value == pytest.approx(0, abs=1e-6)
    assert (recency.matters, opening.matters) == (True, False)
    uniform = 5 - float(np.log(np.exp(5) + ITEMS - 1)) + float(np.log(ITEMS))
    session = importances["session", "events removed"]
    assert session.log_prob_drop.value == pytest.approx(uniform, abs=1e-4)
    assert (session.null, session.excess, session.matters) == (None, None, False)


def test_a_model_that_copies_the_first_item_goes_by_the_opening() -> None:
    importances = measured(CopyModel(ITEMS, back=50), shuffled_sessions())
    assert importances["opening", "events removed"].matters
    assert not importances["recency", "events removed"].matters


def test_where_all_events_count_alike_no_place_matters_though_each_costs_something() -> None:
    rng = np.random.default_rng(1)
    bag = BagModel(torch.from_numpy(rng.normal(0, 1, (ITEMS, ITEMS))).float())
    importances = measured(bag, shuffled_sessions())
    for name in ("recency", "opening"):
        assert importances[name, "events removed"].log_prob_drop.low > 0.05
        assert not importances[name, "events removed"].matters


def test_the_excess_is_paired_session_by_session(chain: DataSet) -> None:
    importance = measured(CopyModel(ITEMS, back=1), chain)["recency", "events removed"]
    assert importance.null is not None
    assert importance.excess is not None
    assert importance.excess.value == pytest.approx(importance.log_prob_drop.value - importance.null.value)
    assert (
        importance.log_prob_drop.high - importance.log_prob_drop.low
        < 1e-4
        < importance.excess.high - importance.excess.low
    )


def test_hits_are_lost_with_the_event_that_they_rested_on(chain: DataSet) -> None:
    # Item n + 1 follows item n, and stands last of all where item n is gone.
    table = 9.0 * torch.eye(ITEMS).roll(1, dims=1) - torch.eye(ITEMS).roll(2, dims=1)
    importance = measured(SuccessorModel(table), chain, sessions=40)["recency", "events removed"]
    assert (importance.hit_before, importance.hit_change.value) == (1.0, -1.0)
    assert importance.hit_change.low == -1.0
    assert importance.hit_change.high > -1.0  # forty sessions do not prove that it is so in all


def skewed(sessions: int = 160) -> tuple[DataSet, Examples]:
    """Histories of titles drawn evenly, and a train part in which title n is opened n + 1 times."""
    rng = np.random.default_rng(2)
    rows = [rng.permutation(ITEMS)[:6].tolist() for _ in range(sessions)]
    learned = [[item, item] for item in range(ITEMS) for _ in range(3**item // 2 + 1) if item < 8]
    dataset = dataset_of(catalogue_of(ITEMS, 3), log_of([*rows, *learned]))
    numbers = np.arange(sessions, len(dataset.log))
    return dataset, Examples(numbers, np.ones(len(numbers), np.int64))


def test_popularity_is_all_that_a_counting_model_goes_by() -> None:
    dataset, train = skewed()
    model = popularity(dataset.log, dataset.catalogue, train)
    importances = measured(model, dataset, train)
    out = importances["popularity", "taken out of the scores"]
    scores = model._scores.double()
    assert out.log_prob_drop.value == pytest.approx(float(scores.max() - scores.logsumexp(0)) + np.log(ITEMS), abs=1e-4)
    assert mattering(importances) == {"popularity"}
    assert {each.log_prob_drop.value for key, each in importances.items() if key[0] != "popularity"} == {0.0}


def test_popularity_that_the_model_ignores_costs_something_and_does_not_matter() -> None:
    dataset, train = skewed()
    rng = np.random.default_rng(3)
    model = SuccessorModel(3.0 * torch.eye(ITEMS)[torch.from_numpy(rng.permutation(ITEMS))])
    importance = measured(model, dataset, train, sessions=160)["popularity", "taken out of the scores"]
    assert importance.log_prob_drop.low > 0.3  # what a cost alone would have been called
    assert importance.null is not None
    assert importance.null.low > 0.3
    assert not importance.matters


def test_events_of_the_recommended_category_are_told_from_others() -> None:
    dataset = shuffled_sessions()
    category_of = dataset.catalogue.category_of
    same = torch.from_numpy(category_of[:, None] == category_of[None, :]).float()
    assert measured(BagModel(2.0 * same), dataset)["category", "events removed"].matters


def test_a_repeat_of_the_recommended_title_is_no_evidence_for_its_category() -> None:
    # Every title of the history speaks for itself alone: removing it costs it much, removing its category no more.
    importance = measured(BagModel(2.0 * torch.eye(ITEMS)), shuffled_sessions())["category", "events removed"]
    assert importance.log_prob_drop.low > 1
    assert not importance.matters


def test_engagement_matters_to_a_model_that_counts_by_it_and_not_to_one_that_does_not() -> None:
    dataset = shuffled_sessions()
    uses = measured(EngagedModel(), dataset)["engagement", "engagement made alike"]
    assert uses.null is not None
    assert uses.null.low > 0  # wrong marks cost something too, but less than the right ones are worth
    assert uses.matters
    ignores = measured(EngagedModel((1.0,) * 5), dataset)["engagement", "engagement made alike"]
    assert ignores.log_prob_drop.value == 0.0
    assert not ignores.matters


def test_repeats_matter_to_a_model_that_counts_them_and_not_to_one_that_looks_at_the_last_event() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for _ in range(80):
        first, *rest = rng.permutation(ITEMS)[:6].tolist()
        rows.append([*rng.permutation([first, first, first, *rest]).tolist(), int(rng.integers(ITEMS))])
    dataset = dataset_of(catalogue_of(ITEMS, 3), log_of(rows))
    assert measured(BagModel(torch.eye(ITEMS)), dataset)["repeats", "events removed"].matters
    last = measured(CopyModel(ITEMS, back=1), dataset)["repeats", "events removed"]
    assert not last.matters


def test_each_named_term_that_some_head_has_is_switched_off_and_on_again(chain: DataSet) -> None:
    model = small_transformer(chain.catalogue, jobs=("last", "category", "opening", "engaged"), layers=1)
    importances = measured(model, chain, sessions=40)
    off = {name: each for (name, ablation), each in importances.items() if ablation == "named term off"}
    assert set(off) == {"recency", "category", "opening", "engagement"}
    assert max(abs(each.log_prob_drop.value) for each in off.values()) > 0
    assert {each.null for each in off.values()} == {None}
    assert measured(model, chain, sessions=40) == importances


def test_few_sessions_are_refused_and_thin_parameters_left_out(chain: DataSet) -> None:
    with pytest.raises(BadInput, match=f"give {FEWEST} or more"):
        measured(CopyModel(ITEMS), chain, sessions=5)
    assert ("repeats", "events removed") not in measured(CopyModel(ITEMS), chain)


@pytest.mark.parametrize(
    ("drop", "excess", "matters"),
    [
        (Mean(1.0, 0.5, 1.5), Mean(0.5, 0.2, 0.8), True),
        (Mean(1.0, 0.5, 1.5), Mean(0.5, -0.1, 1.1), False),  # no more than its null
        (Mean(-0.5, -0.8, -0.2), Mean(0.5, 0.2, 0.8), False),  # taking it away helps; its null helps even more
        (Mean(1.0, 0.5, 1.5), Mean(1e-6, 1e-7, 1e-5), False),  # what single precision makes of nothing
        (Mean(1.0, 0.5, 1.5), None, False),  # without a null nothing is said
    ],
)
def test_the_word_is_earned_only_beyond_the_null(drop: Mean, excess: Mean | None, matters: bool) -> None:
    none = Mean(0.0, 0.0, 0.0)
    assert RESOLUTION == 1e-4
    assert DRAWS > 1
    importance = ParameterImportance("recency", "events removed", 20, 20, drop, none, excess, none, 0.0, none)
    assert importance.matters == matters
