"""The section on reproduction: versions, hashes, and the command that builds the report again."""

from __future__ import annotations

import platform
from importlib.metadata import version

from streamrec_core.report.document import Hashes, Section
from streamrec_core.report.subject import Subject

PSEUDONYMS = (
    "Pseudonyms of sessions are made with a key that the workspace keeps: another workspace gives others, and another "
    "content hash."
)
LIBRARIES = ("streamrec", "torch", "numpy", "scipy", "captum")


def versions() -> dict[str, str]:
    """Versions of Python and the libraries that compute figures."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES if _installed(name)}


def _installed(name: str) -> bool:
    try:
        version(name)
    except ModuleNotFoundError:
        return False
    return True


def hashes(subject: Subject) -> Hashes:
    """Hashes of the model and the data."""
    of_data = subject.dataset.card.hashes
    return Hashes(
        weights=subject.card.weights_sha256,
        catalogue=of_data["catalogue"],
        events=of_data["events"],
        learned_from=subject.card.data.events_hash,
    )


def remaking(subject: Subject) -> Section:
    """Describe the model and how to check this report."""
    card = subject.card
    return Section(
        key="remaking",
        title="Versions and reproduction",
        question="How can this report be checked?",
        says=(
            _model(subject),
            "The command below builds this report again from the same model and data. With the same versions on the "
            "same kind of processor its content hash is the same, whatever the number of threads; the hash covers "
            "every word and figure, but not dates and the PDF. The manifest beside this file has the SHA-256 of the "
            "model, the data and every file; the command report --check compares every file with the figures.",
            *([PSEUDONYMS] if subject.pseudonyms else []),
            *([f"The model was trained with: {card.command}"] if card.command else []),
        ),
    )


def _model(subject: Subject) -> str:
    card = subject.card
    if subject.foreign:
        size = f", {card.parameters:,} parameters" if card.parameters else ""
        return (
            f"The model is {subject.name!r}, loaded from {card.recipe}{size}. How it was trained is not recorded; its "
            "hash is that of its scores after fixed histories."
        )
    kind = "a transformer" if card.model == "transformer" else "an LSTM"
    return (
        f"The model is {subject.name!r}: {kind}, recipe {card.recipe!r}, {card.parameters:,} parameters, seed "
        f"{card.training.get('seed')}, epoch {card.epoch}."
    )
