"""What the Trust page reads, reports measured beforehand: cached and bounded, as in `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from streamrec_core.attribution.faithfulness.record import REPORT_FILE, FaithfulnessReport, read_report
from streamrec_core.explain.shares import SHARES_FILE, CountedShares, read_shares


def faithfulness(folder: Path, weights: str) -> FaithfulnessReport | None:
    """The report beside a model's card; None where there is none, or it speaks of other weights."""
    found = _faithfulness(folder, _stamp(folder / REPORT_FILE))
    return found if found is not None and found.subject.weights_sha256 == weights else None


@st.cache_resource(max_entries=32, show_spinner=False)
def _faithfulness(folder: Path, stamp: int) -> FaithfulnessReport | None:
    return read_report(folder)


def explanation_shares(folder: Path, weights: str) -> CountedShares | None:
    """What became of a model's explanations in words; None where nobody counted, or other weights were meant."""
    found = _explanation_shares(folder, _stamp(folder / SHARES_FILE))
    return found if found is not None and found.weights_sha256 == weights else None


@st.cache_resource(max_entries=32, show_spinner=False)
def _explanation_shares(folder: Path, stamp: int) -> CountedShares | None:
    return read_shares(folder)


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0
