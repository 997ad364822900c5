"""A session longer than the model's window: what is read, what counts as seen, and how events are numbered."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.api import counterfactual
from streamrec_core.attribution.bring_in_record import Addition, BringIn, BringInSettings
from streamrec_core.attribution.case import case_of
from streamrec_core.attribution.removal import remove_each
from streamrec_core.cli.explanation_json import as_plain
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.diagnosis.edits import read_edits, write_edits
from streamrec_core.diagnosis.lifting_edits import edits_that_bring_in
from streamrec_core.diagnosis.whatif import what_if
from streamrec_core.explain.as_json import plain_values
from streamrec_core.explain.first_look import explain_session
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import add_counterfactual, verify
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explain.why_not import bring_in_title, bring_in_words
from streamrec_core.explain.why_not_json import bring_in_as_plain
from tests.worlds import OneHotModel, catalogue_of, dataset_of, log_of, session_of, small_transformer

ITEMS, LENGTH, WINDOW = 60, 40, 20
CATALOGUE = catalogue_of(ITEMS, 3)
SESSION = list(range(LENGTH))
CAUSE, JUST_OUTSIDE, CANDIDATE, TARGET = 37, 19, 50, 59


def world(filter_seen: bool = False) -> DataSet:
    return dataset_of(CATALOGUE, log_of([[*SESSION, TARGET]]), filter_seen=filter_seen)


def model() -> OneHotModel:
    """Item 37 (event 38) speaks for title 50, and item 19, which is just too old to be read, even more so."""
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, 20], weights[CAUSE, CANDIDATE], weights[JUST_OUTSIDE, CANDIDATE] = 0.01, 5.0, 50.0
    return reads(weights)


def reads(weights: torch.Tensor, most: int = WINDOW) -> OneHotModel:
    linear = OneHotModel(weights)
    linear.max_events = most
    return linear


def verified(dataset: DataSet) -> Verified:
    explanation = explain_session(model(), dataset, "s0")
    return add_counterfactual(model(), CATALOGUE, verify(model(), dataset, explanation))


def test_positions_are_those_of_the_session() -> None:
    document = plain_values(verified(world()), CATALOGUE, "analyst")
    read = range(LENGTH - WINDOW, LENGTH)
    assert {event["position"]: event["item_id"] for event in document["evidence"]} == {at: f"i{at}" for at in read}
    assert [reason["positions"] for reason in document["reasons"]] == [[CAUSE]]
    assert document["counterfactual"]["positions"] is None or CAUSE in document["counterfactual"]["positions"]
    for reason in (*document["reasons"], *document["dropped"]):
        assert {f"i{at}" for at in reason["positions"]} == set(reason["items"])


def test_the_first_look_counts_in_the_session_too() -> None:
    transformer = small_transformer(CATALOGUE, max_events=WINDOW)
    document = as_plain(explain_session(transformer, world(), "s0"))
    assert (document["events"], document["first_position"], len(document["attention"])) == (LENGTH, 20, WINDOW)
    for head in document["heads"]:
        assert all(20 <= at < LENGTH for at in head["top_positions"])


def test_sentences_number_events_in_the_session() -> None:
    explained = verified(world())
    assert f"Event {CAUSE + 1}," in " ".join(
        clause.text + clause.detail for clause in words(explained, CATALOGUE, "analyst").clauses
    )
    assert explained.to_pandas()["event"].tolist() == list(range(21, 41))


def test_no_older_event_moves_into_the_place_of_a_removed_one() -> None:
    case = case_of(session_of(SESSION), CANDIDATE, model(), False)
    assert (case.history.start, case.history.items.tolist()) == (20, SESSION[20:])
    (removal,) = remove_each(model(), CATALOGUE, [case])
    assert removal.rank == 1
    assert removal.ranks[CAUSE - 20] > 1  # with item 19 in its place, title 50 would stay first
    assert removal.effect[:5] == pytest.approx([0.0] * 5, abs=0.01)


def test_an_event_that_is_too_old_to_be_read_has_no_effect() -> None:
    outside = what_if(model(), world(), "s0", read_edits("remove.3"))
    assert outside.before.recommendations == outside.after.recommendations


def test_a_what_if_edits_the_session_so_that_an_older_event_is_read() -> None:
    inside = what_if(model(), world(), "s0", read_edits(f"remove.{CAUSE + 1}"))
    assert inside.after.history.items.tolist() == [JUST_OUTSIDE, *range(20, 37), 38, 39]
    assert inside.after.candidate.rank == 1


def test_what_brings_a_title_in_is_numbered_in_the_session_and_a_what_if_gets_the_same_rank() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, 20], weights[:, CANDIDATE], weights[30, CANDIDATE] = 0.01, 0.02, -5.0  # item 30 is event 31
    reader, dataset = reads(weights), world()
    history = dataset.log.session(0).until(-1)
    settings, train = BringInSettings(k=1, most_edits=1), Examples(np.array([0]), np.array([LENGTH]))
    lift = bring_in_title(reader, dataset, history, CANDIDATE, train, settings)
    assert "in place of event 31" in bring_in_words(lift)
    assert bring_in_as_plain(lift, CATALOGUE)["edits"][0]["position"] == 30
    assert lift.to_pandas()["event"].tolist() == [31]
    edits = edits_that_bring_in(lift, CATALOGUE, len(history))
    assert what_if(reader, dataset, "s0", edits, CANDIDATE).after.candidate.rank == lift.rank_after == 1


def test_additions_stand_after_the_last_event_of_the_session_in_their_order() -> None:
    history = session_of(SESSION).last(WINDOW)
    edits = (Addition("add", 41), Addition("swap", 42, 3), Addition("add", 43))
    lift = BringIn("Title 50", 10, 30, edits, history, 4, (), 1, 1, 3, ("41", "42", "43"), history.start)
    written = write_edits(edits_that_bring_in(lift, CATALOGUE, LENGTH))
    assert written == "insert.41.i41.click_replace.24.i42_insert.42.i43.click"


def test_the_title_that_is_called_the_first_is_the_first() -> None:
    dataset = world()
    for most, is_named in ((LENGTH, True), (WINDOW, False)):
        weights = torch.zeros(ITEMS, ITEMS)
        weights[:, 20], weights[LENGTH - most, CANDIDATE] = 0.01, 5.0  # the oldest event that is read is the cause
        linear = reads(weights, most)
        checked = verify(linear, dataset, explain_session(linear, dataset, "s0"))
        tested = [test.reason for test in (*checked.confirmed, *checked.rejected)]
        assert any("opening" in (reason.kind, *reason.also) for reason in tested) is is_named


def test_a_counterfactual_never_recommends_what_was_seen_before_the_window() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[CAUSE, CANDIDATE], weights[CAUSE + 1, 2], weights[:, 51] = 3.0, 2.0, 1e-3
    reader = reads(weights)
    dataset = world(filter_seen=True)
    explanation = explain_session(reader, dataset, "s0")
    assert explanation.candidate.row == CANDIDATE
    answer = counterfactual(reader, dataset, explanation, k=1)
    assert answer.positions is not None
    assert answer.instead == (51,)
    assert answer.to_pandas()["event"].tolist() == [CAUSE + 1]
    assert verify(reader, dataset, explanation).case.excluded.tolist() == SESSION
