"""Prints what came of the fuzz tests: cases of each area, and the share of imports that ended with a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest

from tests.fuzz.cases import TALLY

PROPERTY = "fuzz"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport]:
    """Send what a test counted along with its report, also from another process."""
    report = yield
    if call.when == "call":
        report.user_properties.append((PROPERTY, dict(TALLY)))
        TALLY.clear()
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line an area."""
    total: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            total.update(dict(getattr(report, "user_properties", ())).get(PROPERTY, {}))
    cases = sum(count for name, count in total.items() if ":" not in name)
    if not cases:
        return
    terminalreporter.write_sep("=", f"{cases:,} fuzz cases")
    for name, count in sorted(total.items()):
        area = name.partition(":")[0]
        share = f" ({100 * count / total[area]:.0f} %)" if area != name else ""
        terminalreporter.write_line(f"{name}: {count:,}{share}")
