"""House rules that can be read off the files: signs on the doors, short rooms, and who may import what."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import check_names

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "streamrec_core"
PAGES = ROOT / "pages"
LAUNCHER = ROOT / "app.py"
TORCH_ROOMS = ("data", "models", "adapters", "evaluation", "attention", "attribution", "training")
LONGEST_FILE, LONGEST_EXCEPTION = 300, 400
LONGER_FILES = {
    "streamrec_core/data/importers/events.py",
    "streamrec_core/data/importers/nested.py",
    "streamrec_core/data/importers/rows.py",
    "streamrec_core/data/importers/table.py",
    "streamrec_core/data/importers/text.py",
    "streamrec_core/data/jobs.py",
    "streamrec_core/data/storage.py",
    "streamrec_core/data/synthetic/streamrec.py",
    "streamrec_core/diagnosis/edits.py",
    "streamrec_core/explanation_view/payload.py",
    "streamrec_core/models/checkpoint.py",
    "streamrec_core/report/collect.py",
    "streamrec_core/report/document.py",
    "streamrec_core/report/pack.py",
}
"""Files that are still longer; one that was divided is to be taken out of this list."""
LONGEST_FUNCTION = 60
"""Lines of a function with its signature, without its docstring, whose length follows from its parameters."""
NAMELESS = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
UNSAFE_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "torch.load", "pd.read_pickle", "pandas.read_pickle"}
UNSAFE_SWITCHES = {"unsafe_allow_html", "allow_pickle"}


def sources(*roots: Path) -> list[Path]:
    """Every Python file at or below the roots; missing roots are left out."""
    groups = (path.rglob("*.py") if path.is_dir() else [path] for path in roots if path.exists())
    return sorted(file for files in groups for file in files)


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imports(file: Path) -> Iterator[tuple[str, str]]:
    """Each absolute import of the file: (dotted module, "file:line")."""
    for node in ast.walk(tree(file)):
        where = f"{name(file)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from ((alias.name, where) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, where
            yield from ((f"{node.module}.{alias.name}", where) for alias in node.names)


def importers(library: str, files: list[Path]) -> list[str]:
    """Where the library, or anything in it, is imported."""
    return sorted(
        {where for file in files for module, where in imports(file) if f"{module}.".startswith(f"{library}.")}
    )


def lines_of_functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function and method of a file with its lines, its docstring left out."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = ast.get_docstring(node) is not None
            docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - docstring


def names_within(module: ast.Module) -> set[str]:
    """Names that a file defines or imports at its top."""
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


def rooms(*names: str) -> set[Path]:
    return set(sources(*(CORE / room for room in names)))


def unsafe(file: Path) -> Iterator[str]:
    """Ways in for hostile data: code from strings or pickles, raw HTML."""
    for node in ast.walk(tree(file)):
        where = f"{name(file)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in UNSAFE_CALLS:
                yield f"{where} {called}("
            for switch in node.keywords:
                off = isinstance(switch.value, ast.Constant) and switch.value.value is False
                if switch.arg in UNSAFE_SWITCHES and not off:
                    yield f"{where} {switch.arg}="
    for module, where in imports(file):
        if module in UNSAFE_CALLS or module.split(".")[0] in UNSAFE_MODULES:
            yield f"{where} import {module}"


def test_every_file_opens_with_the_sign_on_its_door() -> None:
    assert [name(file) for file in sources(CORE, PAGES, LAUNCHER) if not ast.get_docstring(tree(file))] == []


def test_every_file_is_named_by_its_noun() -> None:
    assert [name(file) for file in sources(CORE, PAGES, ROOT / "tests") if file.name in NAMELESS] == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {name(file): len(file.read_text(encoding="utf-8").splitlines()) for file in sources(CORE, PAGES)}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_EXCEPTION} == {}
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE and file not in LONGER_FILES} == {}
    assert {file for file, lines in lengths.items() if lines > LONGEST_FILE} >= LONGER_FILES


def test_no_function_is_too_long_to_read() -> None:
    lengths = {
        f"{name(file)} {function}": lines
        for file in sources(CORE, PAGES)
        for function, lines in lines_of_functions(tree(file))
    }
    assert {function: lines for function, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_a_function_is_measured_with_its_signature_and_without_its_docstring() -> None:
    source = 'def f(\n    a,\n):\n    """F.\n\n    Returns\n    """\n\n    def g():\n        return a\n\n    return g\n'
    assert list(lines_of_functions(ast.parse(source))) == [("f", 8), ("g", 2)]


def test_every_package_of_the_core_is_one_that_an_install_finds() -> None:
    folders = {file.parent for file in sources(CORE)}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


SHOWN = ("charts", "explain", "explanation_view", "report", "study")
"""Packages of the core whose numbers people read on pages, in charts and in packs."""


def numbers_by_hand(module: ast.Module) -> Iterator[str]:
    """Signed numbers, intervals and minus signs that are written without `data/shown_number.py`."""
    for node in ast.walk(module):
        if isinstance(node, ast.FormattedValue) and node.format_spec and "+" in ast.unparse(node.format_spec):
            yield ast.unparse(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"%\{[^{}]*:\+[^{}]*\}", node.value)  # d3 writes a hyphen
        if isinstance(node, ast.JoinedStr):
            yield from (f"interval in {ast.unparse(node)}" for _ in filter(_is_interval, zip3(node.values)))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("replace") and "'−'" in ast.unparse(node):
            yield ast.unparse(node)


def zip3(values: list[ast.expr]) -> Iterator[tuple[ast.expr, ast.expr, ast.expr]]:
    return zip(values, values[1:], values[2:], strict=False)


def _is_interval(parts: tuple[ast.expr, ast.expr, ast.expr]) -> bool:
    low, between, high = parts
    numbers = all(
        isinstance(end, ast.FormattedValue) and end.format_spec and "." in ast.unparse(end.format_spec)
        for end in (low, high)
    )
    return numbers and isinstance(between, ast.Constant) and between.value == " to "


def test_numbers_that_people_read_are_written_with_true_minus_signs() -> None:
    files = sources(PAGES, *(CORE / package for package in SHOWN))
    assert {name(file): lines for file in files if (lines := list(numbers_by_hand(tree(file))))} == {}


@pytest.mark.parametrize(
    "line",
    [
        'f"{value:+.1f}"',
        'f"{low:.2f} to {high:.2f}"',
        'text.replace("-", "−")',
        '"difference %{x:+.1%}<extra></extra>"',
    ],
)
def test_the_search_for_numbers_by_hand_finds_them(line: str) -> None:
    assert list(numbers_by_hand(ast.parse(line)))


ONE_WORD = re.compile(r"\bDatasets?\b|(?<=[a-z] )datasets?(?= [a-z]|[.,;:] )")


def test_a_data_set_is_two_words_on_pages_in_messages_and_in_docs() -> None:
    spelt = {}
    for file in sources(CORE, PAGES):
        texts = (node.value for node in ast.walk(tree(file)) if isinstance(node, ast.Constant))
        spelt[name(file)] = [text for text in texts if isinstance(text, str) and ONE_WORD.search(text)]
    for file in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))):
        prose = re.sub(r"```.*?```|`[^`]*`", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        spelt[name(file)] = ONE_WORD.findall(prose)
    assert {file: texts for file, texts in spelt.items() if texts} == {}
    assert ONE_WORD.search("Open the dataset first")
    assert not ONE_WORD.search("pages/dataset/page.py, dataset.json, the data set, dataset : DataSet")


def test_nothing_runs_strings_unpickles_or_writes_raw_html() -> None:
    assert [finding for file in sources(CORE, PAGES, LAUNCHER) for finding in unsafe(file)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from torch import load",
        "model = torch.load(path)",
        "eval('1 + 1')",
        "st.markdown(title, unsafe_allow_html=True)",
        "np.load(path, allow_pickle=flag)",
    ],
)
def test_the_search_for_unsafe_lines_finds_them(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "planted.py"
    file.write_text(line, encoding="utf-8")
    assert list(unsafe(file))
    file.write_text("model.eval()\nnp.load(path, allow_pickle=False)\n", encoding="utf-8")
    assert not list(unsafe(file))


def test_streamlit_stays_in_the_launcher_and_the_pages() -> None:
    assert importers("streamlit", sources(CORE)) == []


def test_plotly_stays_in_charts() -> None:
    allowed = rooms("charts")
    assert importers("plotly", [file for file in sources(CORE, PAGES, LAUNCHER) if file not in allowed]) == []


def test_torch_stays_between_data_and_training() -> None:
    allowed = rooms(*TORCH_ROOMS)
    assert importers("torch", [file for file in sources(CORE, PAGES, LAUNCHER) if file not in allowed]) == []


def test_what_benchmarks_and_scripts_import_from_the_core_exists() -> None:
    lost = []
    for file in sources(ROOT / "benchmarks", ROOT / "scripts"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamrec_core."):
                path = ROOT / (node.module or "").replace(".", "/")
                module = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
                names = names_within(tree(module)) | {part.stem for part in module.parent.iterdir()}
                lost += [f"{name(file)}: {node.module}.{alias.name}" for alias in node.names if alias.name not in names]
    assert lost == []


def test_every_benchmark_runs_without_arguments_as_make_bench_runs_it() -> None:
    required = []
    for file in sources(ROOT / "benchmarks"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
                option = ast.literal_eval(node.args[0])
                words = {word.arg: ast.unparse(word.value) for word in node.keywords}
                optional = option.startswith("-") or words.get("nargs") in ("'?'", "'*'")
                if not optional or words.get("required") == "True":
                    required.append(f"{name(file)}: {option}")
    assert required == []


def test_the_layers_of_the_house_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_data_table_is_drawn_by_the_helper_whose_download_is_harmless() -> None:
    drawn = [
        f"{name(file)}:{node.lineno}"
        for file in sources(PAGES, LAUNCHER)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute) and node.attr in ("dataframe", "data_editor", "_arrow_dataframe")
    ]
    assert [where.partition(":")[0] for where in drawn] == ["pages/ui/data_table.py"]
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["client"]["disableDataExport"] is True


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-docs.txt"])
def test_every_requirement_is_pinned_to_one_version(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert pins
    assert [line for line in pins if line.count("==") != 1 or "://" in line] == []


def test_names_say_what_a_value_is_and_public_functions_document_their_parameters() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/check_names.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def rank(found): ...", "found"),
        ("for one in rows: pass", "one"),
        ("self.told_ = 1", "told_"),
        ("with open(path) as kept: pass", "kept"),
        ("import numpy as own", "own"),
        ("class Chosen: ...", "Chosen"),
        ("def place(): ...", "place"),
        ("values = [said for said in rows]", "said"),
    ],
)
def test_the_search_for_vague_names_finds_them(source: str, fault: str) -> None:
    assert [name for _, name in check_names.vague_names(ast.parse(source))] == [fault]


def test_words_within_a_longer_name_are_no_fault() -> None:
    assert check_names.vague_names(ast.parse("most_chosen = found_items = 1\nprint(found)")) == []


def test_a_class_that_two_files_define_is_named() -> None:
    trees = {
        "a.py": ast.parse("class Scene: ..."),
        "b.py": ast.parse("\nclass Scene: ..."),
        "c.py": ast.parse("class A: ..."),
    }
    assert check_names.repeated_classes(trees) == {"Scene": ["a.py:1", "b.py:2"]}


def parameters_of(docstring: str) -> str:
    """The Parameters section of a NumPy docstring, without its heading."""
    section = docstring.partition("Parameters\n----------\n")[2]
    return re.split(r"\n\n\w+\n---", section)[0]


def test_no_two_functions_document_the_same_parameters_at_length() -> None:
    documented: dict[str, list[str]] = {}
    for file in sources(CORE):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                section = parameters_of(ast.get_docstring(node) or "")
                if len(section.splitlines()) > 4:
                    documented.setdefault(section, []).append(f"{name(file)} {node.name}")
    assert [functions for functions in documented.values() if len(functions) > 1] == []
    assert parameters_of("F.\n\nParameters\n----------\na, b\n    As for `f`.\n\nReturns\n-------\nint") == (
        "a, b\n    As for `f`."
    )


def test_a_public_function_of_two_arguments_documents_both() -> None:
    documented = 'def f(a, b):\n    """F.\n\n    Parameters\n    ----------\n    a, b : int\n    """'
    assert check_names.undocumented(ast.parse(documented)) == []
    assert check_names.undocumented(ast.parse(documented.replace("a, b :", "a :"))) == [(1, "f")]
    assert check_names.undocumented(ast.parse("def f(a, b): ...")) == [(1, "f")]
    assert check_names.undocumented(ast.parse("def _f(a, b): ...\ndef g(a): ...")) == []
