"""The pack on paper: printed by a Chromium where one is found, with nothing fetched from anywhere."""

from __future__ import annotations

import os
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
    """Print a page; gives why there is no PDF, or an empty text where there is one."""
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
