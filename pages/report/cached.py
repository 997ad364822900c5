"""Evidence packs and their documents, cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from pathlib import Path

from pages.ui.shared_cache import shared_cache
from streamrec_core.report.document import Document
from streamrec_core.report.making import target_folder
from streamrec_core.report.pack import Pack, list_packs, packs_folder, read_pack


def packs() -> tuple[Pack, ...]:
    """Stored packs and, on a read-only server, those that last as long as it runs; the latest first."""
    here = target_folder()
    return (*(list_packs(here) if here != packs_folder() else ()), *list_packs())


def document(pack: Pack) -> Document:
    """The content of a pack."""
    return _document(pack.folder, pack.manifest.content, pack.manifest.files.get("figures.json", ""))


@shared_cache(max_entries=8, show_spinner=False)
def _document(folder: Path, content: str, record: str) -> Document:
    return read_pack(folder).document
