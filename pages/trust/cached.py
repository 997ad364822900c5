"""Faithfulness reports that Trust reads from disk; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

from pages.ui.shared_cache import shared_cache
from streamrec_core.attribution.faithfulness.record import REPORT_FILE, FaithfulnessReport, read_report
from streamrec_core.files import file_stamp


def faithfulness(folder: Path, weights: str) -> FaithfulnessReport | None:
    """The report beside a model's card; None where there is none, or it is on other weights."""
    report = _faithfulness(folder, file_stamp(folder / REPORT_FILE))
    return report if report is not None and report.subject.weights_sha256 == weights else None


@shared_cache(max_entries=32, show_spinner=False)
def _faithfulness(folder: Path, stamp: tuple[int, ...]) -> FaithfulnessReport | None:
    return read_report(folder)
