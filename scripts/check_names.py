"""Check names and docstrings: no vague name, no class defined twice, every parameter of a public function documented.

python scripts/check_names.py            # exits with 1 and a line for each fault
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKED = ("streamrec_core", "pages", "tests", "benchmarks", "scripts", "app.py")
DISTINCT_CLASSES = ("streamrec_core", "pages")
DOCUMENTED = "streamrec_core"
VAGUE = frozenset(
    [
        "asked",
        "chosen",
        "found",
        "given",
        "held",
        "kept",
        "known",
        "one",
        "ones",
        "own",
        "place",
        "places",
        "said",
        "told",
        "wanted",
        "way",
        "ways",
    ]
)
"""Words that say that there is a value and not what it is (CONTRIBUTING.md, Names)."""


def sources(*folders: str) -> list[Path]:
    """Python files below the folders, or the files themselves."""
    paths = [ROOT / folder for folder in folders]
    return sorted(file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path]))


def parse(file: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def bound_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name that the module binds: variables, parameters, attributes, functions, classes, aliases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or (
            isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name
        ):
            yield node.lineno, node.name
        elif isinstance(node, ast.alias) and node.asname:
            yield getattr(node, "lineno", 0), node.asname


def vague_names(tree: ast.Module) -> list[tuple[int, str]]:
    """Bound names that are one of the vague words, leading and trailing underscores aside."""
    return [(line, name) for line, name in bound_names(tree) if name.strip("_").lower() in VAGUE]


def repeated_classes(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Class names that several files define, with the files."""
    files = defaultdict(list)
    for file, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                files[node.name].append(f"{file}:{node.lineno}")
    return {name: where for name, where in files.items() if len(where) > 1}


def undocumented(tree: ast.Module) -> list[tuple[int, str]]:
    """Public functions and methods of two or more arguments whose docstring does not name each under Parameters."""
    faults = []
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.Module | ast.ClassDef) or getattr(owner, "name", "").startswith("_"):
            continue
        for node in owner.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            decorators = {ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list}
            if any(decorator.endswith(("overload", "override", ".command")) for decorator in decorators):
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            names = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
            text = ast.get_docstring(node) or ""
            section = text.partition("Parameters\n----------")[2]
            if len(names) > 1 and not all(name in section for name in names):
                faults.append((node.lineno, node.name))
    return faults


def main() -> int:
    """Print every fault."""
    faults = []
    for file in sources(*CHECKED):
        name = file.relative_to(ROOT).as_posix()
        faults += [
            f"{name}:{line} the name {word!r} does not say what it is" for line, word in vague_names(parse(file))
        ]
    for file in sources(DOCUMENTED):
        name = file.relative_to(ROOT).as_posix()
        faults += [f"{name}:{line} {function}: document its parameters" for line, function in undocumented(parse(file))]
    classes = {file.relative_to(ROOT).as_posix(): parse(file) for file in sources(*DISTINCT_CLASSES)}
    faults += [f"{', '.join(where)} class {name} is defined twice" for name, where in repeated_classes(classes).items()]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
