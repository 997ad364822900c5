"""Engagement words of a data set: order of strength, how each is said, and the noun for an item."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from streamrec_core.config import Settings
from streamrec_core.errors import BadInput

ENGAGEMENTS = ("click", "partial_view", "full_view", "save", "share")
CLICK, PARTIAL_VIEW, FULL_VIEW, SAVE, SHARE = range(5)
STRENGTHS = (20.0, 30.0, 45.0, 55.0, 65.0)
"""Of the five, on the scale of `usual_words.USUAL`."""

Wording = Literal["events", "ratings"]
"""How a data set speaks of engagement: events, or ratings from 1 to 5."""

PHRASES: dict[Wording, tuple[str, ...]] = {
    "events": ("clicked", "watched in part", "watched to the end", "saved", "shared"),
    "ratings": tuple(f"rated {stars} of 5" for stars in range(1, 6)),
}
NOUN = "title"


class LogWords(Settings):
    """The words of a data set: its engagements, from the weakest to the strongest, and what an item is called.

    Attributes
    ----------
    noun : str
        An item in the singular: title, product, track, article.
    engagements : tuple of W str
        As the log has them; the position of a word is its code.
    phrases : tuple of W str
        How each is said, as in "which was bought".
    strengths : tuple of W float
        Rising; what stands in for a word that a model never saw is the nearest on this scale.
    strong : int
        Lowest code that makes a reason of its own ("added to the cart or bought"); W where there is none.
    wording : str
        events or ratings.
    """

    noun: str = NOUN
    engagements: tuple[str, ...] = ENGAGEMENTS
    phrases: tuple[str, ...] = PHRASES["events"]
    strengths: tuple[float, ...] = STRENGTHS
    strong: int = SAVE
    wording: Wording = "events"

    @model_validator(mode="after")
    def _columns_agree(self) -> Self:
        sizes = {len(self.engagements), len(self.phrases), len(self.strengths)}
        if len(sizes) > 1 or not self.engagements:
            raise ValueError("words: engagements, phrases and strengths must have one entry for each word")
        if len({folded(word) for word in self.engagements}) < len(self.engagements):
            raise ValueError(f"words: an engagement stands twice in {', '.join(self.engagements)}; keep one of each")
        if any(later < earlier for earlier, later in zip(self.strengths, self.strengths[1:], strict=False)):
            raise ValueError("words: strengths must rise from the first engagement to the last")
        return self

    def __len__(self) -> int:
        return len(self.engagements)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {folded(word): code for code, word in enumerate(self.engagements)}

    @property
    def from_log(self) -> bool:
        """Whether the engagements are those of the log, not StreamRec's five or ratings in their place."""
        return self.engagements != ENGAGEMENTS

    @property
    def prominent(self) -> int:
        """Lowest code that is printed bold: for events watched to the end, for ratings rated 4 of 5."""
        return max(1, self.strong - 1)

    def find(self, word: str) -> int:
        """Code of a word, letter case, spaces, `-` and `_` ignored; -1 for a word that is none of them."""
        return self._codes.get(folded(word), -1)

    def code(self, word: str) -> int:
        """Code of a word as `find` has it.

        Raises
        ------
        BadInput
            The word is none of the data set's; the message lists them.

        Examples
        --------
        >>> LogWords().code("Partial view")
        1
        """
        code = self.find(word)
        if code < 0:
            raise BadInput(f"unknown engagement {word!r}; known are {', '.join(self.engagements)}")
        return code


def folded(word: str) -> str:
    """An engagement word for comparison: `partial view`, `Partial-View` and `partial_view` are one."""
    return word.strip().lower().replace(" ", "_").replace("-", "_")


STREAMREC_WORDS = LogWords()
WORDS: dict[Wording, LogWords] = {
    "events": STREAMREC_WORDS,
    "ratings": LogWords(phrases=PHRASES["ratings"], strong=SHARE, wording="ratings"),
}
"""Of data sets that have StreamRec's five engagements, or ratings in their place."""


def stand_ins(learned: LogWords, words: LogWords) -> tuple[int, ...]:
    """The engagement of a model that each word of a data set counts as.

    Parameters
    ----------
    learned : LogWords
        Of the model.
    words : LogWords
        Of the data set.

    Returns
    -------
    tuple of W int
        Codes of the model: of the same word or, where it never saw the word, of the one nearest in strength, the
        weaker of two equally near ones.

    Examples
    --------
    >>> shop = LogWords(engagements=("view", "cart"), phrases=("viewed", "carted"), strengths=(10, 60), strong=1)
    >>> stand_ins(LogWords(), shop)
    (0, 3)
    """
    codes = []
    for word, strength in zip(words.engagements, words.strengths, strict=True):
        nearest = min(range(len(learned)), key=lambda code: abs(learned.strengths[code] - strength))
        codes.append(learned.find(word) if learned.find(word) >= 0 else nearest)
    return tuple(codes)


def unseen_words(learned: LogWords, words: LogWords) -> tuple[int, ...]:
    """Codes, in the data set, of the words that a model never saw.

    Parameters
    ----------
    learned : LogWords
        Of the model.
    words : LogWords
        Of the data set.

    Returns
    -------
    tuple of int
    """
    return tuple(code for code, word in enumerate(words.engagements) if learned.find(word) < 0)


def either(phrases: Sequence[str]) -> str:
    """Join phrases: "a, b or c"."""
    return " or ".join(part for part in (", ".join(phrases[:-1]), phrases[-1]) if part) if phrases else ""
