"""Data sets as folders: one is deleted whole, and nothing that is no data set of the workspace is ever deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.config import data_folder
from streamrec_core.data.folders import delete_data
from streamrec_core.data.presets import list_data
from streamrec_core.errors import BadInput, Refused
from tests.worlds import chain_dataset, written

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def mine() -> Path:
    written(chain_dataset(), data_folder() / "mine")
    return data_folder() / "mine"


def test_a_deleted_data_set_leaves_nothing(mine: Path) -> None:
    delete_data("mine")
    assert "mine" not in list_data()
    assert list(data_folder().iterdir()) == []


@pytest.mark.parametrize("name", ["streamrec", "case-study", "gone", "..", ".", "", "mine/../mine", "/etc"])
def test_what_is_no_data_set_of_ones_own_is_not_deleted(mine: Path, name: str) -> None:
    with pytest.raises(BadInput):
        delete_data(name)
    assert (mine / "dataset.json").is_file()


def test_a_folder_that_holds_something_else_is_not_deleted(mine: Path) -> None:
    (mine / "dataset.json").unlink()
    with pytest.raises(BadInput, match="nothing was deleted"):
        delete_data("mine")
    assert (mine / "events.parquet").is_file()


def test_of_a_link_to_a_folder_elsewhere_only_the_link_goes(tmp_path: Path) -> None:
    written(chain_dataset(), tmp_path / "elsewhere")
    data_folder().mkdir(parents=True)
    (data_folder() / "linked").symlink_to(tmp_path / "elsewhere")
    delete_data("linked")
    assert list(data_folder().iterdir()) == []
    assert (tmp_path / "elsewhere" / "dataset.json").is_file()


def test_read_only_refuses_to_delete(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    with pytest.raises(Refused):
        delete_data("mine")
    assert (mine / "dataset.json").is_file()
