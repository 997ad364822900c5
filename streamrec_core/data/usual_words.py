"""Usual engagement words of logs and usual nouns: their strength, how they are said, what they map to by default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streamrec_core.data.engagement import ENGAGEMENTS, PHRASES, STRENGTHS, LogWords, folded
from streamrec_core.errors import BadInput

NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")
MIDDLE = 40.0
"""Strength of a word that is not among the usual ones."""
STRONG_FROM = 50.0
MOST_WORDS = 30
"""A column with more different words is not one of engagement."""

_MEANINGS: dict[tuple[float, str, str], str] = {
    (2, "shown", "click"): "impression impressions show exposure scroll view_item_list view_promotion",
    (5, "skipped", "click"): "skip skipped skips",
    (8, "removed from the cart", "click"): "remove_from_cart removefromcart cart_remove",
    (8, "returned", "click"): "refund return",
    (8, "disliked", "click"): "dislike thumbs_down",
    (10, "viewed", "partial_view"): "view views viewed pageview page_view pv view_item product_view detail "
    "item_view visit",
    (20, "clicked", "click"): "click clicks clicked select_item select_content select_promotion",
    (25, "opened", "click"): "open opened",
    (35, "started", "partial_view"): "start started",
    (40, "played", "full_view"): "play plays played listen listens stream scrobble hours_played",
    (40, "read", "full_view"): "read",
    (45, "finished", "full_view"): "complete completed finish finished",
    (52, "liked", "save"): "like likes liked thumbs_up",
    (53, "rated", "save"): "rate rated rating",
    (54, "reviewed", "save"): "review reviewed",
    (54, "added to the favourites", "save"): "fav favorite favourite add_to_favorites",
    (55, "added to the wishlist", "save"): "wishlist wish_list add_to_wishlist",
    (55, "bookmarked", "save"): "bookmark bookmarked",
    (56, "added to the playlist", "save"): "add_to_playlist playlist_add",
    (58, "downloaded", "save"): "download downloaded",
    (60, "added to the cart", "save"): "addtocart add_to_cart cart carts addcart basket add_to_basket atc",
    (58, "looked at in the cart", "save"): "view_cart",
    (70, "taken to the checkout", "share"): "checkout begin_checkout checkout_start add_shipping_info add_payment_info",
    (80, "bought", "share"): "purchase purchases purchased transaction transactions buy buys bought sale",
    (80, "ordered", "share"): "order orders ordered",
}
USUAL: dict[str, tuple[float, str]] = {
    **{word: (strength, phrase) for (strength, phrase, _), group in _MEANINGS.items() for word in group.split()},
    **dict(zip(ENGAGEMENTS, zip(STRENGTHS, PHRASES["events"], strict=True), strict=True)),
}
"""Folded word -> strength, phrase."""

DEFAULT_MAP: dict[str, str] = {
    **{word: engagement for (_, _, engagement), group in _MEANINGS.items() for word in group.split()},
    **{word: word for word in ENGAGEMENTS},
}
"""Folded word -> the type it counts as where a log is mapped onto StreamRec's five."""

Verbs = tuple[str, str, str]
VERBS: dict[str, Verbs] = {
    "product": ("viewed", "viewing of", "browsing"),
    "track": ("played", "listening to", "listening"),
    "song": ("played", "listening to", "listening"),
    "artist": ("played", "listening to", "listening"),
    "game": ("played", "playing of", "playing"),
    "article": ("read", "reading of", "reading"),
    "book": ("read", "reading of", "reading"),
}
"""Noun -> what visitors did with such an item, whatever the engagement: "played", "your listening to X", "your
listening history".
"""
ONLY_ENGAGEMENT: dict[str, str] = {
    **dict.fromkeys(("track", "song", "artist", "game"), "play"),
    **dict.fromkeys(("article", "book"), "read"),
}
"""Noun -> the engagement of every event of a log that does not say what was done; of other nouns a click."""
LOOKED_BELOW = 50.0
"""Strength below which an engagement is a look, a click or a play; a log without such speaks of what people chose."""
DEEDS: dict[str, Verbs] = {
    "rated": ("rated", "rating of", "rating"),
    "reviewed": ("reviewed", "review of", "review"),
    "downloaded": ("downloaded", "download of", "download"),
    "bought": ("bought", "purchase of", "purchase"),
    "ordered": ("ordered", "order of", "order"),
}
"""Phrase of a log's only engagement -> what visitors did, in the forms of `VERBS`."""
CHOSE: Verbs = ("chose", "choice of", "selection")
ANY_VERBS = ("looked at", "look at", "browsing")

_NOUN_OF_COLUMN: dict[str, tuple[str, ...]] = {
    "track": ("track", "song", "traid", "traname"),
    "artist": ("artist", "art_id"),
    "game": ("game", "app_id", "appid", "steam"),
    "product": ("product", "asin", "sku", "items.item"),
    "book": ("book", "isbn"),
    "article": ("article", "news"),
    "title": ("title", "movie", "film", "video", "show", "series", "episode", "anime"),
}
_SHOP_COLUMNS = ("customer", "shopper", "basket", "department")
_SHOP_WORDS = ("bought", "ordered", "added to the cart", "removed from the cart", "taken to the checkout")


def phrase_of(word: str) -> str:
    """How an engagement word is said, as in "which was bought"; an unusual word is quoted."""
    usual = USUAL.get(folded(word))
    return usual[1] if usual else f"marked '{word}'"


def verbs_of(noun: str) -> Verbs:
    """What visitors did with items of this noun, in the three forms of `VERBS`."""
    return VERBS.get(noun, ANY_VERBS)


def verbs_of_log(words: LogWords) -> Verbs | None:
    """What visitors did in a log, in the three forms of `VERBS`; None: what is usual for its noun.

    Examples
    --------
    >>> verbs_of_log(words_of_log({"purchase": 9}, noun="product"))
    ('bought', 'purchase of', 'purchase')
    >>> verbs_of_log(words_of_log({"view": 90, "purchase": 9}, noun="product"))
    """
    if words.wording == "ratings":
        return DEEDS["rated"]
    if not words.from_log or min(words.strengths) < LOOKED_BELOW:
        return None
    phrases = set(words.phrases)
    if len(phrases) == 1:
        return DEEDS.get(words.phrases[0], CHOSE)
    return CHOSE


def mapped_type(word: str) -> str:
    """The one of StreamRec's five that a word counts as by default; a click where it is not a usual word."""
    return DEFAULT_MAP.get(folded(word), ENGAGEMENTS[0])


def words_of_log(counts: Mapping[str, int], order: Mapping[str, str] | None = None, noun: str = "") -> LogWords:
    """The words of a log, from the weakest to the strongest.

    Parameters
    ----------
    counts : mapping of str to int
        How often each word occurs; words that differ in letter case alone are one, under its most frequent spelling.
    order : mapping of str to str or None
        Words from the weakest to the strongest and how each is said, empty for the usual phrase; words of the log that
        it lacks stand by their usual strength. None: usual words by their strength, others in the middle, of equally
        strong ones the more frequent first; where all are numbers, by their size.
    noun : str
        What an item is called; empty: title.

    Returns
    -------
    LogWords

    Raises
    ------
    BadInput
        The log has more than `MOST_WORDS` words.

    Examples
    --------
    >>> words_of_log({"transaction": 2, "view": 90, "addtocart": 8}).phrases
    ('viewed', 'added to the cart', 'bought')
    """
    spelling: dict[str, str] = {}
    for word in sorted(counts, key=lambda word: (-counts[word], word)):
        spelling.setdefault(folded(word), word)
    phrase = {folded(word): text for word, text in (order or {}).items()}
    for word in order or {}:
        spelling.setdefault(folded(word), word)
    if len(spelling) > MOST_WORDS:
        few = ", ".join(list(spelling.values())[:5])
        raise BadInput(
            f"the engagement column has {len(spelling):,} different words ({few}, ...), more than {MOST_WORDS}; choose "
            "another column, or none",
            fields=["engagement_column"],
        )
    strength = {key: USUAL.get(key, (MIDDLE, ""))[0] for key in spelling}
    if phrase:
        # Those in the user's order keep it: each at least as strong as the one before.
        least = 0.0
        for key in phrase:
            strength[key] = least = max(strength[key], least + 1)
    sizes = {key: float(key.replace(",", ".")) for key in spelling if NUMBER.fullmatch(key)}
    if len(sizes) < len(spelling):
        sizes = {}
    keys = sorted(spelling, key=lambda key: (strength[key], sizes.get(key, 0.0), -counts.get(spelling[key], 0)))
    strong = next((code for code, key in enumerate(keys) if strength[key] >= STRONG_FROM), len(keys) - 1)
    return LogWords(
        noun=noun or LogWords().noun,
        engagements=tuple(spelling[key] for key in keys),
        phrases=tuple(phrase.get(key) or phrase_of(spelling[key]) for key in keys),
        strengths=tuple(strength[key] for key in keys),
        strong=max(strong, 1),
    )


def noun_columns(settings: Mapping[str, Any]) -> list[str]:
    """The columns of an import by which a noun is guessed, that of the item first."""
    roles = ("item", "title", "category", "user", "session")
    return [column for role in roles if (column := settings.get(f"{role}_column"))]


def read_ordered_words(groups: Iterable[str]) -> dict[str, str]:
    """Words in order, each with how it is said where `WORD=PHRASE` gives it; several of a group between commas.

    Examples
    --------
    >>> read_ordered_words(["view=looked at, buy"])
    {'view': 'looked at', 'buy': ''}
    """
    pairs = [part.partition("=") for group in groups for part in group.split(",") if part.strip()]
    return {word.strip(): phrase.strip() for word, _, phrase in pairs}


def guess_noun(columns: Sequence[str], phrases: Sequence[str] = ()) -> str:
    """What an item of a log is called, by its column names and by what is done with items.

    Parameters
    ----------
    columns : sequence of str
        Those of `noun_columns`.
    phrases : sequence of str
        How its engagements are said.

    Returns
    -------
    str
        item where nothing tells.

    Examples
    --------
    >>> guess_noun(["itemid"], ["viewed", "added to the cart"]), guess_noun(["track_name"]), guess_noun(["item"])
    ('product', 'track', 'item')
    """
    shop = any(phrase in _SHOP_WORDS for phrase in phrases)
    shop = shop or any(part in folded(column) for column in columns for part in _SHOP_COLUMNS)
    for column in columns:
        for noun, parts in _NOUN_OF_COLUMN.items():
            if any(part in folded(column) for part in parts):
                return "product" if shop and noun in ("article", "title") else noun
    return "product" if shop else "item"
