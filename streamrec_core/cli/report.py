"""`report`: make the evidence pack of a model and its data, or check one that was made before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from streamrec_core.cli.output import JsonOption, aside, people, print_json
from streamrec_core.defaults import REPORT_EXPLAINED, REPORT_LOOKED_AT, REPORT_SEED, REPORT_WEIGHED
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.report.pack import Pack


def report_command(
    data: Annotated[str | None, typer.Option(help="Preset, name or folder; else what the model learned from.")] = None,
    run: Annotated[Path | None, typer.Option(help="Run folder; its best epoch is reported on.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Checkpoint folder; else the shipped transformer.")] = None,
    sessions: Annotated[
        list[str] | None,
        typer.Option(help="Sessions told in full, by id, with commas or several times; else three found by a rule."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the pack; else one in the workspace.")] = None,
    weighed: Annotated[int, typer.Option(help="Test sessions on which parameters are weighed.")] = REPORT_WEIGHED,
    looked_at: Annotated[int, typer.Option(help="Test sessions on which heads are looked at.")] = REPORT_LOOKED_AT,
    explained: Annotated[int, typer.Option(help="Test sessions whose explanations are checked.")] = REPORT_EXPLAINED,
    seed: Annotated[int, typer.Option(help="Draws these samples.")] = REPORT_SEED,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Print it too, where a Chromium is found.")] = True,
    check: Annotated[Path | None, typer.Option(help="Check this pack against its manifest instead.")] = None,
    as_json: JsonOption = False,
) -> None:
    """One HTML file that stands alone, its PDF, every figure as JSON and CSV, and a manifest to check them by.

    Made again from the same model and data, its content hash is the same.

    Example: `python -m streamrec_core report --data streamrec --sessions 17,262 --out pack`
    """
    from streamrec_core.cli.models import chosen_folder
    from streamrec_core.report.collect import collect
    from streamrec_core.report.pack import check_target, check_writable, pack_name, packs_folder, write_pack
    from streamrec_core.report.settings import ReportSettings
    from streamrec_core.report.subject import open_subject

    if check is not None:
        _check(_path(check), as_json)
        return
    folder = None if out is None else _path(out)
    if folder is None:
        check_writable(packs_folder() / "pack")
    else:
        check_target(folder)  # before a minute of measuring
    model = chosen_folder(None if run is None else _home(run), None if checkpoint is None else _home(checkpoint))
    subject = open_subject(model, None if data is None else str(_home(Path(data))))
    values = {
        "sessions": _ids(sessions or [], subject.dataset.log.session_ids),
        "weighed": weighed,
        "looked_at": looked_at,
        "explained": explained,
        "seed": seed,
    }
    settings = ReportSettings.parse(values, "report")
    with Progress(TextColumn("{task.description}"), BarColumn(), console=aside, transient=True, disable=as_json) as bar:
        task = bar.add_task("Opening", total=1.0)
        document = collect(subject, settings, lambda doing, share: bar.update(task, description=doing, completed=share))
        bar.update(task, description="Writing and printing", completed=1.0)
        pack = write_pack(document, folder or packs_folder() / pack_name(document), pdf)
    if as_json:
        print_json({"folder": str(pack.folder), **pack.manifest.model_dump(mode="json")})
    else:
        _tell(pack)


def _path(path: Path) -> Path:
    """The whole path that somebody means, home folder and relative paths written out."""
    return _home(path).resolve()


def _home(path: Path) -> Path:
    """A path with the home folder written out; a shell leaves it as it is in `--out=~/pack`."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise BadInput(f"there is no home folder {path.parts[0]!r}; give the whole path") from None


def _ids(asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """Session ids as given, or cut at their commas where no session is called so."""
    found = [part for word in asked for part in ([word] if word in known else word.split(","))]
    return list(dict.fromkeys(part.strip() for part in found if part.strip()))


def _tell(pack: Pack) -> None:
    people.print(f"{pack.folder}", markup=False, highlight=False, soft_wrap=True)
    for name in pack.manifest.files:
        people.print(f"  {name}", markup=False, highlight=False)
    if pack.manifest.pdf:
        people.print(f"no PDF: {pack.manifest.pdf}", markup=False, highlight=False)
    people.print(f"content hash {pack.manifest.content}", markup=False, highlight=False, soft_wrap=True)


def _check(folder: Path, as_json: bool) -> None:
    from streamrec_core.report.check import NOT_CHECKED, SOUND, check_pack

    faults = check_pack(folder)
    if as_json:
        print_json(
            {"folder": str(folder), "sound": not faults, "faults": list(faults), "not_checked": list(NOT_CHECKED)}
        )
        if faults:
            raise typer.Exit(1)
        return
    if faults:
        raise BadInput(f"{folder}: {'; '.join(faults)}")
    people.print(f"{folder}: {SOUND}", markup=False, highlight=False, soft_wrap=True)
    people.print("Not checked:", markup=False, highlight=False)
    for sentence in NOT_CHECKED:
        people.print(f"  {sentence}", markup=False, highlight=False, soft_wrap=True)
