"""Checks of what a model reads: every event, the order of events, and neither targets nor hidden events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from streamrec_core.data.log import Session
from streamrec_core.diagnosis.model_check.finding import ModelFinding
from streamrec_core.diagnosis.model_check.sample import CheckedModel, score_change
from streamrec_core.evaluation.raw_scores import Values

Bools = npt.NDArray[np.bool_]
LEAST_HISTORIES = 4
"""Histories that must have a position before it can count as never read."""


def every_event_read(checked: CheckedModel) -> ModelFinding:
    """Whether replacing an event, each in turn, moves any score; which positions are never read."""
    name = "every event is read"
    reads = [_read_events(checked, history) for history in checked.probes]
    total = sum(len(read) for read in reads)
    share = sum(int(read.sum()) for read in reads) / total
    evidence: dict[str, Any] = {"histories": len(reads), "events": total, "read_share": share}
    if share == 0:
        text = "Replacing any event of any history moves no score: the model does not read the history."
        return ModelFinding(
            name, "fault", text, evidence, "Check that histories reach the model under the ids it knows."
        )
    # The window: how far from the end the farthest event lies that is read in any history.
    window = max(len(read) - int(np.flatnonzero(read)[0]) for read in reads if read.any())
    evidence["window"] = window
    lost = _lost_positions([read[-window:] if len(read) > window else read for read in reads], checked, reads)
    if lost:
        evidence["never_read"] = lost
        text = f"The model never reads {' and '.join(lost)}: replacing it moves no score in any of the histories."
        way_out = "Compare what the framework's prediction cuts off or overwrites (a MASK, a shifted window) with this."
        return ModelFinding(name, "fault", text, evidence, way_out)
    if window < max(len(read) for read in reads):
        events = "event alone" if window == 1 else f"{window} events"
        text = f"The model reads the last {events}, of at most {checked.model.max_events} that it is shown."
        return ModelFinding(
            name, "warning", text, evidence, f"Set max_events to {window}; earlier events explain nothing."
        )
    return ModelFinding(name, "ok", f"{share:.1%} of {total:,} events move a score when they are replaced.", evidence)


def _read_events(checked: CheckedModel, history: Session) -> Bools:
    """(L,) which events move a score when other items stand in their stead; all variants are of one length."""
    random, length = checked.random, len(history)
    others = np.setdiff1d(checked.replaceable, history.items)
    others = others if len(others) else checked.replaceable
    variants = []
    for position in range(length):
        for item in random.choice(others, checked.settings.replacements):
            items = history.items.copy()
            items[position] = item
            variants.append(replace(history, items=items))
    change, floor = [], 0.0
    for start in range(0, len(variants), step := checked.histories_at_once):
        # The floor is rounding: the whole history at both ends of the batch, and by itself.
        scores = checked.scores([history, *variants[start : start + step], history])
        whole = np.concatenate([scores[-1:], checked.scores([history])])
        floor = max(floor, 3 * float(score_change(np.repeat(scores[:1], 2, axis=0), whole).max()))
        change.append(score_change(np.repeat(scores[:1], len(scores) - 2, axis=0), scores[1:-1]))
    read: Bools = np.concatenate(change).reshape(length, -1).max(1) > max(floor, 1e-9)
    return read


def _lost_positions(windows: list[Bools], checked: CheckedModel, reads: list[Bools]) -> list[str]:
    """Names of positions inside the window that are never read, counted from the start and from the end."""
    whole = [read for read, window in zip(reads, windows, strict=True) if len(read) == len(window)]
    lost = []
    for number, words in ((0, "the first event"), (1, "the second event")):
        if _never_read([read[number] for read in whole if len(read) > number + 2], checked):
            lost.append(words)
    longest = max(len(window) for window in windows)
    behind = [
        back
        for back in range(1, longest + 1)
        if _never_read([window[-back] for window in windows if len(window) >= back + 2], checked)
    ]
    names = {1: "the last event", 2: "the last event but one"}
    return lost + [names.get(back, f"the event {back - 1} before the last") for back in behind]


def _never_read(read: list[Any], checked: CheckedModel) -> bool:
    return len(read) >= LEAST_HISTORIES and 1 - float(np.mean(read)) >= checked.settings.unread_share


def order_matters(checked: CheckedModel) -> ModelFinding:
    """Whether shuffling the history moves any score."""
    name = "order matters"
    histories = [history for history in checked.probes if len(np.unique(history.items)) > 1]
    if not histories:
        return ModelFinding(name, "not checked", "No history has two different items.")
    moved = []
    for history in histories:
        order = _other_order(history, checked.random)
        shuffled = replace(history, items=history.items[order], engagements=history.engagements[order])
        before, after = (checked.scores([variant]) for variant in (history, shuffled))
        moved.append(float(score_change(before, after)[0]) > checked.settings.tolerance)
    share = float(np.mean(moved))
    evidence = {"histories": len(histories), "moved_share": share}
    if share > 0:
        return ModelFinding(
            name, "ok", f"Shuffling moves the scores of {share:.0%} of {len(histories)} histories.", evidence
        )
    if checked.dataset.card.train_positions == "last":
        text = "Shuffling moves no score; the events of this data set carry no order."
        return ModelFinding(name, "ok", text, evidence)
    text = f"Shuffling moves no score of {len(histories)} histories: the model reads them as a bag of items."
    way_out = "If it is meant to be sequential, check its positions and its mask; else read nothing into recency."
    return ModelFinding(name, "warning", text, evidence, way_out)


def _other_order(history: Session, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """A random order that puts another item somewhere."""
    for _ in range(20):
        order = random.permutation(len(history))
        if (history.items[order] != history.items).any():
            return order
    return np.arange(len(history))[::-1]


def later_events_unseen(checked: CheckedModel) -> ModelFinding:
    """Whether scores move with the target that a batch carries for learning, or with an event that is hidden."""
    name = "later events unseen"
    histories, items = checked.probes, checked.replaceable
    first, second = checked.random.choice(items, (2, len(histories)))
    before = checked.scores(histories)
    by_target = _moved_share(checked, before, checked.scores(histories, targets=first))
    ends = [[_extended(history, item) for history, item in zip(histories, row, strict=True)] for row in (first, second)]
    hidden = [checked.scores(extended, hide_last=True) for extended in ends]
    by_hidden = _moved_share(checked, hidden[0], hidden[1])
    evidence = {"histories": len(histories), "moved_by_target": by_target, "moved_by_hidden_event": by_hidden}
    if by_target > 0:
        text = f"The target that a batch carries for learning moves the scores of {by_target:.0%} of histories."
        return ModelFinding(name, "fault", text, evidence, "Never read `batch.targets` when scoring.")
    if by_hidden > 0:
        text = f"The item of an event that is hidden in place moves the scores of {by_hidden:.0%} of histories."
        way_out = "Leave out what `batch.visible` marks as false; until then only dropping removes an event."
        return ModelFinding(name, "warning", text, evidence, way_out)
    return ModelFinding(name, "ok", "Neither targets nor hidden events move a score.", evidence)


def _moved_share(checked: CheckedModel, before: Values, after: Values) -> float:
    return float((score_change(before, after) > checked.settings.tolerance).mean())


def _extended(history: Session, item: int) -> Session:
    items, engagements = np.append(history.items, item), np.append(history.engagements, history.engagements[-1])
    times = None if history.times is None else np.append(history.times, history.times[-1])
    return replace(history, items=items.astype(history.items.dtype), engagements=engagements, times=times)
