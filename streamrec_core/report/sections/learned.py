"""The section on the data: source, size, and the split into training, validation and test."""

from __future__ import annotations

from streamrec_core.data.dataset import SplitKind
from streamrec_core.data.describe import describe
from streamrec_core.report.document import DashboardLink, Row, Section, Table, Unit
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject
from streamrec_core.training.validation import TRAINING_LOSS

SPLITS: dict[SplitKind, str] = {
    "session": "whole sessions at random, with a fixed seed",
    "leave-last-out": "the last event of each user is the test, the one before it validation",
    "time": "whole sessions by time, the latest fifth as test",
}


def _best_by(subject: Subject, validation: str) -> str:
    """How the best epoch was selected, as the end of a clause."""
    if len(subject.divided.validation):
        return f"on {validation}"
    if subject.card.monitor == TRAINING_LOSS:
        return f"by its training loss, since {validation} are set aside for validation"
    return f"in a way that its card does not record, since {validation} are set aside for validation"


def _trained_on(subject: Subject, ids: dict[str, str]) -> str:
    """What the model learned from, as the start of a sentence."""
    if subject.foreign:
        return (
            "Which of these sessions the model learned from is not recorded, so it may know some of those it is tested "
            f"on; the split has {ref(ids['train'])} predictions for training and {ref(ids['validation'])} for "
            "validation, and"
        )
    return (
        f"The model was trained on {ref(ids['train'])} predictions, the best version was selected "
        f"{_best_by(subject, ref(ids['validation']))}, and"
    )


def learned(subject: Subject, register: Register) -> Section:
    """Describe the data.

    Parameters
    ----------
    subject : Subject
    register : Register
        Its figures are entered here.

    Returns
    -------
    Section
        Source, licence, counts, and the split.
    """
    counts = _counts(subject, register)
    parts = {name: len(subject.divided.part(name)) for name in ("train", "validation", "test")}
    ids = {
        name: register.enter(f"data/split/{name}", f"predictions in {name}", n, "count") for name, n in parts.items()
    }
    return Section(
        key="data",
        title="Data and split",
        question="Which data was it trained on, and which was it tested on?",
        says=(
            *_source(subject),
            f"The split: {SPLITS[subject.divided.kind]}. {_trained_on(subject, ids)} all figures of this report are "
            f"measured on the {ref(ids['test'])} predictions of the test part.",
        ),
        tables=(Table(id="data/counts", title="Data set in numbers", columns=("", "Value"), rows=counts),),
        after=(
            "Titles that were seen already are not recommended."
            if subject.dataset.card.filter_seen
            else "Titles that were seen already may be recommended again.",
        ),
        evidence=(DashboardLink(page="overview", label="See the data set and the model"),),
    )


def _counts(subject: Subject, register: Register) -> tuple[Row, ...]:
    """The data set in numbers, a row each."""
    description = describe(subject.dataset)
    rows: list[tuple[str, float, Unit]] = [
        ("Sessions", description.counts.sessions, "count"),
        ("Events", description.counts.events, "count"),
        ("Titles in the catalogue", description.counts.items - description.neutral_items, "count"),
        ("Categories", description.counts.categories, "count"),
        ("Events before the target, median", description.history_length["median"], "count"),
        ("Events before the target, most", description.history_length["max"], "count"),
        ("Repeats: events whose title was in the session before", description.repeat_share, "share"),
        ("Sparsity: pairs of session and title that do not occur", description.sparsity, "share"),
    ]
    return tuple(
        Row(label=label, cells=(register.enter(f"data/{label.lower()}", label, value, unit),))
        for label, value, unit in rows
    )


def _source(subject: Subject) -> tuple[str, ...]:
    """Where the data come from, and whether the model was trained on them."""
    card = subject.dataset.card
    other_events = (
        f"The model was trained on other events, those of {subject.card.data.name!r}, with the same catalogue. "
        "Some sessions tested here may be among its training sessions.",
    )
    return (
        f"The data set is {subject.dataset.name!r}. Source: {card.source}. Licence: {card.licence}.",
        "It is synthetic: every item, session and probability behind it is known, and so is the best possible result. "
        "Results on it need not hold for real people."
        if card.kind == "synthetic"
        else "It is a log of what people did. Neither this report nor the model identifies them.",
        *(other_events if subject.other_events else ()),
    )
