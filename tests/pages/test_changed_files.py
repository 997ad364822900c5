"""Files changed under a card while the dashboard runs: every page refuses them with both hashes, and stays up."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from tests.pages.conftest import Visit
from tests.pages.test_overview import words


@pytest.mark.parametrize("view", ["holds", "sessions", "change"])
def test_browsing_events_that_were_rewritten_is_refused_with_both_hashes(
    visit: Visit, world: DataSet, view: str
) -> None:
    before = visit("dataset/page.py", show=view)
    path = data_folder() / "tiny" / "events.parquet"
    table = pq.read_table(path)
    items = table["item_id"].to_pylist()
    pq.write_table(table.set_column(table.column_names.index("item_id"), "item_id", [items[::-1]]), path)
    for text in (words(before.run()), words(visit("dataset/page.py", show=view))):
        assert "events.parquet is not what the card describes" in text.replace("\\", "")
        assert world.card.hashes["events"][:12] in text
    assert "delete" in [button.key for button in before.button]  # so that it can be removed
