"""`data`: make a preset, import a log, describe what a data set holds."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamrec_core.cli import data_import
from streamrec_core.cli.output import JsonOption, people, print_json, shown_progress, table
from streamrec_core.defaults import SEED, SESSIONS

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.data.describe import Description

SHOWN_CATEGORIES = 20

app = typer.Typer(help="Make, import and describe data sets.", no_args_is_help=True, rich_markup_mode="markdown")
app.add_typer(data_import.app, name="import")


@app.command("make")
def make_command(
    preset: Annotated[str, typer.Argument(help="streamrec or case-study.", metavar="PRESET")],
    sessions: Annotated[int, typer.Option(help="How many sessions.")] = SESSIONS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same sessions.")] = SEED,
    out: Annotated[Path | None, typer.Option(help="Folder to write; else one in workspace/data.")] = None,
    home_page: Annotated[
        bool, typer.Option("--home-page", help="With a neutral home page in most sessions (streamrec).")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the data set in the folder.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a synthetic data set.

    Example: `python -m streamrec_core data make streamrec --sessions 5000 --seed 7 --out /tmp/small`
    """
    from streamrec_core.data.presets import make

    dataset = make(preset, sessions, seed, home_page, out, overwrite)
    if as_json:
        print_json({**dataset.card.model_dump(), "folder": str(dataset.folder)})
    else:
        people.print(_summary("Made", dataset), markup=False, highlight=False, soft_wrap=True)


@app.command("accept")
def accept_command(
    folder: Annotated[Path, typer.Argument(help="A data set folder whose files were edited.", metavar="DIR")],
    as_json: JsonOption = False,
) -> None:
    """Take the files of a data set folder as they are: its card gets new counts and hashes.

    Example: `python -m streamrec_core data accept workspace/data/shop`
    """
    from streamrec_core.data.storage import accept_changes
    from streamrec_core.permissions import require_permission

    require_permission("accepting changed files")
    dataset = accept_changes(folder)
    if as_json:
        print_json({**dataset.card.model_dump(), "folder": str(folder)})
    else:
        people.print(_summary("Accepted", dataset), markup=False, highlight=False, soft_wrap=True)


@app.command("describe")
def describe_command(
    data: Annotated[
        str, typer.Argument(help="A data set folder, a name in the workspace, or a preset.", metavar="DIR-or-PRESET")
    ],
    as_json: JsonOption = False,
) -> None:
    """Say what a data set holds: counts, lengths, shares, sparsity, repeats, split and hashes.

    Example: `python -m streamrec_core data describe streamrec`
    """
    from streamrec_core.data.describe import describe as describe_data
    from streamrec_core.data.presets import open_data

    with shown_progress(as_json):
        description = describe_data(open_data(data))
    if as_json:
        print_json(description.model_dump())
        return
    people.print(table(description.name, ("", "value"), _facts(description)))
    people.print(table("Share of events by category", ("category", "share"), _categories(description)))
    shares = zip(description.words.phrases, description.engagement_shares.values(), strict=True)
    engaged = [(phrase, f"{share:.1%}") for phrase, share in shares]
    people.print(table("Share of events by engagement", ("engagement", "share"), engaged))
    for name, value in description.hashes.items():
        people.print(
            f"SHA-256 of {'' if name.endswith('.parquet') else 'the '}{name}: {value}", highlight=False, soft_wrap=True
        )


@app.command("delete")
def delete_command(
    name: Annotated[str, typer.Argument(help="Name of a data set in the workspace; never a preset.", metavar="NAME")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Delete a data set that was made or imported.

    Example: `python -m streamrec_core data delete mine --yes`
    """
    from streamrec_core.data.folders import delete_data

    if not yes:
        typer.confirm(f"Delete the data set {name}? This cannot be undone", abort=True)
    delete_data(name)
    people.print(f"Deleted {name}.", markup=False, highlight=False)


def _summary(verb: str, dataset: DataSet) -> str:
    return (
        f"{verb} {dataset.name}: {dataset.card.counts.words()} in {dataset.folder}\n"
        f"Look at it: python -m streamrec_core data describe {shlex.quote(str(dataset.folder))}"
    )


def _facts(description: Description) -> list[tuple[str, str]]:
    counts = description.counts
    lengths = ", ".join(f"{name} {value:g}" for name, value in description.history_length.items())
    parts = description.split_parts
    sizes = ", ".join(f"{name} {size:,}" for name, size in parts.items()) if parts else description.split_fault
    return [
        ("source", description.source),
        ("licence", description.licence),
        ("sessions", f"{counts.sessions:,}"),
        ("events", f"{counts.events:,}"),
        (
            "items",
            f"{counts.items:,} ({description.neutral_items} neutral, {description.unseen_items:,} without an event)",
        ),
        ("categories", f"{counts.categories:,}"),
        ("time", _span(description)),
        ("order of events", _order(description)),
        ("events before the target", lengths),
        ("sparsity", f"{description.sparsity:.2%}"),
        ("repeated items", f"{description.repeat_share:.1%}"),
        (f"split {description.split}", sizes + _leak(description)),
        ("seen items filtered", "yes" if description.filter_seen else "no"),
        ("rows left out at import", f"{description.skipped_rows:,}"),
        *_thrown_away(description),
    ]


def _thrown_away(description: Description) -> list[tuple[str, str]]:
    """What a limit on events lost for good, and how to get it back; empty for a whole log."""
    if not description.earlier_events:
        return []
    lost = f"{description.earlier_events:,}, which count neither as seen nor as popular"
    return [("events thrown away at import", f"{lost}; import again without --max-events to have them")]


def _order(description: Description) -> str:
    if description.tied_share is None:
        return "that of the file, no times"
    parts = [f"{description.tied_share:.0%} of neighbouring events share a time and keep file order"]
    if description.unordered_session_share:
        parts.append(f"{description.unordered_session_share:.0%} of sessions have different items at one time")
    if description.duplicate_events:
        parts.append(f"{description.duplicate_events:,} exact duplicates")
    return "; ".join(parts)


def _leak(description: Description) -> str:
    """What a random split of a log with times leaks."""
    if not description.later_training_share or description.split == "time":
        return ""
    return f"; {description.later_training_share:.0%} of tested sessions begin before the last training session"


def _span(description: Description) -> str:
    if description.first_event is None or description.last_event is None:
        return "not known"
    first, last = (
        datetime.fromtimestamp(stamp, UTC).date() for stamp in (description.first_event, description.last_event)
    )
    return f"{first} to {last}"


def _categories(description: Description) -> list[tuple[str, str]]:
    shares = list(description.category_shares.items())
    rows = [(_plain(name), f"{share:.1%}") for name, share in shares[:SHOWN_CATEGORIES]]
    rest = shares[SHOWN_CATEGORIES:]
    return [*rows, *([(f"{len(rest):,} more", f"{sum(share for _, share in rest):.1%}")] if rest else [])]


def _plain(text: str) -> str:
    """A name from a file without characters that a terminal would obey."""
    return "".join(character if character.isprintable() else "�" for character in text)
