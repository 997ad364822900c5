"""Generate parts of the documentation site: the command line from typer, the import diagram, pages from the root.

    python scripts/docs_hooks.py        # writes docs/layers.svg, which GitHub shows as well

`mkdocs.yml` names this file as a hook of its build.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROOT_PAGES = ("BENCHMARKS.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
"""Pages of the site that lie in the root, where GitHub looks for them."""
COMMANDS_MARK = "<!-- commands -->"
DIAGRAM = ROOT / "docs" / "layers.svg"
LIBRARIES = {"torch": "torch-up-to-training", "plotly": "plotly-in-charts"}
"""Libraries in the diagram, and the import contract that says which packages may import them."""

BOX, GAP, WIDTH, LEFT = 26, 6, 300, 40
STYLE = "text{font:14px system-ui,sans-serif;fill:#12171e}.s{font-size:12px}rect{fill:#e8eef6;stroke:#2b6399}"


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie in the root.

    Parameters
    ----------
    files : mkdocs.structure.files.Files
    config : mkdocs.config.defaults.MkDocsConfig
    """
    from mkdocs.structure.files import File

    for name in ROOT_PAGES:
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name.lower(), content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **context: Any) -> str:
    """Point links at the pages of the site, and fill in the commands.

    Parameters
    ----------
    markdown : str
    page : mkdocs.structure.pages.Page
    **context
        Configuration and files of the build.
    """
    for name in ROOT_PAGES:
        markdown = markdown.replace(f"](../{name}", f"]({name.lower()}").replace(f"]({name}", f"]({name.lower()}")
    return markdown.replace(COMMANDS_MARK, command_reference()) if COMMANDS_MARK in markdown else markdown


def command_reference() -> str:
    """Every command with its options, as typer documents it, below headings of the second level."""
    import typer
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from streamrec_core.cli.main import app

    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="streamrec")
    return text[text.index("\n## ") :].strip()


def contracts() -> dict[str, dict[str, Any]]:
    """The import contracts of pyproject.toml by id."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in project["tool"]["importlinter"]["contracts"]}


def layers(contract: str) -> list[list[str]]:
    """Packages of a layers contract, from the top; those in one list do not import each other."""
    rows = contracts()[contract]["layers"]
    return [[name.strip(" ()") for name in row.replace("|", ":").split(":")] for row in rows]


def packages_with(library: str) -> set[str]:
    """Packages of the core that may import a library."""
    exceptions = contracts()[LIBRARIES[library]]["ignore_imports"]
    return {line.split(" -> ")[0].split(".")[1] for line in exceptions}


def diagram() -> str:
    """The layers as SVG: each box imports only from boxes below it; beside them the libraries and who imports them."""
    core = [row for row in layers("layers") if row != ["__main__"]]
    rows = [[f"pages/{name}" for name in row] for row in layers("pages")] + core
    shapes, top = [], 34
    for row in rows:
        lines = [", ".join(row[:4]), *(", ".join(row[at : at + 4]) for at in range(4, len(row), 4))]
        lines = [line.replace(", pages/", ", ") for line in lines]
        height = BOX + 18 * (len(lines) - 1)
        shapes.append(f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{height}" rx="5"/>')
        for index, line in enumerate(lines):
            shapes.append(f'<text x="{LEFT + 10}" y="{top + 18 + 18 * index}">{line}</text>')
        for index, library in enumerate(LIBRARIES):
            if set(row) & packages_with(library):
                left = LEFT + WIDTH + 12 + 70 * index
                shapes.append(f'<rect class="library" x="{left}" y="{top}" width="58" height="{height}"/>')
                shapes.append(f'<text class="s" x="{left + 8}" y="{top + 17}">{library}</text>')
        top += height + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 {top + 8}" width="500" height="{top + 8}" '
        'role="img" aria-label="Layers of packages; each imports only packages below it">\n'
        f'<style>{STYLE}.library{{fill:#f7e9d7;stroke:#b06a22}}</style>\n<rect style="fill:#fff;stroke:none" '
        f'width="500" height="{top + 8}"/>\n<text class="s" x="{LEFT}" y="22">imports point down only; only pages '
        "import Streamlit</text>\n"
        f'<path d="M20 40V{top - 14}m-5 -8l5 8l5 -8" fill="none" stroke="#2b6399" stroke-width="2"/>\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    DIAGRAM.write_text(diagram(), encoding="utf-8")
