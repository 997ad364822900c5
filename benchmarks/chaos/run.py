"""The parts of `make chaos`, two at a time, and their sum."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import multiprocessing
import os
import pkgutil
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, suppress
from pathlib import Path

import torch
import torch._dynamo  # imported by the first optimiser, in every child that trains

import streamrec_core
from benchmarks.chaos import world
from benchmarks.chaos.child import run_in_child
from benchmarks.chaos.damaged import damaged_copies
from benchmarks.chaos.disks import full_and_read_only
from benchmarks.chaos.kills import kill_everywhere, kill_writer
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.training import kill_training
from benchmarks.chaos.writers import IN_PLACE, WRITERS

QUICK_WRITERS = ("import over another", "write over a pack", "delete a run", "create a study", "key of pseudonyms")
AT_ONCE = 2
MOST = int(os.environ.get("STREAMREC_CHAOS_MOST", "0"))
"""Kills of each writer; 0: one at each of its file operations."""
Part = Callable[[Path, Tally], None]
PARTS: dict[str, Part] = {
    "training": lambda template, tally: kill_training(template, tally, 25),
    "kills": lambda template, tally: kill_everywhere(template, tally, tuple(WRITERS)[::2], MOST),
    "more kills": lambda template, tally: kill_everywhere(template, tally, tuple(WRITERS)[1::2], MOST),
    "disks": lambda template, tally: full_and_read_only(template, tally, 6),
    "damaged": damaged_copies,
}
QUICK: dict[str, Part] = {
    "kills": lambda template, tally: kill_everywhere(template, tally, QUICK_WRITERS, 2),
    "disks": lambda template, tally: full_and_read_only(template, tally, 1, 9),
    "damaged": lambda template, tally: damaged_copies(template, tally, 60),
}


def main() -> None:
    """Break everything and print what survived; the exit code is 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"Of {', '.join(PARTS)}; default: all.")
    parser.add_argument("--quick", action="store_true", help="A small share of each part, in seconds.")
    arguments = parser.parse_args()
    began = time.monotonic()
    torch.set_num_threads(1)  # a process with threads of its own cannot be forked safely
    _import_everything()
    root = Path(tempfile.mkdtemp(prefix="streamrec-chaos-"))
    try:
        root.chmod(0o755)
        tally = _all_broken(root, arguments.parts or tuple(QUICK if arguments.quick else PARTS), arguments.quick)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(json.dumps(tally.document() | {"seconds": round(time.monotonic() - began)}, indent=2))
    sys.exit(1 if tally.losses else 0)


def _import_everything() -> None:
    """What commands import when they need it, so that no child has to."""
    for module in pkgutil.walk_packages(streamrec_core.__path__, "streamrec_core."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)


def _all_broken(root: Path, names: Sequence[str], quick: bool) -> Tally:
    """Do the parts of these names on copies of one workspace, some at a time."""
    template = root / "template"
    template.mkdir()
    if error := run_in_child(world.build, template).error:
        raise RuntimeError(error)
    _check_that_loss_is_seen(template)
    total = Tally()
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("fork")) as pool:
        for tally in pool.map(_broken, names, [quick] * len(names), [template] * len(names)):
            total.add(tally)
    return total


def _check_that_loss_is_seen(template: Path) -> None:
    """A writer that empties a file before it writes must be lost, or nothing that survives here means anything."""
    planted = Tally()
    with redirect_stderr(io.StringIO()):
        kill_writer(world.copied(template, template.parent / "planted" / "template"), "in place", IN_PLACE, planted)
    if not planted.losses:
        raise RuntimeError("kills in the middle of a write were not seen as losses")


def _broken(name: str, quick: bool, template: Path) -> Tally:
    """One part, in a folder of its own."""
    tally, part = Tally(), (QUICK if quick else PARTS)[name]
    part(world.copied(template, template.parent / name.replace(" ", "-") / "template"), tally)
    return tally
