"""Texts in the noun of a data set: what is written of titles is said of products, tracks or articles."""

from __future__ import annotations

import re
from functools import lru_cache

from streamrec_core.data.engagement import NOUN
from streamrec_core.data.usual_words import verbs_of

_TITLE = re.compile(r"(?P<article>\b[Aa]n? )?(?<![{\w/])(?P<first>[Tt])itle(?P<many>s?)(?![}\w/])")
"""Not within placeholders, nor in ids of figures such as `purpose/titles`."""
_WATCHED = re.compile(r"(?<![{\w])(?P<first>[Ww])atched(?! in part| to the end|[}\w])")


@lru_cache(maxsize=4096)
def in_noun(text: str, noun: str) -> str:
    """A text that speaks of titles, in the noun of a data set.

    Parameters
    ----------
    text : str
        What the product writes, before names of items are put into it; placeholders such as `{titles}` stay.
    noun : str
        In the singular.

    Returns
    -------
    str

    Examples
    --------
    >>> in_noun("A title is near the titles {titles}, which were watched", "article")
    'An article is near the articles {titles}, which were read'
    """
    if noun == NOUN:
        return text

    def title(match: re.Match[str]) -> str:
        word = plural(noun) if match["many"] else noun
        word = word.capitalize() if match["first"] == "T" else word
        article = match["article"]
        if not article:
            return word
        indefinite = "an " if word[0].lower() in "aeiou" else "a "
        return (indefinite.capitalize() if article[0] == "A" else indefinite) + word

    done, doing, activity = verbs_of(noun)

    def watched(match: re.Match[str]) -> str:
        return done.capitalize() if match["first"] == "W" else done

    text = _WATCHED.sub(watched, _TITLE.sub(title, text))
    return text.replace("viewing of ", f"{doing} ").replace("viewing history", f"{activity} history")


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
