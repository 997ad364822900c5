"""The pack as a folder: the report, its figures, and a manifest by which anybody can check and make it again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamrec_core.config import Settings, refuse_if_read_only, workspace, write_atomically
from streamrec_core.errors import BadInput
from streamrec_core.report.document import Document, Hashes, in_words, interval_in_words
from streamrec_core.report.html import to_html
from streamrec_core.report.pdf import write_pdf
from streamrec_core.report.settings import ReportSettings

HTML_FILE, PDF_FILE, JSON_FILE, CSV_FILE, MANIFEST_FILE = (
    "report.html",
    "report.pdf",
    "figures.json",
    "figures.csv",
    "manifest.json",
)
COLUMNS = ("id", "label", "value", "low", "high", "n", "unit", "as_read", "interval_as_read")
NAME = re.compile(r"[\w-][\w.-]{0,99}")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""


class Manifest(Settings):
    """What a pack is made of.

    Attributes
    ----------
    content
        SHA-256 of the report without date, and of every figure; the same whenever the pack is made again.
    files
        SHA-256 of every file beside this one.
    pdf
        Why there is no PDF; empty where there is one.
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


@dataclass(frozen=True)
class Pack:
    """A pack on disk."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """That of its folder."""
        return self.folder.name

    @property
    def document(self) -> Document:
        """Everything it says."""
        return Document.read(self.folder / JSON_FILE)


def packs_folder() -> Path:
    """Where packs are kept and listed from."""
    return workspace() / "packs"


def content_hash(document: Document) -> str:
    """SHA-256 over everything that does not change when a pack is made again."""
    parts = {
        HTML_FILE: sha256(to_html(document).encode()),
        JSON_FILE: sha256(_json(document).encode()),
        CSV_FILE: sha256(to_csv(document).encode()),
    }
    return sha256(json.dumps(parts, sort_keys=True).encode())


def sha256(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def pack_name(document: Document) -> str:
    """A name that any disk takes; the same pack has the same name."""
    raw = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{document.model}-on-{document.data}").strip("-")[:70]
    return f"{raw}-{content_hash(document)[:8]}"


def write_pack(document: Document, folder: Path, pdf: bool = True, made: str | None = None) -> Pack:
    """Write a pack; it appears complete or, after an error, not at all.

    Parameters
    ----------
    pdf : bool
        Whether a PDF is wanted.
    made : str or None
        The date; today's when None.

    Raises
    ------
    BadInput
        The folder is in use by something that is no pack.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST_FILE).is_file())):
        raise BadInput(f"{folder} exists and is not a pack; choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        part.chmod(0o755)
        _fill(document, part, pdf, made or time.strftime("%Y-%m-%d"))
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return read_pack(folder)


def _fill(document: Document, folder: Path, pdf: bool, made: str) -> None:
    content = content_hash(document)
    texts = {HTML_FILE: to_html(document, made, content), JSON_FILE: _json(document), CSV_FILE: to_csv(document)}
    for name, text in texts.items():
        write_atomically(folder / name, text)
    missing = write_pdf(folder / HTML_FILE, folder / PDF_FILE) if pdf else "it was not asked for"
    files = sorted(path.name for path in folder.iterdir())
    Manifest(
        title=document.title,
        model=document.model,
        data=document.data,
        made=made,
        command=document.command,
        content=content,
        hashes=document.hashes,
        settings=document.settings,
        versions=document.versions,
        files={name: sha256((folder / name).read_bytes()) for name in files},
        pdf=missing,
    ).write(folder / MANIFEST_FILE)


def read_pack(folder: Path) -> Pack:
    """A pack from its folder; raises `BadInput` where it is none or damaged."""
    return Pack(folder, Manifest.read(folder / MANIFEST_FILE))


def check_pack(folder: Path) -> tuple[str, ...]:
    """What in a pack is not as its manifest says, in words; empty where all is."""
    pack = read_pack(folder)
    faults = []
    for name, wanted in pack.manifest.files.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif sha256(path.read_bytes()) != wanted:
            faults.append(f"{name} was changed")
    if not faults and content_hash(pack.document) != pack.manifest.content:
        faults.append("the figures do not give the content hash; another version of the program made this pack")
    return tuple(faults)


def list_packs(folder: Path | None = None) -> tuple[Pack, ...]:
    """Every pack in a folder, by default the workspace's, the latest first; damaged ones are left out."""
    found = []
    for path in (folder or packs_folder()).glob(f"[!.]*/{MANIFEST_FILE}"):
        try:
            found.append((path.stat().st_mtime, read_pack(path.parent)))
        except (BadInput, OSError):
            continue
    return tuple(pack for _, pack in sorted(found, key=lambda pair: (-pair[0], pair[1].name)))


def delete_pack(name: str) -> None:
    """Delete a pack of the workspace.

    Raises
    ------
    BadInput
        There is no such pack.
    Refused
        The program is set to read only.
    """
    refuse_if_read_only("deleting a pack")
    if not NAME.fullmatch(name) or not (packs_folder() / name / MANIFEST_FILE).is_file():
        raise BadInput(f"no pack {name!r} here; nothing was deleted")
    shutil.rmtree(packs_folder() / name)


def zipped(folder: Path) -> bytes:
    """All files of a pack in one archive."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{folder.name}/{path.name}")
    return kept.getvalue()


def to_csv(document: Document) -> str:
    """Every figure a line: as a number, and as it is read."""
    kept = io.StringIO()
    writer = csv.writer(kept, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in document.figures:
        bounds = ["" if bound is None else bound for bound in (one.low, one.high, one.n)]
        words = (in_words(one), interval_in_words(one))
        writer.writerow([*_tame((one.id, one.label)), one.value, *bounds, one.unit, *_tame(words)])
    return kept.getvalue()


def _tame(cells: Sequence[str]) -> list[str]:
    """Texts that no spreadsheet takes for a formula; they hold names from the catalogue."""
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]


def _json(document: Document) -> str:
    return document.model_dump_json(indent=2) + "\n"
