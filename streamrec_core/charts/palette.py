"""The colours of the house: categories, heads, shares of attention; each readable on light and on dark ground.

The 20 category colours were found by search: each has a contrast of at least 3 with both grounds, and among them
the smallest difference in OKLab is as large as possible, seen normally and with red or green blindness (Machado
and others, 2009). Twenty hues cannot all be told apart by eye, so a colour never stands without its label.
"""

from __future__ import annotations

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
"""The colour of a head's type, the same on every page, chart and export."""

HEAD_COLOURS = ("#2f5bc2", "#b5360e", "#9c8e11", "#166e54", "#ae7fb2", "#5b8df9", "#805f95", "#499170")

INK = {"light": "#12171e", "dark": "#e6e9ed"}
"""Of text and fine lines, by ground."""
ACCENT = "#3a78b5"
QUIET = "#8b929c"

# Ten steps from nothing to everything: one hue, evenly falling (light ground) or rising (dark ground) lightness.
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
    """The fixed colour of a category by its row in the catalogue; colours repeat beyond twenty categories."""
    return NEUTRAL_COLOUR if neutral else CATEGORY_COLOURS[code % len(CATEGORY_COLOURS)]


def head_colour(number: int) -> str:
    """The fixed colour of a head, counted layer by layer; colours repeat beyond eight heads."""
    return HEAD_COLOURS[number % len(HEAD_COLOURS)]
