"""`module:function` names a scorer in the working directory; what is wrong with it is said in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streamrec_core.adapters import load_from
from streamrec_core.errors import BadInput

SOURCE = """
import time

class Last:
    item_ids = ["a", "b"]
    def score(self, histories):
        return [[0.0, 1.0] for _ in histories]

class Deaf:
    item_ids = ["a"]

def load(): return Last()
def deaf(): return Deaf()
def none(): return None
def raises(): raise FileNotFoundError("model.pt")
def needs(path): return path
def hangs(): time.sleep(5)
def leaves(): raise SystemExit("usage: train.py --data")
ready = Last()
number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine_for_test.py").write_text(SOURCE)
    (tmp_path / "lacking_for_test.py").write_text("import no_such_library_here\n")
    (tmp_path / "wrong_for_test.py").write_text("def load(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("mine_for_test", "lacking_for_test", "wrong_for_test"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("function", ["load", "ready", "Last"])
def test_a_function_a_class_or_an_object_is_loaded(function: str) -> None:
    assert load_from(f"mine_for_test:{function}").score([["a"]]) == [[0.0, 1.0]]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mine_for_test", "is not module:function"),
        ("mine_for_test.py:load", "there is no module 'mine_for_test.py' in .*leave off its .py"),
        ("nowhere_at_all:load", "there is no module 'nowhere_at_all'"),
        ("mine_for_test:lode", r"mine_for_test\.py has no 'lode'; it has .*load"),
        ("sys:lode", "^sys has no 'lode'; it has "),
        ("mine_for_test:number", "is of type int, not a function"),
        ("mine_for_test:deaf", r"Deaf has no function score\(histories\)"),
        ("mine_for_test:none", r"NoneType has no function score\(histories\)"),
        ("mine_for_test:raises", r"mine_for_test.py, line 15: raises\(\) raised FileNotFoundError: model.pt"),
        ("mine_for_test:needs", r"mine_for_test.py, line 16: needs\(\) raised TypeError: .*argument: 'path'$"),
        ("mine_for_test:leaves", r"mine_for_test.py, line 18: leaves\(\) raised SystemExit: usage: train.py --data"),
        ("mine_for_test:hangs", r"hangs\(\) has not returned within 0.3 seconds"),
        ("lacking_for_test:load", "importing lacking_for_test raised ModuleNotFoundError.*no_such_library_here"),
        ("wrong_for_test:load", "importing wrong_for_test raised SyntaxError"),
    ],
)
def test_what_is_wrong_is_named(spec: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        load_from(spec, time_limit=0.3 if "hangs" in spec else 5)


@pytest.mark.usefixtures("folder")
def test_the_time_to_load_is_set_by_the_variable_that_the_message_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_LOAD_SECONDS", "0.3")
    with pytest.raises(BadInput, match=r"within 0.3 seconds; .* \(environment variable STREAMREC_LOAD_SECONDS\)"):
        load_from("mine_for_test:hangs")
    monkeypatch.setenv("STREAMREC_LOAD_SECONDS", "soon")
    with pytest.raises(BadInput, match="STREAMREC_LOAD_SECONDS is 'soon'; set it to a number above 0"):
        load_from("mine_for_test:load")
