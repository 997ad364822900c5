"""The count of tries: how many survived, which were lost and why."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Tries and losses by kind of trial."""

    tries: Counter[str] = field(default_factory=Counter)
    losses: list[tuple[str, str]] = field(default_factory=list)
    tracebacks: int = 0

    @contextmanager
    def trying(self, kind: str, moment: str) -> Iterator[list[str]]:
        """One try; what the block puts into the list are its faults.

        Parameters
        ----------
        kind : str
        moment : str
            What tells this try from the others of its kind.

        Yields
        ------
        list of str
        """
        faults: list[str] = []
        self.tries[kind] += 1
        yield faults
        if faults:
            self.losses.append((kind, f"{moment}: {'; '.join(faults)}"))
            self.tracebacks += any("Traceback" in fault for fault in faults)
            print(f"LOST {kind} {moment}: {'; '.join(faults)}", file=sys.stderr, flush=True)

    def add(self, other: Tally) -> None:
        """Count what another one counted too."""
        self.tries.update(other.tries)
        self.losses += other.losses
        self.tracebacks += other.tracebacks

    def document(self) -> dict[str, object]:
        """Tries, survived and lost by kind, and in all."""
        lost = Counter(kind for kind, _ in self.losses)
        kinds = {
            kind: {"tries": tries, "survived": tries - lost[kind], "lost": lost[kind]}
            for kind, tries in sorted(self.tries.items())
        }
        tries = sum(self.tries.values())
        total = {"tries": tries, "survived": tries - len(self.losses), "lost": len(self.losses)}
        return {"kinds": kinds, "total": total, "tracebacks": self.tracebacks}
