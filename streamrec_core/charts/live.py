"""Live curves of training runs as Vega-Lite specs, which stay the same while their data grow.

Streamlit updates a Vega-Lite chart in place as long as only its named data sets change, so that zoom and position are
kept. So everything that grows is in the data sets, and the marks depend only on the runs shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from streamrec_core.charts.curve_points import smoothed, thinned
from streamrec_core.charts.palette import CHART_TEXT, NEUTRAL_COLOUR, REFERENCE, model_colour
from streamrec_core.training.follow import RunProgress

HEIGHT = 320
ROOM = 8
"""Pixels between the outermost points and the edge, so that no point is cut off."""
LABEL_GAP = 0.075
"""Distance of two labels at least, as a share of the height of the axis."""
LOSS_TITLE = "Loss (nats)"
CEILING_NAME = "ceiling"
LOSS_COLUMNS = ("run", "epoch", "step", "loss", "smooth")
VALIDATION_COLUMNS = ("run", "epoch", "loss", "part")
PARTS = ("training", "validation")
HIT_COLUMNS = ("run", "epoch", "hit", "low", "high")
RULE_COLUMNS = ("name", "value", "label", "height")


@dataclass(frozen=True)
class Rule:
    """A level to compare with: a baseline's Hit@10, or the ceiling."""

    name: str
    value: float


def loss_curve(runs: Mapping[str, RunProgress], text: str = CHART_TEXT["light"]) -> dict[str, Any]:
    """Draw the training loss of runs by step, raw and smoothed, and their validation loss by epoch.

    Parameters
    ----------
    runs : mapping of str to RunProgress
        By name.
    text : str
        Colour of ticks and titles.

    Returns
    -------
    dict of str to Any
        A Vega-Lite spec.
    """
    frames = [_loss_frame(name, progress) for name, progress in runs.items()]
    lines = {
        "data": {"name": "loss"},
        "encoding": {
            "x": _epochs("epoch"),
            "y": {**_figure("loss", LOSS_TITLE), "scale": {"zero": False}},
            "color": _colours(list(runs)),
        },
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.28, "clip": True},
                "params": [_zoom()],
            },
            {
                "mark": {"type": "line", "strokeWidth": 2, "clip": True},
                "encoding": {"y": _figure("smooth", LOSS_TITLE), "tooltip": _loss_tips()},
            },
            {
                "mark": {"type": "point", "opacity": 0, "size": 60, "clip": True},
                "encoding": {"y": _figure("smooth", LOSS_TITLE), "tooltip": _loss_tips()},
            },
        ],
    }
    validation = _joined([_validation_frame(name, progress) for name, progress in runs.items()], VALIDATION_COLUMNS)
    datasets = {"loss": _joined(frames, LOSS_COLUMNS), "validation": validation}
    return _spec([lines, _validation_lines(list(runs))], datasets, text)


def hit_curve(
    runs: Mapping[str, RunProgress], rules: Sequence[Rule], text: str = CHART_TEXT["light"]
) -> dict[str, Any]:
    """Draw the validation Hit@10 of runs after every epoch, with 95 % intervals and levels to compare with.

    Parameters
    ----------
    runs : mapping of str to RunProgress
        By name.
    rules : sequence of Rule
        Labelled level lines; one named "ceiling" has a colour of its own.
    text : str
        Colour of ticks, titles and labels.

    Returns
    -------
    dict of str to Any
        A Vega-Lite spec.
    """
    hits = _joined([_hit_frame(name, progress) for name, progress in runs.items()], HIT_COLUMNS)
    levels = pd.DataFrame(_labelled(rules, float(hits["high"].max())), columns=list(RULE_COLUMNS))
    datasets = {"hits": hits, "levels": levels}
    return _spec([_level_lines(text), _hit_lines(list(runs))], datasets, text)


def _labelled(rules: Sequence[Rule], highest: float) -> list[tuple[str, float, str, float]]:
    """Each level with its label and the label's height, which is raised where it would overlap the one below.

    The axis reaches to the highest hit, where there are any, or the highest level.
    """
    ordered = sorted(rules, key=lambda rule: rule.value)
    gap = LABEL_GAP * max([rule.value for rule in ordered] + [highest] * math.isfinite(highest), default=0.0)
    rows: list[tuple[str, float, str, float]] = []
    for rule in ordered:
        height = max(rule.value, rows[-1][3] + gap) if rows else rule.value
        rows.append((rule.name, rule.value, f"{rule.name} {rule.value:.1%}", height))
    return rows[::-1]


def _hit_lines(names: Sequence[str]) -> dict[str, Any]:
    tips = [
        {"field": "run", "title": "run"},
        {"field": "epoch", "title": "epoch"},
        {"field": "hit", "title": "Hit@10", "format": ".2%"},
        {"field": "low", "title": "95% CI from", "format": ".2%"},
        {"field": "high", "title": "to", "format": ".2%"},
    ]
    return {
        "data": {"name": "hits"},
        "encoding": {
            "x": _epochs("epoch"),
            "y": {
                **_figure("hit", "Hit@10 on validation"),
                "axis": {"format": "~%"},
                "scale": {"nice": False, "padding": ROOM},
            },
            "color": _colours(names),
            "tooltip": tips,
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2, "clip": True}, "params": [_zoom()]},
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.45, "clip": True},
                "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            },
            {"mark": {"type": "point", "filled": True, "size": 55, "opacity": 1, "clip": True}},
        ],
    }


def _level_lines(text: str) -> dict[str, Any]:
    paint = {"condition": {"test": "datum.name == 'ceiling'", "value": REFERENCE}, "value": NEUTRAL_COLOUR}
    tips = [{"field": "name"}, {"field": "value", "title": "Hit@10", "format": ".2%"}]
    return {
        "data": {"name": "levels"},
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 4], "strokeWidth": 1.5},
                "encoding": {"y": {"field": "value", "type": "quantitative"}, "color": paint, "tooltip": tips},
            },
            {
                # Right of the chart, where no error bar reaches; zoom would clip it. Vega makes room for it.
                "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 6, "fontSize": 10, "clip": False}
                | {"color": text},
                "encoding": {
                    "y": {"field": "height", "type": "quantitative"},
                    "x": {"value": "width"},
                    "text": {"field": "label"},
                    "tooltip": tips,
                },
            },
        ],
    }


def _validation_lines(names: Sequence[str]) -> dict[str, Any]:
    """The validation loss after every epoch: dashed, with a dot for each epoch, in the colour of the run."""
    tips = [
        {"field": "run", "title": "run"},
        {"field": "epoch", "title": "epoch"},
        {"field": "loss", "title": "validation loss", "format": ".4f"},
    ]
    key = {"orient": "top", "title": None, "symbolType": "stroke", "symbolSize": 500, "symbolStrokeWidth": 2}
    key |= {"columns": 1}
    dash = {
        "field": "part",
        "type": "nominal",
        "scale": {"domain": list(PARTS), "range": [[1, 0], [6, 4]]},
        "legend": key,
    }
    return {
        "data": {"name": "validation"},
        "encoding": {
            "x": _epochs("epoch"),
            "y": {**_figure("loss", LOSS_TITLE), "scale": {"zero": False}},
            "color": {**_colours(names), "legend": None},
            "tooltip": tips,
        },
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2, "clip": True}, "encoding": {"strokeDash": dash}},
            {"mark": {"type": "point", "filled": True, "size": 45, "opacity": 1, "clip": True}},
        ],
    }


def _spec(layers: list[dict[str, Any]], datasets: dict[str, pd.DataFrame], text: str) -> dict[str, Any]:
    # Rules and curves have separate colour scales, and one y axis.
    return {
        "height": HEIGHT,
        "layer": layers,
        "resolve": {"scale": {"color": "independent"}},
        "config": {
            "axis": {"labelColor": text, "titleColor": text},
            "legend": {"labelColor": text, "titleColor": text},
        },
        "datasets": datasets,
    }


def _epochs(field: str) -> dict[str, Any]:
    axis = {"tickMinStep": 1, "format": "d"}
    return {
        "field": field,
        "type": "quantitative",
        "title": "Epoch",
        "axis": axis,
        "scale": {"zero": True, "nice": False, "padding": ROOM},
    }


def _figure(field: str, title: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title}


def _colours(names: Sequence[str]) -> dict[str, Any]:
    """The colour of each run by its position; where there are several, the legend on top names them."""
    palette = [model_colour(number) for number in range(len(names))]
    key = {"orient": "top", "title": None, "labelLimit": 200, "symbolType": "stroke", "columns": 1}
    key |= {"symbolOpacity": 1, "symbolStrokeWidth": 3}
    legend = key if len(names) > 1 else None
    return {"field": "run", "type": "nominal", "scale": {"domain": list(names), "range": palette}, "legend": legend}


def _zoom() -> dict[str, Any]:
    """Drag pans, Shift and wheel zoom, a double click resets; the wheel alone scrolls the page."""
    select = {"type": "interval", "zoom": "wheel![event.shiftKey]"}
    return {"name": "zoom", "select": select, "bind": "scales"}


def _loss_tips() -> list[dict[str, Any]]:
    return [
        {"field": "run", "title": "run"},
        {"field": "step", "title": "step", "format": ","},
        {"field": "loss", "title": "loss", "format": ".4f"},
        {"field": "smooth", "title": "smoothed", "format": ".4f"},
    ]


def _loss_frame(name: str, progress: RunProgress) -> pd.DataFrame:
    if progress.started is None or not len(progress.steps):
        return pd.DataFrame(columns=list(LOSS_COLUMNS))
    per_epoch = progress.started.steps_per_epoch
    smooth = smoothed(progress.losses, per_epoch)
    drawn = thinned(progress.losses)
    steps = progress.steps[drawn]
    return pd.DataFrame(
        {
            "run": name,
            "epoch": np.round(steps / per_epoch, 4),
            "step": steps,
            "loss": progress.losses[drawn].astype(np.float32),
            "smooth": smooth[drawn].astype(np.float32),
        }
    )


def _validation_frame(name: str, progress: RunProgress) -> pd.DataFrame:
    rows = [(name, done.epoch, done.metrics["loss"], PARTS[1]) for done in progress.epochs if "loss" in done.metrics]
    return pd.DataFrame(rows, columns=list(VALIDATION_COLUMNS))


def _hit_frame(name: str, progress: RunProgress) -> pd.DataFrame:
    rows = [
        (name, done.epoch, done.metrics["hit@10"], *done.metrics.get("hit@10_interval", (None, None)))
        for done in progress.epochs
        if "hit@10" in done.metrics
    ]
    return pd.DataFrame(rows, columns=list(HIT_COLUMNS))


def _joined(frames: list[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=list(columns))
