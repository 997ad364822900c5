"""The server's settings of glibc's malloc, asked of glibc itself in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pages.ui import malloc
from streamrec_core.defaults import MALLOC

ROOT = Path(__file__).resolve().parents[2]

GLIBC = """
import ctypes, os, sys, threading
import numpy as np
libc = ctypes.CDLL(None)
if not hasattr(libc, "mallinfo2"):
    print("no glibc"); sys.exit()

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keep")]

libc.mallinfo2.restype = Info

def heaps():
    libc.open_memstream.restype = ctypes.c_void_p
    text, size = ctypes.c_char_p(), ctypes.c_size_t()
    stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
    libc.malloc_info(0, stream); libc.fclose(stream)
    return text.value.count(b"<heap ")

def visitors():
    barrier, kept = threading.Barrier(9), []
    def rerun():
        kept.append(np.zeros(20_000)); barrier.wait(); barrier.wait()
    threads = [threading.Thread(target=rerun) for _ in range(8)]
    [thread.start() for thread in threads]
    barrier.wait(); count = heaps(); barrier.wait()
    return count

def has_own_pages():
    np.ones(3_500_000)  # freed at once: glibc now keeps arrays of up to 28 MB
    before = libc.mallinfo2().hblks
    array = np.ones(2_000_000)  # 16 MB
    return libc.mallinfo2().hblks - before
"""


def glibc_says(settings: str, environment: dict[str, str]) -> list[str]:
    """Number of arenas for eight visitors at once, and whether an array of 16 MB has pages of its own."""
    script = GLIBC + settings + "print(visitors(), has_own_pages())"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    if done.stdout.startswith("no glibc"):
        pytest.skip("this C library is not glibc")
    return done.stdout.split()


LIMITED = "from pages.ui.malloc import limit_fragmentation; assert limit_fragmentation()\n"


def environment(**more: str) -> dict[str, str]:
    """No setting of malloc but those."""
    return {"PYTHONPATH": ":".join(each for each in sys.path if each), "OPENBLAS_NUM_THREADS": "1", **more}


def test_eight_reruns_at_once_share_one_arena_and_a_large_array_is_given_back() -> None:
    arenas, has_own_pages = glibc_says("", environment())
    assert (int(arenas) > 1, int(has_own_pages)) == (True, 0), "without the settings there is nothing to mend"
    assert glibc_says(LIMITED, environment()) == ["1", "1"]


def test_what_the_operator_sets_stays() -> None:
    assert int(glibc_says(LIMITED, environment(MALLOC_ARENA_MAX="5"))[0]) == 5


BEGUN = """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(4)
barrier = threading.Barrier(5)
[pool.submit(lambda: (np.zeros(20_000), barrier.wait(), barrier.wait())) for _ in range(4)]
barrier.wait(); barrier.wait()
"""


def test_threads_that_began_before_keep_arenas_so_that_the_environment_sets_one() -> None:
    assert int(glibc_says(BEGUN + LIMITED, environment())[0]) > 1, "without the environment there is nothing to mend"
    variables = {variable: str(setting) for variable, setting in MALLOC.items()}
    assert glibc_says(BEGUN + LIMITED, environment(**variables)) == ["1", "1"]


def test_make_run_sets_what_the_command_sets_where_the_operator_does_not() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    exported = dict(re.findall(r"^run: export (\w+) \?= (\d+)$", makefile, re.MULTILINE))
    assert exported == {variable: str(setting) for variable, setting in MALLOC.items()}


def test_a_training_that_the_server_starts_has_glibcs_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, setting in MALLOC.items():
        monkeypatch.setenv(variable, str(setting))
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1000000")
    monkeypatch.setattr(malloc.ctypes, "CDLL", lambda name: object())
    assert not malloc.limit_fragmentation()
    assert {variable: os.environ.get(variable) for variable in MALLOC} == {
        "MALLOC_ARENA_MAX": None,
        "MALLOC_MMAP_THRESHOLD_": None,
        "MALLOC_TRIM_THRESHOLD_": "1000000",  # what the operator sets is for all
    }


FREED = """
from pathlib import Path
from pages.ui.malloc import limit_fragmentation, trimmer

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

limit_fragmentation()
trim = trimmer()
arrays = [np.ones(12_500) for _ in range(2_000)]  # 200 MB in pieces of 100 kB
kept = arrays[::10]
del arrays
before = resident()
print(trim(), before - resident() > 100)
"""


def test_what_lies_free_between_what_is_kept_is_given_back() -> None:
    script = [sys.executable, "-c", GLIBC + FREED]
    done = subprocess.run(script, env=environment(), capture_output=True, text=True, check=True)
    if done.stdout.startswith("no glibc"):
        pytest.skip("this C library is not glibc")
    assert done.stdout.split() == ["True", "True"]


def test_the_dashboard_starts_with_these_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages import start

    called: list[bool] = []
    monkeypatch.setattr(start, "limit_fragmentation", lambda: called.append(True))
    monkeypatch.setattr(start, "_prepare", lambda: None)
    monkeypatch.setattr(start, "_imported", start.threading.Event())
    start.begin()
    assert called
