"""Test the presets for other libraries, each library in a virtual environment of its own, since their pins differ.

    make test-adapters                                         # all of them
    .venv/bin/python scripts/test_adapters.py rectools         # one of them

Environments lie in build/adapters. Each script in tests/adapters/frameworks trains small models on a small log, and
compares scores, recommendations and attention with the library's own. What a library must reach stands in `HOLDS`; the
figures are written to benchmarks/results/adapters.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.test_ranges import build_wheel

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "adapters"
SCRIPTS = ROOT / "tests" / "adapters" / "frameworks"
RESULTS = ROOT / "benchmarks" / "results" / "adapters.json"
PAGE = ROOT / "docs" / "your-model.md"
CORE = ("captum", "duckdb", "openpyxl", "platformdirs", "pydantic", "rapidfuzz", "rich", "safetensors", "typer")
"""What the core needs beside torch, numpy, pandas, scipy and pyarrow, whose versions each library narrows."""
HOLDS = {"same_lists": (0.99, 1.0), "score_gap": (0.0, 1e-4), "attention_gap": (0.0, 1e-5)}
"""Least and most of the figures that tell whether a preset does what its library does."""


@dataclass(frozen=True)
class Framework:
    """A library, what is installed for it, and the script that tests it."""

    name: str
    requirements: tuple[str, ...]

    @property
    def script(self) -> Path:
        """Trains and compares."""
        return SCRIPTS / f"{self.name}_models.py"


def requirements_in(path: Path) -> tuple[str, ...]:
    """The lines of a requirements file, without comments."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


FRAMEWORKS = {
    framework.name: framework
    for framework in (
        Framework("rectools", requirements_in(ROOT / "benchmarks" / "rectools_requirements.txt")),
        Framework("transformers", ("transformers", "torch", "pandas", "pyarrow", "scipy")),
        Framework("replay", ("replay-rec[torch]==0.22.0", "pandas<3", "pyarrow<24", "scipy")),
        Framework("recbole", ("recbole==1.2.1", "torch<2.6", "numpy<2", "pandas<3", "pyarrow<20", "scipy>=1.15")),
    )
}


def environment(framework: Framework) -> Path:
    """Its Python, installed where it is not yet."""
    folder = BUILD / framework.name
    python, stamp = folder / "bin" / "python", folder / "installed.json"
    packages = [*framework.requirements, *CORE]
    if not stamp.is_file() or json.loads(stamp.read_text()) != packages:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        stamp.write_text(json.dumps(packages))
    return python


def figures_of(framework: Framework) -> dict[str, Any]:
    """What its script measures, run in its environment with the core of this tree."""
    paths = os.pathsep.join((str(ROOT), str(SCRIPTS)))
    command = [environment(framework), framework.script]
    run = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        cwd=BUILD,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    document: dict[str, Any] = json.loads(run.stdout[run.stdout.index('{\n "versions"') :])
    return document


def walkthrough(framework: Framework) -> str:
    """Run the lines of docs/your-model.md as a reader would: the built wheel beside RecTools, a model saved there."""
    python, folder = environment(framework), BUILD / "walkthrough"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", build_wheel()], check=True
    )
    paths = {"PYTHONPATH": os.pathsep.join((str(SCRIPTS), str(ROOT))), "OMP_NUM_THREADS": "1"}
    subprocess.run([python, SCRIPTS / "rectools_training.py"], cwd=folder, env={**os.environ, **paths}, check=True)
    blocks = re.findall(r"^```\w*\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    (code,) = (block for block in blocks if block.startswith("# my_model.py"))
    (commands,) = (block for block in blocks if block.startswith("streamrec data import"))
    (folder / "my_model.py").write_text(code, encoding="utf-8")
    # The package is the installed one: no path leads to this tree.
    alone = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    alone |= {"STREAMREC_WORKSPACE": str(folder / "workspace"), "OMP_NUM_THREADS": "1", "COLUMNS": "300"}
    shown = ""
    for line in commands.splitlines():
        words = [python, "-m", "streamrec_core", *shlex.split(line)[1:]]
        run = subprocess.run(words, cwd=folder, env=alone, stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode not in (0, 1):  # 1: the check has findings
            raise subprocess.CalledProcessError(run.returncode, line)
        shown = run.stdout
    return shown.splitlines()[0]


def faults(name: str, document: dict[str, Any]) -> list[str]:
    """Figures outside what must hold."""
    return [
        f"{name} {model['model']}: {figure} is {model[figure]}, not within {least} and {most}"
        for model in document["models"]
        for figure, (least, most) in HOLDS.items()
        if model.get(figure) is not None and not least <= model[figure] <= most
    ]


def main() -> int:
    """Test the libraries that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", nargs="*", choices=[[], *FRAMEWORKS], help="Default: all.")
    names = parser.parse_args().frameworks or list(FRAMEWORKS)
    documents = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    wrong: list[str] = []
    for name in names:
        print(f"--- {name}", flush=True)
        try:
            documents[name] = figures_of(FRAMEWORKS[name])
        except subprocess.CalledProcessError as error:
            wrong.append(f"{name}: {error}")
            continue
        print(json.dumps(documents[name], indent=1))
        wrong += faults(name, documents[name])
        if name == "rectools":
            documents[name]["first_sentence"] = walkthrough(FRAMEWORKS[name])
            print(documents[name]["first_sentence"])
    RESULTS.write_text(json.dumps(documents, indent=1) + "\n")
    print("\n".join(wrong) or "all as the libraries do it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
