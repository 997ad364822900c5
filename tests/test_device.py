"""Every tensor follows the device of its model: training, evaluation and every analysis, on a second device made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from streamrec_core.attention.capture import watch
from streamrec_core.attention.profile import profile
from streamrec_core.attribution.case import Case, first_recommendations
from streamrec_core.attribution.contributions import contributions, edited_scores, score_contributions
from streamrec_core.attribution.counterfactual import CounterfactualSettings, smallest_removal
from streamrec_core.attribution.evidence import gather_evidence
from streamrec_core.attribution.faithfulness.attention_swaps import swap_attention
from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings
from streamrec_core.attribution.faithfulness.stability import with_shuffled_weights
from streamrec_core.attribution.faithfulness.study import measure_faithfulness
from streamrec_core.attribution.integrated_gradients import IntegratedSettings, integrated_gradients
from streamrec_core.attribution.parameter_importance import measure_parameters
from streamrec_core.attribution.part_importance import part_importance
from streamrec_core.attribution.removal import remove_each
from streamrec_core.attribution.single_change import smallest_change
from streamrec_core.cli.main import app
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.head_ablation import all_parts, ranks_without
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.evaluation.ranked_catalogue import score_histories
from streamrec_core.explain.verified import verify_examples
from streamrec_core.models.checkpoint import load_checkpoint, untrained_model
from streamrec_core.models.device import choose_device, device_of
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training.events import EpochDone, RunStarted, StepDone
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.fake_device import FAKE, FakeDevice, MixedDevices
from tests.worlds import SMALL, chain_dataset, small_lstm, small_transformer, written

DATA = chain_dataset()
HISTORIES = [
    Session("a", np.array([1, 2, 3, 2], np.int32), np.array([0, 4, 1, 0], np.int8)),
    Session("b", np.array([5, 6], np.int32), np.array([2, 3], np.int8)),
]
MODELS: dict[str, Callable[[], SequenceModel]] = {
    "additive": lambda: small_transformer(DATA.catalogue, jobs=("last", "category", "opening", "engaged", "free")),
    "plain": lambda: small_transformer(DATA.catalogue),
    "case-study": lambda: small_transformer(DATA.catalogue, positions="sinusoidal", tied=False),
    "lstm": lambda: small_lstm(DATA.catalogue, layers=2),
}


@pytest.fixture
def fake() -> Iterator[FakeDevice]:
    with FakeDevice() as mode:
        yield mode


def cases_of(model: SequenceModel) -> list[Case]:
    return first_recommendations(model, DATA.catalogue, HISTORIES, filter_seen=False)


def contrasted(model: SequenceModel) -> list[Case]:
    """Cases with foils, excluded items and other titles of the list."""
    listed = np.array([7, 8], np.int64)
    excluded = np.array([9], np.int64)
    return [Case(history, 4, excluded, foil, listed) for history, foil in zip(HISTORIES, (6, None), strict=True)]


def scored(model: SequenceModel) -> Any:
    return score_histories(model, DATA.catalogue, HISTORIES, filter_seen=True)


def watched(model: SequenceModel) -> Any:
    with watch(model) as trace:
        scores = model.logits(batch_of(HISTORIES, len(DATA.catalogue), 50).to(device_of(model)))
    return [scores.detach().cpu().numpy(), trace.maps().cpu().numpy()]


def contributed(model: SequenceModel) -> Any:
    if not isinstance(model, AdditiveModel):
        return []
    cases = contrasted(model)
    return [
        contributions(model, HISTORIES[0], [1, 2], foil="average"),
        contributions(model, HISTORIES[0], [1, 2], foil=3),
        score_contributions(model, DATA.catalogue, cases, np.stack([each.scores for each in scored(model)])),
        edited_scores(model, HISTORIES),
    ]


def integrated(model: SequenceModel) -> Any:
    settings = IntegratedSettings(baseline="mean")
    return integrated_gradients(model, DATA.catalogue, cases_of(model), settings)


def shuffled(model: SequenceModel) -> Any:
    twin = with_shuffled_weights(model, 3)
    assert twin is not None
    assert device_of(twin) == device_of(model)
    return scored(twin)  # type: ignore[arg-type]


def seen_left_out(model: SequenceModel) -> Any:
    """Evaluation of a model that sees less of a history than the filter of seen items."""
    model.max_events = 3
    return evaluate(model, DATA, split(DATA), filter_seen=True)


SAMPLE = split(DATA).test
OFF_FIRST_PLACE = CounterfactualSettings(k=1)
ANALYSES: dict[str, Callable[[SequenceModel], Any]] = {
    "logits and attention maps": watched,
    "ranking": scored,
    "evaluation": lambda model: evaluate(model, DATA, split(DATA)),
    "evaluation without seen items": seen_left_out,
    "head profile": lambda model: profile(model, DATA, SAMPLE),
    "evidence": lambda model: gather_evidence(model, DATA.catalogue, contrasted(model)),
    "mstop_calls removal": lambda model: remove_each(model, DATA.catalogue, contrasted(model), "mask"),
    "integrated gradients from the mean": integrated,
    "contributions": contributed,
    "counterfactual": lambda model: [
        (
            smallest_removal(model, DATA.catalogue, case, OFF_FIRST_PLACE),
            smallest_change(model, DATA.catalogue, case, "engagement", OFF_FIRST_PLACE),
        )
        for case in cases_of(model)
    ],
    "part importance": lambda model: part_importance(model, DATA, SAMPLE),
    "parameter importance": lambda model: measure_parameters(model, DATA, split(DATA).train, split(DATA).train),
    "attention swaps": lambda model: swap_attention(
        model, DATA.catalogue, cases_of(model), FaithfulnessSettings(search_steps=5, permutations=2)
    ),
    "shuffled weights": shuffled,
    "faithfulness": lambda model: measure_faithfulness(
        model, DATA, split(DATA), FaithfulnessSettings(sessions=3, search_steps=3, permutations=2)
    ),
    "explanation": lambda model: verify_examples(model, DATA, SAMPLE.take(np.arange(3))),
    "head ablation": lambda model: ranks_without(model, DATA, SAMPLE, all_parts(model)),
}


def figures(value: Any) -> list[Any]:
    """Every number and word in a result, in order."""
    if isinstance(value, Mapping):
        return [figure for key in value for figure in figures(value[key])]
    if isinstance(value, list | tuple):
        return [figure for part in value for figure in figures(part)]
    if is_dataclass(value):
        return figures([getattr(value, field.name) for field in fields(value)])
    assert not isinstance(value, torch.Tensor)
    return [value]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_an_analysis_gives_on_another_device_what_it_gives_on_the_processor(analysis: str, name: str) -> None:
    expected = figures(ANALYSES[analysis](MODELS[name]()))
    model = MODELS[name]()
    with FakeDevice() as fake:
        model.to(FAKE)
        assert device_of(model) == FAKE
        results = figures(ANALYSES[analysis](model))
        assert fake.operations > 10 or not expected
    assert len(results) == len(expected)
    for result, figure in zip(results, expected, strict=True):
        np.testing.assert_equal(result, figure)


# --- training


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return written(DATA, tmp_path_factory.mktemp("device") / "chain")


def begun(dataset: DataSet, folder: Path, model: str, recipe: str) -> RunFolder:
    shape = {"hidden": 8, "width": 16} if model == "lstm" else SMALL
    run = RunFolder(folder)
    overrides = {**shape, "epochs": 2, "batch_size": 16, "dropout": 0.2, "item_dropout": 0.1}
    run.begin(new_run("run", dataset, model, recipe, overrides))
    return run


def outcome(run: RunFolder) -> list[Any]:
    """Losses, metrics, weights and loop state of a run."""
    events = list(run.events())
    state = json.loads((run.last / "state.json").read_text(encoding="utf-8"))
    del state["epoch_done"]["seconds"]  # all else is the same to the last bit
    return [
        [event.loss for event in events if isinstance(event, StepDone)],
        [(event.train_loss, event.metrics) for event in events if isinstance(event, EpochDone)],
        *((run.last / name).read_bytes() for name in ("weights.safetensors", "optimiser.safetensors")),
        state,
        (run.best / "card.json").read_text(encoding="utf-8"),
    ]


@pytest.mark.parametrize(
    ("model", "recipe"), [("transformer", "additive"), ("transformer", "plain"), ("lstm", "plain")]
)
def test_a_run_trains_stops_and_resumes_on_another_device_as_on_the_processor(
    model: str, recipe: str, dataset: DataSet, tmp_path: Path
) -> None:
    runs = [begun(dataset, tmp_path / device / "run", model, recipe) for device in ("cpu", "fake")]
    list(train(runs[0], dataset, device="cpu"))
    with FakeDevice():
        stop_calls = count(1)
        first, *_ = train(runs[1], dataset, lambda: next(stop_calls) == 3, FAKE)
        assert isinstance(first, RunStarted)
        assert first.device == FAKE.type
        stopped = runs[1].status()
        assert stopped is not None
        assert stopped.state == "stopped"
        list(train(runs[1], dataset, device=FAKE))
    assert outcome(runs[1]) == outcome(runs[0])


def test_a_checkpoint_of_another_device_loads_on_any(dataset: DataSet, tmp_path: Path) -> None:
    run = begun(dataset, tmp_path / "run", "transformer", "additive")
    with FakeDevice():
        list(train(run, dataset, device=FAKE))
        loaded = load_checkpoint(run.best, dataset.catalogue, FAKE)
        assert device_of(loaded) == device_of(untrained_model(run.best, dataset.catalogue, device=FAKE)) == FAKE
        on_fake = scored(loaded)
    on_processor = load_checkpoint(run.best, dataset.catalogue)
    assert device_of(on_processor).type == "cpu"
    np.testing.assert_equal(figures(on_fake), figures(scored(on_processor)))


# --- the device by name


def test_auto_is_cuda_where_torch_sees_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda", 0)
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda", "torch sees no CUDA device on this machine; choose cpu or auto"),
        ("gpu", "unknown device 'gpu'; choose one of auto, cpu, cuda"),
    ],
)
def test_a_device_that_is_not_there_is_refused_with_the_way_out(
    name: str, message: str, monkeypatch: pytest.MonkeyPatch, dataset: DataSet, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadInput, match=message):
        choose_device(name)
    run = tmp_path / "run"
    command = ["train", "--data", str(dataset.folder), "--run", str(run), "--device", name]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, BadInput)
    assert str(done.exception) == message
    assert not run.exists()


def test_a_queued_run_chooses_its_device_itself(dataset: DataSet, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "--data", str(dataset.folder), "--queue", "--device", "cpu"])
    assert isinstance(done.exception, BadInput)
    assert "leave out --device" in str(done.exception)


# --- the second device itself: it fails where a GPU would


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda there, here: there + here, "add: not on the model's device"),
        (lambda there, here: torch.where(here > 0, there, there), "where: not on the model's device"),
        (lambda there, here: there[here.long()], "__getitem__: not on the model's device"),
        (lambda there, here: there.index_put_((here.long(),), here), "not on the model's device"),
        (lambda there, here: there * torch.arange(3), "mul: not on the model's device"),
        (lambda there, here: torch.nn.Linear(3, 3)(there), "linear: not on the model's device"),
        (lambda there, here: there.numpy(), "call cpu"),
        (lambda there, here: np.asarray(there), "call cpu"),
    ],
)
def test_a_tensor_on_the_wrong_device_fails(mistake: Callable[[Any, Any], Any], message: str) -> None:
    with FakeDevice():
        here = torch.ones(3)
        there = here.to(FAKE)
        with pytest.raises(MixedDevices, match=message):
            mistake(there, here)


def test_what_is_computed_on_a_device_stays_there_until_it_is_copied_back() -> None:
    with FakeDevice() as fake:
        there = torch.ones(2, 3).to(FAKE)
        made = torch.arange(3, device=FAKE)
        results = (there[0], there @ there.T, there.new_zeros(2), torch.zeros_like(there), there * made, there.sum())
        assert all(fake.has(tensor) and tensor.device == FAKE for tensor in results)
        assert (there + torch.tensor(2.0)).device == FAKE  # a single number may come from anywhere
        back = there.cpu()
        assert back.device.type == "cpu"
        back[0] = 5.0
        assert float(there.sum()) == 6.0
        assert there.to(torch.float64).device == FAKE
        assert torch.zeros(2).to(there).device == FAKE
