"""Full and read-only disks under every command and job: one line and exit code 2, and nothing half-written."""

from __future__ import annotations

import errno
import io
import resource
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.chaos.child import Fault, run_in_child
from benchmarks.chaos.kills import points
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.world import COLUMNS, SMALL_REPORT, copied, differences, survey, tree
from benchmarks.chaos.writers import SMALL_RUN, WRITERS, Writer, without_processes
from streamrec_core.cli.main import main
from streamrec_core.config import workspace
from streamrec_core.errors import StreamRecError

FULL, READ_ONLY = errno.ENOSPC, errno.EROFS
SMALLEST_FILE = 3000
"""Bytes that a file may have where the account has a limit."""
W = "{workspace}"
COMMANDS: tuple[tuple[object, ...], ...] = (
    ("data", "make", "streamrec", "--sessions", 30),
    ("data", "import", "table", f"{W}/log.csv", *COLUMNS, "--name", "new"),
    ("data", "import", "table", f"{W}/log.csv", *COLUMNS, "--name", "shop", "--overwrite"),
    ("data", "import", "--again", "shop"),
    ("data", "accept", f"{W}/data/shop"),
    ("data", "delete", "shop", "--yes"),
    ("data", "describe", "shop"),
    ("train", "--run", f"{W}/runs/new", "--json", *SMALL_RUN),
    ("train", "--run", f"{W}/runs/half", "--json", "--resume"),
    ("train", "--run", f"{W}/runs/queued", "--json", "--queue", *SMALL_RUN),
    ("runs", "list"),
    ("runs", "rename", "spare", "other"),
    ("runs", "resume", "half"),
    ("runs", "delete", "spare", "--yes"),
    ("models", "list"),
    ("evaluate", "--run", f"{W}/runs/whole"),
    ("explain", "--run", f"{W}/runs/whole", "--session", "1"),
    ("explain", "--run", f"{W}/runs/whole", "--all", "--sessions", 2, "--out", f"{W}/explanations.jsonl"),
    ("faithfulness", "--run", f"{W}/runs/whole", "--sessions", 4, "--write"),
    ("report", "--run", f"{W}/runs/whole", "--out", f"{W}/packs/new", *SMALL_REPORT),
    ("report", "--check", f"{W}/packs/whole"),
    ("audit", "log", "--check"),
    ("study", "invite", "planted"),
    ("study", "revoke", "planted", 1),
    ("study", "list"),
    ("study", "results", "planted"),
    ("study", "delete", "planted", "--yes"),
)
"""Commands on the workspace of `world.build`, and on others that read it."""
RESUMABLE = ".parts"
"""Finished batches of explanations, which the next run of the command goes on from."""
JOBS = (
    "a job",
    "create a study",
    "write a pack",
    "flag a case",
    "change a note",
    "remove a case",
    "rate",
    "key of pseudonyms",
    "start a job",
    "start measuring",
    "ship",
    "delete a pack",
)
"""What pages and processes do beside these commands."""


def run_command(words: tuple[object, ...]) -> tuple[int, str]:
    """Run a command in this process; gives its exit code and what it wrote on standard error."""
    without_processes()
    sys.argv = ["streamrec", *(str(word).replace(W, str(workspace())) for word in words)]
    err = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), err.getvalue()
    return 0, err.getvalue()


def run_action(act: Callable[[], Any]) -> tuple[int, str]:
    """Do what a page does; a fault in words counts as the exit code 2 and one line."""
    try:
        act()
    except StreamRecError as error:
        return 2, f"error: {error}"
    return 0, ""


def full_and_read_only(template: Path, tally: Tally, most: int, share: int = 1) -> None:
    """Every command and job on disks that become full at some of its operations, on read-only and on limited ones.

    Parameters
    ----------
    template : Path
    tally : Tally
    most : int
        Moments at which the disk becomes full, of each command.
    share : int
        Of so many commands one is tried.
    """
    actions: list[tuple[str, Callable[[], tuple[int, str]], Writer]] = [
        (" ".join(map(str, words)), partial(run_command, words), Writer(lambda: None, ())) for words in COMMANDS
    ]
    actions += [(name, partial(run_action, WRITERS[name].act), WRITERS[name]) for name in JOBS]
    for name, action, writer in actions[::share]:
        start = copied(template, template.with_name("start"))
        run_in_child(writer.prepare, start)
        before = run_in_child(survey, start).value
        names = tree(start)
        done = copied(start, template.with_name("done"))
        unbroken = run_in_child(action, done, Fault())
        if unbroken.error or unbroken.value[0]:
            raise RuntimeError(f"{name} fails without a fault: {unbroken.error or unbroken.value}")
        after, all_names = run_in_child(survey, done).value, tree(done) | names
        between = (*writer.between, *_in_training(before, after))
        faults = [("full", Fault(strike, FULL)) for strike in points(unbroken.operations, most)]
        faults += [("read-only", Fault(1, READ_ONLY)), ("limited", Fault())]
        for kind, fault in faults:
            with tally.trying(f"{kind} disk: {name[:40]}", f"from operation {fault.strike}") as lost:
                broken = copied(start, template.with_name("broken"))
                ended = run_in_child(partial(_limited, action) if kind == "limited" else action, broken, fault)
                lost += [ended.error] if ended.error else faults_of_ending(*ended.value)
                now = run_in_child(survey, broken)
                lost += [now.error] if now.error else differences(before, after, now.value, between)
                if half := {name for name in tree(broken) - all_names if RESUMABLE not in name}:
                    lost.append(f"left behind: {', '.join(sorted(half))[:300]}")


def faults_of_ending(code: int, words: str) -> list[str]:
    """What is wrong with how a command ended: traceback, exit code, or more than a line for an error."""
    lines = [line for line in words.splitlines() if line.startswith("error: ")]
    if "Traceback" in words:
        return [words[-3000:]]
    if code not in (0, 1, 2, 3):
        return [f"exit code {code}"]
    if code == 2 and len(lines) != 1:
        return [f"not one line of error: {words[-500:]!r}"]
    return []


def _limited(action: Callable[[], tuple[int, str]]) -> tuple[int, str]:
    """The action where the system itself refuses larger files (RLIMIT_FSIZE)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALLEST_FILE, resource.RLIM_INFINITY))
    try:
        return action()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _in_training(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Runs that the action changes, whose state goes on by itself."""
    return [
        name
        for name in {*before, *after}
        if name.startswith(("run ", "best ", "last ", "job")) and before.get(name) != after.get(name)
    ]
