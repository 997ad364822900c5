"""Test the lowest and the newest version of every library in pyproject.toml's ranges, from an installed wheel.

    make test-ranges                                    # both sets, each in a virtual environment of its own
    .venv/bin/python scripts/test_ranges.py lowest      # one of them
    .venv/bin/python scripts/test_ranges.py newest --python python3.13
    .venv/bin/python scripts/test_ranges.py newest --pytest tests/data -x

Environments, wheel and a copy of the tests lie in build/ranges. On Linux the plain PyTorch wheels bring CUDA libraries,
some 5 GB a set; UV_TORCH_BACKEND=cpu takes CPU builds from PyTorch's own index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "ranges"
START_SECONDS = 300
RESOLUTIONS = {"lowest": "lowest-direct", "newest": "highest"}
TEST_TOOLS = ("axe-playwright-python", "hypothesis", "playwright", "pypdf", "pytest")
COPIED = ("tests", "benchmarks", "scripts", ".streamlit", "pyproject.toml", "BENCHMARKS.md", "README.md", "docs")
"""What tests read beside the package; not the package itself, so that the installed one is tested."""
LEFT_OUT = (
    # the dashboard, of which `serves_dashboard` sees the start
    "tests/pages",
    "tests/journeys",
    "tests/data/test_shown_text.py",
    "tests/fuzz/test_links_and_messages.py",
    # the source tree
    "tests/test_docs.py",
    "tests/test_examples.py",
    "tests/test_house.py",
    "tests/test_locked.py",
    "tests/test_packaging.py",
    "tests/test_config.py",
    "tests/models/test_boundary.py",
    # processes, minutes long
    "tests/background",
    "tests/training/test_launcher.py",
)


def uv(*arguments: str | Path) -> None:
    """Run uv, which resolves and installs."""
    subprocess.run([Path(sys.executable).with_name("uv"), *arguments], cwd=ROOT, check=True)


def build_wheel() -> Path:
    """A wheel of this tree."""
    folder = BUILD / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    command = [Path(sys.executable).with_name("hatchling"), "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(name: str, wheel: Path, base: str) -> Path:
    """The Python of an environment that holds the wheel and one set of versions."""
    home = BUILD / name
    versions, python = home / "versions.txt", home / "venv" / "bin" / "python"
    home.mkdir(parents=True, exist_ok=True)
    extras = ("--extra", "dashboard", "--extra", "notebook", "--extra", "report")
    options = ("--resolution", RESOLUTIONS[name], "--python", base, "--no-annotate", "--no-header")
    uv("pip", "compile", "--quiet", "pyproject.toml", *extras, *options, "--output-file", versions)
    if not python.is_file():
        uv("venv", "--quiet", "--python", base, home / "venv")
    uv("pip", "install", "--quiet", "--python", python, "--requirements", versions, *pinned_test_tools())
    uv("pip", "install", "--quiet", "--python", python, "--no-deps", "--reinstall", wheel)
    return python


def pinned_test_tools() -> list[str]:
    """What the tests themselves need, as pinned in requirements-dev.txt."""
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("==")[0] in TEST_TOOLS]


def copy_tests(name: str) -> Path:
    """A folder with the tests and what they read, from which the package in this tree cannot be imported."""
    folder = BUILD / name / "tree"
    shutil.rmtree(folder, ignore_errors=True)
    files = subprocess.run(["git", "ls-files", *COPIED], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in files.splitlines():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, folder / file)
    return folder


def run_tests(python: Path, folder: Path, arguments: list[str]) -> bool:
    """Whether the tests pass against the installed package."""
    selection = arguments or [f"--ignore={path}" for path in LEFT_OUT]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # Not errors here: an old library may call what a newer one has deprecated.
    shown = [f"-Wdefault::{name}" for name in ("DeprecationWarning", "FutureWarning")]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *shown, *selection]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode == 0


def serves_dashboard(python: Path) -> bool:
    """Whether `streamrec dashboard` starts, which imports every page, and answers its health route."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "streamrec_core", "dashboard", "--no-browser", "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    server = subprocess.Popen(command, cwd=python.parent, env=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    return True
            except OSError:
                time.sleep(0.5)
        return False
    finally:
        server.terminate()
        server.wait()


def main() -> int:
    """Test the sets that were named, both by default; exit code 1 where tests of a set failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", choices=[[], *RESOLUTIONS], help="lowest, newest; both by default")
    parser.add_argument("--python", default=sys.executable, help="on which Python; this environment's by default")
    parser.add_argument("--pytest", nargs=argparse.REMAINDER, default=[], help="what pytest gets instead")
    options = parser.parse_args()
    wheel = build_wheel()
    passed = {}
    for name in options.sets or RESOLUTIONS:
        python = install(name, wheel, options.python)
        versions = (BUILD / name / "versions.txt").read_text(encoding="utf-8").split()
        print(f"--- {name}:", *(version for version in versions if not version.startswith("nvidia")), flush=True)
        passed[name] = serves_dashboard(python) and run_tests(python, copy_tests(name), options.pytest)
    for name, fine in passed.items():
        print(f"{name}: {'passed' if fine else 'FAILED'}")
    return 0 if all(passed.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
