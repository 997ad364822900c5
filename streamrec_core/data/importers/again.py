"""The record of an import: its settings, counts and command, and importing again by it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from streamrec_core.data.dataset import DataSetCard, ImportRecord
from streamrec_core.data.importers.imported import Imported, ImportReport, ImportSettings
from streamrec_core.errors import BadInput

Kind = Literal["table", "movielens", "atomic"]
Importer = Callable[[Path, Any], Imported]


def record_import(
    kind: Kind, sources: Sequence[Path], settings: ImportSettings, report: ImportReport, name: str
) -> dict[str, Any]:
    """Describe an import for the card of its data set.

    Parameters
    ----------
    kind : str
    sources : sequence of Path
    settings : ImportSettings
    report : ImportReport
    name : str
        Of the data set.

    Returns
    -------
    dict
        Fields of `ImportRecord`.
    """
    paths = tuple(str(path.resolve()) for path in sources)
    changed = settings.model_copy(update={"name": name}).model_dump(mode="json", exclude_defaults=True)
    return {
        "kind": kind,
        "sources": paths,
        "settings": changed,
        "counts": {**report.as_dict(), "bad_row_notes": list(report.bad_row_notes)},
        "command": import_command(kind, paths, changed),
    }


def import_command(kind: str, sources: Sequence[str], settings: dict[str, Any]) -> str:
    """The command that does the same import.

    Parameters
    ----------
    kind : str
        table, movielens or atomic.
    sources : sequence of str
    settings : dict
        Those that differ from their default.

    Returns
    -------
    str

    Examples
    --------
    >>> import_command("table", ["log.csv"], {"item_column": "item", "header": False, "engagement_map": {"a": "save"}})
    'streamrec data import table log.csv --item-column item --no-header --engagement-map a=save'
    """
    words = ["streamrec", "data", "import", kind, *sources]
    for name, value in settings.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(option if value else f"--no-{name.replace('_', '-')}")
        elif isinstance(value, dict):
            words += [word for key, meaning in value.items() for word in (option, f"{key}={meaning}")]
        elif isinstance(value, list | tuple):
            words += [word for part in value or [""] for word in (option, str(part))]
        else:
            words += [option, str(value)]
    return shlex.join(words)


def import_again(card: DataSetCard, sources: Sequence[Path] = ()) -> Imported:
    """Repeat the import that made a data set.

    Parameters
    ----------
    card : DataSetCard
    sources : sequence of Path
        Files to read instead of those of then.

    Returns
    -------
    Imported

    Raises
    ------
    BadInput
        The data set was not imported, or its file is not there any more.
    """
    from streamrec_core.data.importers.atomic import import_atomic
    from streamrec_core.data.importers.movielens import import_movielens
    from streamrec_core.data.importers.ratings import RatingSettings
    from streamrec_core.data.importers.table import TableSettings, import_table

    record: ImportRecord | None = card.importing
    if record is None:
        raise BadInput(f"{card.name!r} does not say how it was imported; import it by its file")
    paths = [*sources] or [Path(source) for source in record.sources]
    for path in paths:
        if not path.exists():
            raise BadInput("is not there any more; give the file to import", path=path, fields=["from"])
    if record.kind == "table":
        return import_table(paths, TableSettings.parse(record.settings, "dataset.json"))
    importer: Importer = import_movielens if record.kind == "movielens" else import_atomic
    return importer(paths[0], RatingSettings.parse(record.settings, "dataset.json"))
