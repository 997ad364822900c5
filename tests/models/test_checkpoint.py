"""Checkpoints: what was saved scores the same again, and what was changed is refused with both sides named."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from streamrec_core.data.catalogue import Catalogue
from streamrec_core.errors import BadInput, Refused
from streamrec_core.models.card import DataReference, ModelCard
from streamrec_core.models.checkpoint import (
    CARD_FILE,
    WEIGHTS_FILE,
    checkpoint_folder,
    library_versions,
    list_checkpoints,
    load_checkpoint,
    read_card,
    save_weights,
    untrained_model,
    weights_hash,
)
from streamrec_core.models.sequence import SequenceModel
from tests.worlds import SMALL, batch, catalogue_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)
LSTM = {"hidden": 12, "width": 8}


def save(model: SequenceModel, folder: Path, architecture: dict[str, Any], catalogue: Catalogue = CATALOGUE) -> Path:
    reference = DataReference(
        name="tiny", catalogue_hash=catalogue.hash, events_hash="e", items=len(catalogue), categories=3
    )
    card = ModelCard(
        name="kept",
        model="lstm" if model.name == "lstm" else "transformer",
        recipe="custom",
        architecture=architecture,
        data=reference,
        training={"seed": 1},
        metrics={},
        parameters=model.parameter_count(),
        versions=library_versions(),
        weights_sha256=save_weights(model, folder),
        epoch=1,
    )
    card.write(folder / CARD_FILE)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(small_transformer(CATALOGUE), tmp_path / "kept", SMALL)


@pytest.mark.parametrize(("make", "architecture"), [(small_transformer, SMALL), (small_lstm, LSTM)])
def test_a_loaded_model_scores_as_the_saved_one_did(make: Any, architecture: dict[str, Any], tmp_path: Path) -> None:
    model = make(CATALOGUE, seed=5)
    loaded = load_checkpoint(save(model, tmp_path / "kept", architecture), CATALOGUE)
    inputs = batch(CATALOGUE, [1, 5, 2], [7])
    # the frozen LSTM runs through another kernel, so the last bit may differ
    torch.testing.assert_close(model.logits(inputs).detach(), loaded.logits(inputs), atol=1e-6, rtol=1e-6)
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in model.state_dict().items())
    assert loaded.name == "kept"


def test_a_loaded_model_is_ready_to_share(folder: Path) -> None:
    model = load_checkpoint(folder, CATALOGUE)
    assert not model.training
    assert not any(value.requires_grad for value in model.parameters())


def test_weights_that_changed_are_refused_with_both_hashes(folder: Path) -> None:
    expected = read_card(folder).weights_sha256
    digest = save_weights(small_transformer(CATALOGUE, seed=9), folder)
    with pytest.raises(Refused, match=f"card {expected[:12]}, file {digest[:12]}.; restore it or train again"):
        load_checkpoint(folder, CATALOGUE)
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(Refused, match=f"card {expected[:12]}, file missing"):
        load_checkpoint(folder, CATALOGUE)


def test_another_catalogue_is_refused_with_both_named(folder: Path) -> None:
    other = catalogue_of(13, 3)
    with pytest.raises(Refused) as caught:
        load_checkpoint(folder, other)
    assert f"learned the catalogue of tiny (12 items, {CATALOGUE.hash[:12]})" in str(caught.value)
    assert f"13 items ({other.hash[:12]})" in str(caught.value)


def test_a_card_with_an_unknown_key_or_setting_is_refused_by_name(folder: Path) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps({**card, "author": "x"}))
    with pytest.raises(BadInput, match=r"card\.json: author: Extra inputs"):
        load_checkpoint(folder, CATALOGUE)
    card["architecture"]["haeds"] = 2
    (folder / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(BadInput, match=r"card\.json: haeds: Extra inputs"):
        load_checkpoint(folder, CATALOGUE)


def test_weights_that_do_not_fit_the_card_are_named(folder: Path) -> None:
    card = json.loads((folder / CARD_FILE).read_text())
    card["architecture"]["layers"] = 3
    (folder / CARD_FILE).write_text(json.dumps(card))
    with pytest.raises(BadInput, match=r"weights\.safetensors does not fit the model"):
        load_checkpoint(folder, CATALOGUE)


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_nothing_is_ever_unpickled(folder: Path, tmp_path: Path) -> None:
    (folder / WEIGHTS_FILE).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(Refused):
        load_checkpoint(folder, CATALOGUE)
    # a card that vouches for the pickle does not open it either
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps({**card, "weights_sha256": weights_hash(folder)}))
    with pytest.raises(BadInput, match="does not fit the model"):
        load_checkpoint(folder, CATALOGUE)
    assert not (tmp_path / "sprung").exists()


def test_a_folder_without_a_card_is_not_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is not a checkpoint: it has no card\.json"):
        read_card(tmp_path)


def test_shipped_models_and_the_best_epoch_of_runs_are_listed_shipped_first(
    tmp_path: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAMREC_CHECKPOINTS", str(tmp_path / "shipped"))
    assert list_checkpoints() == {}
    model = small_transformer(CATALOGUE)
    shipped = save(model, tmp_path / "shipped" / "one", SMALL)
    run = save(model, workspace / "runs" / "mine" / "best", SMALL)
    save(model, workspace / "runs" / "one" / "best", SMALL)
    save(model, workspace / "runs" / ".half" / "best", SMALL)
    assert list_checkpoints() == {"one": shipped, "mine": run}
    assert checkpoint_folder("one") == checkpoint_folder("checkpoints/one") == checkpoint_folder(shipped) == shipped
    assert checkpoint_folder("mine") == run
    assert load_checkpoint("mine", CATALOGUE).name == read_card(run).name
    with pytest.raises(BadInput, match=r"other is not a checkpoint: .* available: one, mine"):
        read_card("other")


def test_an_untrained_twin_is_the_same_network_with_other_weights_the_same_at_every_visit(folder: Path) -> None:
    trained, fresh, again = load_checkpoint(folder, CATALOGUE), *(untrained_model(folder, CATALOGUE) for _ in range(2))
    for name, value in fresh.state_dict().items():
        assert value.shape == trained.state_dict()[name].shape
        assert torch.equal(value, again.state_dict()[name])
    seen = batch(CATALOGUE, [1, 2, 3])
    assert not torch.allclose(fresh.logits(seen), trained.logits(seen), atol=1e-3)
    assert not fresh.training
    other = untrained_model(folder, CATALOGUE, seed=1)
    assert not torch.allclose(fresh.logits(seen), other.logits(seen), atol=1e-4)
    before = torch.random.get_rng_state()
    untrained_model(folder, CATALOGUE)
    assert torch.equal(before, torch.random.get_rng_state())
