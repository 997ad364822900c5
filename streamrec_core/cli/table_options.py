"""Options of `data import table`: the columns of a log, how its files are read, and its catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LogPaths = Annotated[
    list[Path],
    typer.Argument(
        help="Files or folders: csv, tsv, dat, txt, jsonl, parquet or xlsx, also as gz, zst or zip.",
        metavar="PATH...",
    ),
]
ItemColumn = Annotated[str, typer.Option(help="Column of the item id.")]
SessionColumn = Annotated[str, typer.Option(help="Column of the session id, or two: user+visit.")]
UserColumn = Annotated[str, typer.Option(help="Column of the user id.")]
TimeColumn = Annotated[str, typer.Option(help="Column of the time; without it rows are in order.")]
CategoryColumn = Annotated[str, typer.Option(help="Column of the item's category.")]
TitleColumn = Annotated[str, typer.Option(help="Column of the item's title.")]
EngagementColumn = Annotated[str, typer.Option(help="Column of what was done: view, click, cart ...")]
RatingColumn = Annotated[str, typer.Option(help="Column of ratings from 0.5 to 5.")]
EngagementMap = Annotated[
    list[str] | None,
    typer.Option(help="WORD=TYPE, as in view=partial_view, to count words as StreamRec's five types."),
]
EngagementWords = Annotated[
    list[str] | None,
    typer.Option(help="Words from weakest to strongest, each with how it is said: view=viewed,cart=put in the cart"),
]
Noun = Annotated[str, typer.Option(help="What an item is called: title, product, track, article; else guessed.")]
GapMinutes = Annotated[float | None, typer.Option(help="A longer pause cuts a user's log into sessions.")]
TimeUnit = Annotated[str, typer.Option(help="Of numbers: s, ms, us, ns; auto looks at them.")]
TimeFormat = Annotated[
    str, typer.Option(help="Of the times, as in %d.%m.%Y %H:%M:%S; else the form of each is recognised.")
]
OrderColumn = Annotated[str, typer.Option(help="Column of numbers that order events, or those of the same time.")]
CollapseRepeats = Annotated[
    bool, typer.Option("--collapse-repeats", help="Keep the first of neighbours with the same item and engagement.")
]
Delimiter = Annotated[str, typer.Option(help="A character, or tab; else found in the first line.")]
NoHeader = Annotated[bool, typer.Option("--no-header", help="The first line is a row; columns are called 1, 2, 3 ...")]
Quotes = Annotated[
    str, typer.Option(help="Whether double quotes enclose fields: auto looks at the file, always or never.")
]
Comment = Annotated[str, typer.Option(help="Beginning of lines to pass over; # where the file begins with such lines.")]
MissingValues = Annotated[
    list[str] | None,
    typer.Option(help="A word that means no value (several times for several); else NULL, NA, nan, (not set) ..."),
]
ListSeparator = Annotated[
    str, typer.Option(help="What divides several items in one cell; lists of Parquet and JSON need none.")
]
Sheet = Annotated[str, typer.Option(help="Sheet of Excel workbooks; else the first with cells.")]
RowSessions = Annotated[bool, typer.Option("--row-sessions", help="Each row of the file is a session.")]
UnescapeHtml = Annotated[bool, typer.Option("--unescape-html", help="Turn &amp; in titles and categories into &.")]
NeutralCategory = Annotated[str, typer.Option(help="Items of this category are never recommended: a home page.")]
CategorySeparator = Annotated[
    str, typer.Option(help="Between several categories of an item: all are kept, the rarest is measured.")
]
CategoryLevel = Annotated[
    int, typer.Option(help="Of category paths such as A > B: the level that is measured, from 1; 0 the rarest.")
]
MinItemEvents = Annotated[int, typer.Option(help="Leave items with fewer events out.")]
Items = Annotated[
    list[Path] | None,
    typer.Option(help="File of the catalogue with columns id, title, category, neutral; may be given several times."),
]
Catalogue = Annotated[
    str, typer.Option(help="Data set or model to take the catalogue from, so that its models fit this log.")
]
Split = Annotated[str, typer.Option(help="session, time or leave-last-out.")]
