"""What is taken over from the whole history changes no score: every shortcut against the model itself."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attention.capture import watch
from streamrec_core.attribution.case import Case, case_of
from streamrec_core.attribution.removal import Variant, variant_batch
from streamrec_core.attribution.reuse import SHORTCUTS, edited, edited_logits
from streamrec_core.models.sequence import SequenceModel
from tests.worlds import catalogue_of, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3, home=True)
MODELS: dict[str, SequenceModel] = {
    "from the end": small_transformer(CATALOGUE),
    "one layer": small_transformer(CATALOGUE, layers=1),
    "from the start": small_transformer(CATALOGUE, positions="sinusoidal", tied=False),
    "additive": small_transformer(CATALOGUE, jobs=("last", "category", "opening", "engaged", "free")),
    "lstm": small_lstm(CATALOGUE),
    "two lstm layers": small_lstm(CATALOGUE, layers=2),
}


@st.composite
def variants(draw: st.DrawFn) -> list[Variant]:
    """Some histories, each with some sets of positions taken away either way, the whole one among them."""
    found: list[Variant] = []
    for _ in range(draw(st.integers(1, 3))):
        items = draw(st.lists(st.integers(0, 12), min_size=1, max_size=8))
        marks = draw(st.lists(st.integers(0, 4), min_size=len(items), max_size=len(items)))
        case = case_of(session_of(items, marks), 0, MODELS["lstm"], False)
        for _ in range(draw(st.integers(1, 4))):
            gone = draw(st.sets(st.integers(0, len(items) - 1)))
            found.append((case, tuple(sorted(gone)), draw(st.sampled_from(["drop", "mask"]))))
    return draw(st.permutations(found))


def laid_out(found: list[Variant]) -> tuple[list[Case], list[tuple[int, ...]]]:
    return [case for case, _, _ in found], [positions for _, positions, _ in found]


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=30, deadline=None)
@given(found=variants())
def test_a_shortcut_scores_as_the_model_itself_does(name: str, found: list[Variant]) -> None:
    model = MODELS[name]
    assert type(model) in SHORTCUTS
    batch = variant_batch(found, len(CATALOGUE))
    with torch.inference_mode():
        scores = edited_logits(model, edited(*laid_out(found), batch, CATALOGUE))
        assert torch.allclose(scores, model.logits(batch), atol=1e-5, rtol=1e-5)


def test_a_model_that_somebody_watches_is_run_itself() -> None:
    model = MODELS["additive"]
    case = case_of(session_of([1, 2, 3]), 0, model, False)
    found: list[Variant] = [(case, (), "drop"), (case, (1,), "drop")]
    with torch.inference_mode(), watch(model) as trace:
        edited_logits(model, edited(*laid_out(found), variant_batch(found, len(CATALOGUE)), CATALOGUE))
    assert trace.maps().shape[0] == 2
