"""Serve a model in its worker process: answer the requests of the dashboard, one after another."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import os
import queue
import signal
import sys
import threading
from typing import Any, BinaryIO, Callable, Sequence  # noqa: UP035  # the Python of a model may be older

from .loading import Fault, guarded, load, numbers
from .messages import PROTOCOL, Header, decode, encode


class CoreFinder(importlib.abc.MetaPathFinder):
    """Finds the StreamRec that started the worker, and no other package beside it."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The package itself; its modules are found in its folder.

        Parameters
        ----------
        name : str
        path, target : Any
            As Python hands them over.

        Returns
        -------
        ModuleSpec or None
            None for any other package.
        """
        if name != "streamrec_core":
            return None
        file = os.path.join(self._package, "__init__.py")
        return importlib.util.spec_from_file_location(name, file, submodule_search_locations=[self._package])


class ModelService:
    """Answers requests, one after another."""

    def __init__(self, settings: Header, requests: BinaryIO, answers: BinaryIO) -> None:
        self._settings, self._answers = settings, answers
        self._inbox: queue.SimpleQueue[tuple[Header, list[Any]]] = queue.SimpleQueue()
        self._current: object = 0
        self._scorer: Any = None
        self._operations: dict[str, Callable[..., Any]] = {"score": self._score, "open": self._open}
        threading.Thread(target=self._listen, args=(requests,), daemon=True).start()

    def run(self) -> None:
        """Say hello, then serve until the pipe is closed."""
        try:
            self._send(self._hello())
        except Fault as fault:
            return self._send(_error(fault))
        while True:
            header, arrays = self._inbox.get()
            self._current = header.get("id")
            answer, answered = self._answer(header, arrays)
            self._send({**answer, "id": self._current}, answered)

    def _answer(self, header: Header, arrays: list[Any]) -> tuple[Header, list[Any]]:
        operation = header["do"]
        try:
            return guarded(lambda: self._operations[operation](header, arrays), f"its torch module ({operation})")
        except Fault as fault:
            return _error(fault), []

    def _listen(self, requests: BinaryIO) -> None:
        """Read requests in a thread, so that the worker ends with the dashboard whatever the model's code does."""

        def read(size: int) -> bytearray:
            content = bytearray(size)
            view = memoryview(content)
            while view:
                count = requests.readinto(view)  # type: ignore[attr-defined]
                if not count:
                    end()
                view = view[count:]
            return content

        while True:
            try:
                self._inbox.put(decode(read))
            except ValueError:
                end()

    def _send(self, header: Header, arrays: Sequence[Any] = ()) -> None:
        for part in encode(header, arrays):
            self._answers.write(part)
        self._answers.flush()

    def _hello(self) -> Header:
        sys.meta_path.insert(0, CoreFinder(self._settings["core"]))
        self._scorer = load(self._settings["model_from"])
        module = getattr(self._scorer, "module", None)
        most = getattr(self._scorer, "max_events", 50)
        if not hasattr(most, "__index__") or int(most) < 1:
            raise Fault(f"{self._settings['model_from']}: max_events must be a whole number from 1, got {most!r}")
        return {
            "hello": "streamrec",
            "protocol": PROTOCOL,
            "name": str(getattr(self._scorer, "name", "")) or type(self._scorer).__name__,
            "max_events": int(most),
            "item_ids": list(self._scorer.item_ids),
            "module": module is not None,
            "parameters": sum(tensor.numel() for tensor in module.parameters()) if module is not None else 0,
        }

    def _score(self, header: Header, arrays: list[Any]) -> tuple[Header, list[Any]]:
        histories = header["histories"]
        count = len(histories)  # the function may change the list
        score = guarded(_without_gradients(lambda: self._scorer.score(histories)), "score(histories)")
        return {}, [numbers(score, (count, len(self._scorer.item_ids)))]

    def _open(self, header: Header, arrays: list[Any]) -> tuple[Header, list[Any]]:
        """Find out what can be read off the model's torch module, and offer it."""
        try:
            heads = importlib.import_module("streamrec_core.adapters.worker.heads")
        except (ImportError, SyntaxError) as error:  # packages are missing, or this Python is older than 3.11
            python = ".".join(map(str, sys.version_info[:3]))
            return {"lacks": [f"attention, heads and gradients are not available in its Python {python}: {error}"]}, []
        opened = heads.OpenedModel(self._scorer, self._ask)
        self._operations.update(opened.operations())
        return opened.described(), []

    def _ask(self, layer: int, weights: Any) -> Any:
        """Attention weights as the dashboard wants them; None where they stay as they are."""
        self._send({"ask": "attention", "layer": layer, "id": self._current}, [weights])
        header, arrays = self._inbox.get()
        if header.get("do") != "go on":
            raise Fault("the request was given up")
        return arrays[0] if arrays else None


def _without_gradients(function: Callable[[], Any]) -> Callable[[], Any]:
    """The function within `torch.no_grad`, where the model has loaded torch."""
    torch = sys.modules.get("torch")
    return function if torch is None else torch.no_grad()(function)


def _error(fault: Fault) -> Header:
    return {"error": fault.message, "path": fault.path, "line": fault.line}


def end() -> None:
    """End this process and every process that the model's code started."""
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main(arguments: Sequence[str], folder: str) -> None:
    """Serve on the pipes that standard input and output are, which the model's code is not shown.

    Parameters
    ----------
    arguments : sequence of str
        The settings as JSON: `model_from`, and `core`, the folder of the package that started the worker.
    folder : str
        Of the worker, which Python searches for modules until now.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what the model's code prints goes where its warnings go
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if os.path.abspath(path) != folder)]
    ModelService(json.loads(arguments[0]), requests, answers).run()
