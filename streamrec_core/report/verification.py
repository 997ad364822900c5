"""Verify a pack: its files against its figures, its signature against a public key, its entry in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from streamrec_core.audit_log import chain_faults, entries
from streamrec_core.errors import BadInput
from streamrec_core.report.check import NOT_CHECKED, SOUND, check_pack
from streamrec_core.report.pack import HTML_FILE, MANIFEST_FILE, PDF_FILE, Manifest, Pack, packs_folder, read_pack
from streamrec_core.report.pdf_text import pdf_fault, why_not_compared
from streamrec_core.report.signature import SIGNATURE_BYTES, SIGNATURE_FILE, Verdict, fingerprint, judge_signature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Answer = Literal["sound", "files differ", "unsigned", "truncated", "another key", "invalid"]
EXIT_CODES: dict[Answer, int] = {
    "sound": 0,
    "files differ": 1,
    "unsigned": 3,
    "truncated": 4,
    "another key": 5,
    "invalid": 6,
}
"""Exit code of `report --check` for each answer; 2 means that nothing could be checked."""
SHORT = 16
"""Characters of a hash or fingerprint that a sentence quotes."""


@dataclass(frozen=True)
class PackVerification:
    """What the verification of a pack shows.

    Attributes
    ----------
    answer : Answer
        The first that applies: files, then signature.
    faults : tuple of str
        Each with both values; empty for a sound pack.
    signature : Verdict or "not verified"
        "not verified" without a key.
    signer : str
        Fingerprint that the manifest names; empty: none.
    checked, not_checked : tuple of str
        What was compared, and what this cannot show.
    """

    answer: Answer
    faults: tuple[str, ...]
    signature: Verdict | Literal["not verified"]
    signer: str
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """As in `EXIT_CODES`."""
        return EXIT_CODES[self.answer]


@dataclass(frozen=True)
class _Findings:
    """Sentences of one part of the verification."""

    faults: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()


def verify_pack(folder: Path, key: Ed25519PublicKey | None = None, read_pdf: bool = True) -> PackVerification:
    """Verify a pack.

    Parameters
    ----------
    folder : Path
    key : Ed25519PublicKey or None
        The signer's; None: the signature is not verified.
    read_pdf : bool
        Compare the text of the PDF too, which takes about a second.

    Returns
    -------
    PackVerification

    Raises
    ------
    BadInput
        The folder has no manifest, or one that cannot be read.
    """
    manifest = read_pack(folder).manifest
    faults = check_pack(folder)
    files = _Findings(faults, () if faults else (SOUND,), NOT_CHECKED)
    log = _log_findings(folder, manifest)
    verdict = "not verified" if key is None else judge_signature(folder / MANIFEST_FILE, manifest.signer, key)
    signature = _signature_findings(folder, manifest, key, verdict)
    answer: Answer = "sound" if verdict == "valid" or verdict == "not verified" else verdict
    pdf = _pdf_findings(folder, manifest, read_pdf) if not faults else _Findings()
    parts = (files, pdf, log, signature)
    return PackVerification(
        answer="files differ" if files.faults or pdf.faults or log.faults else answer,
        faults=tuple(fault for part in parts for fault in part.faults),
        signature=verdict,
        signer=manifest.signer,
        checked=tuple(sentence for part in parts for sentence in part.checked),
        not_checked=tuple(sentence for part in reversed(parts) for sentence in part.not_checked),
    )


def signature_sentence(pack: Pack, key: Ed25519PublicKey | None) -> str:
    """Say whether a pack is signed, and by which key.

    Parameters
    ----------
    pack : Pack
    key : Ed25519PublicKey or None
        The key of this server; None: it has none, and the signature is not verified.

    Returns
    -------
    str
    """
    manifest, path = pack.manifest, pack.folder / MANIFEST_FILE
    if not manifest.signer and not (pack.folder / SIGNATURE_FILE).exists():
        return "Not signed."
    signer = f"key {manifest.signer[:SHORT]}…"
    verdict: Verdict | None = None if key is None else judge_signature(path, manifest.signer, key)
    if verdict == "valid":
        return f"Signed with this server's {signer}."
    if verdict is None or verdict == "another key":
        return f"Signed with the {signer}, as it says; whoever has its public key can verify that."
    return f"Its signature does not hold: {'; '.join(_signature_findings(pack.folder, manifest, key, verdict).faults)}."


def _pdf_findings(folder: Path, manifest: Manifest, read_pdf: bool) -> _Findings:
    """Whether the text of the PDF is that of the report."""
    if manifest.pdf:
        return _Findings()
    html = (folder / HTML_FILE).read_text(encoding="utf-8")
    if why := why_not_compared(html) if read_pdf else "`report --check` compares it":
        return _Findings(not_checked=(f"The text of {PDF_FILE}, only its hash and title: {why}.",))
    if fault := pdf_fault(folder / PDF_FILE, html):
        return _Findings((fault,))
    return _Findings(checked=(f"The text of {PDF_FILE} is that of {HTML_FILE}.",))


def _signature_findings(
    folder: Path, manifest: Manifest, key: Ed25519PublicKey | None, verdict: Verdict | Literal["not verified"]
) -> _Findings:
    """The verdict in words."""
    if key is None:
        if not (folder / SIGNATURE_FILE).is_file():
            return _Findings(not_checked=("Who made the pack: it is not signed.",))
        signer = f" by {manifest.signer[:SHORT]}…" if manifest.signer else ""
        return _Findings(not_checked=(f"Who made the pack: it is signed{signer}; check that with the signer's key.",))
    number = fingerprint(key)
    if verdict == "valid":
        return _Findings(checked=(f"{MANIFEST_FILE} is signed by the key {number[:SHORT]}….",))
    faults = {
        "unsigned": f"{SIGNATURE_FILE} is missing: the pack is not signed",
        "truncated": f"{SIGNATURE_FILE} is not a signature, which is a file of {SIGNATURE_BYTES} bytes",
        "another key": f"it was signed with another key: {manifest.signer[:SHORT]}…, not {number[:SHORT]}…",
        "invalid": f"{MANIFEST_FILE} was changed after it was signed, or not signed with the key {number[:SHORT]}…",
    }
    return _Findings((faults[verdict],))


def _log_findings(folder: Path, manifest: Manifest) -> _Findings:
    """Whether the audit log of this workspace has the pack's entry.

    A pack may come from another workspace, whose log is not here; one that this log recorded, or that lies with the
    packs of this workspace, must agree with it.
    """
    head = manifest.audit
    if head is None:
        return _Findings(not_checked=("Its entry in an audit log: the pack carries none.",))
    entry = f"entry {head.number} ({head.hash[:SHORT]}…)"
    try:
        chain = entries()
    except BadInput as error:
        return _Findings(not_checked=(f"Its {entry} in the audit log: {error}.",))
    recorded = any(line.action == "report" and line.details.get("content") == manifest.content for line in chain)
    here = folder.resolve().parent == packs_folder().resolve()
    faults = chain_faults(chain, {"the pack": head})
    if not faults:
        details = chain[head.number - 1].details if head.number else {}
        if details.get("content") != manifest.content:
            return _Findings((f"{entry} of the audit log recorded another pack",))
        return _Findings(checked=(f"The audit log of this workspace has its {entry}.",))
    if recorded or here:
        return _Findings(tuple(f"audit log: {fault}" for fault in faults))
    return _Findings(
        not_checked=(
            f"Its {entry} in the audit log: the log of this workspace, with {len(chain):,} entries, does not have it. "
            "Either the pack was made elsewhere, or the log was cut.",
        )
    )
