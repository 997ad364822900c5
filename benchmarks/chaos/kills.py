"""Kills at every file operation of every writer: the old or the new state opens, and the next start clears up."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.chaos.child import Fault, run_in_child
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.world import copied, differences, survey, tree
from benchmarks.chaos.writers import WRITERS, Writer
from streamrec_core.recovery import recover_workspace


def kill_everywhere(template: Path, tally: Tally, names: Sequence[str], most: int = 0) -> None:
    """Kill each writer at each of its file operations, or at `most` of them."""
    for name in names:
        kill_writer(template, name, WRITERS[name], tally, most)


def kill_writer(template: Path, name: str, writer: Writer, tally: Tally, most: int = 0) -> None:
    """Kill one writer at each of its file operations, or at `most` of them.

    Parameters
    ----------
    template : Path
        The workspace that every try begins with a copy of.
    name : str
    writer : Writer
    tally : Tally
    most : int
        0: all.
    """
    start = copied(template, template.with_name("start"))
    _sure(run_in_child(writer.prepare, start).error)
    before = run_in_child(lambda: survey(writer.about), start).value
    done = copied(start, template.with_name("done"))
    unbroken = run_in_child(writer.act, done, Fault())
    _sure(unbroken.error)
    after = run_in_child(lambda: survey(writer.about), done).value
    names = tree(done)
    print(f"{name}: {unbroken.operations} file operations", file=sys.stderr, flush=True)
    for strike in points(unbroken.operations, most or writer.most):
        with tally.trying(f"kill: {name}", f"at operation {strike} of {unbroken.operations}") as lost:
            broken = copied(start, template.with_name("broken"))
            ended = run_in_child(writer.act, broken, Fault(strike))
            if not ended.killed:
                lost.append(f"was not killed: {ended.error}")
                continue
            lost += run_in_child(lambda: _recovered(writer, before, after), broken).answer()
            if odd := tree(broken) ^ names:
                lost.append(f"files differ from an unbroken run: {', '.join(sorted(odd))[:300]}")


def _recovered(writer: Writer, before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Faults of the next start after a kill: what opens before it, and after it has done the work again."""
    now = survey(writer.about)
    faults = differences(before, after, now, writer.between)
    recover_workspace()
    if now != after or writer.again:
        writer.act()
    now = survey(writer.about)
    return faults + [f"after the next start: {fault}" for fault in differences(after, after, now, _random(writer))]


def _random(writer: Writer) -> tuple[str, ...]:
    return tuple(name for name in writer.between if name == "key")


def points(operations: int, most: int) -> Iterator[int]:
    """Operations to strike at: all, or `most` of them, spread evenly and with the last."""
    step = 1 if not most else max(1, operations / most)
    number = float(operations)
    while number >= 1:
        yield round(number)
        number -= step


def _sure(error: str) -> None:
    if error:
        raise RuntimeError(f"the unbroken work failed: {error}")
