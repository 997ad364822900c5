"""Faithfulness reports and shares that Trust reads from disk; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui.workbench import file_stamp
from streamrec_core.attribution.faithfulness.record import REPORT_FILE, FaithfulnessReport, read_report
from streamrec_core.explain.shares import SHARES_FILE, CountedShares, read_shares


def faithfulness(folder: Path, weights: str) -> FaithfulnessReport | None:
    """The report beside a model's card; None where there is none, or it is on other weights."""
    report = _faithfulness(folder, file_stamp(folder / REPORT_FILE))
    return report if report is not None and report.subject.weights_sha256 == weights else None


@st.cache_resource(max_entries=32, show_spinner=False)
def _faithfulness(folder: Path, stamp: tuple[int, int]) -> FaithfulnessReport | None:
    return read_report(folder)


def explanation_shares(folder: Path, weights: str) -> CountedShares | None:
    """Shares of a model's explanations in words that were confirmed; None where there are none for these weights."""
    shares = _explanation_shares(folder, file_stamp(folder / SHARES_FILE))
    return shares if shares is not None and shares.weights_sha256 == weights else None


@st.cache_resource(max_entries=32, show_spinner=False)
def _explanation_shares(folder: Path, stamp: tuple[int, int]) -> CountedShares | None:
    return read_shares(folder)
