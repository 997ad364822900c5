"""The pack on paper: printed by a Chromium where one is found, with nothing fetched from anywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SECONDS = 90
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)
ABSENT = "no Chromium was found; install one, or print report.html from a browser"


def find_chromium() -> Path | None:
    """A Chromium: `STREAMREC_CHROMIUM`, on the PATH, or fetched by Playwright; None where there is none."""
    named = os.environ.get("STREAMREC_CHROMIUM")
    if named is not None:
        return Path(named) if Path(named).is_file() else None
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return Path(found)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    fetched = sorted((*cache.glob("chromium-*/chrome-linux*/chrome"), *cache.glob("chromium-*/chrome-mac*/*.app")))
    return next((path for path in reversed(fetched) if path.is_file()), None)


def write_pdf(html: Path, pdf: Path) -> str:
    """Print a page.

    Parameters
    ----------
    html, pdf : Path
        Relative or not.

    Returns
    -------
    str
        Why there is no PDF; empty where there is one.
    """
    html, pdf = html.resolve(), pdf.resolve()
    pdf.unlink(missing_ok=True)  # else one that was there already would count as printed
    chromium = find_chromium()
    if chromium is None:
        return ABSENT
    said = ""
    # Chromium refuses its sandbox to root and in many containers; the page has no script and fetches nothing.
    for more in ((), ("--no-sandbox",)):
        said = _print(chromium, more, html, pdf)
        if pdf.is_file() and pdf.read_bytes()[:5] == b"%PDF-":
            return ""
    pdf.unlink(missing_ok=True)
    return f"{chromium.name} printed nothing ({said or 'it did not say why'}); print report.html from a browser"


def title_names(pdf: bytes, label: str) -> bool:
    """Whether the title of a PDF that Chromium printed names `label`, which is ASCII.

    Chromium takes the title from the page and writes it plain: in brackets, or as UTF-16 in hexadecimal.
    """
    title = re.search(rb"/Title ?(\(.*\)|<[0-9A-Fa-f]*>)\s", pdf)
    if title is None:
        return False
    return label.encode() in title[1] or label.encode("utf-16-be").hex() in title[1].decode("latin-1").lower()


def _print(chromium: Path, more: tuple[str, ...], html: Path, pdf: Path) -> str:
    """Run Chromium once; gives its last words."""
    with tempfile.TemporaryDirectory(prefix="streamrec-pdf-", ignore_cleanup_errors=True) as profile:
        command = [str(chromium), *FLAGS, *more, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", html.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)[:200]
    lines = done.stderr.strip().splitlines()
    return lines[-1][:200] if lines else ""
