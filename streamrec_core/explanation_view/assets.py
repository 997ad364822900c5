"""The JavaScript and CSS that draw the matrix, read from this folder and joined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
MATRIX_SCRIPTS = ("bus.js", "matrix.js")
MATRIX_STYLE = "matrix.css"


@cache
def joined(paths: Sequence[Path]) -> str:
    """Join files into one text, whole-line comments left out, since it is sent to every reader.

    Parameters
    ----------
    paths : sequence of Path
        JavaScript or CSS files, in the order in which they need each other.
    """
    lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if not line.lstrip().startswith("//")) + "\n"


def matrix_script() -> str:
    """Return the ES module whose default export draws the matrix into `parentElement`'s `.sr-matrix`."""
    return joined(tuple(FOLDER / name for name in MATRIX_SCRIPTS))


def matrix_style() -> str:
    """Return the style sheet of the matrix."""
    return joined((FOLDER / MATRIX_STYLE,))
