"""Watching a model: the weights come out, only to who asked, and nothing stays behind."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pytest
import torch

from streamrec_core.attention.capture import AttentionTrace, session_maps, watch
from streamrec_core.models.probe import editing
from streamrec_core.models.sequence import SequenceModel
from tests.worlds import PlantedModel, batch, catalogue_of, planted_maps, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)


def untouched(model: SequenceModel) -> bool:
    """No hook of any kind on any module, and no probe that believes itself watched."""
    hooks = [
        hook
        for module in model.modules()
        for name, hook in vars(module).items()
        if "hooks" in name and isinstance(hook, dict) and hook
    ]
    return not hooks and not any(probe.watched for probe in model.attention_probes())


def watch_an_unknown_item(model: SequenceModel) -> None:
    with watch(model):
        assert all(probe.watched for probe in model.attention_probes())
        model.logits(batch(CATALOGUE, [1, 99]))


def test_maps_come_as_sessions_layers_heads_events_events() -> None:
    model = small_transformer(CATALOGUE)
    with watch(model) as trace:
        model.logits(batch(CATALOGUE, [1, 2, 3], [4, 5, 6]))
    maps = trace.maps()
    assert maps.shape == (2, 2, 4, 3, 3)
    assert bool((maps.triu(1) == 0).all())
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 2, 4, 3))


def test_only_what_runs_inside_the_block_is_seen_and_the_last_pass_counts() -> None:
    model = small_transformer(CATALOGUE)
    with watch(model) as trace:
        model.logits(batch(CATALOGUE, [1, 2, 3]))
        model.logits(batch(CATALOGUE, [4, 5]))
    inside = trace.maps()
    model.logits(batch(CATALOGUE, [6]))
    assert inside.shape == trace.maps().shape == (1, 2, 4, 2, 2)
    assert untouched(model)


def test_nothing_stays_on_the_model_after_an_error() -> None:
    model = small_transformer(CATALOGUE)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(IndexError):
        watch_an_unknown_item(model)
    assert untouched(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_watches_nest_and_the_outer_one_sees_again_afterwards() -> None:
    first, second = small_transformer(CATALOGUE), small_transformer(CATALOGUE, seed=1, layers=1)
    with watch(first) as outer:
        with watch(second) as inner:
            second.logits(batch(CATALOGUE, [1, 2]))
            first.logits(batch(CATALOGUE, [1, 2, 3]))
        assert inner.maps().shape == (1, 1, 4, 2, 2)
        assert outer.maps().shape == (1, 2, 4, 3, 3)
        with pytest.raises(ValueError, match="inside"), watch(first):
            raise ValueError("inside")
        first.logits(batch(CATALOGUE, [1, 2, 3, 4]))
        assert outer.maps().shape == (1, 2, 4, 4, 4)
    assert untouched(first)
    assert untouched(second)


def test_what_one_thread_watches_another_neither_sees_nor_pays_for() -> None:
    model = small_transformer(CATALOGUE)
    watching, looked = threading.Event(), threading.Event()
    seen: list[bool] = []

    def other() -> None:
        watching.wait(30)
        seen.append(any(probe.watched for probe in model.attention_probes()))
        model.logits(batch(CATALOGUE, [1, 2, 3, 4, 5]))
        looked.set()

    thread = threading.Thread(target=other)
    thread.start()
    with watch(model) as trace:
        model.logits(batch(CATALOGUE, [1, 2]))
        watching.set()
        assert looked.wait(30)
        assert trace.maps().shape[-1] == 2
    thread.join()
    assert seen == [False]


def test_two_threads_that_watch_one_model_each_see_their_own() -> None:
    model = small_transformer(CATALOGUE)
    start = threading.Barrier(2)
    traces: dict[int, AttentionTrace] = {}

    def look(events: int) -> None:
        with watch(model) as trace:
            start.wait(30)
            for _ in range(20):
                model.logits(batch(CATALOGUE, list(range(events))))
        traces[events] = trace

    threads = [threading.Thread(target=look, args=(events,)) for events in (3, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {events: trace.maps().shape[-1] for events, trace in traces.items()} == {3: 3, 6: 6}


def test_a_copy_of_a_watched_model_is_not_watched() -> None:
    model = small_transformer(CATALOGUE)
    with watch(model) as trace:
        twin = copy.deepcopy(model)
        twin.logits(batch(CATALOGUE, [1, 2]))
    assert trace.layers == {}


def test_a_model_without_attention_shows_nothing() -> None:
    model = small_lstm(CATALOGUE)
    with watch(model) as trace:
        model.logits(batch(CATALOGUE, [1, 2]))
    assert trace.maps().numel() == 0
    assert [maps.shape for maps in session_maps(model, [session_of([1, 2])], 12)] == [(0, 0, 0, 0)]


def test_maps_of_sessions_are_cut_to_each_length_and_equal_those_of_the_session_alone() -> None:
    model = small_transformer(CATALOGUE)
    histories = [session_of([1, 2, 3, 4]), session_of([5]), session_of([6, 7])]
    together = session_maps(model, histories, 12)
    assert [maps.shape for maps in together] == [(2, 4, 4, 4), (2, 4, 1, 1), (2, 4, 2, 2)]
    for history, maps in zip(histories, together, strict=True):
        (alone,) = session_maps(model, [history], 12)
        np.testing.assert_allclose(maps, alone, atol=1e-5)


def test_maps_show_the_events_that_the_model_saw() -> None:
    model = small_transformer(CATALOGUE, max_events=3)
    (maps,) = session_maps(model, [session_of([1, 2, 3, 4, 5])], 12)
    (recent,) = session_maps(model, [session_of([3, 4, 5])], 12)
    np.testing.assert_allclose(maps, recent, atol=1e-6)


def test_planted_maps_come_out_as_they_went_in() -> None:
    maps = planted_maps([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], layers=2)
    (captured,) = session_maps(PlantedModel([0.0] * 12, maps), [session_of([1, 2, 3])], 12)
    np.testing.assert_array_equal(captured, maps)
    assert captured.shape == (2, 1, 3, 3)


def test_a_head_whose_weights_are_set_to_zero_says_nothing_and_comes_back() -> None:
    model, history = small_transformer(CATALOGUE), batch(CATALOGUE, [1, 2, 3])
    before = model.logits(history)
    probe = model.attention_probes()[1]
    with editing({probe: lambda weights: weights.index_fill(1, torch.tensor([2]), 0.0)}), watch(model) as trace:
        changed = model.logits(history)
    assert float(trace.maps()[0, 1, 2].abs().max()) == 0.0
    assert float(trace.maps()[0, 1, 1].abs().max()) > 0.0
    assert not torch.equal(changed, before)
    torch.testing.assert_close(model.logits(history), before)
    assert untouched(model)


def test_an_edit_that_changes_nothing_changes_nothing() -> None:
    model, history = small_transformer(CATALOGUE), batch(CATALOGUE, [1, 2, 3], [4])
    with editing({probe: lambda weights: weights for probe in model.attention_probes()}):
        edited = model.logits(history)
    torch.testing.assert_close(edited, model.logits(history), atol=1e-5, rtol=0)
