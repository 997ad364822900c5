"""What an import tells about a log in words: kinds of time stamps, ties, duplicates, and what its split means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamrec_core.data.long_columns import code_counts
from streamrec_core.data.pseudonyms import KINDS, personal_kind

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.importers.imported import ImportReport

SPLITS = {
    "session": "by session, at random",
    "leave-last-out": "leave last out: the last event of each session is the test",
    "time": "by time: the last sessions are the test",
}


def import_notes(report: ImportReport, dataset: DataSet) -> tuple[str, ...]:
    """All that is to be told of an import: what was left out, in which order events stand, and the split.

    Parameters
    ----------
    report : ImportReport
    dataset : DataSet

    Returns
    -------
    tuple of str
    """
    return (
        *left_out_notes(report),
        *earlier_note(report),
        *order_notes(report),
        *words_note(dataset),
        *people_note(dataset.log.session_ids),
        split_note(dataset.card.split, dataset.log.timestamps is not None),
    )


def words_note(dataset: DataSet) -> tuple[str, ...]:
    """The engagements of a log that has words of its own, weakest first, and what an item is called."""
    words = dataset.catalogue.words
    if not words.from_log:
        return ()
    events = code_counts(dataset.log.engagements, len(words)).tolist()
    named = zip(words.engagements, words.phrases, events, strict=True)
    shown = ", ".join(f"{word} “{phrase}” ({count:,})" for word, phrase, count in named)
    return (f"Engagements, weakest first: {shown}; an item is called {words.noun}",)


def people_note(session_ids: Sequence[str]) -> tuple[str, ...]:
    """That exports show pseudonyms, where session ids are those of people; else empty.

    Examples
    --------
    >>> people_note(["anna@example.org"])
    ('Session ids look like e-mail addresses: pages show them, reports and exports show pseudonyms',)
    """
    if not (kind := personal_kind(session_ids)):
        return ()
    return (f"Session ids look like {KINDS[kind]}: pages show them, reports and exports show pseudonyms",)


def left_out_notes(report: ImportReport) -> tuple[str, ...]:
    """What was left out, and items that the catalogue given at import lacks.

    Examples
    --------
    >>> from streamrec_core.data.importers.imported import ImportReport
    >>> left_out_notes(ImportReport(9, 2, (), 0, 1, 0))
    ('Left out, faulty rows: 2', 'Left out, sessions of one event: 1')
    """
    left_out = {
        "faulty rows": report.bad_rows,
        "events of rare items": report.rare_item_events,
        "sessions of one event": report.single_event_sessions,
        "events that repeat the one before": report.repeated_events,
        "rows without items": report.empty_rows,
    }
    notes = [f"Left out, {what}: {number:,}" for what, number in left_out.items() if number]
    if report.empty_files:
        notes.append(f"Files without a row: {report.empty_files:,}")
    if report.unlisted_items:
        items = (
            "1 item, which stands" if report.unlisted_items == 1 else f"{report.unlisted_items:,} items, which stand"
        )
        notes.append(f"Not in the catalogue given: {items} behind those that are in it")
    return tuple(notes)


def order_notes(report: ImportReport) -> tuple[str, ...]:
    """Sentences about time stamps of several kinds, neighbours of the same time, and duplicates.

    Examples
    --------
    >>> from streamrec_core.data.importers.imported import ImportReport
    >>> report = ImportReport(9, 0, (), 0, 0, 0, neighbours=8, tied_neighbours=2, unordered_sessions=1)
    >>> order_notes(report)[0]
    '25% of neighbouring events share a time (1 session has different items at the same time): these keep file order'
    """
    notes = []
    if len(report.time_kinds) > 1:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in report.time_kinds.items())
        notes.append(f"Times are written in {len(report.time_kinds)} ways, each row is read as its own: {kinds}")
    if report.tied_neighbours:
        sessions = report.unordered_sessions
        in_doubt = "1 session has" if sessions == 1 else f"{sessions:,} sessions have"
        notes.append(
            f"{share(report.tied_neighbours, report.neighbours)} of neighbouring events share a time "
            f"({in_doubt} different items at the same time): these keep file order"
        )
    if report.duplicate_events:
        number = report.duplicate_events
        events = "1 event repeats" if number == 1 else f"{number:,} events repeat"
        notes.append(f"{events} an earlier one of the same time, item and engagement")
    return tuple(notes)


def earlier_note(report: ImportReport) -> tuple[str, ...]:
    """What a limit on the events of a session threw away; empty where nothing was.

    Examples
    --------
    >>> from streamrec_core.data.importers.imported import ImportReport
    >>> earlier_note(ImportReport(200, 0, (), 0, 0, 50))[0]
    '50 events (25%) were thrown away by the limit on events of a session: they count neither as seen nor as popular'
    """
    if not report.earlier_events:
        return ()
    number = report.earlier_events
    events = "1 event" if number == 1 else f"{number:,} events"
    were, they, count = ("was", "it", "counts") if number == 1 else ("were", "they", "count")
    return (
        f"{events} ({share(number, report.rows)}) {were} thrown away by the limit on events of a session: "
        f"{they} {count} neither as seen nor as popular",
    )


def split_note(split: str, has_times: bool) -> str:
    """How the log is split for training and test, and what a random split leaks where there are times.

    Parameters
    ----------
    split : str
        session, leave-last-out or time.
    has_times : bool

    Returns
    -------
    str
    """
    words = f"Split: {SPLITS[split]}"
    if not has_times or split == "time":
        return words
    leak = "a model may learn from sessions that are later than those it is tested on"
    return f"{words}; {leak} (a split by time avoids it)"


def share(part: int, whole: int) -> str:
    """A part in whole percent, but never 0% or 100% where it is not.

    Parameters
    ----------
    part, whole : int

    Returns
    -------
    str
    """
    if part == whole:
        return "100%"
    percent = 100 * part / max(whole, 1)
    return "less than 1%" if 0 < percent < 1 else f"{min(round(percent), 99)}%"
