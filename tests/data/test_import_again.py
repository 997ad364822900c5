"""What `dataset.json` keeps of an import is enough to repeat it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from streamrec_core.cli.data import app
from streamrec_core.data.dataset import DataSetCard
from streamrec_core.data.describe import describe
from streamrec_core.data.importers.again import import_again
from streamrec_core.data.importers.imported import save
from streamrec_core.data.importers.movielens import import_movielens
from streamrec_core.data.importers.ratings import RatingSettings
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.storage import read_dataset
from streamrec_core.errors import BadInput
from tests.data import import_files as files

LOG = """user;item;when;how
a;x;1704447420;view
a;y;1704447420;buy
a;z;1704447421;view
b;y;1704447425;view
NA;y;1;view
"""
SETTINGS: dict[str, Any] = {
    "user_column": "user",
    "item_column": "item",
    "time_column": "when",
    "engagement_column": "how",
    "engagement_map": {"view": "click", "buy": "share"},
    "gap_minutes": 30,
    "skip_bad_rows": True,
    "missing_values": ("NA",),
}


def log_file(folder: Path) -> Path:
    (folder / "log.csv").write_text(LOG, encoding="utf-8")
    return folder / "log.csv"


def test_the_card_holds_columns_maps_filters_and_counts(tmp_path: Path) -> None:
    dataset = save(import_table(log_file(tmp_path), TableSettings.parse(SETTINGS, "test")), tmp_path / "out")
    record = read_dataset(tmp_path / "out").card.importing
    assert record is not None
    assert record.settings == {**SETTINGS, "missing_values": ["NA"], "name": "log"}
    assert (record.counts["rows"], record.counts["bad_rows"], record.counts["single_event_sessions"]) == (5, 1, 1)
    again = save(import_again(dataset.card), tmp_path / "again")
    assert again.card == dataset.card
    (tmp_path / "log.csv").unlink()
    with pytest.raises(BadInput, match="is not there any more; give the file to import"):
        import_again(dataset.card)


def test_the_command_does_the_same_import(tmp_path: Path) -> None:
    save(import_table(log_file(tmp_path), TableSettings.parse(SETTINGS, "test")), tmp_path / "out")
    card = DataSetCard.read(tmp_path / "out" / "dataset.json")
    assert card.importing is not None
    words = shlex.split(card.importing.command)
    assert words[:2] == ["streamrec", "data"]
    done = CliRunner().invoke(app, [*words[2:], "--out", str(tmp_path / "again")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert DataSetCard.read(tmp_path / "again" / "dataset.json") == card
    (tmp_path / "more.csv").write_text(LOG.replace("b;y", "a;y"), encoding="utf-8")
    words = ["import", "--again", str(tmp_path / "out"), "--from", str(tmp_path / "more.csv")]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert read_dataset(tmp_path / "out").card.counts.events == 4


def test_movielens_is_repeated_too(tmp_path: Path) -> None:
    folder = files.movielens_1m(tmp_path / "ml")
    dataset = save(import_movielens(folder, RatingSettings(min_item_ratings=1)), tmp_path / "out")
    assert save(import_again(dataset.card), tmp_path / "again").card == dataset.card


def test_describe_tells_ties_and_what_a_random_split_leaks(tmp_path: Path) -> None:
    dataset = save(import_table(log_file(tmp_path), TableSettings.parse(SETTINGS, "test")), tmp_path / "out")
    description = describe(dataset)
    assert (description.tied_share, description.unordered_session_share) == (0.5, 1.0)
    rows = [f"s{n},{item},{1704447420 + 60 * n}\n" for n in range(50) for item in "xy"]
    (tmp_path / "many.csv").write_text("session,item,time\n" + "".join(rows), encoding="utf-8")
    columns = {"session_column": "session", "item_column": "item", "time_column": "time"}
    shares = [
        describe(
            save(
                import_table(tmp_path / "many.csv", TableSettings.parse({**columns, "split": split}, "test")),
                tmp_path / split,
            )
        ).later_training_share
        for split in ("session", "time")
    ]
    assert shares[0] is not None
    assert shares[0] > 0.9
    assert shares[1] == 0
