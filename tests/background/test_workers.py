"""Worker processes: order, errors as one message, and that none survives its block, Ctrl-C or the end of its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from streamrec_core.background.workers import Workers, chunks_of
from streamrec_core.errors import BadInput, MissingExtra, StreamRecError
from streamrec_core.unfinished import start_ticks

SECONDS = 60


def opened(word: str = "subject") -> tuple[str, int]:
    return word, os.getpid()


def echo(subject: tuple[str, int], chunk: int) -> tuple[str, int, int]:
    time.sleep(0.02 * (chunk % 2))  # the worker of an even chunk is first
    return (*subject, chunk)


def echo_together(subject: tuple[str, int], chunk: int) -> tuple[str, int, int]:
    """The same once two workers are at it: on a busy machine one would be done before the other has begun."""
    meet(Path(subject[0]))
    return echo(subject, chunk)


def meet(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    until(lambda: len(pids_in(folder)) == 2)


def refuses(subject: tuple[str, int], chunk: int) -> int:
    raise BadInput("row 3 has no item", fields=["item"])


def lacks(subject: tuple[str, int], chunk: int) -> int:
    raise MissingExtra("ray", "ray")


def breaks(subject: tuple[str, int], chunk: int) -> int:
    return chunk // 0


def is_killed(subject: tuple[str, int], chunk: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def meets_and_waits(subject: tuple[str, int], folder: str) -> None:
    """Two workers wait for each other; then one stays at its task, and the other has nothing to do."""
    meet(Path(folder))
    if os.getpid() == min(pids_in(Path(folder))):
        time.sleep(SECONDS)
    (Path(folder) / "idle").touch()


def pids_in(folder: Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]


def cannot_open() -> None:
    raise BadInput("the model is gone")


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_answers_come_in_the_order_of_the_chunks_from_several_processes_that_end(tmp_path: Path) -> None:
    with Workers(partial(opened, str(tmp_path)), 2) as workers:
        answers = list(workers.map(echo_together, range(9)))
        pids = {pid for _, pid, _ in answers}
        assert [(word, chunk) for word, _, chunk in answers] == [(str(tmp_path), chunk) for chunk in range(9)]
        assert len(pids) == 2
        assert os.getpid() not in pids
        for pid in pids:
            os.kill(pid, signal.SIGINT)  # Ctrl-C is for the parent to heed
        assert {pid for _, pid, _ in workers.map(echo, range(4))} <= pids
    assert not any(start_ticks(pid) for pid in pids)


def test_an_error_in_a_worker_is_one_message() -> None:
    with Workers(opened, 1) as workers:
        with pytest.raises(BadInput, match=r"^row 3 has no item$") as refusal:
            list(workers.map(refuses, [1]))
        assert refusal.value.fields == ("item",)
        with pytest.raises(StreamRecError, match=r"^ray is not installed; install it with"):
            list(workers.map(lacks, [1]))
        with pytest.raises(StreamRecError, match=r"^a worker process failed \(ZeroDivisionError: .*see where$"):
            list(workers.map(breaks, [1]))
        assert next(workers.map(echo, [7]))[2] == 7  # the worker goes on
        with pytest.raises(BadInput, match=r"^a worker process was killed, perhaps for lack of memory") as killed:
            list(workers.map(is_killed, [1]))
        assert killed.value.fields == ("jobs",)
    with Workers(cannot_open, 1) as workers, pytest.raises(BadInput, match=r"^the model is gone$"):
        list(workers.map(echo, [1]))


PARENT = """
import signal
import sys
from streamrec_core.background.workers import Workers
from tests.background.test_workers import meets_and_waits, opened

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores Ctrl-C
    with Workers(opened, 2) as workers:
        list(workers.map(meets_and_waits, [sys.argv[1]] * 2))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_parent_whatever_they_are_doing(tmp_path: Path, number: signal.Signals) -> None:
    script, folder = tmp_path / "parent.py", tmp_path / "pids"
    script.write_text(PARENT)
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    parent = subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    until((folder / "idle").exists)
    if number == signal.SIGINT:
        os.killpg(parent.pid, number)  # as a terminal does
    else:
        parent.kill()
    _, errors = parent.communicate(timeout=SECONDS)
    until(lambda: not any(map(start_ticks, pids_in(folder))))
    assert parent.returncode != 0
    assert errors.count("KeyboardInterrupt") == (number == signal.SIGINT)  # the parent's alone


def test_chunks_cover_every_number_once() -> None:
    assert [*chunks_of(7, 3)] == [range(3), range(3, 6), range(6, 7)]
    assert chunks_of(0, 3) == []


def test_workers_do_not_run_the_main_script_anew(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from functools import partial\n"
        "from streamrec_core.background.workers import Workers\n"
        "from tests.background.test_workers import echo, opened\n"
        "print('once')\n"
        "with Workers(partial(opened, 'log'), 2) as workers:\n"
        "    print([chunk for _, _, chunk in workers.map(echo, range(3))])\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    output = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert output.stdout.split("\n") == ["once", "[0, 1, 2]", ""]
