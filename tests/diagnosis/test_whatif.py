"""What-if and parts switched off, on models whose answer to every edit is known."""

from __future__ import annotations

import pytest
import torch

from streamrec_core.diagnosis.edits import Edit, read
from streamrec_core.diagnosis.head_ablation import Off, hit_change, parts_of, ranks_without, read_off, without
from streamrec_core.diagnosis.rank_changes import shift
from streamrec_core.diagnosis.whatif import checked_sentences, what_if
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranking import rank, score_history
from tests.worlds import (
    BagModel,
    OneHotModel,
    PlantedModel,
    catalogue_of,
    chain_dataset,
    dataset_of,
    examples_at_last,
    log_of,
    session_of,
    small_lstm,
    small_transformer,
)

ROLES = ("last", "recent", "category", "opening")


def world() -> tuple[BagModel, object]:
    """Item 0 speaks for 10 and 11 (10 first), item 1 for 11 and 12 (12 first)."""
    weights = torch.zeros(16, 16)
    weights[0, 10], weights[0, 11], weights[1, 11], weights[1, 12] = 3.0, 2.0, 2.0, 4.0
    return BagModel(weights), dataset_of(catalogue_of(16), log_of([[0, 2, 9], [0, 1, 9]]))


def test_an_edit_moves_the_ten_as_the_weights_say() -> None:
    model, dataset = world()
    found = what_if(model, dataset, "s0", read("replace.1.i1"))  # type: ignore[arg-type]
    assert (found.before.candidate.row, found.before.candidate.rank) == (10, 1)
    assert (found.after.candidate.row, found.after.candidate.rank) == (10, 9)  # two before it, and half of 13
    assert found.after_first.candidate.row == 12
    fates = {move.row: (move.rank_before, move.rank_after, move.fate) for move in found.shift.moves}
    assert fates[12] == (9, 1, "new")
    assert fates[11] == (2, 2, "same")
    assert fates[10][2] == "gone"
    assert not found.shift.same_first
    assert (found.parent, found.history.items.tolist(), found.edited.items.tolist()) == ("s0", [0, 2], [1, 2])


def test_explanations_are_checked_before_and_after() -> None:
    weights = torch.zeros(40, 40)
    weights[3, 35], weights[20, 36] = 5.0, 4.0
    events = [*range(4, 10), 3, *range(10, 16)]
    dataset = dataset_of(catalogue_of(40), log_of([[*events, 39]]))
    model = OneHotModel(weights)
    found = what_if(model, dataset, "s0", read("replace.7.i20"))
    before, after, first = checked_sentences(model, dataset, found)
    assert before.startswith("Without 'Title 3', this title would fall from rank 1 to rank 20")
    assert "because" not in after  # nothing speaks for the old first any more
    assert "'Title 3'" not in after
    assert "against it is 'Title 20'" in after
    assert first.startswith("Without 'Title 20', this title would fall from rank 1 to rank 20")


def test_no_edit_changes_nothing() -> None:
    model, dataset = world()
    found = what_if(model, dataset, "s1", ())  # type: ignore[arg-type]
    assert found.shift.kept == 10
    assert {move.fate for move in found.shift.moves} == {"same"}


def test_an_edit_that_cannot_be_made_is_refused() -> None:
    model, dataset = world()
    with pytest.raises(BadInput, match=r"edit 1 \(remove\)"):
        what_if(model, dataset, "s0", [Edit("remove", 3)])  # type: ignore[arg-type]


def test_every_head_off_leaves_what_needs_no_attention() -> None:
    dataset = chain_dataset()
    model = small_transformer(dataset.catalogue, jobs=ROLES)
    every = parts_of(model)
    assert len(every.heads) == 8
    assert "same category" in every.terms
    off = Off(every.heads)
    moved = [without(model, dataset, session_of(items), off) for items in ([1, 2, 3], [4, 5, 6, 7])]
    after = [[move.row for move in one.moves if move.rank_after] for one in moved]
    assert after[0][:10] == after[1][:10]  # the readout alone, whatever the session was
    assert without(model, dataset, session_of([1, 2, 3]), Off()).kept == 10


def test_ranks_without_nothing_are_the_models_own_and_the_change_is_paired() -> None:
    dataset = chain_dataset()
    model = small_transformer(dataset.catalogue)
    examples = examples_at_last(dataset.log)
    own, off = (ranks_without(model, dataset, examples, one) for one in (Off(), Off(((0, 1), (1, 2)))))
    assert own.tolist() == rank(model, dataset, examples).ranks.tolist()
    assert off.tolist() != own.tolist()
    change = hit_change([own[:20], own[20:]], [off[:20], off[20:]])
    assert change.sessions == len(examples)
    assert change.change == pytest.approx(change.after - change.before)
    assert change.change_interval[0] <= change.change <= change.change_interval[1]


def test_parts_off_are_written_and_read_for_this_model_only() -> None:
    catalogue = catalogue_of()
    model = small_transformer(catalogue, jobs=ROLES)
    off = Off(((0, 1), (1, 3)), ("same category", "opening"))
    assert read_off(off.write(), model) == off
    assert not read_off("", model)
    with pytest.raises(BadInput, match=r"no part '9\.9'.*it has 0\.0, 0\.1"):
        read_off("9.9", model)
    with pytest.raises(BadInput, match="no part 'opening'"):
        read_off("opening", small_transformer(catalogue))
    with pytest.raises(BadInput, match="none: it has no attention"):
        read_off("0.1", small_lstm(catalogue))


def test_titles_with_equal_scores_keep_their_positions_and_one_stands_first() -> None:
    catalogue = catalogue_of(16)
    before, after = (
        score_history(PlantedModel(scores), catalogue, session_of([0]), filter_seen=False)
        for scores in ([0.0] * 16, [*[0.0] * 15, 1.0])
    )
    moved = shift(before, after, catalogue)
    assert [(move.row, move.position_before, move.position_after) for move in moved.moves] == [
        (15, 0, 1),
        *((row, row + 1, row + 2) for row in range(9)),
        (9, 10, 0),
    ]
    assert [move.fate for move in moved.moves] == ["new", *["down"] * 9, "gone"]
    assert (moved.kept, moved.same_first) == (9, False)
    # 15 alone, then 0 and 1 alike, then the rest: 1 goes up by a position, though its rank was that of 0 before
    apart = score_history(PlantedModel([0.5, 0.6, *[0.0] * 13, 1.0]), catalogue, session_of([0]), filter_seen=False)
    level = score_history(PlantedModel([0.5, 0.5, *[0.0] * 13, 1.0]), catalogue, session_of([0]), filter_seen=False)
    moves = shift(level, apart, catalogue).moves[:3]
    assert [(move.row, move.rank_before, move.rank_after) for move in moves] == [(15, 1, 1), (1, 2, 2), (0, 2, 3)]
    assert [move.fate for move in moves] == ["same", "up", "down"]
    unmoved = shift(before, before, catalogue)
    assert {move.fate for move in unmoved.moves} == {"same"}
    assert (unmoved.kept, unmoved.same_first) == (10, True)
