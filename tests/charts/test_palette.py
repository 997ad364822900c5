"""Colours have enough contrast on both grounds, and are the same in charts and theme."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from streamrec_core.charts import palette
from streamrec_core.charts.palette import contrast, luminance

THEME = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


def test_black_on_white_has_the_contrast_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("ground", [palette.LIGHT_GROUND, palette.DARK_GROUND])
@pytest.mark.parametrize(
    "colour",
    [
        *palette.CATEGORY_COLOURS,
        *palette.HEAD_TYPE_COLOURS.values(),
        *palette.MODEL_COLOURS,
        *palette.METHOD_COLOURS.values(),
        *palette.SPLIT_COLOURS.values(),
        palette.NEUTRAL_COLOUR,
        palette.REFERENCE,
        palette.SIGNAL,
    ],
)
def test_every_colour_has_enough_contrast_on_both_grounds(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


def test_categories_and_models_have_distinct_colours() -> None:
    assert len(set(palette.CATEGORY_COLOURS)) == 20
    assert len(set(palette.MODEL_COLOURS)) == 8
    assert palette.category_colour(23) == palette.category_colour(3)
    assert palette.category_colour(3, neutral=True) == palette.NEUTRAL_COLOUR
    assert palette.model_colour(9) == palette.model_colour(1)


def test_one_colour_has_one_meaning() -> None:
    tables = (
        palette.HEAD_TYPE_COLOURS.values(),
        palette.METHOD_COLOURS.values(),
        palette.SPLIT_COLOURS.values(),
        palette.MODEL_COLOURS,
    )
    colours = [colour for table in tables for colour in table]
    assert len(set(colours)) == len(colours)
    distances = [np.linalg.norm(oklab(first) - oklab(second)) for first, second in combinations(colours, 2)]
    assert min(distances) > 0.055


def oklab(colour: str) -> npt.NDArray[np.float64]:
    """Perceptual coordinates (Ottosson 2020)."""
    channels = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    cones = [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
    axes = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    coordinates: npt.NDArray[np.float64] = np.array(axes) @ np.cbrt(np.array(cones) @ linear)
    return coordinates


def test_text_on_any_colour_of_a_scale_can_be_read() -> None:
    for scale in (*palette.SEQUENTIAL.values(), palette.DIVERGING):
        for share in np.linspace(0, 1, 101):
            cell = palette.shade(scale, float(share))
            assert contrast(palette.text_on(cell), cell) >= 4.5
    assert palette.shade(("#000000", "#808080", "#ffffff"), 0.25) == "#404040"
    assert palette.shade(("#000000", "#ffffff"), 7.0) == "#ffffff"


def test_sequential_colours_move_away_from_the_ground_step_by_step() -> None:
    falling = [luminance(colour) for colour in palette.SEQUENTIAL_LIGHT]
    rising = [luminance(colour) for colour in palette.SEQUENTIAL_DARK]
    assert falling == sorted(falling, reverse=True)
    assert rising == sorted(rising)


def test_the_theme_shows_the_same_colours() -> None:
    assert tuple(THEME["light"]["chartSequentialColors"]) == palette.SEQUENTIAL_LIGHT
    assert tuple(THEME["dark"]["chartSequentialColors"]) == palette.SEQUENTIAL_DARK
    assert tuple(THEME["chartDivergingColors"]) == palette.DIVERGING
    assert tuple(THEME["chartCategoricalColors"]) == palette.CATEGORY_COLOURS[:10]
    assert (THEME["light"]["backgroundColor"], THEME["dark"]["backgroundColor"]) == (
        palette.LIGHT_GROUND,
        palette.DARK_GROUND,
    )
    assert {name: THEME[name]["textColor"] for name in ("light", "dark")} == palette.INK
