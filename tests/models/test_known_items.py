"""Models on another day's log: items are matched by id, unknown ones are kept and never recommended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.attribution.contributions import contributions
from streamrec_core.data.batches import batch_of
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.data.storage import write_catalogue
from streamrec_core.data.synthetic.sessions import streamrec_catalogue
from streamrec_core.errors import Refused
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.models.checkpoint import checkpoint_folder, fits, load_checkpoint, read_card
from streamrec_core.models.known_items import match_items, unknown_note
from tests.models.test_checkpoint import save
from tests.worlds import ADDITIVE, SMALL, batch, catalogue_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3)
ADDITIVE_SHAPE = {**SMALL, **ADDITIVE, "jobs": ("last", "free", "category", "series"), "followers": 3}
MODELS: list[tuple[Any, dict[str, Any]]] = [
    (small_transformer, SMALL),
    (small_transformer, {**SMALL, "item_bias": True, "tied": False}),
    (small_transformer, ADDITIVE_SHAPE),
    (small_lstm, {"hidden": 12, "width": 8}),
]


def taken(catalogue: Catalogue, rows: list[int], new: tuple[str, ...] = ()) -> Catalogue:
    """Items of a catalogue in another order, and new ones of the first category behind them."""
    ids = (*(catalogue.item_ids[row] for row in rows), *new)
    return Catalogue(
        item_ids=ids,
        titles=(*(catalogue.titles[row] for row in rows), *(f"{name} title" for name in new)),
        category_of=np.append(catalogue.category_of[rows], np.zeros(len(new), np.int64)),
        categories=catalogue.categories,
        neutral=np.zeros(len(ids), bool),
    )


@pytest.fixture(params=range(len(MODELS)), ids=["transformer", "own output", "additive", "lstm"])
def saved(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    make, shape = MODELS[request.param]
    model = make(CATALOGUE, seed=5, **shape)
    if shape is ADDITIVE_SHAPE:
        model.followers.columns[3, 0], model.followers.strength[3, 0] = 7, 2.0
        model.followers.columns[3, 1], model.followers.strength[3, 1] = 0, 1.0
    folder = save(model, tmp_path / "kept", shape)
    write_catalogue(CATALOGUE, folder)
    return model, folder


def test_scores_follow_the_items_into_any_order(saved: Any) -> None:
    model, folder = saved
    rows = [7, 3, 11, 0, 1, 2, 4, 5, 6, 8, 9, 10]
    other = taken(CATALOGUE, rows)
    loaded = load_checkpoint(folder, other)
    here = batch(other, [1, 4, 1], [0])  # i3, i1, i3 and i7
    there = batch(CATALOGUE, [3, 1, 3], [7])
    torch.testing.assert_close(loaded.logits(here), model.logits(there).detach()[:, rows], atol=1e-5, rtol=1e-5)
    assert unknown_note(loaded.item_match, "kept", other) == ""


def test_unknown_items_are_blank_and_never_recommended(saved: Any) -> None:
    model, folder = saved
    rows = [7, 3, 11, 1, 2, 4]  # i0, which the additive model counts as a follower of i3, is not here
    other = taken(CATALOGUE, rows, ("new",))
    loaded = load_checkpoint(folder, other)
    scores = loaded.logits(batch(other, [1, 3]))
    torch.testing.assert_close(
        scores[:, :6], model.logits(batch(CATALOGUE, [3, 1])).detach()[:, rows], atol=1e-5, rtol=1e-5
    )
    history = Session("h", np.array([1, 6, 3], np.int32), np.zeros(3, np.int8))
    ranked = score_history(loaded, other, history, filter_seen=False)
    assert ranked.ranks[6] == 0
    assert 6 not in ranked.order
    assert sorted(ranked.ranks[:6]) == [1, 2, 3, 4, 5, 6]
    assert np.isfinite(ranked.probabilities).all()
    assert unknown_note(loaded.item_match, "kept", other).startswith(
        "1 of the 7 items of this data set is unknown to kept"
    )


def test_contributions_add_up_beside_an_unknown_item(tmp_path: Path) -> None:
    model = small_transformer(CATALOGUE, **ADDITIVE_SHAPE)
    folder = save(model, tmp_path / "kept", ADDITIVE_SHAPE)
    write_catalogue(CATALOGUE, folder)
    other = taken(CATALOGUE, [7, 3, 11], ("new",))
    loaded: Any = load_checkpoint(folder, other)
    history = Session("h", np.array([1, 3, 0], np.int32), np.zeros(3, np.int8))
    parts = contributions(loaded, history, [0, 2])
    scores = loaded.logits(batch_of([history], 4, 50))[0, [0, 2]]
    np.testing.assert_allclose(parts.scores, scores, atol=1e-5)
    assert np.isfinite(contributions(loaded, history, [0], foil="average").scores).all()


def test_a_catalogue_of_other_items_is_refused_with_both_sides_named(tmp_path: Path) -> None:
    folder = save(small_transformer(CATALOGUE), tmp_path / "kept", SMALL)
    write_catalogue(CATALOGUE, folder)
    other = replace(CATALOGUE, item_ids=tuple(f"x{row}" for row in range(12)))
    with pytest.raises(Refused, match=r"tiny \(12 items, .*this one has 12 items .*'x0' here, 'i0' in the model"):
        load_checkpoint(folder, other)
    renamed = replace(CATALOGUE, titles=tuple(f"Other {row}" for row in range(12)))
    with pytest.raises(Refused, match=r"another title .id 'i0' is 'Other 0' here, 'Title 0' in the model"):
        load_checkpoint(folder, renamed)
    assert not fits(folder, read_card(folder), other)


def test_half_of_the_items_known_is_enough_to_be_offered(tmp_path: Path) -> None:
    folder = save(small_transformer(CATALOGUE), tmp_path / "kept", SMALL)
    write_catalogue(CATALOGUE, folder)
    card = read_card(folder)
    assert fits(folder, card, taken(CATALOGUE, [1, 2], ("a", "b")))
    assert not fits(folder, card, taken(CATALOGUE, [1], ("a", "b")))


def test_a_shipped_model_opens_a_log_that_holds_some_items_of_its_preset() -> None:
    learned = streamrec_catalogue()
    other = taken(learned, [5, 3, 200], ("new",))
    model = load_checkpoint("streamrec-transformer", other)
    assert model.item_match is not None
    assert model.item_match.unknown.tolist() == [3]
    assert match_items(learned, other).rows.tolist() == [5, 3, 200, -1]
    assert fits(checkpoint_folder("streamrec-plain"), read_card("streamrec-plain"), other)
