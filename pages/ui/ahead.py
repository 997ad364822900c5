"""Work done ahead: one thread computes what a visitor is likely to ask for next, while nobody waits for a page.

All visitors share it. A visitor's new choice replaces what was planned for the one before; a page that is being drawn
holds it back, and between two pieces of work it looks again. It starts with the server (`app.py`), never by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from streamrec_core.errors import StreamRecError

Piece = Callable[[], object]
GRACE_SECONDS = 0.4
"""After a page is drawn it is still being sent, and a visitor who steps on at once should not share the interpreter."""
MOST_VISITORS = 32


class Ahead:
    """Plans of all visitors, the latest visitor's first, and the thread that works through them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._plans: OrderedDict[str, deque[Piece]] = OrderedDict()
        self._drawing = 0
        self._drawn_at = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work; before this, plans are ignored."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
                self._thread.start()

    def plan(self, visitor: str, pieces: Iterable[Piece]) -> None:
        """Replace what is planned for a visitor.

        Parameters
        ----------
        visitor : str
            Names the visit.
        pieces : iterable of callable
            Short ones, the likeliest first; what they compute they keep in a cache.
        """
        with self._changed:
            if self._thread is None:
                return
            self._plans.pop(visitor, None)
            self._plans[visitor] = deque(pieces)
            while len(self._plans) > MOST_VISITORS:
                self._plans.popitem(last=False)
            self._changed.notify_all()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Nothing is begun within this block, nor shortly after it."""
        with self._changed:
            self._drawing += 1
        try:
            yield
        finally:
            with self._changed:
                self._drawing -= 1
                self._drawn_at = time.monotonic()
                self._changed.notify_all()

    def next_piece(self) -> Piece | None:
        """Take the next piece of the visitor who chose last; None where there is none, or a page is being drawn."""
        with self._changed:
            if self._drawing or time.monotonic() < self._drawn_at + GRACE_SECONDS:
                return None
            while self._plans:
                visitor = next(reversed(self._plans))
                if self._plans[visitor]:
                    return self._plans[visitor].popleft()
                del self._plans[visitor]
            return None

    def _work(self) -> None:
        while True:
            piece = self.next_piece()
            if piece is not None:
                do(piece)
                continue
            with self._changed:
                self._changed.wait(timeout=GRACE_SECONDS if self._plans else None)


def do(piece: Piece) -> None:
    """Do one piece; a fault is for the page to show when it is asked for the same."""
    try:
        piece()
    except StreamRecError:
        pass
    except Exception:  # the thread serves all visitors and outlives any fault
        logging.getLogger(__name__).exception("work ahead failed")


ahead = Ahead()
