"""README, docs and the other pages say what is true: commands parse, code runs, tables equal results, links resolve."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from mkdocs.commands.build import build
from mkdocs.config import load_config
from typer.main import get_command

import streamrec_core
from benchmarks import cost_plot, explanation_tables
from benchmarks.adapter_tables import adapter_table
from benchmarks.bring_in import bring_in_table
from benchmarks.planted_tables import pairs_table, planted_table
from benchmarks.tables import (
    context_table,
    differences,
    full_table,
    nulls_table,
    read_context,
    read_nulls,
    read_results,
    read_soon_after,
    read_time_gaps,
    read_without_content,
    short_table,
    soon_after_table,
    time_gaps_table,
    without_content_table,
)
from pages.ui.url_state import PAGES
from scripts import docs_hooks
from streamrec_core.attention.measures import HEAD_TYPES
from streamrec_core.cli.main import app
from streamrec_core.data.splits import SPLITS
from streamrec_core.explain.check_record import CheckSettings
from streamrec_core.models import protocol
from streamrec_core.study.arms import ARMS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FILES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / ".github").rglob("*.md")])
TEXTS = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in FILES}
README, BENCHMARKS, CHECKS = (TEXTS[name] for name in ("README.md", "BENCHMARKS.md", "docs/checks.md"))
COMMAND = re.compile(r"(?:python -m streamrec_core|^\s*streamrec|`streamrec) ([a-z][^`\n]*)", flags=re.MULTILINE)
COMMANDS = sorted({line.strip() for text in TEXTS.values() for line in COMMAND.findall(text)})
PYTHON = {name: re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) for name, text in TEXTS.items()}
LONGEST_README = 750
"""Words, without the table."""


def anchor(heading: str) -> str:
    """The anchor that GitHub and the site give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def table_rows(text: str) -> Iterator[list[str]]:
    """Cells of every row of every Markdown table."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


# --- the map and other lists


def mapped_folders() -> set[str]:
    """Paths of the map of folders, indented two spaces a level."""
    block = TEXTS["docs/architecture.md"].split("## Map")[1].split("```")[1]
    folders, above = set(), []
    for line in block.strip("\n").splitlines():
        level = (len(line) - len(line.lstrip())) // 2
        above = [*above[:level], line.split()[0]]
        folders.add("/".join(above))
    return folders


def test_the_map_names_what_is_there() -> None:
    for path in mapped_folders():
        assert (ROOT / path).exists(), f"{path} is in the map of docs/architecture.md but not on disk"


def test_the_map_leaves_no_folder_out() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {Path(path).parts[0] for path in tracked if "/" in path and not path.startswith(".")}
    folders |= {
        "/".join(Path(path).parts[:2]) for path in tracked if path.startswith("streamrec_core/") and path.count("/") > 1
    }
    assert folders <= mapped_folders()


def test_files_named_in_the_docs_exist() -> None:
    """A path in backticks starts at the root, or at `streamrec_core` as in docs/background.md."""
    for name, text in TEXTS.items():
        if name == "CHANGELOG.md":
            continue
        for path in re.findall(r"`([\w./-]+/[\w./-]*\.(?:py|md|toml|ipynb|yml))`", text):
            assert (ROOT / path).is_file() or (ROOT / "streamrec_core" / path).is_file(), f"{name}: {path}"


def test_the_import_diagram_is_that_of_the_contracts() -> None:
    assert docs_hooks.DIAGRAM.read_text(encoding="utf-8") == docs_hooks.diagram(), "run: make docs"


def test_the_api_page_lists_every_public_name_once() -> None:
    documented = re.findall(r"^::: streamrec_core\.(\w+)$", TEXTS["docs/api.md"], flags=re.MULTILINE)
    assert sorted([*documented, "__version__"]) == sorted(streamrec_core.__all__)
    assert "`__version__`" in TEXTS["docs/api.md"]


def test_the_quickstart_names_every_page_of_the_dashboard() -> None:
    titles = re.findall(r'declare\("\w+/page.py", "([\w ]+)"', (PAGES / "frame.py").read_text(encoding="utf-8"))
    assert len(titles) == len(list(PAGES.glob("*/page.py")))
    assert set(titles) <= set(re.findall(r"\*\*([\w ]+)\*\*", TEXTS["docs/quickstart.md"]))


def test_the_configuration_page_lists_every_environment_variable() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "streamrec_core").rglob("*.py"))
    read = set(re.findall(r"\"(STREAMREC_[A-Z_]+)\"", code))
    listed = {row[0].strip("`") for row in table_rows(TEXTS["docs/configuration.md"])} - {"Environment variable"}
    assert listed == read


def test_the_thresholds_of_the_checks_are_the_defaults() -> None:
    settings = CheckSettings()
    listed = {row[1].strip("`"): row[2] for row in table_rows(CHECKS) if len(row) == 3 and row[1].startswith("`")}
    named = {name: default for name, default in listed.items() if not name.startswith("streamrec-")}
    assert set(named) >= {"least_share", "sub_histories", "replacements", "alpha"}
    assert {name: str(getattr(settings, name)) for name in named} == named


def test_head_types_splits_arms_and_protocols_are_those_of_the_code() -> None:
    explore = [row[0] for row in table_rows(TEXTS["docs/explore.md"])]
    assert [name for name in explore if name in HEAD_TYPES] == list(HEAD_TYPES)
    data = {row[0].strip("`") for row in table_rows(TEXTS["docs/your-data.md"])}
    assert data >= set(SPLITS)
    arms = [row[0] for row in table_rows(TEXTS["docs/studies.md"])][1:]
    assert arms == [arm.label for arm in ARMS.values()]
    for row in table_rows(TEXTS["docs/your-model.md"]):
        if row[0].strip("`").endswith("Model"):
            members = dir(getattr(protocol, row[0].strip("`")))
            assert [name for name in re.findall(r"`(\w+)`", row[1]) if name not in members] == []


# --- commands and code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_docs_parses(command: str) -> None:
    words = [word for word in shlex.split(command, comments=True) if word != "..."]
    group = get_command(app)
    context = typer.Context(group)
    while hasattr(group, "commands") and words and not words[0].startswith("-"):
        name, *words = words
        assert name in group.commands, f"no command {name}"
        group = group.commands[name]
    group.make_context(str(group.name), words, parent=context)


@pytest.mark.parametrize("name", [name for name, blocks in PYTHON.items() if blocks])
def test_the_python_of_a_page_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if "import_data(" in TEXTS[name]:  # leaves a data set behind
        monkeypatch.setenv("STREAMREC_WORKSPACE", str(tmp_path))
    for block in PYTHON[name]:
        exec(compile(block, name, "exec"), {"__name__": "docs"})


def test_the_readme_is_short_and_its_python_too() -> None:
    prose = re.sub(r"^\|.*\n", "", README, flags=re.MULTILINE)
    assert len(prose.split()) < LONGEST_README
    (block,) = PYTHON["README.md"]
    assert len(ast.parse(block).body) == 6, "one import and five lines"


# --- figures


def test_the_tables_are_those_of_the_stored_results() -> None:
    tables = read_results()["tables"]
    assert short_table(tables) in README
    assert differences(tables) in BENCHMARKS
    assert context_table(read_context()) in BENCHMARKS
    assert time_gaps_table(read_time_gaps()) in BENCHMARKS
    assert soon_after_table(read_soon_after()) in BENCHMARKS
    assert without_content_table(read_without_content()) in BENCHMARKS
    for table in tables:
        assert full_table(table) in BENCHMARKS


def test_the_tables_of_explanations_are_those_of_the_stored_results() -> None:
    tables = explanation_tables.read_results()
    assert explanation_tables.goal_table(tables) in CHECKS
    assert explanation_tables.goal_table(tables) in BENCHMARKS
    for table in tables:
        assert explanation_tables.full_table(table) in BENCHMARKS


def test_the_table_of_planted_effects_is_that_of_the_stored_results() -> None:
    assert planted_table() in BENCHMARKS
    assert pairs_table() in BENCHMARKS


def test_the_table_of_other_libraries_is_that_of_the_stored_run() -> None:
    assert adapter_table() in BENCHMARKS


def test_the_table_of_what_brings_titles_in_is_that_of_the_stored_results() -> None:
    assert bring_in_table() in BENCHMARKS


def test_the_plot_of_cost_and_its_slopes_are_those_of_the_stored_results() -> None:
    panels = cost_plot.stored()
    assert cost_plot.PICTURE.read_text(encoding="utf-8") == cost_plot.picture(panels)
    for named in panels.values():
        assert named
        for name, points in named.items():
            assert len(points) >= 3
            assert f"| {name} | {cost_plot.slope(points):.2f} |" in BENCHMARKS
    assert cost_plot.slope([(10, 2.0), (100, 200.0), (1_000, 20_000.0)]) == pytest.approx(2)


def test_the_table_of_the_gpu_is_that_of_the_stored_run() -> None:
    stored = json.loads((ROOT / "benchmarks" / "results" / "device.json").read_text(encoding="utf-8"))
    models = [stored["models"][name] for name in ("transformer/additive", "transformer/plain", "lstm/plain")]
    part = TEXTS["BENCHMARKS.md"].split("<!-- device -->")[1].split("<!-- /device -->")[0]
    rows = {row[0]: row[1:] for row in table_rows(part)}
    nats = [f"{model['differences']['explanation_nats']:.6f}" for model in models]
    assert rows["largest difference of an explanation, nats"] == nats
    assert rows["difference of Hit@10"] == [f"{model['differences']['hit@10']:g}" for model in models]
    for name, noun in (("training", "training"), ("evaluation", "evaluation"), ("explanations", "explanation")):
        seconds = [model["seconds"] for model in models]
        assert rows[f"{name}, times as fast"] == [
            f"{each[f'{noun}_cpu'] / each[f'{noun}_gpu']:.1f}" for each in seconds
        ]
    assert stored["beyond_tolerance"] == []


def test_what_noise_gets_is_what_was_counted_of_the_shipped_models() -> None:
    assert nulls_table(read_nulls()) in CHECKS
    assert nulls_table(read_nulls()) in BENCHMARKS


# --- links and the site


def test_links_and_pictures_resolve() -> None:
    for name, text in TEXTS.items():
        for link in re.findall(r"\]\(([^)]+)\)", text):
            target, _, part = link.partition("#")
            if link.startswith("http"):
                continue
            file = (ROOT / name).parent / target if target else ROOT / name
            assert file.is_file(), f"{name}: {link}"
            if part:
                headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
                assert part in map(anchor, headings), f"{name}: {link}"


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    build(load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path / "site")))
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (tmp_path / "site").glob("*.html")}
    assert {Path(name).stem.lower() for name in TEXTS if name.startswith("docs/")} <= set(pages)
    for name, html in pages.items():
        loaded = re.findall(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"(https?:[^\"]*)", html)
        assert loaded == [], name
    assert '<h2 id="streamrec-explain">' in pages["command-line"]
    assert "explain_session" in pages["api"]
