"""`data import`: a log from elsewhere into a data set folder, one command for each kind of source."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli import table_options as options
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
    _finish(lambda: import_again(card, [source] if source else []), folder, "", True, as_json)


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

    from streamrec_core.data.importers.movielens import import_movielens, movielens_name
    from streamrec_core.data.importers.ratings import RatingSettings

    settings = RatingSettings.parse(values, "options")
    _finish(lambda: import_movielens(path, settings), out, name or movielens_name(path), overwrite, as_json)


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

    from streamrec_core.data.importers.atomic import atomic_name, import_atomic
    from streamrec_core.data.importers.ratings import RatingSettings

    settings = RatingSettings.parse(values, "options")
    _finish(lambda: import_atomic(path, settings), out, name or atomic_name(path), overwrite, as_json)


@app.command("table")
def table_command(
    path: options.LogPaths,
    item_column: options.ItemColumn,
    session_column: options.SessionColumn = "",
    user_column: options.UserColumn = "",
    time_column: options.TimeColumn = "",
    category_column: options.CategoryColumn = "",
    title_column: options.TitleColumn = "",
    engagement_column: options.EngagementColumn = "",
    rating_column: options.RatingColumn = "",
    engagement_map: options.EngagementMap = None,
    engagement_words: options.EngagementWords = None,
    noun: options.Noun = "",
    gap_minutes: options.GapMinutes = None,
    time_unit: options.TimeUnit = "auto",
    time_format: options.TimeFormat = "",
    any_year: AnyYearOption = False,
    order_column: options.OrderColumn = "",
    collapse_repeats: options.CollapseRepeats = False,
    delimiter: options.Delimiter = "",
    no_header: options.NoHeader = False,
    quotes: options.Quotes = "auto",
    comment: options.Comment = "",
    missing_values: options.MissingValues = None,
    list_separator: options.ListSeparator = "",
    sheet: options.Sheet = "",
    row_sessions: options.RowSessions = False,
    unescape_html: options.UnescapeHtml = False,
    neutral_category: options.NeutralCategory = "",
    category_separator: options.CategorySeparator = "|",
    category_level: options.CategoryLevel = 0,
    min_item_events: options.MinItemEvents = 1,
    max_events: EventsOption = 0,
    items: options.Items = None,
    catalogue: options.Catalogue = "",
    split: options.Split = "",
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

    from streamrec_core.data.importers.table import import_table, table_name

    settings = _table_settings(values)
    _finish(lambda: import_table(path, settings), out, name or table_name(path[0]), overwrite, as_json)
    if not as_json:
        _print_unused(path[0], settings)


def _table_settings(values: dict[str, Any]) -> TableSettings:
    """The settings that the options of `table` say; raises `BadInput` where one cannot be used."""
    from streamrec_core.data.importers.table import TableSettings
    from streamrec_core.data.usual_words import read_ordered_words

    values["header"] = not values.pop("no_header")
    values["split"] = values["split"] or None
    values["items"] = tuple(str(file) for file in values["items"] or ())
    if values["missing_values"] is None:
        del values["missing_values"]
    values["engagement_map"] = engagement_pairs(values["engagement_map"] or [])
    values["engagement_words"] = read_ordered_words(values["engagement_words"] or [])
    return TableSettings.parse(values, "options")


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


def _import_settings(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a command that are an importer's settings; taken before imports, which make names too."""
    return {name: value for name, value in arguments.items() if name not in ("path", "out", "overwrite", "as_json")}


def _finish(read: Callable[[], Imported], out: Path | None, name: str, overwrite: bool, as_json: bool) -> None:
    """Import, write what was imported and say what came of it; a folder that is in use is refused before reading."""
    from streamrec_core.data.arrow_memory import use_returning_allocator
    from streamrec_core.data.folders import named_folder
    from streamrec_core.data.importers.imported import check_destination, save

    folder = out or named_folder(name)
    check_destination(folder, overwrite)
    use_returning_allocator()
    with shown_progress(as_json):
        imported = read()
        dataset = save(imported, folder, overwrite)
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
        f"Look at it: python -m streamrec_core data describe {shlex.quote(str(dataset.folder))}",
    ]
    return "\n".join(lines)
