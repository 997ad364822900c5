"""A small share of `make chaos` loses nothing; planted losses are seen there before anything else is tried."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_a_share_of_kills_full_disks_and_damaged_files_loses_nothing() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.chaos", "--quick"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["total"]["lost"], document["tracebacks"]) == (0, 0)
    assert document["total"]["tries"] >= 20
    assert {kind.split(":")[0] for kind in document["kinds"]} == {
        "kill",
        "full disk",
        "read-only disk",
        "limited disk",
        "damaged",
    }
