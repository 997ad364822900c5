"""What knows the inside of a model lives in `streamrec_core/models`: no code elsewhere tells concrete classes apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "streamrec_core" / "models"
ASKS_FOR_A_CLASS = {"isinstance", "issubclass", "type"}


def concrete_models() -> set[str]:
    """Names of all classes in `models/` that are neither protocols nor settings: models and their layers."""
    classes = [node for file in MODELS.glob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    return {
        node.name
        for node in classes
        if isinstance(node, ast.ClassDef) and not {"Protocol", "Settings"} & {ast.unparse(base) for base in node.bases}
    }


def class_tests(source: str, classes: set[str]) -> Iterator[str]:
    """Calls of `isinstance`, `issubclass` or `type` and dispatch tables that name one of the classes."""
    for node in ast.walk(ast.parse(source)):
        named: list[ast.AST] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKS_FOR_A_CLASS:
            named = [*node.args]
        elif isinstance(node, ast.Dict):
            named = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.Compare):
            named = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchClass):
            named = [node.cls]
        if any(_name(part) in classes for whole in named for part in ast.walk(whole)):
            yield f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_no_code_outside_models_tells_concrete_models_apart() -> None:
    files = [*(ROOT / "streamrec_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), *ROOT.glob("benchmarks/*.py")]
    classes = concrete_models()
    assert {"AdditiveTransformer", "SessionTransformer", "SessionLSTM", "ItemNeighbours", "TransformerLayer"} < classes
    findings = [
        f"{file.relative_to(ROOT)} {line}"
        for file in files
        if MODELS not in file.parents
        for line in class_tests(file.read_text("utf-8"), classes)
    ]
    assert findings == []


@pytest.mark.parametrize(
    "line",
    [
        "if isinstance(model, SessionLSTM): pass",
        "isinstance(model, (GradientModel, lstm.SessionLSTM))",
        "type(model) is SessionLSTM",
        "READERS = {SessionLSTM: read}",
        "match model:\n    case SessionLSTM(): pass",
    ],
)
def test_the_search_for_class_tests_finds_them(line: str) -> None:
    assert list(class_tests(line, {"SessionLSTM"}))
    assert not list(class_tests(line.replace("SessionLSTM", "GradientModel"), {"SessionLSTM"}))
