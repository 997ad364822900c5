"""Engagement words of a data set and of a model: matched by word, an unseen one counts as the nearest in strength."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.config import checkpoints_folder
from streamrec_core.data.batches import batch_of
from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords
from streamrec_core.data.log import EventLog, Session
from streamrec_core.data.presets import PRESETS, make
from streamrec_core.data.storage import write_catalogue
from streamrec_core.data.usual_words import words_of_log
from streamrec_core.models.checkpoint import CARD_FILE, load_checkpoint, read_card
from streamrec_core.models.known_engagements import match_engagements, stand_in_note
from tests.models.test_checkpoint import save
from tests.worlds import ADDITIVE, SMALL, catalogue_of, small_lstm, small_transformer

SHOP = words_of_log({"view": 90, "addtocart": 9, "transaction": 3})
CATALOGUE = catalogue_of(12, 3).with_words(SHOP)
MODELS: list[tuple[Any, dict[str, Any]]] = [
    (small_transformer, SMALL),
    (small_transformer, {**SMALL, **ADDITIVE, "jobs": ("last", "free", "category", "series"), "followers": 3}),
    (small_lstm, {"hidden": 12, "width": 8}),
]


def log_of(*marks: int) -> EventLog:
    return EventLog(("s",), np.array([0, len(marks)]), np.zeros(len(marks), np.int32), np.array(marks, np.int8))


def scores(model: Any, marks: list[int]) -> torch.Tensor:
    history = Session("s", np.array([3, 7, 1, 7], np.int32), np.array(marks, np.int8))
    logits: torch.Tensor = model.logits(batch_of([history], len(CATALOGUE), model.max_events))
    return logits[0]


@pytest.fixture(params=range(len(MODELS)), ids=["transformer", "additive", "lstm"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    build, shape = MODELS[request.param]
    model = build(CATALOGUE, seed=5, **shape)
    with torch.no_grad():  # so that every engagement counts
        for name, parameter in model.named_parameters():
            if "engagement" in name or "following" in name:
                parameter.copy_(torch.randn_like(parameter))
    folder = save(model, tmp_path / "kept", shape)
    card = read_card(folder)
    card.model_copy(update={"words": SHOP}).write(folder / CARD_FILE)
    write_catalogue(CATALOGUE, folder)
    return model, folder


def test_a_model_has_the_size_of_its_vocabulary_and_scores_follow_words_into_any_order(saved: Any) -> None:
    model, folder = saved
    other = words_of_log(
        {"view": 1, "addtocart": 1, "transaction": 1}, {"transaction": "", "view": "", "addtocart": ""}
    )
    assert other.engagements == ("transaction", "view", "addtocart")
    opened = load_checkpoint(folder, CATALOGUE.with_words(other))
    torch.testing.assert_close(scores(opened, [1, 2, 0, 1]), scores(model, [0, 1, 2, 0]))
    assert not torch.allclose(scores(opened, [0, 0, 0, 0]), scores(opened, [1, 1, 1, 1]))
    assert stand_in_note(opened.engagement_match, "m", log_of(0, 1, 2)) == ""


def test_a_word_that_the_model_never_saw_counts_as_the_nearest_in_strength_and_is_counted(saved: Any) -> None:
    model, folder = saved
    words = words_of_log({"view": 50, "wishlist": 7, "addtocart": 4})
    opened = load_checkpoint(folder, CATALOGUE.with_words(words))
    assert words.engagements == ("view", "wishlist", "addtocart")
    torch.testing.assert_close(scores(opened, [0, 1, 2, 0]), scores(model, [0, 1, 1, 0]))
    assert stand_in_note(opened.engagement_match, "m", log_of(0, 1, 1, 2)) == (
        "One engagement of this data set never seen by m: wishlist counts as addtocart (2 events), the nearest in "
        "strength."
    )


def test_a_model_that_reads_no_engagement_needs_no_stand_in(tmp_path: Path) -> None:
    shape = {**SMALL, "with_engagement": False}
    folder = save(small_transformer(CATALOGUE, seed=5, **shape), tmp_path / "blind", shape)
    write_catalogue(CATALOGUE, folder)
    assert load_checkpoint(folder, CATALOGUE).engagement_match is None


def test_the_same_words_need_no_match() -> None:
    assert match_engagements(SHOP, SHOP) is None
    assert match_engagements(STREAMREC_WORDS, LogWords(noun="film")) is None
    match = match_engagements(STREAMREC_WORDS, SHOP)
    assert match is not None
    assert [STREAMREC_WORDS.engagements[code] for code in match.codes] == ["click", "save", "share"]


PRESET_HASHES = {
    "streamrec": ("ae2693de8082ec6a", "9af6c8ade09bd1dd"),
    "case-study": ("2e219490aeb82aa7", "07c650da5a623927"),
}
# Of a history of five events, one of each engagement; catalogue rows 0, 3, 8, 50 and 90.
SHIPPED = {
    "streamrec-lstm": [1.1415, 5.2465, 5.2880, 2.4273, 2.2465],
    "streamrec-plain": [1.0869, 4.4085, 4.8701, 1.7271, 1.7658],
    "streamrec-transformer": [2.5043, 4.7351, 3.6932, 0.9582, 2.9625],
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_keep_their_scores(name: str) -> None:
    catalogue = PRESETS["streamrec"].catalogue()
    model = load_checkpoint(checkpoints_folder() / name, catalogue)
    history = Session("s", np.array([3, 17, 40, 3, 8], np.int32), np.arange(5, dtype=np.int8))
    logits = model.logits(batch_of([history], len(catalogue), model.max_events))[0]
    assert logits[[0, 3, 8, 50, 90]].tolist() == pytest.approx(SHIPPED[name], abs=2e-3)


def test_presets_keep_their_hashes(tmp_path: Path) -> None:
    for name, (catalogue, events) in PRESET_HASHES.items():
        hashes = make(name, sessions=200, seed=7, folder=tmp_path / name).card.hashes
        assert (hashes["catalogue"][:16], hashes["events"][:16]) == (catalogue, events)
