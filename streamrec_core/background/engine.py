"""Engine of a command: which processes share its work, those of this machine or workers on a Ray cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass

from streamrec_core.errors import BadInput
from streamrec_core.extras import require

ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Engine:
    """Where the work of a command is done.

    Attributes
    ----------
    name : str
        One of `ENGINES`.
    address : str or None
        HOST:PORT of a Ray cluster, or `auto` for the one that runs on this machine. None: one that is started for the
        command and ends with it.
    """

    name: str = "local"
    address: str | None = None

    @property
    def remote(self) -> bool:
        """Whether workers may be on other machines."""
        return self.name == "ray"


LOCAL = Engine()


def choose_engine(name: str, address: str | None = None) -> Engine:
    """Check the engine that somebody names.

    Parameters
    ----------
    name : str
    address : str or None
        None: what the environment variable RAY_ADDRESS names, if it is set.

    Returns
    -------
    Engine

    Raises
    ------
    BadInput
        There is no such engine, or an address is given to one that has none.
    MissingExtra
        Ray is not installed.

    Examples
    --------
    >>> choose_engine("local").remote
    False
    """
    if name not in ENGINES:
        allowed = ", ".join(ENGINES)
        raise BadInput(f"unknown engine {name!r}; choose one of {allowed}", fields=["engine"], allowed=ENGINES)
    if name == "local":
        if address is not None:
            raise BadInput("only the engine ray has an address; choose it, or leave the address out", fields=["engine"])
        return LOCAL
    require("ray")
    return Engine(name, address or os.environ.get("RAY_ADDRESS") or None)
