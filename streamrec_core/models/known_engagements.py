"""Match the engagement words of a data set with those that a model learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamrec_core.data.engagement import LogWords, stand_ins, unseen_words
from streamrec_core.data.log import EventLog


@dataclass(frozen=True)
class KnownEngagements:
    """Which engagement of a model each of the W words of a data set counts as.

    Attributes
    ----------
    codes : tuple of W int
        Codes of the model.
    unseen : tuple of int
        Codes, in the data set, of words that the model never saw; the nearest in strength stands in for each.
    learned, words : LogWords
        Of the model, and of the data set.
    """

    codes: tuple[int, ...]
    unseen: tuple[int, ...]
    learned: LogWords
    words: LogWords


def match_engagements(learned: LogWords, words: LogWords) -> KnownEngagements | None:
    """Find each engagement word of a data set among those that a model learned.

    Parameters
    ----------
    learned : LogWords
        Of the model.
    words : LogWords
        Of the data set.

    Returns
    -------
    KnownEngagements or None
        None where the model learned these very words.

    Examples
    --------
    >>> from streamrec_core.data.usual_words import words_of_log
    >>> match = match_engagements(words_of_log({"view": 9, "cart": 2}), words_of_log({"view": 9, "wishlist": 1}))
    >>> match.codes, match.unseen
    ((0, 1), (1,))
    """
    codes = stand_ins(learned, words)
    if codes == tuple(range(len(learned))) and learned.engagements == words.engagements:
        return None
    return KnownEngagements(codes, unseen_words(learned, words), learned, words)


def counted_stand_ins(match: KnownEngagements, log: EventLog) -> dict[str, tuple[str, int]]:
    """What each word that the model never saw counts as, and how many events of the data set have it.

    Parameters
    ----------
    match : KnownEngagements
    log : EventLog

    Returns
    -------
    dict of str to (str, int)
        Word of the data set -> word of the model, events.
    """
    events = np.bincount(log.engagements, minlength=len(match.words)).tolist()
    return {
        match.words.engagements[code]: (match.learned.engagements[match.codes[code]], events[code])
        for code in match.unseen
    }


def stand_in_note(match: KnownEngagements | None, model: str, log: EventLog) -> str:
    """One sentence on the engagement words that a model never saw; empty where it knows all.

    Parameters
    ----------
    match : KnownEngagements or None
        None: the model learned these very words.
    model : str
        Its name.
    log : EventLog
        Of the data set, whose events of these words are counted.

    Returns
    -------
    str
    """
    if match is None or not match.unseen:
        return ""
    shown = ", ".join(
        f"{word} counts as {stand_in} ({events:,} {'event' if events == 1 else 'events'})"
        for word, (stand_in, events) in counted_stand_ins(match, log).items()
    )
    noun = "One engagement" if len(match.unseen) == 1 else f"{len(match.unseen)} engagements"
    return f"{noun} of this data set never seen by {model}: {shown}, the nearest in strength."
