"""A model in a worker process: scores as in this program, one sentence for each fault, and no process left over."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.adapters import open_scorer, worker_process
from streamrec_core.adapters.attending_model import DifferentiableModel
from streamrec_core.adapters.models_file import ForeignModel, ForeignModelSettings
from streamrec_core.adapters.worker_model import WorkerDifferentiableModel, WorkerModel, open_in_worker
from streamrec_core.adapters.worker_process import ModelWorker, workers
from streamrec_core.config import PROJECT
from streamrec_core.data.batches import Batch
from streamrec_core.errors import BadInput
from streamrec_core.models.probe import editing
from tests.adapters.stand_ins import ScaledDot, scorer_of
from tests.worlds import catalogue_of

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = catalogue_of(13)
SOURCE = """
import os, signal, subprocess, sys, time
import numpy as np

print("loading, on standard output")

class Follows:
    name = "inner name"
    item_ids = [f"i{row}" for row in range(12)]  # one less than the data set has
    fault = None

    def score(self, histories):
        print("scoring, on standard output", flush=True)
        scores = np.zeros((len(histories), 12))
        for row, history in enumerate(histories):
            for age, item in enumerate(reversed(history)):
                scores[row, (int(item[1:]) + 1) % 12] += 8 / 1.3**age
        if "i5" in sum(histories, []):  # not among the first items, which are tried at once
            scores = self.fail(scores)
        return scores

    def fail(self, scores):
        return scores

def load(): return Follows()

def failing(fail):
    return lambda: type("Failing", (Follows,), {"fail": lambda self, scores: fail(scores)})()

def raising(scores): raise KeyError("no such thing")
def sleeping(scores): time.sleep(60)
def printing(scores):
    print("the disk is on fire", file=sys.stderr, flush=True)
    os._exit(3)
def child():
    model = Follows()
    model.process = subprocess.Popen(["sleep", "60"])
    print("child", model.process.pid, file=sys.stderr, flush=True)
    return model

nan = failing(lambda scores: np.full_like(scores, np.nan))
cut = failing(lambda scores: scores[:, :3])
words = failing(lambda scores: scores.astype(str))
raises = failing(raising)
leaves = failing(lambda scores: sys.exit(4))
ends = failing(printing)
dies = failing(lambda scores: os.kill(os.getpid(), signal.SIGSEGV))
hangs = failing(sleeping)
def slow(): time.sleep(60)
def exits(): os._exit(7)
def wrong_ids():
    model = Follows()
    model.item_ids = list(range(12))
    return model
def nothing(): return 5
class Moduled(Follows):
    class module:
        @staticmethod
        def parameters(): return []
"""


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    workers.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(SOURCE)
    return tmp_path


def settings_of(path: Path, function: str, **other: Any) -> ForeignModel:
    values = {"model_from": f"mine:{function}", "folder": str(path), "start_seconds": 60.0} | other
    return ForeignModel("mine", ForeignModelSettings.parse(values, "a test"), (0, 0))


def opened(path: Path, function: str = "load", **other: Any) -> WorkerModel:
    return open_in_worker(settings_of(path, function, **other), CATALOGUE)


def batch_of(*rows: list[int]) -> Batch:
    items = torch.tensor(rows)
    return Batch(items, torch.zeros_like(items), torch.full((len(rows),), len(rows[0])))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether a process ends, which may take a moment."""
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_it_scores_as_its_function_does_whatever_it_prints(folder: Path) -> None:
    model = opened(folder)
    logits = model.logits(batch_of([3, 7], [12, 5]))
    expected = np.zeros((2, 13))
    expected[0, [4, 8]] = 8 / 1.3, 8.0
    expected[1, 6] = 8.0  # item 12 is unknown to it, and left out of what it reads
    assert np.allclose(logits[:, :12].numpy(), expected[:, :12], atol=1e-6)
    assert torch.isneginf(logits[:, 12]).all()
    assert model.name == "mine"  # as the settings call it
    assert "1 of the 13 items" in model.notes[0]
    assert "no torch module" in model.lacks[0]
    assert model.attention_probes() == ()
    assert model.control("shuffled", 0) is None


def test_a_torch_module_shows_the_attention_and_gradients_that_it_shows_in_this_program(tmp_path: Path) -> None:
    source = f"import sys\nsys.path.append({str(ROOT)!r})\nfrom tests.adapters.stand_ins import ScaledDot, scorer_of\n"
    (tmp_path / "mine.py").write_text(
        source + "def load(): return scorer_of(ScaledDot('left', blind_to_padding=False))\n"
    )
    model, here = (
        opened(tmp_path, call_seconds=60.0),
        open_scorer(scorer_of(ScaledDot("left", blind_to_padding=False)), CATALOGUE),
    )
    assert type(model) is WorkerDifferentiableModel
    assert type(here) is DifferentiableModel
    assert (model.lacks, model.weight_kind, model.predicts_from) == (here.lacks, here.weight_kind, here.predicts_from)
    assert model.parameter_count == here.parameter_count > 0
    batch = batch_of([3, 7, 1, 5], [2, 4, 12, 0])
    hidden = Batch(batch.items, batch.engagements, batch.lengths, hidden=batch.items == 7)
    noise = torch.rand(2, 2, 4, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)

    def figures(side: WorkerDifferentiableModel | DifferentiableModel) -> list[torch.Tensor]:
        embedded = side.embed(batch).requires_grad_()
        by_rows = torch.autograd.grad(side.logits_from(embedded, batch)[:, 2].sum(), embedded)[0]
        with editing({side.attention_probes()[1]: lambda weights: (weights.detach() + noise).softmax(-1)}):
            edited = side.logits(batch)
        by_edit = torch.autograd.grad(edited[:, 3].sum(), noise)[0]
        plain = side.logits(batch)
        assert not torch.allclose(plain[:, :12], edited[:, :12])
        with torch.no_grad():
            rest = [side.logits(hidden), side.special_shares(batch), side.item_embeddings()]
        return [plain, edited, by_edit, by_rows, embedded, *rest]

    model.item_embeddings()  # is remembered, but not by a control
    controls = model.control("shuffled", 3), here.control("shuffled", 3)
    assert type(controls[0]) is WorkerDifferentiableModel
    assert controls[0].name == "mine, shuffled"
    assert controls[1] is not None
    assert not torch.allclose(controls[1].logits(batch), here.logits(batch))
    theirs_and_ours = zip(figures(model) + figures(controls[0]), figures(here) + figures(controls[1]), strict=True)
    for theirs, ours in theirs_and_ours:
        assert torch.allclose(theirs, ours, atol=1e-6)
        assert float(ours.detach().nan_to_num(0, 0, 0).abs().max()) > 0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("nan", "mine: score(histories) returned NaN for 12 of 12 items after ['i5']"),
        ("cut", "mine: score(histories) returned shape (1, 3) for 1 histories and 12 item_ids; return (1, 12)"),
        ("words", "mine: score(histories) returned a ndarray of <U"),
        ("raises", "mine: score(histories) raised KeyError: 'no such thing' in `def raising(scores): raise KeyErr"),
        ("leaves", "mine: score(histories) raised SystemExit: 4"),
        ("ends", "process ended with exit code 3 during score(histories); it last printed: the disk is on fire"),
        ("dies", "mine: the worker process ended by signal SIGSEGV during score(histories)"),
        ("hangs", "mine: score(histories) has not returned within 2 seconds; make it faster or raise call_seconds"),
    ],
)
def test_a_fault_in_a_call_is_one_sentence_and_the_next_call_goes_on(folder: Path, function: str, message: str) -> None:
    model = opened(folder, function, call_seconds=2.0 if function == "hangs" else 60.0)
    with pytest.raises(BadInput) as fault:
        model.logits(batch_of([5]))
    assert message in str(fault.value)
    assert "\n" not in str(fault.value)
    assert float(model.logits(batch_of([7]))[0, 8]) == 8.0


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("slow", "mine: mine:slow was not loaded within 1.5 seconds; make it faster or raise start_seconds"),
        ("exits", "mine: the worker process ended with exit code 7 while mine:exits was loaded"),
        ("absent", "mine: mine has no 'absent' (mine.py)"),
        ("nothing", "mine: mine:nothing: int has no function score(histories); return an object with one"),
        ("wrong_ids", "mine: mine:wrong_ids: item_ids holds 0, not text"),
    ],
)
def test_a_fault_at_the_start_is_one_sentence(folder: Path, function: str, message: str) -> None:
    start = {"start_seconds": 1.5} if function == "slow" else {}
    with pytest.raises(BadInput, match=r"^mine: ") as fault:
        opened(folder, function, **start)
    assert message in str(fault.value)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"python": "/nowhere/python"}, "mine: python cannot be started: No such file or directory; mend python in"),
        ({"folder": "/nowhere"}, "mine: the folder in its settings does not exist; mend folder"),
        ({"model_from": "absent:load"}, "importing absent raised ModuleNotFoundError: No module named 'absent'"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, other: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as fault:
        opened(folder, **other)
    assert message in str(fault.value)


HELLO = {
    "hello": "streamrec",
    "protocol": 1,
    "name": "x",
    "max_events": 5,
    "item_ids": ["i0", "i1"],
    "module": False,
    "parameters": 0,
}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({**HELLO, "protocol": 2}, {}, "speaks version 2 of the protocol, this dashboard 1"),
        ({**HELLO, "max_events": 0}, {}, "max_events: Input should be greater than or equal to 1"),
        (
            HELLO,
            {"id": 1, "arrays": [["<f4", [2, 50_000]]]},
            "array of shape (2, 50000), larger than the request allows",
        ),
        (HELLO, {"id": 1, "arrays": [["<f4", [1, 2]]]}, "the worker process answered (1, 2), not (2, 2)"),
        (HELLO, {"id": 1, "arrays": [["|O", [2, 2]]]}, "sent arrays that its header does not describe"),
        (HELLO, {"id": 9, "arrays": []}, "answered another request"),
        (HELLO, [], "sent a header that is no object"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, first: Any, second: Any, message: str) -> None:
    script = tmp_path / "python"
    script.write_text(
        f"#!{sys.executable}\nimport json, os, struct, time\n"
        f"for header in ({first!r}, {second!r}):\n"
        "    if isinstance(header, dict): header.setdefault('arrays', [])\n"
        "    text = json.dumps(header).encode()\n"
        "    os.write(1, struct.pack('<4sI', b'SRW\\n', len(text)) + text)\n"
        "    sizes = [shape[0] * shape[1] * 4 for _, shape in header['arrays']] if header else []\n"
        "    os.write(1, bytes(min(sum(sizes), 1000)))\n"
        "time.sleep(60)\n"
    )
    script.chmod(0o755)
    with pytest.raises(BadInput) as fault:
        opened(tmp_path, python=str(script))
    assert message in str(fault.value)


def test_a_process_that_speaks_otherwise_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho usage: python is not python; sleep 60\n")
    script.chmod(0o755)
    with pytest.raises(BadInput, match="sent something that is no message of this protocol while mine:load was loaded"):
        opened(tmp_path, python=str(script))


def test_after_repeated_faults_it_waits_before_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "RETRY_SECONDS", (0.0, 0.0, 400.0))
    worker = ModelWorker(settings_of(folder, "exits"))
    for _ in range(3):
        with pytest.raises(BadInput, match=r"was loaded; it last printed: loading"):
            worker.hello()
    with pytest.raises(BadInput, match=r"exit code 7 .* \(next try in (400|3\d\d) s\)"):
        worker.hello()
    assert worker.starts == 3


def test_a_python_without_the_packages_of_streamrec_gives_scores(folder: Path) -> None:
    bare = folder / "bare"
    bare.mkdir()
    for path in Path(np.__file__).parents[1].glob("numpy*"):
        (bare / path.name).symlink_to(path)
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={bare} exec {sys.executable} -S "$@"\n')
    script.chmod(0o755)
    model = opened(folder, "Moduled", python=str(script))
    assert float(model.logits(batch_of([7]))[0, 8]) == 8.0
    assert "attention, heads and gradients are not available in its Python" in model.lacks[0]
    assert "No module named" in model.lacks[0]


def test_nothing_is_left_when_it_is_closed(folder: Path) -> None:
    model = opened(folder, "child")
    worker = model.scorer.worker
    pid = worker.pid
    assert pid is not None
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 1
    workers.close()
    assert gone(pid)
    assert gone(int(children[0]))
    with pytest.raises(BadInput, match="was closed"):
        model.logits(batch_of([7]))


def test_it_ends_with_the_program_that_started_it_even_in_the_midst_of_a_call(folder: Path) -> None:
    program = f"""
import os, threading, time
from tests.adapters.test_worker import batch_of, opened
model = opened({str(folder)!r}, "hangs")
threading.Thread(target=lambda: model.logits(batch_of([5])), daemon=True).start()
time.sleep(0.5)
print(model.scorer.worker.pid, flush=True)
os._exit(0)
"""
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert gone(int(ended.stdout))
