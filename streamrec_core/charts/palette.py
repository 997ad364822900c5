"""Colours of categories, head types, methods, models, splits and attention, for light and dark grounds.

The 20 category colours were found by search: each has a contrast of at least 3 with both grounds, and the
smallest difference in OKLab among them is as large as possible, with normal vision and with red or green blindness
(Machado and others, 2009). Twenty hues cannot all be told apart by eye, so a colour always has a label beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Scheme = Literal["light", "dark"]
"""Of the ground that a chart is drawn on."""

LIGHT_GROUND, DARK_GROUND = "#fcfbf9", "#0e1217"

CATEGORY_COLOURS = (
    "#2f5bc2",
    "#b5360e",
    "#9c8e11",
    "#166e54",
    "#ae7fb2",
    "#5b8df9",
    "#805f95",
    "#499170",
    "#e45d82",
    "#5d74c7",
    "#a16d40",
    "#b43875",
    "#346e1a",
    "#2d95d3",
    "#9041a7",
    "#406b76",
    "#628f94",
    "#a6444c",
    "#8e72ab",
    "#56a057",
)
NEUTRAL_COLOUR = "#82878f"
"""Of items such as a home page, which belong to no category."""

HEAD_TYPE_COLOURS = {"focused": "#b5360e", "recency": "#3a6fd0", "category": "#21805f", "distributed": "#7d828b"}
"""By head type, on every page, chart and export."""

# Neighbours in this list differ as much as possible; charts tell models apart by a symbol as well.
MODEL_COLOURS = ("#6159b8", "#c33446", "#639f2f", "#b76fe9", "#3289f6", "#07780b", "#a63698", "#bf840f")
"""Of models and training runs."""

INK = {"light": "#12171e", "dark": "#e6e9ed"}
"""Of text and fine lines, by ground."""
GROUND = {"light": "#fcfbf9", "dark": "#0e1217"}
"""What charts lie on; the same as in `.streamlit/config.toml`."""
CHART_TEXT = {"light": "#454c56", "dark": "#b8bec7"}
"""Of ticks, axis titles, legends and notes in charts, by ground."""
ON_COLOUR = ("#000000", "#ffffff")
"""Of text on a coloured cell or bar: on any colour, one of the two has a contrast of at least 4.5."""
ACCENT = "#3a78b5"
QUIET = "#8b929c"
SIGNAL = "#c9622a"
"""Of attention sinks."""
REFERENCE = "#c77b30"
"""Of ceilings and thresholds."""
PREDICTING = "#e08a3c"
"""Of the frame around the row that a prediction is made from."""

SPLIT_COLOURS = {"train": "#7e5c21", "validation": "#a67088", "test": "#286e74"}
"""Of the parts of a data set."""
METHOD_COLOURS = {
    "contribution": "#b5567f",
    "attention": "#ae7fb2",
    "integrated_gradients": "#9c8e11",
    "removal": "#3d9aa6",
}
"""By attribution method, in the order in which they are drawn."""

# Ten steps from 0 to 1 in one hue, with evenly falling (light ground) or rising (dark ground) lightness.
SEQUENTIAL_LIGHT = (
    "#f1f5f9",
    "#dbe7f1",
    "#c2d7e9",
    "#a5c4df",
    "#84aed2",
    "#6296c3",
    "#437db1",
    "#2b6399",
    "#1b4a79",
    "#0f3256",
)
SEQUENTIAL_DARK = (
    "#19222d",
    "#1d3147",
    "#204161",
    "#24527d",
    "#2c6599",
    "#3d7bb2",
    "#5a93c7",
    "#7fadd8",
    "#aac9e8",
    "#dceaf7",
)
SEQUENTIAL: dict[Scheme, tuple[str, ...]] = {"light": SEQUENTIAL_LIGHT, "dark": SEQUENTIAL_DARK}
DIVERGING = (
    "#8c3b0b",
    "#b05a22",
    "#cc8350",
    "#e2b08c",
    "#f1dccb",
    "#d3e1ee",
    "#a0c0dd",
    "#6a98c4",
    "#3d72a6",
    "#1d4f80",
)


def category_colour(code: int, neutral: bool = False) -> str:
    """Select the colour of a category; colours repeat beyond twenty categories.

    Parameters
    ----------
    code : int
        Position among the catalogue's categories.
    neutral : bool
        Whether to take the colour of neutral items.

    Returns
    -------
    str
        As `#rrggbb`.
    """
    return NEUTRAL_COLOUR if neutral else CATEGORY_COLOURS[code % len(CATEGORY_COLOURS)]


def luminance(colour: str) -> float:
    """Relative luminance of a colour as WCAG 2 defines it, from 0 (black) to 1 (white)."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: str, ground: str) -> float:
    """Compute the contrast of two colours as WCAG 2 defines it.

    Parameters
    ----------
    text, ground : str
        As `#rrggbb`.

    Returns
    -------
    float
        From 1 (the same luminance) to 21 (black and white).
    """
    darker, lighter = sorted((luminance(text), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Select black or white for text on a colour, whichever has the higher contrast."""
    return max(ON_COLOUR, key=lambda text: contrast(text, colour))


def shade(scale: Sequence[str], share: float) -> str:
    """Interpolate a colour scale.

    Parameters
    ----------
    scale : sequence of str
        Colours at equal steps from 0 to 1, as `#rrggbb`.
    share : float
        Position on the scale; below 0 and above 1 its ends.

    Returns
    -------
    str
        As `#rrggbb`.
    """
    position = min(max(share, 0.0), 1.0) * (len(scale) - 1)
    lower = min(int(position), len(scale) - 2)
    part = position - lower
    ends = [[int(scale[at][start : start + 2], 16) for start in (1, 3, 5)] for at in (lower, lower + 1)]
    return "#" + "".join(f"{round(low + part * (high - low)):02x}" for low, high in zip(*ends, strict=True))


def model_colour(number: int) -> str:
    """Select the colour of a model or run by its position among all models; colours repeat beyond eight."""
    return MODEL_COLOURS[number % len(MODEL_COLOURS)]
