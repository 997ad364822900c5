"""Live curves keep peaks, smooth as computed by hand, and keep their spec while data grow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrec_core.charts.curve_points import POINTS, smoothed, thinned
from streamrec_core.charts.live import Rule, hit_curve, loss_curve
from streamrec_core.charts.palette import MODEL_COLOURS
from streamrec_core.training.events import EpochDone, RunStarted
from streamrec_core.training.follow import RunProgress


def progress(losses: Any, per_epoch: int = 10, hits: tuple[float, ...] = ()) -> RunProgress:
    values = np.asarray(losses, np.float64)
    return RunProgress(
        np.arange(1, len(values) + 1),
        values,
        tuple(
            EpochDone(
                epoch=number,
                step=number * per_epoch,
                train_loss=1,
                metrics={"hit@10": hit, "hit@10_interval": (hit - 0.1, hit + 0.1)},
                best=True,
                seconds=1,
            )
            for number, hit in enumerate(hits, start=1)
        ),
        RunStarted(epochs=9, steps_per_epoch=per_epoch, done_steps=0, parameters=1, device="cpu"),
    )


NOTHING = RunProgress(np.zeros(0, np.int64), np.zeros(0))


@given(st.integers(0, 5_000), st.integers(0, 2**32 - 1))
def test_thinning_keeps_the_extremes_and_at_most_the_given_number_of_points(count: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=count)
    events = thinned(values, points=60)
    assert len(events) <= min(count, 61)
    assert list(events) == sorted(set(events))
    if count:
        assert events[-1] == count - 1
        assert values[events].max() == values.max()
        assert values[events].min() == values.min()


def test_a_single_spike_among_many_steps_is_drawn() -> None:
    values = np.zeros(100_000)
    values[54_321] = 7
    frame = loss_curve({"run": progress(values)})["datasets"]["loss"]
    assert len(frame) <= POINTS + 1
    assert frame.loc[frame["loss"] == 7, "step"].tolist() == [54_322]


def test_selected_points_stay_the_same_while_a_series_grows() -> None:
    values = np.random.default_rng(1).normal(size=1_000)
    before, after = thinned(values[:900], 600), thinned(values, 600)
    assert list(before[:-4]) == list(after[: len(before) - 4])


def test_smoothing_is_a_weighted_mean_without_bias_at_the_start() -> None:
    # ten steps an epoch: span 5, so weights fall by 2/3 a step
    values = np.array([3.0, 6.0, 0.0])
    fall = 2 / 3
    expected = [3.0, (6 + 3 * fall) / (1 + fall), (0 + 6 * fall + 3 * fall**2) / (1 + fall + fall**2)]
    np.testing.assert_allclose(smoothed(values, 10), expected)
    np.testing.assert_allclose(smoothed(np.full(50, 4.0), 10), 4.0)


def test_losses_are_drawn_over_epochs_by_run() -> None:
    frame = loss_curve({"a": progress([2.0, 1.0]), "b": progress([5.0], per_epoch=4), "c": NOTHING})["datasets"]["loss"]
    assert list(zip(frame["run"], frame["epoch"], frame["step"], frame["loss"], strict=True)) == [
        ("a", 0.1, 1, 2.0),
        ("a", 0.2, 2, 1.0),
        ("b", 0.25, 1, 5.0),
    ]


def test_hits_have_intervals_and_levels_have_labels() -> None:
    levels = [Rule("popularity", 0.1), Rule("ceiling", 0.5), Rule("recent popularity", 0.11), Rule("neighbours", 0.3)]
    chart = hit_curve({"a": progress([1.0] * 20, hits=(0.2, 0.4))}, levels)["datasets"]
    rows = chart["hits"].to_numpy().tolist()
    assert rows == [["a", 1, 0.2, pytest.approx(0.1), pytest.approx(0.3)], ["a", 2, 0.4, pytest.approx(0.3), 0.5]]
    assert chart["levels"][["label", "height"]].to_numpy().tolist() == [
        ["ceiling 50.0%", 0.5],
        ["neighbours 30.0%", 0.3],
        ["recent popularity 11.0%", pytest.approx(0.1375)],  # raised by 7.5 % of the highest level
        ["popularity 10.0%", 0.1],
    ]


def test_labels_of_levels_far_below_the_curve_stand_apart_on_its_axis() -> None:
    levels = [Rule("popularity", 0.043), Rule("recent popularity", 0.039), Rule("last category", 0.074)]
    chart = hit_curve({"a": progress([1.0] * 20, hits=(0.5, 0.7))}, levels)["datasets"]
    top = chart["hits"]["high"].max()
    heights = chart["levels"]["height"].to_numpy()[::-1]  # from the lowest level
    assert heights == pytest.approx([0.039, 0.039 + 0.075 * top, 0.039 + 0.15 * top])


def test_epochs_are_whole_numbers_on_the_axis() -> None:
    runs = {"a": progress([1.0] * 20, hits=(0.2,))}
    layers = [layer for spec in (loss_curve(runs), hit_curve(runs, [])) for layer in spec["layer"]]
    axes = [layer["encoding"]["x"]["axis"] for layer in layers if "encoding" in layer]
    assert len(axes) == 3
    assert all(axis == {"tickMinStep": 1, "format": "d"} for axis in axes)  # ~g writes 10 as 1e+1


def test_labels_of_levels_stand_right_of_the_chart_where_no_error_bar_reaches() -> None:
    spec = hit_curve({"a": progress([1.0] * 20, hits=(0.2, 0.4))}, [Rule("ceiling", 0.5)])
    text = next(layer for layer in spec["layer"][0]["layer"] if layer["mark"]["type"] == "text")
    assert (text["encoding"]["x"], text["mark"]["align"], text["mark"]["clip"]) == ({"value": "width"}, "left", False)


def test_validation_loss_is_drawn_after_every_epoch() -> None:
    done = replace(
        progress([2.0, 1.0], hits=(0.2,)),
        epochs=(EpochDone(epoch=1, step=2, train_loss=1.5, metrics={"loss": 1.7}, best=True, seconds=1.0),),
    )
    rows = loss_curve({"a": done})["datasets"]["validation"]
    assert rows.to_numpy().tolist() == [["a", 1, 1.7, "validation"]]


def test_the_spec_is_the_same_while_only_the_data_grow() -> None:
    def bare(spec: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in spec.items() if key != "datasets"}

    small, large = progress([1.0]), progress(np.ones(5_000), hits=(0.1,) * 40)
    assert bare(loss_curve({"a": NOTHING})) == bare(loss_curve({"a": small})) == bare(loss_curve({"a": large}))
    assert bare(hit_curve({"a": small}, [])) == bare(hit_curve({"a": large}, [Rule("ceiling", 0.4)]))
    for chart in (loss_curve({"a": NOTHING}), hit_curve({"a": NOTHING}, [])):
        assert all(len(frame) == 0 and len(frame.columns) for frame in chart["datasets"].values())


def test_a_legend_names_several_runs_in_the_colours_of_models() -> None:
    layer, two = (
        loss_curve(dict.fromkeys(names, NOTHING))["layer"][0]["encoding"]["color"] for names in (["a"], ["a", "b"])
    )
    assert layer["legend"] is None
    assert two["legend"] is not None
    assert (two["scale"]["domain"], tuple(two["scale"]["range"])) == (["a", "b"], MODEL_COLOURS[:2])
