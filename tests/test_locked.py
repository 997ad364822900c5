"""The list of libraries for the bill of materials: what requirements.txt pins, what that needs, and nothing else."""

from __future__ import annotations

from importlib.metadata import version

from packaging.requirements import Requirement

from scripts.locked import ROOT, locked, required


def test_it_holds_the_pins_and_what_they_need_and_no_tool_of_the_tests() -> None:
    pins = required(ROOT / "requirements.txt")
    versions = locked(pins)
    assert {f"{pin.name}{pin.specifier}" for pin in pins} <= {f"{name}=={number}" for name, number in versions.items()}
    assert {"starlette", "uvicorn", "protobuf", "joserfc"} <= versions.keys()
    assert not {"pytest", "mypy", "ruff", "playwright", "hypothesis"} & versions.keys()
    assert versions["starlette"] == version("starlette")


def test_what_only_another_system_or_an_unwished_extra_needs_is_left_out() -> None:
    assert locked([Requirement("numpy; sys_platform == 'no-system'")]) == {}
    assert "asyncpg" not in locked([Requirement("httpx")])
    assert locked([Requirement("httpx"), Requirement("no-such-library")]).keys() >= {"httpx", "anyio", "httpcore"}
