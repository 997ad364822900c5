"""Connect to a Ray cluster, or start one on this machine that ends with the command."""

from __future__ import annotations

import logging
import os
import platform
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata

from streamrec_core.config import version
from streamrec_core.errors import BadInput

ANSWER_SECONDS = 10


@contextmanager
def connected(address: str | None, processors: int) -> Iterator[None]:
    """Within this block tasks can be sent to a cluster.

    A connection that the program has already is used and left open.

    Parameters
    ----------
    address : str or None
        As for `Engine`.
    processors : int
        Of a cluster that is started here.

    Raises
    ------
    BadInput
        No cluster answers at the address, or it does not take this program.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
    import ray

    if ray.is_initialized():
        yield
        return
    if address:
        _check_answers(address)
    size = {"address": address} if address else {"num_cpus": processors, "include_dashboard": False}
    try:
        ray.init(**size, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:  # what Ray raises for an address, a version, a token
        where = f"the Ray cluster at {address!r}" if address else "a Ray cluster on this machine"
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise BadInput(
            f"{where} cannot be used ({lines[0].rstrip('.')}); check the address, that Ray and Python have the "
            "versions of the cluster, and RAY_AUTH_MODE=token with RAY_AUTH_TOKEN where it asks for a token",
            fields=["address"],
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise `BadInput` where nothing listens at HOST:PORT, which Ray would try for two minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():  # `auto`, which Ray looks up
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except OSError:
        raise BadInput(f"no Ray cluster answers at {address!r}; check the address", fields=["address"]) from None


def versions() -> dict[str, str]:
    """Versions of what decides the figures that a worker computes."""
    libraries = {name: metadata.version(name) for name in ("numpy", "torch")}
    return {"streamrec": version(), "python": platform.python_version(), **libraries}


def check_versions(of_worker: dict[str, str]) -> None:
    """Raise `BadInput` where a worker would compute with other libraries than this process."""
    for name, local in versions().items():
        if of_worker.get(name) != local:
            raise BadInput(
                f"a worker of the Ray cluster has {name} {of_worker.get(name)}, this machine {local}; install the same "
                "versions on every machine of the cluster"
            )
