"""Check a pack: whether its manifest, report and table follow from its record of figures, byte for byte.

`figures.json` is the whole report, so every other file is made from it again and compared. `NOT_CHECKED` lists what
this cannot show; signatures and the audit log are in `verification`.
"""

from __future__ import annotations

from itertools import takewhile, zip_longest
from pathlib import Path

from jinja2 import TemplateError

from streamrec_core.errors import BadInput
from streamrec_core.report.document import Document
from streamrec_core.report.html import content_label, to_html
from streamrec_core.report.pack import (
    CSV_FILE,
    HTML_FILE,
    JSON_FILE,
    MANIFEST_FILE,
    PDF_FILE,
    Manifest,
    content_hash,
    manifest_of,
    read_pack,
    sha256,
    to_csv,
    to_json,
)
from streamrec_core.report.pdf import title_names
from streamrec_core.report.signature import SIGNATURE_FILE

SOUND = "Every file follows from figures.json, and manifest.json agrees with it."
NOT_CHECKED = (
    "That the figures were measured: a forged figures.json with matching files passes. Build the pack again with its "
    "command and compare the content hash.",
    "The date, which is not part of the content hash.",
)
"""What `check_pack` cannot show, in sentences for its reader."""
SHOWN = 60
"""Number of characters of a line that a fault quotes."""
ANOTHER_VERSION = "edited, or made by another version of this program"


def check_pack(folder: Path) -> tuple[str, ...]:
    """Check a pack.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    tuple of str
        Faults, each with both values; empty for a sound pack. A file that depends on a faulty one is not checked.

    Raises
    ------
    BadInput
        The folder has no manifest, or one that cannot be read.
    """
    manifest = read_pack(folder).manifest
    faults = _file_faults(folder, manifest)
    if faults:
        return tuple(faults)
    try:
        document = Document.read(folder / JSON_FILE)
        expected = manifest_of(document, content_hash(document), manifest.files, manifest.audit, manifest.signer)
        faults = [
            *_text_faults(folder / JSON_FILE, to_json(document)),
            *_manifest_faults(manifest, expected),
            *_html_faults(folder, document, manifest.content, expected.content),
            *_text_faults(folder / CSV_FILE, to_csv(document)),
        ]
    except BadInput as error:
        return (str(error),)
    except (LookupError, ArithmeticError, TypeError, ValueError, TemplateError) as error:
        return (f"{JSON_FILE} makes no report ({error}); it was {ANOTHER_VERSION}",)
    return tuple(faults or _text_faults(folder / MANIFEST_FILE, to_json(expected)) or _pdf_faults(folder, manifest))


def _file_faults(folder: Path, manifest: Manifest) -> list[str]:
    """Files that are missing, foreign, wrongly listed, or unlike their hash in the manifest."""
    names = {HTML_FILE, JSON_FILE, CSV_FILE} | (set() if manifest.pdf else {PDF_FILE})
    faults = [f"{MANIFEST_FILE} does not list {name}" for name in sorted(names - set(manifest.files))]
    for name in sorted(set(manifest.files) - names):
        why = f" and says that there is none: {manifest.pdf}" if name == PDF_FILE else ", which is not part of a pack"
        faults.append(f"{MANIFEST_FILE} lists {name}{why}")
    for path in sorted(folder.iterdir()):
        if path.name not in {*names, MANIFEST_FILE, SIGNATURE_FILE}:
            faults.append(f"{path.name} is in the folder but not part of the pack")
    if manifest.signer and not (folder / SIGNATURE_FILE).is_file():
        faults.append(f"{SIGNATURE_FILE} is missing; {MANIFEST_FILE} says that the pack was signed")
    for name in sorted(names & set(manifest.files)):
        path, listed = folder / name, manifest.files[name]
        if path.is_symlink() or not path.is_file():
            faults.append(
                f"{name} is {'a link or a folder, not a file' if path.is_symlink() or path.exists() else 'missing'}"
            )
        elif (actual := sha256(path.read_bytes())) != listed:
            faults.append(f"{name} was changed: {MANIFEST_FILE} has SHA-256 {listed[:16]}…, the file {actual[:16]}…")
    return faults


def _manifest_faults(manifest: Manifest, expected: Manifest) -> list[str]:
    """Fields of the manifest that differ from the figures."""
    listed, derived = _flat(manifest.model_dump(mode="json")), _flat(expected.model_dump(mode="json"))
    return [
        f"{key}: {MANIFEST_FILE} says {listed.get(key)!r}, {JSON_FILE} gives {derived.get(key)!r}"
        for key in dict.fromkeys((*listed, *derived))
        if listed.get(key) != derived.get(key)
    ]


def _flat(values: dict[str, object], above: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat


def _html_faults(folder: Path, document: Document, named: str, content: str) -> list[str]:
    """Where the report differs from the figures; the content hash in it may be the one in the manifest."""
    if not _text_faults(folder / HTML_FILE, to_html(document, content)):
        return []
    return _text_faults(folder / HTML_FILE, to_html(document, named))


def _text_faults(path: Path, expected: str) -> list[str]:
    """The first line in which a file differs from the figures."""
    actual = path.read_bytes()
    if actual == expected.encode():
        return []
    lines = actual.decode(errors="backslashreplace").split("\n"), expected.split("\n")
    pairs = enumerate(zip_longest(*lines, fillvalue=""), start=1)
    different = ((number, pair) for number, pair in pairs if pair[0] != pair[1])
    number, (line, derived) = next(different, (1, ("bytes that are not UTF-8", "text")))
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(line, derived, strict=False)))
    part = slice(max(0, same - SHOWN // 3), same + SHOWN)
    return [
        f"{path.name}, line {number}: it says {line[part]!r}, {JSON_FILE} gives {derived[part]!r} ({ANOTHER_VERSION})"
    ]


def _pdf_faults(folder: Path, manifest: Manifest) -> list[str]:
    """Whether the PDF was printed from this report, judged by its title."""
    if manifest.pdf or title_names((folder / PDF_FILE).read_bytes(), content_label(manifest.content)):
        return []
    return [f"{PDF_FILE} was not printed from this report: its title does not name {content_label(manifest.content)!r}"]
