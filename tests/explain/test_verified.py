"""Verified explanations of models with a planted answer: confirmed, rejected, warned of, or off the list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from streamrec_core.data.dataset import DataSet
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import add_counterfactual, verify, verify_many
from streamrec_core.explain.verified_record import Verified, VerifySettings
from streamrec_core.models.protocol import SessionModel
from tests.worlds import (
    BagModel,
    CopyModel,
    DeafModel,
    OneHotModel,
    PlantedModel,
    catalogue_of,
    dataset_of,
    log_of,
    planted_maps,
    session_of,
    small_lstm,
    small_transformer,
)

ITEMS, LENGTH = 60, 30
HISTORY = list(range(1, LENGTH + 1))
THREE_BACK = LENGTH - 3


def world(items: int = ITEMS, home: bool = False) -> DataSet:
    return dataset_of(catalogue_of(items, 3, home), log_of([[0, 1]]))


FIRST_ONLY = VerifySettings.parse({"counterfactual": {"k": 1}}, "settings")
"""A planted model scores all other items alike, so that its candidate can fall to rank 2 at most."""


def verify_history(model: SessionModel, history: list[int] = HISTORY, dataset: DataSet | None = None) -> Verified:
    data = dataset or world()
    verified = verify(model, data, explain(model, data, session_of(history)), settings=FIRST_ONLY)
    return add_counterfactual(model, data.catalogue, verified)


def in_words(verified: Verified, *choice: str, items: int = ITEMS, home: bool = False) -> Any:
    return words(verified, catalogue_of(items, 3, home), *choice)


CAUSE, CANDIDATE = HISTORY[THREE_BACK], 50


def caused(maps: np.ndarray[Any, Any] | None = None) -> OneHotModel:
    """A linear model: the title is recommended because of one event, three before the end; else title 20 leads."""
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, 20], weights[CAUSE, CANDIDATE] = 0.01, 5.0
    return OneHotModel(weights, maps)


def looking_at(position: int, length: int = LENGTH) -> np.ndarray[Any, Any]:
    weights = [0.97 if event == position else 0.03 / (length - 1) for event in range(length)]
    return planted_maps([weights])


def test_a_title_recommended_because_of_one_event_is_explained_by_that_event() -> None:
    verified = verify_history(caused(looking_at(THREE_BACK)))
    assert verified.status == "verified"
    assert [checked.reason.positions for checked in verified.named] == [(THREE_BACK,)]
    assert verified.named[0].reason.heads == ((0, 0),)
    assert verified.named[0].reason.named_first
    assert verified.named[0].reason.proposed_by == ("attention", "gradients")
    assert verified.agreement.key == "all agree"
    assert not verified.agreement.warning
    # The category, the last and the first event carry nothing, and so are not even proposed.
    assert verified.rejected == ()
    assert verified.counterfactual is not None
    assert verified.counterfactual.size == 1


def test_an_event_that_matters_only_by_position_depends_on_the_rest() -> None:
    verified = verify_history(CopyModel(ITEMS, back=3, maps=looking_at(THREE_BACK)))
    again = next(checked for checked in verified.rejected if checked.reason.positions == (THREE_BACK,))
    assert again.check.verdict == "depends on the rest"
    assert verified.status == "no reason holds"


def test_what_removal_alone_would_propose_is_not_proposed() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[CAUSE, CANDIDATE] = 5.0
    verified = verify_history(BagModel(weights))  # no attention and no gradients
    assert verified.evidence.removal.effect.argmax() == THREE_BACK
    assert (THREE_BACK,) not in [checked.reason.positions for checked in (*verified.confirmed, *verified.rejected)]


def test_a_history_of_one_event_is_verified() -> None:
    verified = verify_history(caused(), [CAUSE])
    assert (verified.status, [checked.reason.positions for checked in verified.named]) == ("verified", [(0,)])
    assert "in 10 of 10 histories" not in in_words(verified).sentence
    assert in_words(verified).clauses[0].detail == (
        "This title loses probability in 10 of 10 histories with other titles in its place; the rest of the list loses "
        "less."
    )


def test_the_title_is_compared_with_the_other_titles_of_the_list() -> None:
    verified, off = verify_history(caused()), off_list()
    rows = [item.row for item in verified.first_look.recommendations]
    assert (rows[0], verified.case.listed.tolist()) == (CANDIDATE, rows[1:10])
    assert off.case.listed.tolist() == [item.row for item in off.first_look.recommendations[:10]]


def test_a_title_that_is_already_in_the_history_is_said_to_be_recommended_again() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, 20], weights[CAUSE, CANDIDATE] = 0.01, 5.0
    elsewhere = verify_history(OneHotModel(weights), [CANDIDATE, *HISTORY[1:]])  # the cause is another title
    assert (elsewhere.in_history, elsewhere.case.candidate) == (True, CANDIDATE)
    last = " This title is recommended again: it is already in the history."
    assert in_words(elsewhere).sentence == in_words(elsewhere).clauses[0].text + last
    assert in_words(elsewhere, "analyst").sentence.endswith(
        "Recommended again: the candidate is already in the history."
    )
    assert in_words(elsewhere, "regulator").sentence.endswith(last)
    # Where its first occurrence is the reason, the reason says it, and nothing is said twice.
    weights[CAUSE, CANDIDATE], weights[CANDIDATE, CANDIDATE] = 0.0, 5.0
    itself = verify_history(OneHotModel(weights), [CANDIDATE, *HISTORY[1:]])
    assert [checked.reason.kind for checked in itself.named] == ["again"]
    assert in_words(itself).sentence.startswith("This title is recommended again: if it were not already in the")
    for reader in ("viewer", "analyst", "regulator"):
        assert in_words(itself, reader).sentence.lower().count("recommended again") == 1
    # A title that is new, or that is not recommended, is not recommended again.
    assert not verify_history(caused()).in_history
    assert "again" not in in_words(verify_history(caused())).sentence
    data, model = world(), OneHotModel(torch.cat([torch.zeros(ITEMS, 20), torch.eye(ITEMS)[:, 20:]], 1))
    unlisted = verify(model, data, explain(model, data, session_of(HISTORY), candidate=1))
    assert (unlisted.in_history, unlisted.status) == (True, "not on the list")
    assert "again" not in in_words(unlisted).sentence


def test_an_event_before_the_window_of_the_model_counts_as_history() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[CAUSE, CANDIDATE] = 5.0
    data, model = world(), BagModel(weights, max_events=LENGTH)
    history = session_of([CANDIDATE, *HISTORY])
    verified = verify(model, data, explain(model, data, history), history)
    assert CANDIDATE not in verified.case.history.items
    assert in_words(verified).sentence.endswith("This title is recommended again: it is already in the history.")


def off_list() -> Verified:
    """Item 28 speaks for title 50 and item 5 against it, but many events together lift eighteen others above it."""
    weights = torch.zeros(ITEMS, ITEMS)
    weights[10:28, 31:49] = 0.2
    weights[CAUSE, CANDIDATE], weights[5, CANDIDATE] = 2.0, -1.0
    data, model = world(), OneHotModel(weights)
    return verify(model, data, explain(model, data, session_of(HISTORY), candidate=CANDIDATE))


def test_an_unlisted_title_gets_the_strongest_events_for_and_against_it() -> None:
    verified = off_list()
    assert (verified.status, verified.confirmed) == ("not on the list", ())
    assert {checked.check.verdict for checked in verified.rejected if checked.reason.positions == (THREE_BACK,)} == {
        "not on the list"
    }
    assert [(finding.kind, finding.positions) for finding in verified.findings] == [
        ("not listed", ()),
        ("speaks for", (THREE_BACK,)),
        ("speaks against", (4,)),
    ]
    text = in_words(verified)
    rank = verified.evidence.removal.rank
    assert text.sentence.startswith(
        f"This title is not among the first 10: it is at rank {rank}. The title that speaks most for"
    )
    assert "'Title 28': without it" in text.findings[1]
    assert "against it is 'Title 5'" in text.findings[2]
    assert "because" not in text.sentence
    assert "reasons were tested" not in text.sentence
    for reader in ("viewer", "analyst", "regulator"):
        assert str(rank) in in_words(verified, reader).sentence
        assert "'Title 28'" in in_words(verified, reader).findings[1]
    anywhere = VerifySettings.parse({"checks": {"listed_only": False}}, "settings")
    data, model = world(), caused()
    confirmed = verify(model, data, explain(model, data, session_of(HISTORY), candidate=CANDIDATE), settings=anywhere)
    assert confirmed.status == "verified"


def test_attention_on_a_decoy_is_rejected_with_a_warning() -> None:
    model = caused(looking_at(5))
    model.weights[6, CANDIDATE] = 0.02  # it does not speak against the title, only hardly for it
    verified = verify_history(model)
    assert "Title 6" in verified.first_look.sentence
    (decoy,) = verified.first_look_rejected
    assert (decoy.reason.positions, decoy.check.verdict) == ((5,), "too little")
    assert [checked.reason.positions for checked in verified.named] == [(THREE_BACK,)]
    text = in_words(verified)
    assert "Title 6" not in text.sentence
    # Where it does speak against the title, the first look does not name it, and the badge warns.
    warned = verify_history(caused(looking_at(5)))
    assert "Title 6" not in warned.first_look.sentence
    assert (warned.agreement.key, warned.agreement.warning) == ("attention differs", True)
    assert in_words(warned).agreement == "Attention disagrees with removal"
    assert in_words(warned).warning.startswith("Explanation methods disagree")
    assert "Title 6" in text.rejected[[clause.positions for clause in text.rejected].index((5,))].label


def test_a_model_that_ignores_its_history_gets_findings_instead_of_reasons() -> None:
    verified = verify_history(DeafModel(torch.diag(torch.arange(ITEMS) / 4.0)))
    assert (verified.status, verified.confirmed, verified.agreement.key) == ("no reason holds", (), "no effect")
    assert [finding.kind for finding in verified.findings] == ["almost everyone"]
    text = in_words(verified)
    assert "none was confirmed" in text.sentence
    assert "with an empty history it would be at rank 1" in text.sentence
    assert text.clauses == ()
    assert {checked.checked.check.verdict for checked in text.rejected} == {"too little"}
    for clause in in_words(verified, "regulator").rejected:
        assert "Not a reason: after removal the probability stays at " in clause.text
        assert "goes from" not in clause.text


def test_a_model_with_uniform_scores_is_called_unsure() -> None:
    verified = verify_history(
        PlantedModel([-1e-6 * row for row in range(ITEMS)])
    )  # the order is clear, the shares are even
    assert [finding.kind for finding in verified.findings] == ["unsure"]
    assert (
        "gives this title a probability of 1.7%, and its first ten titles together 17%" in in_words(verified).sentence
    )


def test_equal_contributions_give_the_finding_many_a_little() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, CANDIDATE] = 0.12
    others = [item for item in range(45) if item % 3 != CANDIDATE % 3]
    verified = verify_history(BagModel(weights), others)
    assert {checked.check.verdict for checked in verified.rejected} == {"too little"}
    assert "many a little" in [finding.kind for finding in verified.findings]
    assert "Many titles contribute a little" in in_words(verified).sentence


def test_neutral_events_are_never_named() -> None:
    dataset = world(40, home=True)
    weights = torch.zeros(41, 41)
    weights[40, 5], weights[3, 5] = 0.25, 2.0
    history = [40, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 40]
    verified = verify_history(OneHotModel(weights), history, dataset)
    tested = [*verified.confirmed, *verified.rejected]
    assert not {0, 12} & {position for checked in tested for position in checked.reason.positions}
    assert [checked.reason.positions for checked in verified.named] == [(4,)]


@pytest.mark.parametrize("make", [small_lstm, small_transformer])
def test_a_batch_gives_the_same_explanations_as_one_at_a_time(make: Any) -> None:
    dataset = world(12)
    model = make(dataset.catalogue)
    rng = np.random.default_rng(1)
    histories = [session_of(rng.integers(0, 12, length).tolist()) for length in (3, 14, 22)]
    explained = [(explain(model, dataset, history), history) for history in histories]
    together = verify_many(model, dataset, explained)
    for (first, history), batched in zip(explained, together, strict=True):
        alone = verify(model, dataset, first, history)
        assert [(t.reason, t.check.verdict, t.check.trials) for t in (*alone.confirmed, *alone.rejected)] == [
            (t.reason, t.check.verdict, t.check.trials) for t in (*batched.confirmed, *batched.rejected)
        ]
        assert in_words(alone, items=12).sentence == in_words(batched, items=12).sentence
        assert [t.check.effect for t in alone.confirmed] == pytest.approx(
            [t.check.effect for t in batched.confirmed], abs=1e-4
        )


def test_a_model_without_attention_is_explained_by_gradients_and_removal() -> None:
    dataset = world(12)
    verified = verify_history(small_lstm(dataset.catalogue), [*range(12), 3, 5], dataset)
    assert set(verified.evidence.values) == {"value", "integrated_gradients", "gradient_input", "removal"}
    assert verified.agreement.key in ("both agree", "both differ")
    assert all(not checked.reason.heads for checked in (*verified.confirmed, *verified.rejected))
    assert in_words(verified, items=12).sentence


def test_every_reader_is_told_the_same_evidence() -> None:
    verified = verify_history(caused(looking_at(THREE_BACK)))
    check = verified.named[0].check
    assert (
        in_words(verified).sentence
        == f"Without 'Title 28', this title would fall from rank 1 to rank {check.rank_after}."
    )
    for reader in ("viewer", "analyst", "regulator"):
        text = in_words(verified, reader)
        assert (text.clauses[0].positions, text.clauses[0].checked) == ((THREE_BACK,), verified.named[0])
        assert len(text.rejected) == len(verified.rejected)
        assert str(check.rank_after) in text.sentence
    assert len({in_words(verified, reader).sentence for reader in ("viewer", "analyst", "regulator")}) == 3


def test_a_counterfactual_counts_titles_for_people_and_events_for_analysts() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[7, 50] = 3.0
    weights[:, 20] = 0.01
    verified = verify_history(BagModel(weights), [1, 7, *range(2, 7), 7, *range(8, 18)])
    assert verified.counterfactual is not None
    assert verified.counterfactual.positions == (1, 7)
    assert in_words(verified).counterfactual.startswith("Without 'Title 7', this title")
    assert in_words(verified, "analyst").counterfactual.startswith("Counterfactual: without 2 events, 2, 8 ('Title 7')")


def test_thresholds_are_settings_and_unknown_ones_are_refused() -> None:
    strict = VerifySettings.parse({"checks": {"alpha": 1e-9}}, "settings")
    data, model = world(), caused(looking_at(THREE_BACK))
    verified = verify(model, data, explain(model, data, session_of(HISTORY)), settings=strict)
    assert "chance" in {checked.check.verdict for checked in verified.rejected}
    assert verified.confirmed == ()
    with pytest.raises(BadInput, match="checks"):
        VerifySettings.parse({"checks": {"treshold": 0.95}}, "settings")


def test_an_item_that_cannot_be_recommended_cannot_be_verified() -> None:
    data = dataset_of(catalogue_of(12, 3), log_of([[0, 1]]), filter_seen=True)
    model = BagModel(torch.eye(12))
    verified = explain(model, data, session_of([1, 2, 3]))
    with pytest.raises(BadInput, match="cannot be recommended here"):
        verify(model, data, replace(verified, candidate=replace(verified.candidate, row=2, rank=0)))
