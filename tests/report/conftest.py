"""What tests of the pack may ask for: the small world, and one document collected from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.report.collect import collect
from streamrec_core.report.document import Document
from streamrec_core.report.settings import ReportSettings
from tests.report.worlds import build, opened

SETTINGS = ReportSettings(weighed=24, looked_at=10, explained=6)


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(tmp_path_factory.mktemp("report-world"))


@pytest.fixture(scope="session")
def document(places: dict[str, Path]) -> Document:
    return collect(opened(places), SETTINGS)


@pytest.fixture(scope="session")
def memory(places: dict[str, Path]) -> Document:
    """The same of a model without heads, with a case that is asked for."""
    return collect(opened(places, "memory"), SETTINGS.model_copy(update={"sessions": ("s3",)}))
