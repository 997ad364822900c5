"""Damaged copies of every stored file under the commands that read it: an error that names the file, no traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.chaos.child import Fault, run_in_child
from benchmarks.chaos.disks import faults_of_ending, run_action, run_command
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.world import SMALL_REPORT, copied
from streamrec_core.diagnosis.flagged_cases import flagged_cases
from tests.damage import DAMAGES

NOBODY = 65534
"""The account that may not read what belongs to another."""
W = "{workspace}"
RESUME, EVALUATE = ("train", "--run", f"{W}/runs/half", "--resume", "--json"), ("evaluate", "--run", f"{W}/runs/whole")
READERS: dict[str, tuple[tuple[object, ...], ...]] = {
    "data/shop/dataset.json": (("data", "describe", "shop"), ("data", "import", "--again", "shop")),
    "data/shop/events.parquet": (("data", "describe", "shop"), ("data", "accept", f"{W}/data/shop")),
    "data/shop/catalogue.parquet": (("data", "describe", "shop"),),
    "data/shop/sessions.parquet": (("data", "describe", "shop"),),
    "data/tiny/truth.parquet": (EVALUATE,),
    "runs/half/config.json": (RESUME, ("runs", "list"), ("runs", "resume", "half")),
    "runs/half/status.json": (RESUME, ("runs", "list")),
    "runs/half/events.jsonl": (RESUME,),
    "runs/half/last/state.json": (RESUME,),
    "runs/half/last/card.json": (RESUME,),
    "runs/half/last/weights.safetensors": (RESUME,),
    "runs/half/last/optimiser.safetensors": (RESUME,),
    "runs/whole/best/card.json": (EVALUATE, ("models", "list"), ("runs", "list")),
    "runs/whole/best/weights.safetensors": (EVALUATE,),
    "runs/whole/best/catalogue.parquet": (EVALUATE,),
    "runs/.line.json": (("runs", "list"),),
    "packs/whole/manifest.json": (("report", "--check", f"{W}/packs/whole"),),
    "packs/whole/figures.json": (("report", "--check", f"{W}/packs/whole"),),
    "packs/whole/figures.csv": (("report", "--check", f"{W}/packs/whole"),),
    "packs/whole/report.html": (("report", "--check", f"{W}/packs/whole"),),
    "study/planted.sqlite": (("study", "list"), ("study", "results", "planted"), ("study", "invite", "planted")),
    "audit.sqlite3": (("audit", "log"), ("audit", "log", "--check"), ("data", "delete", "shop", "--yes")),
    "pseudonyms.key": (
        ("report", "--run", f"{W}/runs/whole", "--pseudonyms", "always", "--out", f"{W}/p", *SMALL_REPORT),
    ),
    "cases.sqlite3": (),
}
"""Commands by the file that they read, of one file of each kind."""
ACTIONS = {"cases.sqlite3": flagged_cases}
"""What pages read beside commands."""


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 16
    path.write_bytes(content)


def _cut_at(share: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


ALL_DAMAGES = {
    **DAMAGES,
    "one bit": _flip,
    "cut at 1 %": _cut_at(0.01),
    "cut at 90 %": _cut_at(0.9),
    "last byte": lambda path: os.truncate(path, path.stat().st_size - 1),
    "unreadable": lambda path: path.chmod(0),
}


def damaged_copies(template: Path, tally: Tally, share: int = 1) -> None:
    """Every damage to every kind of file.

    Parameters
    ----------
    template : Path
    tally : Tally
    share : int
        Of so many damages one is tried.
    """
    tries = [
        (file, name, damage, partial(run_command, words), " ".join(map(str, words)))
        for file, readers in READERS.items()
        for words in readers
        for name, damage in ALL_DAMAGES.items()
    ]
    tries += [
        (file, name, damage, partial(run_action, act), act.__name__)
        for file, act in ACTIONS.items()
        for name, damage in ALL_DAMAGES.items()
    ]
    for file, name, damage, action, words in tries[::share]:
        with tally.trying(f"damaged: {file}", f"{name}, {words[:60]}") as lost:
            broken = copied(template, template.with_name("broken"))
            path = broken / file
            if not path.exists():
                path.write_text('{"names": []}', encoding="ascii")
            damage(path)
            ended = run_in_child(partial(_as_nobody, action) if name == "unreadable" else action, broken, Fault())
            lost += [ended.error] if ended.error else faults_of_ending(*ended.value)
            if not lost and ended.value[0] == 2 and not _names(ended.value[1], path):
                lost.append(f"names neither file nor folder: {ended.value[1][-300:]}")
            if not path.is_symlink():
                path.chmod(0o755)


def _names(words: str, path: Path) -> bool:
    """Whether an error names the file, its folder or the thing that they are."""
    return any(
        name in words
        for name in (path.name, str(path.parent), str(path.parent.parent), repr(path.stem), repr(path.parent.name))
    )


def _as_nobody(action: Callable[[], tuple[int, str]]) -> tuple[int, str]:
    """The action by an account that may not read the file; root may read everything."""
    if not os.getuid():
        for path in (Path(os.environ["STREAMREC_WORKSPACE"]), *Path(os.environ["STREAMREC_WORKSPACE"]).rglob("*")):
            if path.stat().st_mode & 0o777:
                os.chown(path, NOBODY, NOBODY)
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return action()
