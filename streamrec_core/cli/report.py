"""The `report` command: build the evidence pack of a model and its data, or check one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from streamrec_core.cli.output import (
    CheckpointOption,
    JobsOption,
    JsonOption,
    ModelDataOption,
    ModelFromOption,
    PseudonymsOption,
    RunOption,
    people,
    print_json,
    progress_bar,
)
from streamrec_core.cli.report_check import check_command
from streamrec_core.cli.report_options import (
    CaseSessions,
    ExplainedSessions,
    HeadSessions,
    ModelBefore,
    PackFolder,
    PackToCheck,
    PrintPdf,
    PublicKey,
    SampleSeed,
    SigningKey,
    WeighedSessions,
)
from streamrec_core.cli.thresholds import ThresholdsOption
from streamrec_core.defaults import REPORT_EXPLAINED, REPORT_LOOKED_AT, REPORT_SEED, REPORT_WEIGHED
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from streamrec_core.report.document import Document
    from streamrec_core.report.pack import Pack
    from streamrec_core.report.settings import ReportSettings
    from streamrec_core.report.subject import Subject

app = typer.Typer()


@app.command("report")
def report_command(
    data: ModelDataOption = None,
    run: RunOption = None,
    checkpoint: CheckpointOption = None,
    model_from: ModelFromOption = None,
    sessions: CaseSessions = None,
    out: PackFolder = None,
    weighed: WeighedSessions = REPORT_WEIGHED,
    looked_at: HeadSessions = REPORT_LOOKED_AT,
    explained: ExplainedSessions = REPORT_EXPLAINED,
    seed: SampleSeed = REPORT_SEED,
    thresholds: ThresholdsOption = None,
    against: ModelBefore = None,
    pdf: PrintPdf = True,
    sign: SigningKey = None,
    check: PackToCheck = None,
    key: PublicKey = None,
    pseudonyms: PseudonymsOption = "auto",
    jobs: JobsOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Build the evidence pack: a report in HTML and PDF, its figures as JSON and CSV, and a manifest of hashes.

    The same model and data give the same content hash. With `--check`, exit code 0: the pack is sound; 1: files or
    the audit log differ; 2: nothing could be checked; and with `--key` too 3: the pack is not signed; 4: its signature
    is truncated; 5: another key signed it; 6: its manifest was changed after it was signed.

    Example: `python -m streamrec_core report --data streamrec --sessions 17,262 --out pack`
    """
    from streamrec_core.cli.models import open_named, open_quietly
    from streamrec_core.diagnosis.gate.thresholds import read_thresholds
    from streamrec_core.models.parallel import in_parallel
    from streamrec_core.report.settings import ReportSettings

    if check is not None:
        check_command(_path(check), None if key is None else _path(key), as_json)
    signing_key = _signing_key(sign, key)
    folder = _target(out)  # before measuring for a minute
    limits = read_thresholds(_home(thresholds)) if thresholds is not None else ()
    subject = _subject(run, checkpoint, model_from, data)
    values = {
        "sessions": _ids(sessions or [], subject.dataset.log.session_ids),
        "weighed": weighed,
        "looked_at": looked_at,
        "explained": explained,
        "seed": seed,
        "thresholds": limits,
        "thresholds_file": "" if thresholds is None else thresholds.name,
        "against": against or "",
    }
    settings = ReportSettings.parse(values, "report")
    if against is not None:
        subject = replace(subject, before=open_named(against, subject.dataset))
    again = partial(open_quietly, run, checkpoint, data, "cpu", model_from)
    with in_parallel((subject.model, subject.dataset), again, jobs):
        document, pack = _build(subject, settings, folder, pseudonyms, pdf, signing_key, quiet=as_json)
    _show(pack, subject, as_json)
    raise typer.Exit(_gate(document))


def _signing_key(sign: Path | None, key: Path | None) -> Ed25519PrivateKey | None:
    """The private key to sign with; a public key beside it is refused, since it only checks."""
    from streamrec_core.report.signature import configured_key, read_private_key

    if key is not None:
        raise BadInput(
            "a public key checks a pack; give the pack as well, or sign with the private key", fields=["check"]
        )
    return configured_key() if sign is None else read_private_key(_path(sign))


def _target(out: Path | None) -> Path | None:
    """The folder of the pack, found to be writable; None for one in the workspace, whose name is its content hash."""
    from streamrec_core.disk_faults import check_writable
    from streamrec_core.report.pack import check_target, packs_folder

    if out is None:
        check_writable(packs_folder() / "pack")
        return None
    folder = _path(out)
    check_target(folder)
    return folder


def _subject(run: Path | None, checkpoint: Path | None, model_from: str | None, data: str | None) -> Subject:
    """The model and data of the report, as the options name them."""
    from streamrec_core.cli.models import checkpoint_for, open_foreign
    from streamrec_core.report.subject import foreign_subject, open_subject

    data = None if data is None else str(_home(Path(data)))
    run, checkpoint = (None if path is None else _home(path) for path in (run, checkpoint))
    if model_from is None:
        return open_subject(checkpoint_for(run, checkpoint), data)
    return foreign_subject(*open_foreign(model_from, data, alone=run is None and checkpoint is None), model_from)


def _build(
    subject: Subject,
    settings: ReportSettings,
    folder: Path | None,
    pseudonyms: str,
    pdf: bool,
    key: Ed25519PrivateKey | None,
    quiet: bool,
) -> tuple[Document, Pack]:
    """Measure and write, behind a progress bar."""
    from streamrec_core.report.collect import collect
    from streamrec_core.report.pack import pack_name, packs_folder, write_pack

    with progress_bar(quiet) as bar:
        task = bar.add_task("Loading", total=1.0)

        def show(doing: str, share: float) -> None:
            bar.update(task, description=doing, completed=share)

        document = collect(subject, settings, show, pseudonyms)
        show("Writing files", 1.0)
        return document, write_pack(document, folder or packs_folder() / pack_name(document), pdf, key=key)


def _show(pack: Pack, subject: Subject, as_json: bool) -> None:
    """Print the pack's files and hash, with the warnings of its model."""
    from streamrec_core.evaluation.baselines import model_warning

    if as_json:
        warning = model_warning(subject.card)
        warned = {"model_warning": warning} if warning else {}
        print_json({"folder": str(pack.folder), **pack.manifest.model_dump(mode="json"), **warned})
        return
    for warning in subject.warnings:
        people.print(f"WARNING: {warning}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    _print_pack(pack)


def _gate(document: Document) -> int:
    """The exit code of the report's thresholds, as `exit_code` counts it; 0 where none are set."""
    figures = document.by_id()
    not_met, open_ = (figures.get(f"thresholds/{outcome}") for outcome in ("not met", "not decided"))
    return 1 if not_met is not None and not_met.value else 3 if open_ is not None and open_.value else 0


def _path(path: Path) -> Path:
    """An absolute path, with the home folder expanded."""
    return _home(path).resolve()


def _home(path: Path) -> Path:
    """A path with the home folder expanded; a shell does not expand it in `--out=~/pack`."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise BadInput(f"there is no home folder {path.parts[0]!r}; give an absolute path") from None


def _ids(arguments: Sequence[str], session_ids: Sequence[str]) -> list[str]:
    """Session ids of arguments; an argument that is no session id is split at its commas."""
    parts = [part for text in arguments for part in ([text] if text in session_ids else text.split(","))]
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _print_pack(pack: Pack) -> None:
    people.print(f"{pack.folder}", markup=False, highlight=False, soft_wrap=True)
    for name in pack.manifest.files:
        people.print(f"  {name}", markup=False, highlight=False)
    if pack.manifest.pdf:
        people.print(f"no PDF: {pack.manifest.pdf}", markup=False, highlight=False)
    people.print(f"content hash {pack.manifest.content}", markup=False, highlight=False, soft_wrap=True)
    if pack.manifest.signer:
        people.print(f"signed by the key {pack.manifest.signer}", markup=False, highlight=False, soft_wrap=True)
