"""The evidence pack as a folder: the report, its figures and a manifest; write, list, zip and delete packs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from streamrec_core.audit_log import AuditHead, record
from streamrec_core.config import Settings, workspace
from streamrec_core.data.spreadsheet import spreadsheet_cell
from streamrec_core.disk_faults import check_writable, with_disk_faults
from streamrec_core.errors import BadInput, StreamRecError
from streamrec_core.files import faults_of, remove_folder, replacing_folder, write_atomically
from streamrec_core.notebook import NotebookResult
from streamrec_core.permissions import require_permission
from streamrec_core.report.document import Document, Hashes, in_words, interval_in_words
from streamrec_core.report.html import to_html
from streamrec_core.report.pdf import write_pdf
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.signature import SIGNATURE_FILE, fingerprint, write_signature

if TYPE_CHECKING:
    import pandas as pd
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HTML_FILE, PDF_FILE, JSON_FILE, CSV_FILE, MANIFEST_FILE = (
    "report.html",
    "report.pdf",
    "figures.json",
    "figures.csv",
    "manifest.json",
)
COLUMNS = ("id", "label", "value", "low", "high", "n", "unit", "as_read", "interval_as_read")
NAME = re.compile(r"[\w-][\w.-]{0,99}")
"""Prefix of the folder in which a pack is built before it is moved to its target."""


class Manifest(Settings):
    """The manifest of a pack; all but `content` and `files` is in `figures.json` too.

    Attributes
    ----------
    content
        SHA-256 over the report, the table and the record of figures, without the date; the same when the pack is made
        again.
    files
        SHA-256 of every file beside this one.
    pdf
        Why there is no PDF; empty where there is one.
    audit
        The audit log's entry for this pack, whose number and hash show a tail that was cut off; None for packs made
        before there was a log, or where nothing is kept.
    signer
        SHA-256 of the public key whose owner signed the pack; empty, and left out of the file, where nobody did.
    """

    title: str
    model: str
    data: str
    made: str
    command: str
    content: str
    hashes: Hashes
    settings: ReportSettings
    versions: dict[str, str]
    files: dict[str, str]
    pdf: str = ""
    audit: AuditHead | None = None
    signer: str = ""

    @model_serializer(mode="wrap")
    def _without_an_empty_signer(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Unsigned packs have the same manifest as before there were signatures."""
        fields: dict[str, Any] = write(self)
        if not self.signer:
            del fields["signer"]
        return fields


@dataclass(frozen=True)
class Pack(NotebookResult):
    """A pack on disk."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    def to_pandas(self) -> pd.DataFrame:
        """One row a file, with its SHA-256."""
        import pandas as pd

        files = self.manifest.files
        return pd.DataFrame({"file": list(files), "sha256": list(files.values())})

    def summary(self) -> tuple[str, ...]:
        """Where it lies, what it is of, and the hash that it has whenever it is made again."""
        about = f"{self.manifest.title}: {self.manifest.model} on {self.manifest.data}"
        return (about, f"Folder: {self.folder}", f"Content hash: {self.manifest.content}")

    @property
    def document(self) -> Document:
        """The whole report."""
        return Document.read(self.folder / JSON_FILE)


def packs_folder() -> Path:
    """Folder of all packs in the workspace."""
    return workspace() / "packs"


def content_hash(document: Document) -> str:
    """SHA-256 over everything that does not change when a pack is made again."""
    undated = document.model_copy(update={"made": "", "no_pdf": ""})
    texts = {HTML_FILE: to_html(undated), JSON_FILE: to_json(undated), CSV_FILE: to_csv(undated)}
    parts = {name: sha256(text.encode()) for name, text in texts.items()}
    return sha256(json.dumps(parts, sort_keys=True).encode())


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def pack_name(document: Document) -> str:
    """A file name that is valid on any disk; the same pack has the same name."""
    raw = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{document.model}-on-{document.data}").strip("-")[:70]
    return f"{raw}-{content_hash(document)[:8]}"


def check_target(folder: Path) -> None:
    """Check, before anything is measured, that a pack can be written to a folder.

    Raises
    ------
    BadInput
        The folder holds something else, or cannot be written.
    """
    check_writable(folder)
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if (folder.exists() and not folder.is_dir()) or (names and MANIFEST_FILE not in names):
        raise BadInput("exists and is not a pack; choose another folder", path=folder, fields=["out"])
    if foreign := sorted(names - {HTML_FILE, PDF_FILE, JSON_FILE, CSV_FILE, MANIFEST_FILE, SIGNATURE_FILE}):
        message = f"contains {foreign[0]}, which is not part of a pack; move it, or choose another folder"
        raise BadInput(message, path=folder, fields=["out"], value=foreign[0])


@with_disk_faults
def write_pack(
    document: Document,
    folder: Path,
    pdf: bool = True,
    made: str | None = None,
    key: Ed25519PrivateKey | None = None,
) -> Pack:
    """Write a pack; it appears complete or, after an error, not at all.

    Parameters
    ----------
    document : Document
    folder : Path
        Relative or not; folders above it are made.
    pdf : bool
        Whether to print a PDF too.
    made : str or None
        The date; today's when None.
    key : Ed25519PrivateKey or None
        Signs the manifest, which holds the hash of every other file.

    Returns
    -------
    Pack

    Raises
    ------
    BadInput
        The folder holds something else, or cannot be written.
    """
    folder = folder.resolve()
    check_target(folder)
    with replacing_folder(folder) as part:
        _fill(document.model_copy(update={"made": made or time.strftime("%Y-%m-%d")}), part, pdf, key)
    return read_pack(folder)


def _fill(document: Document, folder: Path, pdf: bool, key: Ed25519PrivateKey | None) -> None:
    content = content_hash(document)
    write_atomically(folder / HTML_FILE, to_html(document, content))
    no_pdf = write_pdf(folder / HTML_FILE, folder / PDF_FILE) if pdf else "not requested"
    document = document.model_copy(update={"no_pdf": no_pdf})
    write_atomically(folder / JSON_FILE, to_json(document))
    write_atomically(folder / CSV_FILE, to_csv(document))
    files = {path.name: sha256(path.read_bytes()) for path in sorted(folder.iterdir())}
    signer = fingerprint(key.public_key()) if key is not None else ""
    details = {"content": content, "weights": document.hashes.weights} | ({"signer": signer} if signer else {})
    entry = record("report", document.title, details)
    manifest_of(document, content, files, entry if entry.number else None, signer).write(folder / MANIFEST_FILE)
    if key is not None:
        write_signature(folder / MANIFEST_FILE, key)


def manifest_of(
    document: Document, content: str, files: dict[str, str], audit: AuditHead | None = None, signer: str = ""
) -> Manifest:
    """Make the manifest of a pack.

    Parameters
    ----------
    document : Document
    content : str
        Its content hash.
    files : dict of str to str
        SHA-256 of every file by its name.
    audit : AuditHead or None
        The entry of the audit log.
    signer : str
        Fingerprint of the signer's key; empty: unsigned.

    Returns
    -------
    Manifest
    """
    return Manifest(
        title=document.title,
        model=document.model,
        data=document.data,
        made=document.made,
        command=document.command,
        content=content,
        hashes=document.hashes,
        settings=document.settings,
        versions=document.versions,
        files=files,
        pdf=document.no_pdf,
        audit=audit,
        signer=signer,
    )


def read_pack(folder: Path) -> Pack:
    """Open a pack; raises `BadInput` where the folder is no pack, or a damaged one."""
    return Pack(folder, Manifest.read(folder / MANIFEST_FILE))


def list_packs(folder: Path | None = None) -> tuple[Pack, ...]:
    """List the packs in a folder, by default the workspace's, the latest first; damaged ones are left out."""
    packs = []
    for path in (folder or packs_folder()).glob(f"[!.]*/{MANIFEST_FILE}"):
        try:
            packs.append((path.stat().st_mtime, read_pack(path.parent)))
        except (BadInput, OSError):
            continue
    return tuple(pack for _, pack in sorted(packs, key=lambda pair: (-pair[0], pair[1].name)))


def damaged_packs() -> dict[str, StreamRecError]:
    """Why a pack of the workspace cannot be opened, by name; of the damaged ones only."""
    packs = {path.parent.name: path.parent for path in packs_folder().glob(f"[!.]*/{MANIFEST_FILE}")}
    return faults_of(packs, read_pack)


@with_disk_faults
def delete_pack(name: str) -> None:
    """Delete a pack of the workspace.

    Raises
    ------
    BadInput
        The pack does not exist.
    Refused
        The dashboard is read-only.
    """
    require_permission("deleting a pack")
    if not NAME.fullmatch(name) or not (packs_folder() / name / MANIFEST_FILE).is_file():
        raise BadInput(f"there is no pack {name!r}; nothing was deleted")
    record("delete report", name)
    remove_folder(packs_folder() / name)


def zipped(folder: Path) -> bytes:
    """Zip all files of a pack."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{folder.name}/{path.name}")
    return buffer.getvalue()


def to_csv(document: Document) -> str:
    """Write every figure as a line of CSV: as a number, and in words."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figure in document.figures:
        bounds = ["" if bound is None else bound for bound in (figure.low, figure.high, figure.n)]
        words = (in_words(figure), interval_in_words(figure))
        names = map(spreadsheet_cell, (figure.id, figure.label))  # from the catalogue
        writer.writerow([*names, figure.value, *bounds, figure.unit, *map(spreadsheet_cell, words)])
    return text.getvalue()


def to_json(record: Settings) -> str:
    """Write a record as the JSON of a pack."""
    return record.model_dump_json(indent=2, by_alias=True) + "\n"
