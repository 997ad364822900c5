"""Look the libraries of `build/locked.txt` up among known vulnerabilities, and say whether anything was looked up.

python scripts/audit_libraries.py build/locked.txt      # `make audit-libraries`

pip-audit itself ends with success where it finds no data on any library. Exit code 0: all were looked up and none is
vulnerable; 1: a library is; 2: some or all could not be looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

AUDIT = ("tool", "run", "--quiet", "pip-audit==2.10.1", "--disable-pip", "--no-deps", "--format", "json")
WAY_OUT = "run this where https://pypi.org/pypi/NAME/VERSION/json answers (a mirror of packages alone does not have it)"
SHOWN = 5


def judged(output: str, errors: str) -> tuple[int, list[str]]:
    """The exit code and what to say, from what pip-audit wrote.

    Parameters
    ----------
    output : str
        JSON, or anything else where it failed.
    errors : str

    Returns
    -------
    (int, list of str)
    """
    try:
        dependencies: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (errors.strip().splitlines() or ["it wrote nothing"])[-1]
        return 2, [f"Nothing was looked up: pip-audit failed ({last[:200]}); {WAY_OUT}."]
    skipped = [each["name"] for each in dependencies if "skip_reason" in each]
    if len(skipped) == len(dependencies):
        return 2, [f"None of {len(dependencies)} libraries was looked up: there is no data on any of them; {WAY_OUT}."]
    lines = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability.get('fix_versions', ())) or 'no version yet'}"
        for each in dependencies
        for vulnerability in each.get("vulns", ())
    ]
    vulnerable = bool(lines)
    counted = f"{len(dependencies) - len(skipped)} of {len(dependencies)} libraries were looked up"
    lines.append(f"{counted}, {len(lines) or 'no'} known vulnerabilit{'y' if len(lines) == 1 else 'ies'}.")
    if skipped:
        names = ", ".join(skipped[:SHOWN]) + (" and others" if len(skipped) > SHOWN else "")
        lines.append(f"There is no data on {len(skipped)} of them ({names}); {WAY_OUT}.")
    return 1 if vulnerable else 2 if skipped else 0, lines


def main() -> None:
    """Run pip-audit and end with the exit code."""
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run([str(uv), *AUDIT, "--requirement", sys.argv[1]], capture_output=True, text=True, check=False)
    code, lines = judged(done.stdout, done.stderr)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
