"""The section on the data: where they come from, what they hold, and how they are divided into learning and testing."""

from __future__ import annotations

from streamrec_core.data.dataset import SplitKind
from streamrec_core.data.describe import describe
from streamrec_core.report.document import Evidence, Row, Section, Table, Unit
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject
from streamrec_core.training.validation import TRAINING_LOSS

SPLITS: dict[SplitKind, str] = {
    "session": "whole sessions at random, with a fixed seed",
    "leave-last-out": "of every person the last event is the test, the one before it chooses the model",
    "time": "whole sessions by time: the latest fifth is the test",
}


def _best_by(subject: Subject, validation: str) -> str:
    """By what the best epoch was chosen, as the end of a clause."""
    if len(subject.divided.validation):
        return f"on {validation}"
    if subject.card.monitor == TRAINING_LOSS:
        return f"by its training loss, since {validation} are kept for validation"
    return f"in a way that its card does not record, since {validation} are kept for validation"


def learned(subject: Subject, register: Register) -> Section:
    """Source, licence, counts, and the split."""
    dataset, card = subject.dataset, subject.dataset.card
    found = describe(dataset)
    rows: list[tuple[str, float, Unit]] = [
        ("Sessions", found.counts.sessions, "count"),
        ("Events", found.counts.events, "count"),
        ("Titles in the catalogue", found.counts.items, "count"),
        ("Categories", found.counts.categories, "count"),
        ("Events before the one to predict, median", found.history_length["median"], "count"),
        ("the same, longest", found.history_length["max"], "count"),
        ("Events whose title was in the session before", found.repeat_share, "share"),
        ("Pairs of session and title that never met", found.sparsity, "share"),
    ]
    counts = [
        Row(label=label, cells=(register.enter(f"data/{label.lower()}", label, value, unit),))
        for label, value, unit in rows
    ]
    parts = {name: len(subject.divided.part(name)) for name in ("train", "validation", "test")}
    ids = {
        name: register.enter(f"data/split/{name}", f"predictions in {name}", n, "count") for name, n in parts.items()
    }
    first = [
        f"The data set is {dataset.name!r}. Source: {card.source}. Licence: {card.licence}.",
        "Every item and session in it is invented, and every probability behind it is known, so that the best that "
        "anybody could reach is known too. What is found here need not hold for real people."
        if card.kind == "synthetic"
        else "It is a record of what people did. Neither this pack nor the model says who they are.",
    ]
    if subject.other_events:
        first.append(
            f"The model learned from other events than these, those of {subject.card.data.name!r}, over the same "
            "catalogue. Some sessions tested here may be among those that it learned from."
        )
    return Section(
        key="data",
        title="The data, and how they were divided",
        question="Which data was it made from, and which was it tested on?",
        says=(
            *first,
            f"They were divided thus: {SPLITS[subject.divided.kind]}. The model learned from {place(ids['train'])}, "
            f"the best version was chosen {_best_by(subject, place(ids['validation']))}, and all figures of this pack "
            f"are measured on others: the {place(ids['test'])} of the test part.",
        ),
        tables=(Table(id="data/counts", title="What the data hold", columns=("", "Figure"), rows=tuple(counts)),),
        after=(
            "Titles that were seen already are left out of recommendations."
            if card.filter_seen
            else "Titles that were seen already may be recommended again.",
        ),
        evidence=(Evidence(page="overview", label="See the data set beside the model"),),
    )
