"""The report as PDF: printed by a local Chromium, without network access."""

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
ABSENT = "Chromium was not found; install it, or print report.html from a browser"


def find_chromium() -> Path | None:
    """Find a Chromium: `STREAMREC_CHROMIUM`, on the PATH, or installed by Playwright; None where there is none."""
    named = os.environ.get("STREAMREC_CHROMIUM")
    if named is not None:
        return Path(named) if Path(named).is_file() else None
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    if on_path is not None:
        return Path(on_path)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    installed = sorted((*cache.glob("chromium-*/chrome-linux*/chrome"), *cache.glob("chromium-*/chrome-mac*/*.app")))
    return next((path for path in reversed(installed) if path.is_file()), None)


def write_pdf(html: Path, pdf: Path) -> str:
    """Print an HTML page.

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
    pdf.unlink(missing_ok=True)  # an older file would count as printed
    chromium = find_chromium()
    if chromium is None:
        return ABSENT
    message = ""
    # Chromium refuses its sandbox to root and in many containers; the page has no script and fetches nothing.
    for more in ((), ("--no-sandbox",)):
        message = _print(chromium, more, html, pdf)
        if pdf.is_file() and pdf.read_bytes()[:5] == b"%PDF-":
            return ""
    pdf.unlink(missing_ok=True)
    return f"{chromium.name} printed nothing ({message or 'no error message'}); print report.html from a browser"


def title_names(pdf: bytes, label: str) -> bool:
    """Check whether the title of a PDF that Chromium printed contains a label.

    Chromium copies the title of the page uncompressed: in brackets, or as UTF-16 in hexadecimal.

    Parameters
    ----------
    pdf : bytes
    label : str
        In ASCII.

    Returns
    -------
    bool
    """
    title = re.search(rb"/Title ?(\(.*\)|<[0-9A-Fa-f]*>)\s", pdf)
    if title is None:
        return False
    return label.encode() in title[1] or label.encode("utf-16-be").hex() in title[1].decode("latin-1").lower()


def _print(chromium: Path, more: tuple[str, ...], html: Path, pdf: Path) -> str:
    """Run Chromium once; its last line on standard error."""
    with tempfile.TemporaryDirectory(prefix="streamrec-pdf-", ignore_cleanup_errors=True) as profile:
        command = [str(chromium), *FLAGS, *more, f"--user-data-dir={profile}", f"--print-to-pdf={pdf}", html.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)[:200]
    lines = done.stderr.strip().splitlines()
    return lines[-1][:200] if lines else ""
