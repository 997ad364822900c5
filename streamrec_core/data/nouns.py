"""Texts in the words of a data set: what is written of watched titles is said of bought products or rated titles."""

from __future__ import annotations

import re
from functools import lru_cache

from streamrec_core.data.engagement import NOUN, LogWords
from streamrec_core.data.usual_words import Verbs, verbs_of, verbs_of_log

_TITLE = re.compile(r"(?P<article>\b[Aa]n? )?(?<![{\w/])(?P<first>[Tt])itle(?P<many>s?)(?![}\w/])")
"""Not within placeholders, nor in ids of figures such as `purpose/titles`."""
_WATCHED = re.compile(r"(?<![{\w])(?P<first>[Ww])atched(?! in part| to the end|[}\w])")


@lru_cache(maxsize=4096)
def in_noun(text: str, noun: str, verbs: Verbs | None = None) -> str:
    """A text that speaks of titles, in the noun of a data set.

    Parameters
    ----------
    text : str
        What the product writes, before names of items are put into it; placeholders such as `{titles}` stay.
    noun : str
        In the singular.
    verbs : tuple of three str or None
        What visitors did, in the forms of `usual_words.VERBS`; None: what is usual for the noun.

    Returns
    -------
    str

    Examples
    --------
    >>> in_noun("A title is near the titles {titles}, which were watched", "article")
    'An article is near the articles {titles}, which were read'
    """
    if noun == NOUN and verbs is None:
        return text

    def title(match: re.Match[str]) -> str:
        word = plural(noun) if match["many"] else noun
        word = word.capitalize() if match["first"] == "T" else word
        article = match["article"]
        if not article:
            return word
        indefinite = "an " if word[0].lower() in "aeiou" else "a "
        return (indefinite.capitalize() if article[0] == "A" else indefinite) + word

    done, doing, activity = verbs or verbs_of(noun)

    def watched(match: re.Match[str]) -> str:
        return done.capitalize() if match["first"] == "W" else done

    text = _WATCHED.sub(watched, _TITLE.sub(title, text))
    return text.replace("viewing of ", f"{doing} ").replace("viewing history", f"{activity} history")


def in_log_words(text: str, words: LogWords) -> str:
    """A text that speaks of watched titles and engagement, in the noun and the engagement words of a data set.

    Parameters
    ----------
    text : str
        As `in_noun` takes it.
    words : LogWords
        Of the data set.

    Returns
    -------
    str

    Examples
    --------
    >>> from streamrec_core.data.engagement import WORDS
    >>> in_log_words("Because of your recent viewing of '{title}'", WORDS["ratings"])
    "Because of your recent rating of '{title}'"
    """
    text = in_noun(text, words.noun, verbs_of_log(words))
    if words.wording != "ratings":
        return text
    text = _ENGAGEMENT.sub(_rating, text)
    for general, phrase in _RATED:
        text = text.replace(general, phrase)
    return text


_ENGAGEMENT = re.compile(r"(?P<article>\b[Aa]n )?(?<![{\w/])(?P<first>[Ee])ngagement(?P<many>s?)(?![}\w/])")
_RATED = (
    ("ating with", "ating of"),
    ("strongest rating", "highest rating"),
    ("as much as the weakest", "as much as the lowest"),
    ("Strength of rating", "Height of the rating"),
)


def _rating(match: re.Match[str]) -> str:
    word = ("R" if match["first"] == "E" else "r") + "ating" + match["many"]
    return word if not match["article"] else f"{match['article'][0]} {word}"


def plural(noun: str) -> str:
    """A noun in the plural.

    Examples
    --------
    >>> plural("product"), plural("recipe"), plural("story"), plural("dish")
    ('products', 'recipes', 'stories', 'dishes')
    """
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"
