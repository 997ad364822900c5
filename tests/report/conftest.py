"""Fixtures of report tests: a small world, and reports on its two models."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.report.collect import collect
from streamrec_core.report.document import Document
from streamrec_core.report.settings import ReportSettings
from tests.report.worlds import build, opened

SETTINGS = ReportSettings(weighed=24, looked_at=10, explained=6)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(tmp_path_factory.mktemp("report-world"))


@pytest.fixture(scope="session")
def document(folders: dict[str, Path]) -> Document:
    return collect(opened(folders), SETTINGS)


@pytest.fixture(scope="session")
def memory(folders: dict[str, Path]) -> Document:
    """A report on a model without heads, with a requested case."""
    return collect(opened(folders, "memory"), SETTINGS.model_copy(update={"sessions": ("s3",)}))
