"""The additive transformer: events never mix, edits need no net, terms do what they say, no event means the base."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrec_core.attention.capture import watch
from streamrec_core.data.batches import IGNORE, Batch
from streamrec_core.errors import BadInput
from streamrec_core.models.followers import FollowerTable
from streamrec_core.models.probe import editing
from streamrec_core.models.settings import TransformerSettings, build_model
from streamrec_core.models.successive_items import successive_items
from streamrec_core.models.terms import FEATURES, JOBS, TERMS, terms_off
from tests.worlds import ADDITIVE, batch, catalogue_of, examples_at_last, log_of, small_transformer

CATALOGUE = catalogue_of(12, 3, home=True)
HOME = 12
ALL = tuple(JOBS)


def additive(**settings: object):
    return small_transformer(CATALOGUE, jobs=ALL, followers=3, **settings)


def with_followers(model):
    """The same model, with random followers of every item."""
    table, rng = model.followers, torch.Generator().manual_seed(1)
    for row in range(len(CATALOGUE)):
        table.columns[row] = torch.randperm(12, generator=rng)[: table.columns.shape[1]].int()
        table.strength[row] = torch.rand(table.columns.shape[1], generator=rng)
    return model


def last_row(model, *history: int) -> torch.Tensor:
    """(layers, H, L) weights of the prediction."""
    with watch(model) as trace:
        model.logits(batch(CATALOGUE, list(history)))
    return trace.maps()[0, :, :, -1]


def alone(**starts: float):
    """An untrained model of one layer whose heads start with nothing but these terms, content switched off."""
    torch.manual_seed(0)
    model = build_model(
        TransformerSettings(**ADDITIVE, layers=1, heads=1, width=16, feed_forward=32, jobs=("free",), content_limit=0),
        CATALOGUE,
    ).eval()
    (terms,) = model.named_terms()
    for name, value in starts.items():
        terms.weights[name].data.fill_(value)
    return model


def test_watched_or_not_the_same_logits_come_out() -> None:
    model, histories = additive(), batch(CATALOGUE, [1, 2, 3, 4], [5], [HOME, 7])
    plain = model.logits(histories)
    with watch(model) as trace:
        torch.testing.assert_close(model.logits(histories), plain, atol=1e-5, rtol=0)
    assert trace.maps().shape == (3, 2, 4, 4, 4)
    torch.testing.assert_close(model.scores(model.states(model.embed(histories), histories)[0, 3]), plain[0])


def test_weights_from_the_readout_sum_to_one_over_the_events_so_far() -> None:
    with watch(model := additive()) as trace:
        model.logits(batch(CATALOGUE, [1, 2, 3, 4]))
    torch.testing.assert_close(trace.maps().sum(-1), torch.ones(1, 2, 4, 4))
    assert bool((trace.maps().triu(1) == 0).all())


def test_events_never_mix_so_that_what_is_not_looked_at_does_not_count() -> None:
    """With all weight on the first event, the others may be anything."""

    def first_only(weights: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(weights).index_fill(-1, torch.tensor([0]), 1.0)

    model = additive()
    with editing(dict.fromkeys(model.attention_probes(), first_only)):
        first, second = model.logits(batch(CATALOGUE, [1, 2, 3])), model.logits(batch(CATALOGUE, [1, 8, 5]))
    torch.testing.assert_close(first, second)


def test_an_event_is_read_with_those_right_before_it_and_with_no_others() -> None:
    """With all weight on the last event, its local context counts and what is further back may be anything."""

    def last_only(weights: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(weights).index_fill(-1, torch.tensor([3]), 1.0)

    model = additive(context_events=2)
    with editing(dict.fromkeys(model.attention_probes(), last_only)):
        whole, far, near = (
            model.logits(batch(CATALOGUE, [first, second, 3, 4])) for first, second in ((1, 2), (9, 2), (1, 9))
        )
    torch.testing.assert_close(whole, far)
    assert float((whole - near).detach().abs().max()) > 1e-3


@pytest.mark.parametrize("context", [0, 1, 2, 5])
def test_what_is_masked_is_no_context_and_those_before_it_move_up(context: int) -> None:
    """Without terms that look at positions, masking an event in place is dropping it."""
    model = small_transformer(CATALOGUE, jobs=("free",), context_events=context)
    with terms_off(["recency"]), torch.inference_mode():
        dropped = model.logits(batch(CATALOGUE, [1, 3, 4]))
        for other in (2, 9):
            history = batch(CATALOGUE, [1, other, 3, 4])
            hidden = torch.tensor([[False, True, False, False]])
            masked = Batch(history.items, history.engagements, history.lengths, hidden=hidden)
            torch.testing.assert_close(model.logits(masked), dropped, atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(model.edited_scores(masked), dropped, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("context", [0, 2])
def test_the_parts_of_a_masked_history_add_up_and_heads_see_the_context(context: int) -> None:
    model = additive(context_events=context)
    model.followers.strength.zero_()
    history = batch(CATALOGUE, [1, 5, 3, 4])
    hidden = torch.tensor([[False, True, False, False]])
    with torch.inference_mode():
        for shown in (history, Batch(history.items, history.engagements, history.lengths, hidden=hidden)):
            state, _ = model.event_parts(shown)
            summed = model.tied_scores(model.start + state.sum((1, 2, 3)))
            torch.testing.assert_close(summed, model.logits(shown), atol=1e-4, rtol=1e-4)
        seen = model.scores_of_inputs(model.head_inputs(model.embed(history)), history)
        torch.testing.assert_close(seen, model.logits(history), atol=1e-4, rtol=1e-4)


def test_heads_pass_on_as_many_numbers_as_their_width_says() -> None:
    for head_width, passed_on in ((None, 16), (3, 12)):
        (layer, *_) = additive(head_width=head_width).layers
        assert layer.attention.value.weight.shape == (passed_on, 16)
        assert layer.attention.out_proj.weight.shape == (16, passed_on)


def test_a_local_context_is_of_additive_models_alone() -> None:
    with pytest.raises(
        BadInput,
        match="context_events, head_width, time_gaps and followers_within are of additive models; leave them out",
    ):
        TransformerSettings.parse({"context_events": 2}, "here")


@pytest.mark.parametrize("context", [0, 2])
def test_the_prediction_after_an_event_does_not_know_the_next(context: int) -> None:
    model = additive(context_events=context)
    states = [
        model.states(model.embed(inputs), inputs)[0, 1]
        for inputs in (batch(CATALOGUE, [1, 2, 3]), batch(CATALOGUE, [1, 2, 9]))
    ]
    torch.testing.assert_close(states[0], states[1])


@pytest.mark.parametrize(
    ("term", "history", "looked_at"),
    [
        ("recency", (0, 1, 2), [2]),
        ("same_category", (0, 1, 3, 2, 6), [0, 2, 4]),  # items 0, 3, 6 are of one category
        ("same_category", (0, 1, 3, HOME), [0, 2]),  # the last item that is not neutral counts
        ("opening", (4, 5, 6), [0]),
        ("opening", (HOME, 5, 6), [1]),
        ("repeat", (4, 5, 4, 6), [0, 2]),
        ("repeat", (HOME, HOME, 5, 6, 5), [2, 4]),
    ],
)
def test_a_term_lifts_the_events_it_is_named_after(term: str, history: tuple[int, ...], looked_at: list[int]) -> None:
    weights = last_row(alone(**{term: 30.0}), *history)[0, 0]
    assert weights[looked_at].tolist() == pytest.approx([1 / len(looked_at)] * len(looked_at), abs=1e-4)


def test_engagement_lifts_the_stronger_one() -> None:
    model = alone()
    model.named_terms()[0].engagement.data[0, 3] = 30.0
    history = Batch(torch.tensor([[1, 2, 3]]), torch.tensor([[0, 3, 1]]), torch.tensor([3]))
    with watch(model) as trace:
        model.logits(history)
    assert trace.maps()[0, 0, 0, -1].tolist() == pytest.approx([0, 1, 0], abs=1e-4)


def test_a_term_that_is_off_leaves_even_attention_and_comes_back() -> None:
    model = alone(recency=30.0)
    with terms_off(["recency"]):
        assert last_row(model, 0, 1, 2)[0, 0].tolist() == pytest.approx([1 / 3] * 3, abs=1e-4)
    assert last_row(model, 0, 1, 2)[0, 0].tolist() == pytest.approx([0, 0, 1], abs=1e-4)


def test_content_moves_a_score_by_its_limit_at_most() -> None:
    free = small_transformer(CATALOGUE, jobs=("free",), content_limit=0.5)
    with terms_off(TERMS):
        weights = last_row(free, 1, 2, 3, 4, 5)
    assert float((weights.amax(-1) / weights.amin(-1)).max()) <= 2.7183 + 1e-4  # e ** (0.5 - -0.5)


def test_an_event_masked_in_place_is_not_looked_at_and_may_be_any_other() -> None:
    model, seen = additive(), []
    for other in (2, 9):
        history = batch(CATALOGUE, [1, other, 3])
        masked = Batch(history.items, history.engagements, history.lengths, hidden=torch.tensor([[False, True, False]]))
        with watch(model) as trace:
            seen.append(model.logits(masked))
        assert float(trace.maps()[..., -1, 1].abs().max()) == 0.0
    torch.testing.assert_close(seen[0], seen[1])


def test_a_history_that_is_masked_altogether_leaves_the_base() -> None:
    model, history = additive(), batch(CATALOGUE, [1, 2])
    masked = Batch(history.items, history.engagements, history.lengths, hidden=torch.ones(1, 2, dtype=torch.bool))
    base = model.bias + model.item_embeddings() @ model.start
    torch.testing.assert_close(model.logits(masked)[0], base)
    torch.testing.assert_close(model.edited_scores(masked)[0], base)


def test_an_unknown_job_names_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"unknown jobs cook; choose from last, recent"):
        TransformerSettings.parse({"jobs": ["cook"]}, "here")


def test_old_readable_runs_say_how_to_get_a_model_again() -> None:
    with pytest.raises(BadInput, match="readable was replaced by additive; train the model again"):
        TransformerSettings.parse({"jobs": ["last"]}, "here")


@st.composite
def edited_histories(draw: st.DrawFn) -> Batch:
    """A history and edits of it: events away, swapped, added, re-engaged, hidden."""
    items = draw(st.lists(st.integers(0, HOME), min_size=1, max_size=50))
    rows = [(items, [0] * len(items), [False] * len(items), _times(draw, len(items)))]
    for _ in range(draw(st.integers(1, 4))):
        edited = [draw(st.sampled_from([item, draw(st.integers(0, HOME))])) for item in items if draw(st.booleans())]
        edited = edited or [draw(st.integers(0, HOME))]
        marks = draw(st.lists(st.integers(0, 4), min_size=len(edited), max_size=len(edited)))
        hidden = draw(st.lists(st.booleans(), min_size=len(edited), max_size=len(edited)))
        rows.append((edited, marks, hidden, _times(draw, len(edited))))
    length = max(len(items) for items, *_ in rows)

    def padded(column: int, filler: int) -> torch.Tensor:
        return torch.tensor([[*row[column], *[filler] * (length - len(row[column]))] for row in rows])

    lengths = torch.tensor([len(items) for items, *_ in rows])
    times = padded(3, 0) if draw(st.booleans()) else None
    return Batch(padded(0, len(CATALOGUE)), padded(1, 0), lengths, hidden=padded(2, 0).bool(), times=times)


def _times(draw: st.DrawFn, events: int) -> list[int]:
    gaps = draw(st.lists(st.sampled_from([0, 1, 45, 5_000, 10**7]), min_size=events, max_size=events))
    return np.cumsum([978_300_000, *gaps[1:]]).tolist()


@settings(max_examples=40, deadline=None)
@given(histories=edited_histories())
def test_the_last_row_alone_has_the_features_it_has_among_all_rows(histories: Batch) -> None:
    term_inputs = additive().term_inputs
    steps = torch.arange(histories.items.shape[1]).expand(len(histories), -1)
    last = (histories.lengths - 1).unsqueeze(1)
    for name, feature in FEATURES.items():
        among_all = feature(term_inputs(histories, steps))[torch.arange(len(histories)), histories.lengths - 1]
        torch.testing.assert_close(feature(term_inputs(histories, last)).squeeze(1), among_all, msg=name)


@settings(max_examples=60, deadline=None)
@given(histories=edited_histories(), seed=st.integers(0, 3), context=st.integers(0, 3))
def test_edited_histories_score_as_the_model_itself_scores_them(histories: Batch, seed: int, context: int) -> None:
    model = with_followers(additive(seed=seed, context_events=context, head_width=3, time_gaps=True))
    for terms in model.named_terms():
        terms.weights["time_gap"].data.fill_(0.2)
    with torch.inference_mode():
        torch.testing.assert_close(model.edited_scores(histories), model.logits(histories), atol=1e-4, rtol=1e-4)


def test_followers_are_counted_beyond_chance_and_without_neutral_items() -> None:
    # After item 0 came item 1 three times (a home page in between once), item 2 once.
    log = log_of([[0, 1, 5], [0, HOME, 1], [4, 0, 1], [0, 2, 6], [7, 8, 9]])
    table = FollowerTable(len(CATALOGUE), 4)
    table.count(log, examples_at_last(log), CATALOGUE, last_only=False)
    counted = {(row, int(column)) for row, columns in enumerate(table.columns) for column in columns if column < 13}
    assert counted == {(0, 1)}
    pairs, expected = 9, 1 + 4 * 3 / 9
    assert pairs == len(successive_items(log, examples_at_last(log), CATALOGUE, last_only=False)[0])
    assert float(table.strength[0, 0]) == pytest.approx(math.log1p(3 / expected))
    assert float(table.without_one[0, 0]) == pytest.approx(math.log1p(2 / expected))


def test_a_pair_that_would_not_be_kept_without_one_occurrence_is_worth_nothing_without_it() -> None:
    # 0 -> 1 came twice, 2 -> 3 three times; of 4 the table keeps one follower, 5 and 6 came next equally often.
    log = log_of([[0, 1]] * 2 + [[2, 3]] * 3 + [[4, 5]] * 5 + [[4, 6]] * 5)
    table = FollowerTable(len(CATALOGUE), 1)
    table.count(log, examples_at_last(log), CATALOGUE, last_only=False)
    assert [int(table.columns[row, 0]) for row in (0, 2)] == [1, 3]
    assert [float(table.without_one[row, 0]) > 0 for row in (0, 2, 4)] == [False, True, False]
    assert bool((table.strength[[0, 2, 4], 0] > table.without_one[[0, 2, 4], 0]).all())


def test_only_the_last_pair_counts_where_only_the_last_event_is_learned_from() -> None:
    log = log_of([[0, 1, 2], [0, 1, 2]])
    table = FollowerTable(len(CATALOGUE), 4)
    table.count(log, examples_at_last(log), CATALOGUE, last_only=True)
    assert int(table.columns[1, 0]) == 2
    assert int(table.columns[0, 0]) == len(CATALOGUE)  # padding: nothing is kept


def test_a_pair_does_not_count_itself_while_it_is_learned_from() -> None:
    model = with_followers(additive())
    histories = replace(batch(CATALOGUE, [3, 0]), targets=torch.tensor([[IGNORE, 1]]))
    learned, every = histories.targets != IGNORE, torch.arange(len(CATALOGUE))
    model.followers.without_one.copy_(model.followers.strength)
    with torch.inference_mode():
        model.train()
        for dropout in (model.dropout, *(layer.attention for layer in model.layers)):
            setattr(dropout, "p" if hasattr(dropout, "p") else "dropout", 0.0)
        for part in model.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0
        whole = model.learning_state(histories, learned).of(every)
        torch.testing.assert_close(whole, model.logits(histories), atol=1e-5, rtol=1e-5)
        model.followers.without_one.zero_()
        without = model.learning_state(histories, learned).of(every)
    moved = (whole - without)[0].abs() > 1e-6
    assert moved.nonzero().flatten().tolist() == [1]  # the target's score alone


def test_scores_along_a_direction_are_the_followers_scores_summed() -> None:
    table = with_followers(additive()).followers
    items, direction = torch.tensor([[0, 3, 13]]), torch.randn(1, 13)
    each = [table.scores(items[:, [at]], torch.ones(1, 1))[0] @ direction[0] for at in range(3)]
    torch.testing.assert_close(table.along(items, direction)[0], torch.stack(each))
