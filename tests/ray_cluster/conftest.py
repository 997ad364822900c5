"""A real Ray cluster on this machine, of two nodes with a processor each; without Ray, nothing here is collected."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("ray") else ["test_*.py"]  # `make test-ray` has it

START_SECONDS = 120
STORE_BYTES = 100_000_000


@dataclass(frozen=True)
class Cluster:
    """Where it listens, and the processes that `ray start` left in the foreground, the head first."""

    address: str
    nodes: list[subprocess.Popen[bytes]]

    def workers(self, title: str = "_Worker") -> set[int]:
        """Process ids of the workers of one kind."""
        tree = {int(path.name): _parent_and_title(path) for path in Path("/proc").iterdir() if path.name.isdecimal()}
        roots = {node.pid for node in self.nodes}
        named = [pid for pid, (_, name) in tree.items() if name.startswith(f"ray::{title}")]
        return {pid for pid in named if _below(pid, tree, roots)}


def _parent_and_title(process: Path) -> tuple[int, str]:
    try:
        parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        return parent, (process / "cmdline").read_text(errors="replace")
    except OSError:  # gone
        return 0, ""


def _below(pid: int, tree: dict[int, tuple[int, str]], roots: set[int]) -> bool:
    while pid in tree and pid not in roots:
        pid = tree[pid][0]
    return pid in roots


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster; its token is in the environment of this process and of those that it starts."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="ray-"))  # sockets in it, whose paths must be short
    address = f"127.0.0.1:{port}"
    settings = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0"}
    settings["RAY_worker_niceness"] = "0"  # as fast as the other processes of the test
    with pytest.MonkeyPatch.context() as patch:
        for name, text in settings.items():
            patch.setenv(name, text)
        head = ["--head", f"--port={port}", f"--temp-dir={folder}", "--include-dashboard=false"]
        nodes = [_start(head), _start([f"--address={address}"], after=address)]
        try:
            yield Cluster(address, nodes)
        finally:
            for node in nodes:
                os.killpg(node.pid, signal.SIGTERM)
            for node in nodes:
                node.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _start(options: list[str], after: str = "") -> subprocess.Popen[bytes]:
    if after:
        _until_open(after)
    ray = Path(sys.executable).with_name("ray")
    size = ["--num-cpus=1", f"--object-store-memory={STORE_BYTES}"]
    command = [ray, "start", "--block", "--disable-usage-stats", *size, *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _until_open(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
