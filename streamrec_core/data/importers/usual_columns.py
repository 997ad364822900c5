"""Guess which column of a log is what, by its name: of our own and other usual logs, and of public data sets."""

from __future__ import annotations

import re
from collections.abc import Sequence

USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "session_column": ("session_id", "sessionid", "session", "sid", "visit_id", "visit", "user_session"),
    "user_column": (
        *("user_id", "userid", "user", "visitor_id", "visitorid", "customer_id", "user_pseudo_id", "reviewerid"),
        *("username", "steamid"),
    ),
    "item_column": (
        *("item_id", "itemid", "item", "product_id", "movie_id", "movieid", "aid", "track_id", "traid", "trackid"),
        *("sku", "article_id", "parent_asin", "asin", "game_id", "app_id", "appid", "game_title", "track", "artist_id"),
    ),
    "time_column": (
        *("timestamp", "time", "ts", "datetime", "date", "event_time", "eventdate", "created_at", "event_timestamp"),
        *("t_dat", "unixreviewtime"),
    ),
    "order_column": ("timeframe", "position", "step", "order", "sequence"),
    "category_column": (
        *("category", "genre", "genres", "category_code", "category_id", "item_category", "class", "kind"),
        *("product_category", "department", "section"),
        *("artist_name", "artname", "artist"),
    ),
    "title_column": (
        *("title", "item_title", "movie_title", "name", "product_name", "item_name", "track_name", "traname", "game"),
    ),
    "engagement_column": (
        *("engagement", "event", "event_type", "type", "action", "event_name", "behavior_name", "behavior"),
        *("behavior_type", "interaction"),
    ),
    "rating_column": ("rating", "stars", "score", "overall"),
}
"""Settings of a table import, and what such a column is usually called; the first name that fits is taken."""

GA4_SESSION = ("user_pseudo_id", "event_params", "user_pseudo_id+event_params.ga_session_id")
"""A visitor, and the parameters among which the number of the visit is, of a Google Analytics export."""
REVIEW_TEXTS = ("text", "reviewtext", "helpful_vote")
"""Beside these a title is that of a review, not of the item."""
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
EPOCH = re.compile(r"1\d{9}(\d{3}){0,3}(\.0*)?")
NUMBER = re.compile(r"-?\d+([.,]\d+)?")


def usual_columns(columns: Sequence[str]) -> dict[str, str]:
    """Which column is probably what, by its name; a column of no usual name is left out.

    Examples
    --------
    >>> usual_columns(["timestamp", "visitorid", "event", "itemid"])["engagement_column"]
    'event'
    """
    plain = {_plain(name.rpartition(".")[2]): name for name in reversed(columns)}
    plain |= {_plain(name): name for name in reversed(columns)}
    guessed = {
        setting: plain[name] for setting, usual in USUAL_NAMES.items() if (name := next(filter(plain.get, usual), ""))
    }
    visitor, parameters, session = GA4_SESSION
    if visitor in columns and any(name.partition(".")[0] == parameters for name in columns):
        guessed["session_column"] = session
    if "title_column" in guessed and any(name in plain for name in REVIEW_TEXTS):
        del guessed["title_column"]
    return guessed


def columns_by_cells(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Guess the columns of a log without a header by its first rows: time by its form, then session and item.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequence of str
        The first rows, as text.

    Returns
    -------
    dict of str to str
        Empty where no column has the form of a time.

    Examples
    --------
    >>> columns_by_cells(["1", "2", "3", "4"], [["1", "2014-04-07T10:51:09.277Z", "214536502", "0"]])
    {'time_column': '2', 'session_column': '1', 'item_column': '3', 'category_column': '4'}
    """
    whole = [row for row in rows if len(row) == len(columns)]
    times = [
        column
        for at, column in enumerate(columns)
        if whole and all(ISO_TIME.match(row[at]) or EPOCH.fullmatch(row[at]) for row in whole)
    ]
    if not times or len(columns) < 3:
        return {}
    others = [column for column in columns if column != times[0]]
    roles = ("session_column", "item_column", "category_column")[: 3 if len(columns) == 4 else 2]
    return {"time_column": times[0], **dict(zip(roles, others, strict=False))}


def is_row(names: Sequence[str]) -> bool:
    """Whether the first line of a file is a row and no header: one of its cells is a time, or most are numbers."""
    numbers = sum(bool(NUMBER.fullmatch(name.strip())) for name in names)
    timed = any(ISO_TIME.match(name) or EPOCH.fullmatch(name) for name in names)
    return timed or (len(names) > 1 and numbers * 2 > len(names))


def _plain(name: str) -> str:
    return re.sub(r"[ -]+", "_", name.partition(":")[0].strip().lower())
