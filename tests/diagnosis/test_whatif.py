"""What-if edits and head ablation, on models whose answer to every edit is known."""

from __future__ import annotations

import pytest
import torch

from streamrec_core.diagnosis.edits import Edit, read_edits
from streamrec_core.diagnosis.head_ablation import (
    ModelParts,
    all_parts,
    hit_change,
    rank_changes_without,
    ranks_without,
    read_parts,
)
from streamrec_core.diagnosis.rank_changes import compare_rankings
from streamrec_core.diagnosis.whatif import checked_sentences, what_if
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.evaluation.ranking import rank
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


def test_an_edit_changes_the_ten_as_the_weights_predict() -> None:
    model, dataset = world()
    comparison = what_if(model, dataset, "s0", read_edits("replace.1.i1"))  # type: ignore[arg-type]
    assert (comparison.before.candidate.row, comparison.before.candidate.rank) == (10, 1)
    assert (comparison.after.candidate.row, comparison.after.candidate.rank) == (10, 9)  # two before it, and half of 13
    assert comparison.after_first.candidate.row == 12
    statuses = {move.row: (move.rank_before, move.rank_after, move.status) for move in comparison.rank_changes.changes}
    assert statuses[12] == (9, 1, "new")
    assert statuses[11] == (2, 2, "same")
    assert statuses[10][2] == "gone"
    assert not comparison.rank_changes.same_first
    assert (comparison.parent, comparison.history.items.tolist(), comparison.edited.items.tolist()) == (
        "s0",
        [0, 2],
        [1, 2],
    )


def test_explanations_are_checked_before_and_after() -> None:
    weights = torch.zeros(40, 40)
    weights[3, 35], weights[20, 36] = 5.0, 4.0
    events = [*range(4, 10), 3, *range(10, 16)]
    dataset = dataset_of(catalogue_of(40), log_of([[*events, 39]]))
    model = OneHotModel(weights)
    comparison = what_if(model, dataset, "s0", read_edits("replace.7.i20"))
    before, after, first = checked_sentences(model, dataset, comparison)
    assert before.startswith("Without 'Title 3', this title would fall from rank 1 to rank 20")
    assert "because" not in after  # nothing speaks for the old first any more
    assert "'Title 3'" not in after
    assert "against it is 'Title 20'" in after
    assert first.startswith("Without 'Title 20', this title would fall from rank 1 to rank 20")


def test_no_edit_changes_nothing() -> None:
    model, dataset = world()
    comparison = what_if(model, dataset, "s1", ())  # type: ignore[arg-type]
    assert comparison.rank_changes.in_both == 10
    assert {move.status for move in comparison.rank_changes.changes} == {"same"}


def test_an_edit_that_cannot_be_made_is_refused() -> None:
    model, dataset = world()
    with pytest.raises(BadInput, match=r"edit 1 \(remove\)"):
        what_if(model, dataset, "s0", [Edit("remove", 3)])  # type: ignore[arg-type]


def test_without_any_head_recommendations_do_not_depend_on_the_session() -> None:
    dataset = chain_dataset()
    model = small_transformer(dataset.catalogue, jobs=ROLES)
    every = all_parts(model)
    assert len(every.heads) == 8
    assert "same category" in every.terms
    off = ModelParts(every.heads)
    changes_of = [rank_changes_without(model, dataset, session_of(items), off) for items in ([1, 2, 3], [4, 5, 6, 7])]
    after = [[move.row for move in rank_changes.changes if move.rank_after] for rank_changes in changes_of]
    assert after[0][:10] == after[1][:10]  # the readout alone, whatever the session was
    assert rank_changes_without(model, dataset, session_of([1, 2, 3]), ModelParts()).in_both == 10


def test_an_empty_ablation_changes_no_rank_and_differences_are_paired() -> None:
    dataset = chain_dataset()
    model = small_transformer(dataset.catalogue)
    examples = examples_at_last(dataset.log)
    whole, off = (
        ranks_without(model, dataset, examples, ablation) for ablation in (ModelParts(), ModelParts(((0, 1), (1, 2))))
    )
    assert whole.tolist() == rank(model, dataset, examples).ranks.tolist()
    assert off.tolist() != whole.tolist()
    change = hit_change([whole[:20], whole[20:]], [off[:20], off[20:]])
    assert change.sessions == len(examples)
    assert change.change == pytest.approx(change.after - change.before)
    assert change.change_interval[0] <= change.change <= change.change_interval[1]


def test_ablations_are_written_and_read_for_models_that_have_the_parts() -> None:
    catalogue = catalogue_of()
    model = small_transformer(catalogue, jobs=ROLES)
    off = ModelParts(((0, 1), (1, 3)), ("same category", "opening"))
    assert read_parts(off.write(), model) == off
    assert not read_parts("", model)
    with pytest.raises(BadInput, match=r"no part '9\.9'.*it has 0\.0, 0\.1"):
        read_parts("9.9", model)
    with pytest.raises(BadInput, match="no part 'opening'"):
        read_parts("opening", small_transformer(catalogue))
    with pytest.raises(BadInput, match="none: it has no attention"):
        read_parts("0.1", small_lstm(catalogue))


def test_titles_with_equal_scores_keep_their_positions() -> None:
    catalogue = catalogue_of(16)
    before, after = (
        score_history(PlantedModel(scores), catalogue, session_of([0]), filter_seen=False)
        for scores in ([0.0] * 16, [*[0.0] * 15, 1.0])
    )
    changes_of = compare_rankings(before, after, catalogue)
    assert [(move.row, move.position_before, move.position_after) for move in changes_of.changes] == [
        (15, 0, 1),
        *((row, row + 1, row + 2) for row in range(9)),
        (9, 10, 0),
    ]
    assert [move.status for move in changes_of.changes] == ["new", *["down"] * 9, "gone"]
    assert (changes_of.in_both, changes_of.same_first) == (9, False)
    # 15 alone, then 0 and 1 alike, then the rest: 1 goes up by a position, though its rank was that of 0 before
    apart = score_history(PlantedModel([0.5, 0.6, *[0.0] * 13, 1.0]), catalogue, session_of([0]), filter_seen=False)
    level = score_history(PlantedModel([0.5, 0.5, *[0.0] * 13, 1.0]), catalogue, session_of([0]), filter_seen=False)
    moves = compare_rankings(level, apart, catalogue).changes[:3]
    assert [(move.row, move.rank_before, move.rank_after) for move in moves] == [(15, 1, 1), (1, 2, 2), (0, 2, 3)]
    assert [move.status for move in moves] == ["same", "up", "down"]
    unmoved = compare_rankings(before, before, catalogue)
    assert {move.status for move in unmoved.changes} == {"same"}
    assert (unmoved.in_both, unmoved.same_first) == (10, True)
