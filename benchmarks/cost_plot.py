"""Draw what catalogues and logs cost against their size, from stored results.

    python benchmarks/cost_plot.py [--write]

Prints the slopes (log time over log size, least squares) as JSON; `--write` draws `docs/cost.svg`. The results are
those of `large_catalogue.py` and, by the number of events, of `large_log.py`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS, PICTURE = ROOT / "benchmarks" / "results", ROOT / "docs" / "cost.svg"
CATALOGUE, LOG = "titles of the catalogue", "events of the log"
LOG_CURVES = {
    "importing": lambda phases: phases["import"]["cpu_seconds"],
    "describing": lambda phases: phases["describe"]["cpu_seconds"],
    "browsing, 95 of 100 acts": lambda phases: phases["browse"]["all_acts_cpu"]["p95"] / 1000,
    "browsing, half of the acts": lambda phases: phases["browse"]["all_acts_cpu"]["p50"] / 1000,
}
SAMPLED = "8,192 sampled"
SECONDS = {
    "train": ("seconds_a_step", 1.0),
    "recommend": ("ms_a_session", 0.001),
    "explain": ("seconds_a_session", 1.0),
}
COLOURS = ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 780, 420, 70, 270, 20, 50
Points = list[tuple[int, float]]


def curves(results: dict[str, Any]) -> dict[str, Points]:
    """Titles and seconds of every measure, by its name.

    Parameters
    ----------
    results : dict of str to Any
        As `large_catalogue.py` prints them.

    Returns
    -------
    dict of str to list of (int, float)
    """
    named: dict[str, Points] = {}
    for part, (figure, unit) in SECONDS.items():
        for name, measured in results[part].items():
            # "5,000", "5,000, 8,192 sampled" or "5,000 items, 10 events"
            size, _, rest = name.replace(" items", "").partition(", ")
            items = int(size.replace(",", ""))
            sampled = rest == SAMPLED or (part == "train" and items > 50_000)
            curve = {
                "train": f"a training step, {SAMPLED if sampled else 'all titles'}",
                "recommend": "ten recommendations",
                "explain": f"a checked explanation, {rest}",
            }[part]
            named.setdefault(curve, []).append((items, measured[figure] * unit))
    return {name: sorted(points) for name, points in named.items()}


def log_curves(results: dict[str, Any]) -> dict[str, Points]:
    """Events and seconds of every measure, by its name.

    Parameters
    ----------
    results : dict of str to Any
        By the number of events, what `large_log.py` prints of each phase.

    Returns
    -------
    dict of str to list of (int, float)
    """
    sizes = sorted((int(events), phases) for events, phases in results.items())
    return {name: [(events, seconds(phases)) for events, phases in sizes] for name, seconds in LOG_CURVES.items()}


def stored() -> dict[str, dict[str, Points]]:
    """The curves of both kinds of size."""
    catalogue, log = (
        json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in ("large_catalogue", "large_log")
    )
    return {CATALOGUE: curves(catalogue), LOG: log_curves(log)}


def slope(points: Points) -> float:
    """By which power of the size the time grows."""
    sizes, seconds = np.log(np.array(points, np.float64)).T
    return float(np.polyfit(sizes, seconds, 1)[0])


def picture(panels: dict[str, dict[str, Points]]) -> str:
    """An SVG with a panel for each kind of size, and a line a measure; all axes are logarithmic."""
    height = HEIGHT * len(panels)
    box = f'viewBox="0 0 {WIDTH} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, (size, named) in enumerate(panels.items()):
        lines += [f'<g transform="translate(0 {HEIGHT * number})">', *_panel(size, named), "</g>"]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _panel(size: str, named: dict[str, Points]) -> list[str]:
    every = [point for points in named.values() for point in points]
    low_x, high_x = (math.log10(limit(sizes for sizes, _ in every)) for limit in (min, max))
    low_y, high_y = math.floor(math.log10(min(s for _, s in every))), math.ceil(math.log10(max(s for _, s in every)))

    def at(amount: float, seconds: float) -> tuple[float, float]:
        across = (math.log10(amount) - low_x) / (high_x - low_x)
        up = (math.log10(seconds) - low_y) / (high_y - low_y)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    lines = []
    for power in range(low_y, high_y + 1):
        _, y = at(10**low_x, 10.0**power)
        lines.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    for power in range(math.ceil(low_x), math.floor(high_x) + 1):
        x, _ = at(10**power, 10.0**low_y)
        lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        lines.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{size}</text>')
    for number, (name, points) in enumerate(named.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in (at(*p) for p in points)]
        y = TOP + 14 + 34 * number
        lines.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        lines.append(f'<text x="{WIDTH - RIGHT + 30}" y="{y}">{escape(name)}</text>')
        lines.append(f'<text x="{WIDTH - RIGHT + 30}" y="{y + 14}" fill="#555">slope {slope(points):.2f}</text>')
    return lines


def main() -> None:
    """Print slopes, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    panels = stored()
    slopes = {size: {name: round(slope(points), 2) for name, points in named.items()} for size, named in panels.items()}
    sys.stdout.write(json.dumps(slopes, indent=2) + "\n")
    if arguments.write:
        PICTURE.write_text(picture(panels), encoding="utf-8")


if __name__ == "__main__":
    main()
