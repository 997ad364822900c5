"""Scores of history variants from cached states equal those of the model run on each variant."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attention.capture import watch
from streamrec_core.attribution.candidate_scores import Variant, history_variants, variant_batch
from streamrec_core.attribution.case import Case, case_of
from streamrec_core.models.probe import editing
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.terms import TERMS, terms_by_row
from streamrec_core.models.variants import VariantModel, shared_event_scores, shares_events, variant_scores
from tests.worlds import catalogue_of, session_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3, home=True)
JOBS = ("last", "category", "opening", "engaged", "free")
ADDITIVE = small_transformer(CATALOGUE, jobs=JOBS, time_gaps=True)
for terms in ADDITIVE.named_terms():
    terms.weights["time_gap"].data.fill_(0.3)
MODELS: dict[str, SequenceModel] = {
    "from the end": small_transformer(CATALOGUE),
    "one layer": small_transformer(CATALOGUE, layers=1),
    "from the start": small_transformer(CATALOGUE, positions="sinusoidal", tied=False),
    "lstm": small_lstm(CATALOGUE),
    "two lstm layers": small_lstm(CATALOGUE, layers=2),
}


@st.composite
def variants(draw: st.DrawFn) -> list[Variant]:
    """Some histories, each with some sets of positions taken away either way, the whole one among them."""
    drawn: list[Variant] = []
    for _ in range(draw(st.integers(1, 3))):
        items = draw(st.lists(st.integers(0, 12), min_size=1, max_size=8))
        marks = draw(st.lists(st.integers(0, 4), min_size=len(items), max_size=len(items)))
        gaps = draw(st.lists(st.sampled_from([0, 30, 4_000]), min_size=len(items), max_size=len(items)))
        times = np.cumsum(gaps).tolist() if draw(st.booleans()) else None
        case = case_of(session_of(items, marks, times), 0, MODELS["lstm"], False)
        for _ in range(draw(st.integers(1, 4))):
            gone = draw(st.sets(st.integers(0, len(items) - 1)))
            drawn.append((case, tuple(sorted(gone)), draw(st.sampled_from(["drop", "mask"]))))
    return draw(st.permutations(drawn))


def laid_out(drawn: list[Variant]) -> tuple[list[Case], list[tuple[int, ...]]]:
    return [case for case, _, _ in drawn], [positions for _, positions, _ in drawn]


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=30, deadline=None)
@given(drawn=variants())
def test_a_shortcut_scores_as_the_model_itself_does(name: str, drawn: list[Variant]) -> None:
    model = MODELS[name]
    assert isinstance(model, VariantModel)
    batch = variant_batch(drawn, len(CATALOGUE))
    with torch.inference_mode():
        scores = variant_scores(model, history_variants(*laid_out(drawn), batch, CATALOGUE))
        assert torch.allclose(scores, model.logits(batch), atol=1e-5, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(drawn=variants(), seed=st.integers(0, 3))
def test_an_additive_model_scores_edits_alike_with_heads_and_terms_off_row_by_row(
    drawn: list[Variant], seed: int
) -> None:
    batch, rng = variant_batch(drawn, len(CATALOGUE)), torch.Generator().manual_seed(seed)
    on = {name: torch.randint(0, 2, (len(drawn),), generator=rng).float() for name in TERMS}
    loud = torch.randint(0, 2, (len(drawn), 1, 1, 1), generator=rng).float()
    edits = {probe: lambda weights: weights * loud for probe in ADDITIVE.attention_probes()[:1]}
    with torch.inference_mode(), editing(edits), terms_by_row(on):
        assert shares_events(ADDITIVE)
        scores = shared_event_scores(ADDITIVE, batch)
        assert torch.allclose(scores, ADDITIVE.logits(batch), atol=1e-5, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(drawn=variants())
def test_a_variant_holds_the_events_that_stay_in_their_order(drawn: list[Variant]) -> None:
    batch = variant_batch(drawn, len(CATALOGUE))
    for row, (case, gone, how) in enumerate(drawn):
        history, closes_up = case.history, how == "drop" and len(gone) < len(case.history)
        staying = [at for at in range(len(history)) if not (closes_up and at in gone)]
        length = int(batch.lengths[row])
        assert batch.items[row].tolist() == [
            *history.items[staying].tolist(),
            *[len(CATALOGUE)] * (batch.items.shape[1] - length),
        ]
        assert batch.engagements[row, :length].tolist() == history.engagements[staying].tolist()
        if history.times is not None:
            assert batch.times is not None
            assert batch.times[row, :length].tolist() == history.times[staying].tolist()
        hidden = [False] * length if batch.hidden is None else batch.hidden[row, :length].tolist()
        assert hidden == [at in gone for at in staying]


def test_a_model_that_somebody_watches_or_trains_is_run_itself() -> None:
    case = case_of(session_of([1, 2, 3]), 0, ADDITIVE, False)
    batch = variant_batch([(case, (), "drop"), (case, (1,), "drop")], len(CATALOGUE))
    with torch.inference_mode(), watch(ADDITIVE) as trace:
        shared_event_scores(ADDITIVE, batch)
    assert trace.maps().shape == (2, 2, 4, 3, 3)
    assert not shares_events(small_transformer(CATALOGUE, jobs=JOBS).train())
