"""The section on versions: what was measured with what, and the command that makes this pack again."""

from __future__ import annotations

import platform
from importlib.metadata import version

from streamrec_core.report.document import Hashes, Section
from streamrec_core.report.subject import Subject

LIBRARIES = ("streamrec", "torch", "numpy", "scipy", "captum")


def versions() -> dict[str, str]:
    """Of Python and the libraries that compute figures."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES if _installed(name)}


def _installed(name: str) -> bool:
    try:
        version(name)
    except ModuleNotFoundError:
        return False
    return True


def hashes(subject: Subject) -> Hashes:
    """What was measured, beyond doubt."""
    own = subject.dataset.card.hashes
    return Hashes(
        weights=subject.card.weights_sha256,
        catalogue=own["catalogue"],
        events=own["events"],
        learned_from=subject.card.data.events_hash,
    )


def remaking(subject: Subject) -> Section:
    """Who made the model and how to check this pack."""
    card = subject.card
    return Section(
        key="remaking",
        title="Versions, and how to make this pack again",
        question="Can anyone check this?",
        says=(
            f"The model is {subject.name!r}: {_kind(subject)}, recipe {card.recipe!r}, {card.parameters:,} figures "
            f"learned, seed {card.training.get('seed')}, epoch {card.epoch}.",
            "The command below makes the pack again from the same model and data. Its content hash is then the same "
            "with the same versions on the same kind of processor, however many threads it has: it covers every word "
            "and figure, and leaves out dates and the PDF. The manifest beside this file holds the SHA-256 of the "
            "model, the data and every file, and the command report with --check compares every file with the figures.",
            *([f"The model itself was made by: {card.command}"] if card.command else []),
        ),
    )


def _kind(subject: Subject) -> str:
    return "a transformer" if subject.card.model == "transformer" else "an LSTM"
