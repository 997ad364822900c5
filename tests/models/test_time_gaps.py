"""The time gap of attention: what it is, who has it, and that a model learns it where it decides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from streamrec_core.attention.capture import watch
from streamrec_core.data.batches import Batch, BatchSource, batch_of
from streamrec_core.models.protocol import reads_times, term_names
from streamrec_core.models.settings import TransformerSettings, build_model
from streamrec_core.models.terms import AN_HOUR, FEATURES
from streamrec_core.training.optimiser import batch_loss
from tests.worlds import ADDITIVE, batch, catalogue_of, examples_at_last, log_of, session_of, small_transformer

CATALOGUE = catalogue_of(12, 3)
JOBS = ("recent", "last", "lasting", "category")


def timed(weight: float = 0.0):
    """An untrained model with time gaps of this weight."""
    model = small_transformer(CATALOGUE, jobs=JOBS, time_gaps=True)
    for terms in model.named_terms():
        terms.weights["time_gap"].data.fill_(weight)
    return model


def at(*times: int, hidden: int | None = None) -> Batch:
    """Items 1, 2, ... at these seconds."""
    history = batch_of([session_of(range(1, len(times) + 1), times=times)], len(CATALOGUE), 50)
    return history if hidden is None else replace(history, hidden=torch.arange(len(times)).unsqueeze(0) == hidden)


def feature(histories: Batch) -> torch.Tensor:
    """(T, L) the time gap of the first history."""
    steps = torch.arange(histories.items.shape[1]).expand(len(histories), -1)
    return FEATURES["time gap"](timed().term_inputs(histories, steps))[0]


def test_it_is_minus_the_logarithm_of_one_plus_the_minutes_before_the_last_event_that_is_seen() -> None:
    gaps = feature(at(0, 60, 3660))
    assert gaps[2].tolist() == pytest.approx([-np.log(62), -np.log(61), 0.0])
    assert gaps[1, :2].tolist() == pytest.approx([-np.log(2), 0.0])  # nothing behind an event is looked at


def test_seconds_are_told_apart_whatever_the_year() -> None:
    now = 1_767_225_600
    assert feature(at(now, now + 30))[1, 0].item() == pytest.approx(-np.log(1.5))


def test_it_is_now_when_the_last_event_that_is_not_hidden_was() -> None:
    assert feature(at(0, 60, 3660, hidden=2))[2, :2].tolist() == pytest.approx([-np.log(2), 0.0])


def test_without_times_all_events_are_of_one_moment() -> None:
    model = timed(2.0)
    untimed = batch(CATALOGUE, [1, 2, 3])
    assert untimed.times is None
    assert not feature(untimed).any()
    torch.testing.assert_close(model.logits(untimed), model.logits(at(5, 5, 5)))
    assert not torch.allclose(model.logits(untimed), model.logits(at(5, 5, 90)))


def test_a_history_without_times_beside_one_that_has_them_scores_as_alone() -> None:
    model, histories = timed(1.0), [session_of([1, 2, 3]), session_of([1, 2], times=[10, 900])]
    both = model.logits(batch_of(histories, len(CATALOGUE), 50))
    alone = torch.cat([model.logits(batch_of([history], len(CATALOGUE), 50)) for history in histories])
    torch.testing.assert_close(both, alone)


def test_it_makes_no_difference_when_all_of_it_was() -> None:
    model = timed(0.7)
    torch.testing.assert_close(model.logits(at(0, 50, 7000)), model.logits(at(10**9, 10**9 + 50, 10**9 + 7000)))


def test_attention_of_a_large_weight_goes_to_the_same_sitting_and_never_in_the_head_for_the_last_event() -> None:
    history = at(0, 90_000, 90_000, 90_000)
    model = timed(30.0)
    with watch(model) as trace, torch.inference_mode():
        model.logits(history)
    weights = trace.maps()[0, :, :, -1]  # (layers, H, L)
    assert weights[:, [0, 2, 3], 0].max() < 1e-6
    for layer, terms in enumerate(model.named_terms()):
        assert weights[layer, 1, 0] > 1e-4
        assert terms.figures()["time gap"][1] is None


def test_its_figure_is_what_an_hour_costs() -> None:
    assert pytest.approx(np.log(61)) == AN_HOUR
    assert (
        timed(0.5).named_terms()[0].figures()["time gap"]
        == [pytest.approx(0.5 * np.log(61)), None] + [pytest.approx(0.5 * np.log(61))] * 2
    )


def test_models_without_it_have_no_such_parameter_and_do_not_read_times() -> None:
    without = small_transformer(CATALOGUE, jobs=JOBS)
    assert not any("time_gap" in name for name in without.state_dict())
    assert "time gap" not in term_names(without)
    assert "time gap" in term_names(timed())
    assert reads_times(timed())
    assert not reads_times(without)
    assert not reads_times(small_transformer(CATALOGUE))
    torch.testing.assert_close(without.logits(at(0, 9, 10**6)), without.logits(at(0, 0, 0)))


def test_batches_carry_the_times_of_their_windows() -> None:
    log = log_of([[1, 2, 3, 4], [5, 6]], timestamps=[[10, 20, 30, 40], [7, 8]])
    source = BatchSource(log, CATALOGUE, examples_at_last(log), max_events=2)
    ((_, histories),) = source.in_order()
    assert histories.times is not None
    assert histories.times.tolist() == [[20, 30], [7, 0]]
    ((_, untimed),) = BatchSource(replace(log, timestamps=None), CATALOGUE, examples_at_last(log), 2).in_order()
    assert untimed.times is None


def planted(sessions: int, seed: int):
    """A sitting of long ago and one of now, of one to three items each; what follows is 6 past an item of now."""
    rng = np.random.default_rng(seed)
    rows, times, sizes = [], [], []
    for _ in range(sessions):
        before, now = (int(size) for size in rng.integers(1, 4, 2))
        items = rng.permutation(6)[: before + now].tolist()
        rows.append([*items, 6 + int(rng.choice(items[before:]))])
        times.append([0] * before + [10**6] * (now + 1))
        sizes.append(now)
    return log_of(rows, timestamps=times), np.array(sizes)


def mass_on_now(time_gaps: bool) -> float:
    """Probability that a model of one head gives to what the sitting of now allows, after a few hundred steps."""
    torch.manual_seed(0)
    settings = TransformerSettings(
        **ADDITIVE,
        layers=1,
        heads=1,
        width=16,
        feed_forward=16,
        dropout=0.0,
        jobs=("lasting",),
        time_gaps=time_gaps,
        content_limit=0.0,
        item_start=0.1,
    )
    model, (log, _) = build_model(settings, CATALOGUE), planted(600, 1)
    source = BatchSource(log, CATALOGUE, examples_at_last(log), 50, all_positions=False)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(25):
        for rows in source.epoch(epoch):
            optimiser.zero_grad()
            batch_loss(model.train(), source.learning_batch(rows))[0].backward()
            optimiser.step()
    held_out, sizes = planted(300, 2)
    total = 0.0
    for rows, histories in BatchSource(held_out, CATALOGUE, examples_at_last(held_out), 50).in_order():
        with torch.inference_mode():
            probability = model.eval().logits(histories).softmax(1)
        for row, length, chances in zip(rows, histories.lengths.tolist(), probability, strict=True):
            number = int((rows == row).argmax())
            total += float(chances[6 + histories.items[number, length - sizes[row] : length]].sum())
    return total / len(held_out)


def test_a_model_learns_which_sitting_counts_and_cannot_without_times() -> None:
    assert mass_on_now(True) > 0.95
    assert mass_on_now(False) < 0.9
