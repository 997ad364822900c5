"""Main parameters are weighed by what is planted: a model that copies one place, one that counts, one with terms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.weighing import FEWEST, Weight, weigh_parameters
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from streamrec_core.models.counting import popularity
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


@pytest.fixture(scope="module")
def chain() -> DataSet:
    return chain_dataset(sessions=160, items=ITEMS)


def weighed(model: SessionModel, dataset: DataSet) -> dict[tuple[str, str], Weight]:
    parts = split(dataset)
    found = weigh_parameters(model, dataset, examples_at_last(dataset.log).take(np.arange(40)), parts.train)
    return {(one.parameter, one.way): one for one in found}


def test_a_model_that_copies_the_last_item_goes_by_recency_alone(chain: DataSet) -> None:
    found = weighed(CopyModel(ITEMS, back=1), chain)
    recency, opening = found["recency", "events taken away"], found["opening", "events taken away"]
    assert recency.fall.low > 4  # a score of 5 is gone
    assert recency.others is not None
    assert recency.fall.low > recency.others.high
    assert opening.fall.value == pytest.approx(0, abs=1e-6)
    even = 5 - float(np.log(np.exp(5) + ITEMS - 1)) + float(np.log(ITEMS))
    assert found["session", "events taken away"].fall.value == pytest.approx(even, abs=1e-4)


def test_hits_are_lost_with_the_event_that_they_rested_on(chain: DataSet) -> None:
    # Item n + 1 follows item n, and stands last of all where item n is gone.
    table = 9.0 * torch.eye(ITEMS).roll(1, dims=1) - torch.eye(ITEMS).roll(2, dims=1)
    found = weighed(_Follow(table), chain)["recency", "events taken away"]
    assert (found.hit_before, found.hit_change.value) == (1.0, -1.0)
    assert found.hit_change.low == -1.0
    assert found.hit_change.high > -1.0  # forty sessions do not prove that it is so in all


class _Follow(CopyModel):
    """Looks at the last event and scores by a row of a table."""

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__(len(table), back=1)
        self.weights = table


def test_popularity_is_all_that_a_counting_model_goes_by(chain: DataSet) -> None:
    model = popularity(chain.log, chain.catalogue, split(chain).train)
    found = weighed(model, chain)
    out = found["popularity", "taken out of the scores"]
    scores = model._scores.double()
    assert out.fall.value == pytest.approx(float(scores.max() - scores.logsumexp(0)) + np.log(ITEMS), abs=1e-4)
    assert {one.fall.value for key, one in found.items() if key[0] != "popularity"} == {0.0}


def test_events_of_the_recommended_category_are_told_from_others() -> None:
    rng = np.random.default_rng(0)
    catalogue = catalogue_of(ITEMS, 3)
    dataset = dataset_of(catalogue, log_of([rng.permutation(ITEMS)[:7].tolist() for _ in range(60)]))
    same = torch.from_numpy(catalogue.category_of[:, None] == catalogue.category_of[None, :]).float()
    category = weighed(BagModel(2.0 * same), dataset)["category", "events taken away"]
    assert category.others is not None
    assert category.fall.low > category.others.high


def test_each_named_term_that_some_head_has_is_switched_off_and_on_again(chain: DataSet) -> None:
    model = small_transformer(chain.catalogue, jobs=("last", "category", "opening", "engaged"), layers=1)
    found = weighed(model, chain)
    off = {name for name, way in found if way == "named term off"}
    assert off == {"recency", "category", "opening", "engagement"}
    assert max(abs(found[name, "named term off"].fall.value) for name in off) > 0
    assert weighed(model, chain) == found


def test_few_sessions_are_refused_and_thin_parameters_left_out(chain: DataSet) -> None:
    with pytest.raises(BadInput, match=f"give {FEWEST} or more"):
        weigh_parameters(CopyModel(ITEMS), chain, examples_at_last(chain.log).take(np.arange(5)), split(chain).train)
    assert ("repeats", "events taken away") not in weighed(CopyModel(ITEMS), chain)
