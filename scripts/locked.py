"""List every library that the dashboard brings with it: requirements.txt and all it needs, at the versions installed.

python scripts/locked.py > build/locked.txt      # for `make sbom` and `make audit-libraries`
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def required(file: Path) -> list[Requirement]:
    """The libraries that a requirements file names."""
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def locked(requirements: list[Requirement]) -> dict[str, str]:
    """Name -> installed version of these libraries and, in turn, of those that they need on this machine."""
    versions: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, "") for requirement in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wished in requirement.extras or {""}:
            name = canonicalize_name(requirement.name)
            if (name, wished) in seen:
                continue
            seen.add((name, wished))
            try:
                installed = distribution(name)
            except PackageNotFoundError:  # a CUDA library of the torch wheel, where the CPU build is installed
                continue
            versions[name] = installed.version.partition("+")[0]
            waiting += [(Requirement(line), wished) for line in installed.requires or ()]
    return versions


def main() -> None:
    """Print the list."""
    for name, version in sorted(locked(required(ROOT / "requirements.txt")).items()):
        print(f"{name}=={version}")


if __name__ == "__main__":
    main()
