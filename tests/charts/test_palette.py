"""Colours have enough contrast on both grounds, and are the same in charts and theme."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from streamrec_core.charts import palette

THEME = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(hue: str, other: str) -> float:
    low, high = sorted((luminance(hue), luminance(other)))
    return (high + 0.05) / (low + 0.05)


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


def test_categories_heads_and_models_have_distinct_colours() -> None:
    assert len(set(palette.CATEGORY_COLOURS)) == 20
    assert len(set(palette.HEAD_COLOURS)) == len(set(palette.MODEL_COLOURS)) == 8
    assert palette.category_colour(23) == palette.category_colour(3)
    assert palette.category_colour(3, neutral=True) == palette.NEUTRAL_COLOUR
    assert palette.head_colour(9) == palette.head_colour(1)
    assert palette.model_colour(9) == palette.model_colour(1)


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
