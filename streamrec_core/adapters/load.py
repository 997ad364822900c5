"""Load a scorer that a command or the settings name as `module:function`."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from streamrec_core.adapters.call import Caller
from streamrec_core.adapters.scorer import Scorer, check_scorer
from streamrec_core.config import LOAD_SECONDS
from streamrec_core.errors import BadInput


def load_from(spec: str, time_limit: float | None = None) -> Scorer:
    """Import a function from the working directory or the environment, call it, and check what it returns.

    That runs the code of that module.

    Parameters
    ----------
    spec : str
        `module:function`, such as `my_model:load`; the function takes no argument and returns a `Scorer`.
    time_limit : float or None
        Seconds that importing and calling may take; None: as `STREAMREC_LOAD_SECONDS` says, else 120.

    Returns
    -------
    Scorer

    Raises
    ------
    BadInput
        There is no such module or function, it raises or takes too long, or what it returns cannot be used.
    """
    module_name, colon, function_name = spec.partition(":")
    if not colon or not module_name or not function_name.isidentifier():
        raise BadInput(f"{spec!r} is not module:function; write for example my_model:load")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # stays: the function may import its neighbours when it is called
    _check_exists(module_name, spec)
    caller = Caller(LOAD_SECONDS.read() if time_limit is None else time_limit, LOAD_SECONDS)
    module = caller(lambda: import_module(module_name), f"importing {module_name}", import_module)
    function: Any = getattr(module, function_name, None)
    if function is None:
        available = [name for name, thing in vars(module).items() if callable(thing) and not name.startswith("_")]
        message = f"has no {function_name!r}; it has {', '.join(available[:8]) or 'no function'}"
        file = getattr(module, "__file__", None)  # built-in modules have none
        raise BadInput(message, path=Path(file)) if file else BadInput(f"{module_name} {message}")
    if isinstance(function, type) or not hasattr(function, "score"):
        if not callable(function):
            raise BadInput(f"{spec} is of type {type(function).__name__}, not a function that returns a model")
        function = caller(function, f"{function_name}()", function)
    return check_scorer(function, spec)


def _check_exists(module_name: str, spec: str) -> None:
    try:
        exists = find_spec(module_name) is not None
    except (ImportError, ValueError):
        exists = False
    if not exists:
        raise BadInput(
            f"{spec}: there is no module {module_name!r} in {Path.cwd()} or among the installed packages; "
            "start the command in the folder of the file, and leave off its .py"
        )
