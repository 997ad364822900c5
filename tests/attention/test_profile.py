"""Where attention lies, which heads are alike, and the record of it all, on rows planted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from streamrec_core.attention.profile import profile, similarity, type_profile
from streamrec_core.attention.spread import by_category, by_distance, by_engagement
from streamrec_core.data.engagement import WORDS
from streamrec_core.models.terms import JOBS
from tests.attention.planted_rows import Session, rows_of
from tests.attention.test_batch_measures import HOME, sessions
from tests.worlds import (
    PlantedModel,
    catalogue_of,
    dataset_of,
    examples_at_last,
    log_of,
    planted_maps,
    small_lstm,
    small_transformer,
)

CATALOGUE = catalogue_of(12, 3, home=True)


def test_distance_counts_back_from_the_last_event_of_each_session() -> None:
    spread = by_distance(rows_of(([[0.1, 0.2, 0.7]], [0, 1, 2]), ([[1.0]], [3])))
    assert spread.labels == ("last event", "1 back", "2 back")
    assert spread.shares[0] == pytest.approx([0.85, 0.1, 0.05])
    assert spread.uniform == pytest.approx([(1 / 3 + 1) / 2, 1 / 6, 1 / 6])


def test_far_events_share_a_band() -> None:
    spread = by_distance(rows_of(([[1 / 60] * 60], [0] * 60)))
    assert spread.labels[5:] == ("5 to 9 back", "10 to 19 back", "20 to 49 back", "50 or more back")
    assert spread.shares[0] == pytest.approx(spread.uniform)
    assert spread.uniform[-1] == pytest.approx(1 / 6)


def test_category_is_that_of_the_last_item_and_neutral_ones_stand_apart() -> None:
    spread = by_category(rows_of(([[0.5, 0.2, 0.2, 0.1]], [0, 1, 3, HOME])), CATALOGUE)
    assert dict(zip(spread.labels, spread.shares[0], strict=True)) == pytest.approx(
        {"same category as the last": 0.7, "another category": 0.2, "neutral": 0.1}
    )
    assert spread.times_uniform[0] == pytest.approx([1.4, 0.8, 0.4])
    assert len(by_category(rows_of(([[0.5, 0.5]], [0, 1])), CATALOGUE).labels) == 2


def test_engagement_is_named_as_the_data_set_words_it() -> None:
    rows = rows_of(([[0.9, 0.1]], [0, 1]), engagements=[[3, 0]])
    assert by_engagement(rows, WORDS["events"]).labels == ("clicked", "saved")
    assert by_engagement(rows, WORDS["events"]).shares[0] == pytest.approx([0.1, 0.9])
    assert by_engagement(rows, WORDS["ratings"]).labels == ("rated 1 of 5", "rated 4 of 5")


@settings(max_examples=15)  # each draws dozens of bootstraps
@given(sessions())
def test_shares_add_up_and_intervals_hold_the_mean(drawn: list[Session]) -> None:
    rows = rows_of(*drawn)
    for spread in (by_distance(rows), by_category(rows, CATALOGUE), by_engagement(rows, WORDS["events"])):
        assert spread.shares.sum(1) == pytest.approx(np.ones(3), abs=1e-5)
        assert spread.uniform.sum() == pytest.approx(1)
        # The last head of every session is even attention itself.
        assert spread.shares[-1] == pytest.approx(spread.uniform, abs=1e-5)
        assert (spread.low <= spread.shares + 1e-6).all()
        assert (spread.shares <= spread.high + 1e-6).all()


def test_heads_that_look_alike_score_one_and_those_with_nothing_in_common_zero() -> None:
    first, other, even = [1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.25] * 4
    alike = similarity(rows_of(([first, first, other, even], [0, 1, 2, 3])))
    assert alike[0, 1] == pytest.approx(1.0)
    assert alike[0, 2] == pytest.approx(0.0)
    assert alike[3, 4] == pytest.approx(1.0)  # even attention stands last
    # Jensen-Shannon divergence of (1, 0, 0, 0) and the even one, in bits: H(5/8, 1/8, 1/8, 1/8) - 2 / 2
    entropy = -(5 / 8 * np.log2(5 / 8) + 3 / 8 * np.log2(1 / 8))
    assert alike[0, 3] == pytest.approx(1 - (entropy - 1))


@given(sessions())
def test_similarity_is_symmetric_and_between_none_and_all(drawn: list[Session]) -> None:
    matrix = similarity(rows_of(*drawn))
    assert matrix == pytest.approx(matrix.T)
    assert np.diag(matrix) == pytest.approx(np.ones(4))
    assert ((matrix >= 0) & (matrix <= 1)).all()


def test_planted_heads_are_recognised_over_a_whole_data_set() -> None:
    maps = planted_maps(
        [[0.02, 0.02, 0.02, 0.94], [0.1, 0.2, 0.3, 0.4], [0.25] * 4, [0.94, 0.02, 0.02, 0.02]], layers=2
    )
    log = log_of([[1, 2, 3, 5, 0], [7, 0, 1, 5, 0], [1, 2, 0, 4, 0]])
    heads = profile(PlantedModel([0.0] * 13, maps), dataset_of(CATALOGUE, log), examples_at_last(log))
    assert heads is not None
    assert (heads.layers, heads.heads, heads.sessions) == (2, 2, 3)
    assert heads.names == ("Layer 0 head 0", "Layer 0 head 1", "Layer 1 head 0", "Layer 1 head 1")
    assert [heads.most_often(head).type for head in range(4)] == ["focused", "recency", "distributed", "focused"]
    assert heads.distance.shares[0] == pytest.approx([0.94, 0.02, 0.02, 0.02])
    assert heads.similarity[2, 4] == pytest.approx(1.0)
    assert heads.most_alike() == (1, 2)
    assert heads.measures["entropy"].shape == (4, 5)


def test_a_model_without_attention_has_no_profile_and_one_head_alone_no_pair() -> None:
    log = log_of([[1, 2, 3], [4, 5]])
    data, examples = dataset_of(CATALOGUE, log), examples_at_last(log)
    assert profile(small_lstm(CATALOGUE), data, examples) is None
    single = profile(small_transformer(CATALOGUE, layers=1, heads=1), data, examples)
    assert single is not None
    assert single.most_alike() is None


@pytest.mark.parametrize("shape", [{"layers": 3, "heads": 2}, {"jobs": tuple(JOBS)}], ids=["3 x 2", "readout"])
def test_any_number_of_layers_and_heads_has_a_profile_also_over_single_and_neutral_events(
    shape: dict[str, object],
) -> None:
    log = log_of([[1, 2], [HOME, 3], [HOME, HOME, 4], [5, 6, 7, HOME, 1]])
    data, model = dataset_of(CATALOGUE, log), small_transformer(CATALOGUE, **shape)
    head_profile = profile(model, data, examples_at_last(log))
    assert head_profile is not None
    assert len(head_profile.names) == len(head_profile.types) == head_profile.layers * head_profile.heads
    assert head_profile.types == type_profile(model, data, examples_at_last(log))
    assert np.isfinite(head_profile.similarity).all()
    assert all(sum(type_share.share for type_share in head) == pytest.approx(1) for head in head_profile.types)
