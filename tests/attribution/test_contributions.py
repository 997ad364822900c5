"""Contributions add up to scores and differences, and the number of each event foresees removals of a linear model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.contributions import (
    case_contributions,
    contributions,
    edited_scores,
    score_contributions,
)
from streamrec_core.attribution.event_value import event_values, fitted_values, removal_sets
from streamrec_core.attribution.removal import remove, remove_each
from streamrec_core.data.batches import Batch, batch_of
from tests.models.test_additive import with_followers
from tests.worlds import BagModel, catalogue_of, session_of, small_transformer

CATALOGUE = catalogue_of(12, 3, home=True)
MODELS = [
    with_followers(small_transformer(CATALOGUE, seed, jobs=("last", "category", "opening", "free"), followers=3))
    for seed in range(3)
]
MODELS.append(
    with_followers(small_transformer(CATALOGUE, 3, jobs=("last", "free"), followers=3, context_events=2, head_width=5))
)
histories = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), min_size=1, max_size=50)


@settings(max_examples=60, deadline=None)
@given(events=histories, model=st.sampled_from(MODELS), foil=st.integers(0, 12))
def test_base_and_contributions_add_up_to_the_score_and_to_differences(events, model, foil: int) -> None:
    history = session_of([item for item, _ in events], [mark for _, mark in events])
    with torch.inference_mode():
        scores = model.logits(batch_of([history], 13, 50))[0].double().numpy()
    titles = [0, 5, 11]
    parts = contributions(model, history, titles)
    assert parts.values.shape == (3, 2, 4, len(history))
    assert parts.scores == pytest.approx(scores[titles], abs=1e-4)
    assert contributions(model, history, titles, foil).scores == pytest.approx(scores[titles] - scores[foil], abs=1e-4)
    shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    average = contributions(model, history, titles, "average")
    assert average.scores == pytest.approx(scores[titles] - shares @ scores, abs=1e-4)
    assert parts.by_event.sum(1) == pytest.approx(parts.by_head.sum((1, 2)), abs=1e-4)


def test_a_hidden_event_contributes_nothing() -> None:
    model, history = MODELS[0], batch_of([session_of([1, 2, 3])], 13, 50)
    hidden = Batch(history.items, history.engagements, history.lengths, hidden=torch.tensor([[False, True, False]]))
    with torch.inference_mode():
        state, following = model.event_parts(hidden)
    assert float(state[:, :, :, 1].abs().max()) == float(following[:, :, :, 1].abs().max()) == 0.0
    assert float(state[:, :, :, 0].abs().max()) > 0


def test_a_case_is_held_to_the_other_titles_that_can_be_recommended_or_to_its_foil() -> None:
    model = MODELS[1]
    case = case_of(session_of([1, 2, 3, 4]), 7, model, filter_seen=True)
    (parts,) = case_contributions(model, CATALOGUE, [case])
    assert parts.shape == (2, 4, 4)
    with torch.inference_mode():
        scores = model.logits(batch_of([case.history], 13, 50))[0].double().numpy()
    others = np.array([0, 5, 6, 8, 9, 10, 11])  # neither neutral, nor seen, nor the candidate
    shares = np.exp(scores[others]) / np.exp(scores[others]).sum()
    every = contributions(model, case.history, [7, *others.tolist()]).values
    assert parts == pytest.approx(every[0] - np.einsum("n,nkhl->khl", shares, every[1:]), abs=1e-4)
    whole = case_of(session_of([1, 2, 3, 4]), 7, model, filter_seen=False, foil=5)
    assert case_contributions(model, CATALOGUE, [whole])[0] == pytest.approx(
        contributions(model, case.history, [7], 5).values[0], abs=1e-5
    )


def test_one_pass_gives_the_parts_of_the_score_and_the_comparison_of_cases_of_unlike_lengths() -> None:
    model = MODELS[2]
    sessions = [session_of([1, 2, 3, 4, 9]), session_of([5])]
    cases = [case_of(session, 7, model, filter_seen=True) for session in sessions]
    with torch.inference_mode():
        scores = model.logits(batch_of(sessions, 13, 50)).double().numpy()
    compared = case_contributions(model, CATALOGUE, cases)
    pairs = score_contributions(model, CATALOGUE, cases, scores)
    for (parts, against), session, expected in zip(pairs, sessions, compared, strict=True):
        assert parts.values == pytest.approx(contributions(model, session, [7]).values, abs=1e-6)
        assert parts.base == pytest.approx(contributions(model, session, [7]).base, abs=1e-6)
        assert against == pytest.approx(expected, abs=1e-6)


def test_a_linear_model_gets_back_the_number_of_each_event() -> None:
    model = BagModel(torch.randn(13, 13, generator=torch.Generator().manual_seed(2)))
    case = case_of(session_of([0, 1, 2, 3, 4, 5, 6, 7, 8]), 3, model, False, foil=4)
    log_odds = (model.weights[:, 3] - model.weights[:, 4]).double().numpy()[case.history.items]
    (values,) = event_values(model, CATALOGUE, [case])
    assert values == pytest.approx(log_odds, abs=2e-3)  # the ridge pulls a little


def test_sets_are_each_event_alone_and_random_ones_up_to_half_the_history() -> None:
    case = case_of(session_of(list(range(12)) * 2), 3, MODELS[0], False)
    sets = removal_sets(case)
    assert sets[:24] == [(at,) for at in range(24)]
    assert len(sets) == 224
    sizes = {len(positions) for positions in sets[24:]}
    assert sizes == set(range(2, 13))
    assert sets == removal_sets(case)
    few = removal_sets(case_of(session_of([1, 2, 3, 4]), 3, MODELS[0], False))
    assert few == [(0,), (1,), (2,), (3,), (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert removal_sets(case_of(session_of([1]), 3, MODELS[0], False)) == [(0,)]


def test_small_sets_count_more() -> None:
    """Two events that cover for each other: single drops say 0, the pair 2; a fit with even weights says more."""
    case = case_of(session_of([1, 2, 3, 4]), 3, MODELS[0], False)
    (removal,) = remove(MODELS[0], CATALOGUE, [(case, removal_sets(case))])
    effects = np.array([2.0 if {0, 1} <= set(positions) else 0.0 for positions in removal.sets])
    values = fitted_values(4, type(removal)(**{**vars(removal), "effect": effects}))
    design = np.array([[float(at in positions) for at in range(4)] for positions in removal.sets])
    root = np.array([1 / len(positions) for positions in removal.sets])
    weighted = np.linalg.lstsq(design * root[:, None], effects * root, rcond=None)[0]
    even = np.linalg.lstsq(design, effects, rcond=None)[0]
    assert values == pytest.approx(weighted, abs=0.01)
    assert values[0] < even[0] - 0.02
    assert remove_each(MODELS[0], CATALOGUE, [case])[0].effect == pytest.approx(removal.effect[:4], abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(edits=st.lists(histories, min_size=1, max_size=5), model=st.sampled_from(MODELS))
def test_edited_histories_score_as_if_the_model_had_been_run_on_each(edits, model) -> None:
    sessions = [session_of([item for item, _ in events], [mark for _, mark in events]) for events in edits]
    with torch.inference_mode():
        each = [model.logits(batch_of([session], 13, 50))[0].double().numpy() for session in sessions]
    assert edited_scores(model, sessions) == pytest.approx(np.stack(each), abs=1e-4)
