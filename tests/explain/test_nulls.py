"""Null controls in a world where one event decides: random reasons and titles fail."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.data.splits import split
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.explain.nulls import NullShare, NullSubject, anywhere, long_enough, null_shares, random_titles
from streamrec_core.explain.verified_record import VerifySettings
from tests.worlds import OneHotModel, catalogue_of, dataset_of, log_of, small_transformer

ITEMS = 80


def subject(lengths: tuple[int, int] = (7, 13), untrained: bool = False) -> NullSubject:
    """The largest item of a history decides what is recommended; popular titles are never spoken for."""
    rng = np.random.default_rng(3)
    sessions = [rng.permutation(ITEMS)[: rng.integers(*lengths)].tolist() for _ in range(120)]
    weights = torch.zeros(ITEMS, ITEMS)
    for item in range(ITEMS):
        weights[item, (item + 1) % ITEMS] = 2 + 0.05 * item
    dataset = dataset_of(catalogue_of(ITEMS, 4), log_of(sessions))
    model = OneHotModel(weights)
    return NullSubject(model, model if untrained else None, dataset, split(dataset), "validation")


def test_true_reasons_pass_and_random_reasons_and_titles_do_not() -> None:
    rows: list[str] = []
    shares = null_shares(subject(), 12, progress=lambda row, share: rows.append(row))
    assert shares is not None
    assert shares.ours.verified == 1.0
    assert shares.ours.n == len(long_enough(subject(), 12)) >= 10
    assert shares.random_reason.verified < 0.5  # a random event is the right one now and then
    assert shares.random_title is not None
    assert shares.random_title.verified <= 0.25
    assert (shares.shuffled, shares.untrained) == (None, None)  # a model of the test has no weights to shuffle
    assert list(shares.rows()) == ["ours", "random_reason", "random_title"]
    assert set(rows) == {"ours", "random_title"}


def test_the_untrained_network_is_counted_where_it_is_given() -> None:
    shares = null_shares(subject(untrained=True), 6)
    assert shares is not None
    assert shares.untrained == shares.ours


def test_shuffled_weights_are_counted_for_models_with_weights() -> None:
    world = subject()
    model = small_transformer(world.dataset.catalogue)
    shares = null_shares(NullSubject(model, None, world.dataset, world.divided, "validation"), 4)
    assert shares is not None
    assert shares.shuffled is not None


def test_the_same_sessions_of_five_events_or_more_are_drawn_every_time() -> None:
    world = subject((3, 9))
    drawn = long_enough(world, 100)
    assert 0 < len(drawn) < len(world.divided.validation)
    assert drawn.ends.min() == 5
    assert (long_enough(world, 5).sessions == long_enough(world, 5).sessions).all()
    assert null_shares(subject((3, 5)), 5) is None


def test_random_titles_come_from_far_outside_the_list() -> None:
    world = subject()
    drawn = long_enough(world, 12)
    titles = random_titles(world, drawn)
    assert titles is not None
    for title, row, end in zip(titles, drawn.sessions.tolist(), drawn.ends.tolist(), strict=True):
        history = world.dataset.log.session(row).until(end)
        assert score_history(world.model, world.dataset.catalogue, history, False).ranks[title] > ITEMS // 2
    assert not anywhere(VerifySettings()).checks.listed_only


def test_random_titles_are_drawn_by_what_was_learned_from_alone() -> None:
    """The last item is the held-out target of every session: the most popular one, had it been learned from."""
    rng = np.random.default_rng(5)
    sessions = [[*rng.permutation(ITEMS - 1)[:6].tolist(), ITEMS - 1, ITEMS - 1] for _ in range(60)]
    dataset = dataset_of(catalogue_of(ITEMS, 4), log_of(sessions))
    model = OneHotModel(-torch.arange(ITEMS).expand(ITEMS, ITEMS) / 10)  # which ranks that item last
    world = NullSubject(model, None, dataset, split(dataset, "leave-last-out"), "train")
    titles = random_titles(world, world.divided.train)
    assert titles is not None
    assert len(titles) == 60
    assert ITEMS - 1 not in titles


def test_none_of_many_has_an_interval_with_a_width_also_where_an_older_file_stored_none() -> None:
    share = NullShare.parse({"verified": 0.0, "interval": [0.0, 0.0], "n": 200}, "a file")
    assert share.interval == pytest.approx((0.0, 0.0188), abs=1e-4)
    assert NullShare.parse(share.model_dump(mode="json"), "a file") == share
    with pytest.raises(BadInput, match="n"):
        NullShare.parse({"verified": 0.0, "n": 0}, "a file")
