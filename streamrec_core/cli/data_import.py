"""`data import`: a log from elsewhere into a data set folder, one command for each kind of source."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.output import JsonOption, people, print_json, shown_progress
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.importers.imported import Imported, ImportReport
    from streamrec_core.data.importers.table import TableSettings

app = typer.Typer(
    help="Import a log: MovieLens, RecBole atomic files, or any CSV or Parquet table.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.callback(invoke_without_command=True)
def import_options(
    again: Annotated[
        str, typer.Option(help="Import this data set anew, as its dataset.json says.", metavar="NAME")
    ] = "",
    source: Annotated[Path | None, typer.Option("--from", help="With --again: another file.", metavar="PATH")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import a log: MovieLens, RecBole atomic files, or any CSV or Parquet table.

    Parameters
    ----------
    again : str
        Name or folder of a data set.
    source : Path or None
    as_json : bool
    """
    if not again:
        return
    from streamrec_core.data.dataset import DataSetCard
    from streamrec_core.data.folders import named_folder
    from streamrec_core.data.importers.again import import_again
    from streamrec_core.data.storage import CARD_FILE

    folder = Path(again) if (Path(again) / CARD_FILE).is_file() else named_folder(again)
    card = DataSetCard.read(folder / CARD_FILE)
    _finish(lambda: import_again(card, [source] if source else []), folder, True, as_json)


OutOption = Annotated[Path | None, typer.Option("--out", help="Folder to write; else workspace/data/NAME.")]
NameOption = Annotated[str, typer.Option("--name", help="What to call the data set; else after the source.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the data set in the folder.")]
SkipOption = Annotated[
    bool, typer.Option("--skip-bad-rows", help="Leave faulty rows out; without it the first one stops the import.")
]
EncodingOption = Annotated[str, typer.Option("--encoding", help="As in latin-1; else what is usual for the format.")]
AnyYearOption = Annotated[bool, typer.Option("--any-year", help="Accept times outside 1990 to 2100.")]
RowLimitOption = Annotated[
    int | None,
    typer.Option("--row-limit", help="Refuse a log of more rows; else 100 million, or STREAMREC_IMPORT_ROWS."),
]
SizeLimitOption = Annotated[
    float | None,
    typer.Option("--size-limit", help="Refuse files that unpack to more GB; else 4, or STREAMREC_IMPORT_GB."),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option("--time-limit", help="Stop after so many minutes; else 60, or STREAMREC_IMPORT_MINUTES."),
]
RatingsOption = Annotated[int, typer.Option("--min-item-ratings", help="Leave items with fewer events out.")]
EventsOption = Annotated[
    int,
    typer.Option(
        "--max-events",
        help="Throw away all but so many events before each target; 0 keeps all. Models cut by themselves.",
    ),
]


@app.command("movielens")
def movielens_command(
    path: Annotated[Path, typer.Argument(help="Folder with u.data, ratings.dat or ratings.csv.", metavar="PATH")],
    out: OutOption = None,
    name: NameOption = "",
    min_item_ratings: RatingsOption = 5,
    max_events: EventsOption = 0,
    encoding: EncodingOption = "",
    any_year: AnyYearOption = False,
    skip_bad_rows: SkipOption = False,
    row_limit: RowLimitOption = None,
    size_limit: SizeLimitOption = None,
    time_limit: TimeLimitOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Import MovieLens in any of its three formats; a user is a session, ordered by time.

    Example: `python -m streamrec_core data import movielens ~/Downloads/ml-1m --name ml-1m`
    """
    values = _import_settings(locals())

    from streamrec_core.data.importers.movielens import import_movielens
    from streamrec_core.data.importers.ratings import RatingSettings

    settings = RatingSettings.parse(values, "options")
    _finish(lambda: import_movielens(path, settings), out, overwrite, as_json)


@app.command("atomic")
def atomic_command(
    path: Annotated[Path, typer.Argument(help="Folder with X.inter and X.item.", metavar="PATH")],
    out: OutOption = None,
    name: NameOption = "",
    min_item_ratings: RatingsOption = 5,
    max_events: EventsOption = 0,
    encoding: EncodingOption = "",
    any_year: AnyYearOption = False,
    skip_bad_rows: SkipOption = False,
    row_limit: RowLimitOption = None,
    size_limit: SizeLimitOption = None,
    time_limit: TimeLimitOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Import RecBole atomic files; with ratings they are treated as MovieLens is.

    Example: `python -m streamrec_core data import atomic dataset/ml-100k --out workspace/data/ml-100k`
    """
    values = _import_settings(locals())

    from streamrec_core.data.importers.atomic import import_atomic
    from streamrec_core.data.importers.ratings import RatingSettings

    settings = RatingSettings.parse(values, "options")
    _finish(lambda: import_atomic(path, settings), out, overwrite, as_json)


@app.command("table")
def table_command(
    path: Annotated[
        list[Path],
        typer.Argument(
            help="Files or folders: csv, tsv, dat, txt, jsonl, parquet or xlsx, also as gz, zst or zip.",
            metavar="PATH...",
        ),
    ],
    item_column: Annotated[str, typer.Option(help="Column of the item id.")],
    session_column: Annotated[str, typer.Option(help="Column of the session id, or two: user+visit.")] = "",
    user_column: Annotated[str, typer.Option(help="Column of the user id.")] = "",
    time_column: Annotated[str, typer.Option(help="Column of the time; without it rows are in order.")] = "",
    category_column: Annotated[str, typer.Option(help="Column of the item's category.")] = "",
    title_column: Annotated[str, typer.Option(help="Column of the item's title.")] = "",
    engagement_column: Annotated[str, typer.Option(help="Column of what was done: view, click, cart ...")] = "",
    rating_column: Annotated[str, typer.Option(help="Column of ratings from 0.5 to 5.")] = "",
    engagement_map: Annotated[
        list[str] | None,
        typer.Option(help="WORD=TYPE, as in view=partial_view, to count words as StreamRec's five types."),
    ] = None,
    engagement_words: Annotated[
        list[str] | None,
        typer.Option(
            help="Words from weakest to strongest, each with how it is said: view=viewed,cart=put in the cart"
        ),
    ] = None,
    noun: Annotated[
        str, typer.Option(help="What an item is called: title, product, track, article; else guessed.")
    ] = "",
    gap_minutes: Annotated[float | None, typer.Option(help="A longer pause cuts a user's log into sessions.")] = None,
    time_unit: Annotated[str, typer.Option(help="Of numbers: s, ms, us, ns; auto looks at them.")] = "auto",
    time_format: Annotated[
        str, typer.Option(help="Of the times, as in %d.%m.%Y %H:%M:%S; else the form of each is recognised.")
    ] = "",
    any_year: AnyYearOption = False,
    order_column: Annotated[
        str, typer.Option(help="Column of numbers that order events, or those of the same time.")
    ] = "",
    collapse_repeats: Annotated[
        bool, typer.Option("--collapse-repeats", help="Keep the first of neighbours with the same item and engagement.")
    ] = False,
    delimiter: Annotated[str, typer.Option(help="A character, or tab; else found in the first line.")] = "",
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The first line is a row; columns are called 1, 2, 3 ...")
    ] = False,
    quotes: Annotated[
        str, typer.Option(help="Whether double quotes enclose fields: auto looks at the file, always or never.")
    ] = "auto",
    comment: Annotated[
        str, typer.Option(help="Beginning of lines to pass over; # where the file begins with such lines.")
    ] = "",
    missing_values: Annotated[
        list[str] | None,
        typer.Option(help="A word that means no value (several times for several); else NULL, NA, nan, (not set) ..."),
    ] = None,
    list_separator: Annotated[
        str, typer.Option(help="What divides several items in one cell; lists of Parquet and JSON need none.")
    ] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of Excel workbooks; else the first with cells.")] = "",
    row_sessions: Annotated[bool, typer.Option("--row-sessions", help="Each row of the file is a session.")] = False,
    unescape_html: Annotated[
        bool, typer.Option("--unescape-html", help="Turn &amp; in titles and categories into &.")
    ] = False,
    neutral_category: Annotated[
        str, typer.Option(help="Items of this category are never recommended: a home page.")
    ] = "",
    category_separator: Annotated[
        str, typer.Option(help="Between several categories of an item: all are kept, the rarest is measured.")
    ] = "|",
    category_level: Annotated[
        int, typer.Option(help="Of category paths such as A > B: the level that is measured, from 1; 0 the rarest.")
    ] = 0,
    min_item_events: Annotated[int, typer.Option(help="Leave items with fewer events out.")] = 1,
    max_events: EventsOption = 0,
    items: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of the catalogue with columns id, title, category, neutral; may be given several times."
        ),
    ] = None,
    catalogue: Annotated[
        str, typer.Option(help="Data set or model to take the catalogue from, so that its models fit this log.")
    ] = "",
    split: Annotated[str, typer.Option(help="session, time or leave-last-out.")] = "",
    encoding: EncodingOption = "",
    name: NameOption = "",
    out: OutOption = None,
    skip_bad_rows: SkipOption = False,
    row_limit: RowLimitOption = None,
    size_limit: SizeLimitOption = None,
    time_limit: TimeLimitOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Import any CSV or Parquet log by naming its columns.

    Example: `python -m streamrec_core data import table clicks.csv --session-column sid --item-column item
    --time-column time --category-column genre --out workspace/data/clicks`
    """
    values = _import_settings(locals())

    from streamrec_core.data.importers.table import TableSettings, import_table
    from streamrec_core.data.usual_words import read_ordered_words

    values["header"] = not values.pop("no_header")
    values["split"] = split or None
    values["items"] = tuple(str(file) for file in items or ())
    if missing_values is None:
        del values["missing_values"]
    values["engagement_map"] = engagement_pairs(engagement_map or [])
    values["engagement_words"] = read_ordered_words(engagement_words or [])
    settings = TableSettings.parse(values, "options")
    _finish(lambda: import_table(path, settings), out, overwrite, as_json)
    if not as_json:
        _print_unused(path[0], settings)


def _print_unused(path: Path, settings: TableSettings) -> None:
    """Columns of the file that look like something the import could use, with the option for each."""
    from streamrec_core.data.importers.preview import PreviewSettings, preview_file
    from streamrec_core.data.importers.usual_columns import usual_columns

    if not settings.header:
        return
    read_as = PreviewSettings(settings.encoding, settings.delimiter, True, settings.comment, settings.quotes)
    try:
        columns = usual_columns(preview_file(path, replace(read_as, sheet=settings.sheet)).usable)
    except BadInput:  # more columns than a preview has room for; the import is done
        return
    optional = ("time_column", "title_column", "category_column", "engagement_column", "rating_column")
    used = {str(getattr(settings, f"{role}_column")) for role in ("session", "user", "item", "order")}
    used |= {str(getattr(settings, role)) for role in optional}
    rated = settings.rating_column or settings.engagement_column
    unused = [
        f"--{role.replace('_', '-')} {shlex.quote(columns[role])}"
        for role in optional
        if role in columns and not getattr(settings, role) and columns[role] not in used
        if not (rated and role in ("engagement_column", "rating_column"))
    ]
    if unused:
        people.print(
            f"The log has more columns that could be used: {', '.join(unused)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def engagement_pairs(pairs: list[str]) -> dict[str, str]:
    """The translation from `WORD=TYPE`, several of them also between commas; raises `BadInput` for other forms."""
    translation: dict[str, str] = {}
    for pair in (part for group in pairs for part in group.split(",")):
        word, equals, meaning = pair.rpartition("=")
        if not equals or not word.strip():
            raise BadInput(f"--engagement-map {pair!r} is not WORD=TYPE; write it as view=partial_view")
        translation[word.strip()] = meaning.strip()
    return translation


def _import_settings(options: dict[str, Any]) -> dict[str, Any]:
    """The options that are settings of an importer; taken before anything is imported, which makes names too."""
    return {name: value for name, value in options.items() if name not in ("path", "out", "overwrite", "as_json")}


def _finish(read: Callable[[], Imported], out: Path | None, overwrite: bool, as_json: bool) -> None:
    """Import, write what was imported and say what came of it."""
    from streamrec_core.data.arrow_memory import use_returning_allocator
    from streamrec_core.data.folders import named_folder
    from streamrec_core.data.importers.imported import save

    use_returning_allocator()
    with shown_progress(as_json):
        imported = read()
        dataset = save(imported, out or named_folder(imported.name), overwrite)
    if as_json:
        report = imported.report.as_dict()
        print_json({**dataset.card.model_dump(), "folder": str(dataset.folder), "report": report})
    else:
        people.print(_summary(dataset, imported.report), markup=False, highlight=False, soft_wrap=True)


def _summary(dataset: DataSet, report: ImportReport) -> str:
    from streamrec_core.data.importers.notes import import_notes

    lines = [
        f"Imported {dataset.name}: {dataset.card.counts.words()} in {dataset.folder}",
        *import_notes(report, dataset),
        *(f"  {note}" for note in report.bad_row_notes),
        f"Look at it: python -m streamrec_core data describe {dataset.folder}",
    ]
    return "\n".join(lines)
