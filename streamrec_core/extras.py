"""Optional libraries: which extra of the package brings each, and the error that names it."""

from __future__ import annotations

from importlib.util import find_spec

from streamrec_core.errors import MissingExtra

EXTRAS = {
    "brotli": "dashboard",
    "plotly": "dashboard",
    "streamlit": "dashboard",
    "cryptography": "report",
    "authlib": "sign-in",
    "httpx": "sign-in",
    "jinja2": "report",
    "pypdf": "report",
    "anywidget": "notebook",
    "ray": "ray",
    "s3fs": "s3",
}
"""Library -> the extra that installs it, as in pyproject.toml."""


def require(library: str) -> None:
    """Stop where an optional library is not installed.

    Raises
    ------
    MissingExtra
        The message holds the `pip install` line that installs it.
    """
    if find_spec(library) is None:
        raise MissingExtra(library, EXTRAS[library])
