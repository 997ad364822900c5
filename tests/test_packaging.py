"""What an install brings: version ranges beside the lock, the files of the wheel, and optional libraries."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

from scripts.test_ranges import COPIED, LEFT_OUT
from streamrec_core import extras
from streamrec_core.errors import MissingExtra

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = PROJECT["optional-dependencies"]
NOT_IN_DASHBOARD = {"anywidget", "ray", "s3fs"}
"""Libraries that `make run` does not install."""


def pinned(file: str) -> dict[str, str]:
    """Version of each library that a requirements file pins."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith(("#", "-r")))


def ranges() -> dict[str, Requirement]:
    """Every library that the package or an extra asks for."""
    lines = [*PROJECT["dependencies"], *(line for name in OPTIONAL if name != "all" for line in OPTIONAL[name])]
    return {requirement.name: requirement for requirement in map(Requirement, lines)}


def test_every_locked_version_lies_in_the_range_of_its_library() -> None:
    assert pinned("requirements.txt").keys() == ranges().keys() - NOT_IN_DASHBOARD
    locked = pinned("requirements-dev.txt") | pinned("requirements.txt")
    for name, requirement in ranges().items():
        assert name not in locked or requirement.specifier.contains(locked[name]), name


def test_every_range_names_its_lowest_version() -> None:
    for requirement in ranges().values():
        assert any(bound.operator == ">=" for bound in requirement.specifier), str(requirement)


def test_the_extra_all_holds_every_other_extra() -> None:
    (everything,) = map(Requirement, OPTIONAL["all"])
    assert everything.extras == OPTIONAL.keys() - {"all"}


def test_each_optional_library_names_the_extra_that_installs_it() -> None:
    by_library = {Requirement(line).name: name for name in OPTIONAL if name != "all" for line in OPTIONAL[name]}
    assert by_library == extras.EXTRAS


def test_a_missing_library_is_an_import_error_with_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda library: None)
    with pytest.raises(
        ImportError, match=r"plotly is not installed; .* pip install 'streamrec\[dashboard\]'"
    ) as caught:
        extras.require("plotly")
    assert isinstance(caught.value, MissingExtra)
    assert (caught.value.library, caught.value.extra) == ("plotly", "dashboard")


CORE_ALONE = """
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"plotly", "streamlit", "ray"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import streamrec_core, streamrec_core.extras
import streamrec_core.background.ray_workers, streamrec_core.cli.evaluate, streamrec_core.cli.explain_all
for name in streamrec_core.__all__:
    getattr(streamrec_core, name)
streamrec_core.extras.find_spec = lambda name: None
for module in ("charts.heads", "report.html"):
    try:
        importlib.import_module(f"streamrec_core.{module}")
    except ImportError as error:
        print(error)
"""


def test_the_core_needs_no_library_of_an_extra_and_each_extra_is_named_where_it_is_missing() -> None:
    done = subprocess.run([sys.executable, "-c", CORE_ALONE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert [line.split("pip install ")[1] for line in done.stdout.splitlines()] == [
        "'streamrec[dashboard]'",
        "'streamrec[report]'",
    ]


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from this tree."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))
    return set(zipfile.ZipFile(wheel).namelist())


def tracked(*paths: str) -> list[str]:
    """Files of the repository at or below the paths."""
    done = subprocess.run(["git", "ls-files", *paths], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_wheel_holds_the_whole_package(wheel_files: set[str]) -> None:
    assert "streamrec_core/py.typed" in wheel_files
    assert set(tracked("streamrec_core")) <= wheel_files


def test_the_wheel_holds_checkpoints_and_dashboard_inside_the_package(wheel_files: set[str]) -> None:
    assert {f"streamrec_core/{file}" for file in tracked("checkpoints")} <= wheel_files
    dashboard = tracked("app.py", "pages", ".streamlit")
    assert {f"streamrec_core/dashboard/{file}" for file in dashboard} <= wheel_files


def test_the_wheel_holds_nothing_else(wheel_files: set[str]) -> None:
    assert {file.split("/")[0].split("-")[0] for file in wheel_files} == {"streamrec_core", "streamrec"}
    assert not [file for file in wheel_files if "__pycache__" in file or "secrets" in file or "workspace" in file]


def test_the_ranges_leave_out_every_test_of_the_dashboard() -> None:
    imports = re.compile(r"^\s*(?:from|import) (?:pages|app)\b", re.MULTILINE)
    files = [file for file in (ROOT / "tests").rglob("*.py") if imports.search(file.read_text(encoding="utf-8"))]
    names = [file.relative_to(ROOT).as_posix() for file in files]
    assert names
    assert [name for name in names if not name.startswith(LEFT_OUT)] == []
    assert {"tests", "benchmarks", "scripts"} <= set(COPIED)  # what other tests import
