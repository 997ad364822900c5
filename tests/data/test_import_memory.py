"""The memory of an import grows by few bytes an event: measured in processes of their own, never by a clock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.large_log import COLUMNS, write_log

MOST_BYTES = 45
"""An event takes 32; it takes 55 where each text is not held once only, and took 68 when all was one table."""
MOST_BYTES_DESCRIBED = 40
"""An event takes 13 in the log itself."""
FEW, MANY = 100_000, 300_000
# Steps are made small, so that what grows with the log is seen and not what a step takes.
PROCESS = """
import json, sys, tracemalloc
from pathlib import Path
import pyarrow as pa
from streamrec_core.data import sessions_table, storage
from streamrec_core.data.describe import describe
from streamrec_core.data.importers import coded, encoding, event_order, rows, table, time_numbers, time_texts
from streamrec_core.data.importers.imported import save

coded.SLICE = rows.SLICE = table.SLICE = time_numbers.SLICE = time_texts.SLICE = 10_000
event_order.PIECE = sessions_table.PIECE = storage.GROUP = 10_000
encoding.BLOCK, coded.PIECES = 100_000, 4
tracemalloc.start()
log, out = map(Path, sys.argv[1:3])
if log.name:
    columns = {f"{name}_column": name for name in sys.argv[3:]}
    save(table.import_table(log, table.TableSettings.parse(columns, "test")), out)
    answer = storage.DataSetCard.read(out / "dataset.json").counts.events
else:
    answer = describe(storage.read_dataset(out)).counts.events
peak = tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory()
print(json.dumps([answer, peak]))
"""


def peak(*arguments: Any) -> tuple[int, int]:
    """Events of the data set, and the bytes that Python and Arrow had allocated at most."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    events, most = json.loads(done.stdout)
    return events, most


def test_an_event_takes_few_bytes(tmp_path: Path) -> None:
    imported, described = {}, {}
    for events in (FEW, MANY):
        log, out = tmp_path / f"{events}.csv", tmp_path / str(events)
        write_log(log, events, wide=False)
        counted, imported[events] = peak(log, out, *COLUMNS)
        also_counted, described[events] = peak("", out)
        assert counted == also_counted == events
    assert (imported[MANY] - imported[FEW]) / (MANY - FEW) < MOST_BYTES
    assert (described[MANY] - described[FEW]) / (MANY - FEW) < MOST_BYTES_DESCRIBED
