"""Verified explanations of models whose right answer is planted: found, refused, caught, or said to be off the list."""

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
from streamrec_core.explain.verified import Verified, VerifySettings, add_counterfactual, verify, verify_many
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


def verified(model: SessionModel, history: list[int] = HISTORY, dataset: DataSet | None = None) -> Verified:
    data = dataset or world()
    found = verify(model, data, explain(model, data, session_of(history)), settings=FIRST_ONLY)
    return add_counterfactual(model, data.catalogue, found)


def said(found: Verified, *choice: str, items: int = ITEMS, home: bool = False) -> Any:
    return words(found, catalogue_of(items, 3, home), *choice)


CAUSE, CANDIDATE = HISTORY[THREE_BACK], 50


def caused(maps: np.ndarray[Any, Any] | None = None) -> OneHotModel:
    """A linear model: the title is recommended because of one event, three before the end; else title 20 leads."""
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, 20], weights[CAUSE, CANDIDATE] = 0.01, 5.0
    return OneHotModel(weights, maps)


def looking_at(position: int, length: int = LENGTH) -> np.ndarray[Any, Any]:
    weights = [0.97 if place == position else 0.03 / (length - 1) for place in range(length)]
    return planted_maps([weights])


def test_a_title_recommended_because_of_one_event_is_explained_by_that_event() -> None:
    found = verified(caused(looking_at(THREE_BACK)))
    assert found.status == "verified"
    assert [one.reason.positions for one in found.named] == [(THREE_BACK,)]
    assert found.named[0].reason.heads == ((0, 0),)
    assert found.named[0].reason.named_first
    assert found.named[0].reason.proposed_by == ("attention", "gradients")
    assert found.agreement.key == "all agree"
    assert not found.agreement.warning
    # The category, the last and the first event carry nothing, and so are not even proposed.
    assert found.rejected == ()
    assert found.counterfactual is not None
    assert found.counterfactual.size == 1


def test_a_place_in_the_history_is_no_reason_since_it_depends_on_the_rest() -> None:
    found = verified(CopyModel(ITEMS, back=3, maps=looking_at(THREE_BACK)))
    again = next(one for one in found.rejected if one.reason.positions == (THREE_BACK,))
    assert again.check.verdict == "depends on the rest"
    assert found.status == "no reason holds"


def test_what_removal_alone_would_propose_is_not_proposed() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[CAUSE, CANDIDATE] = 5.0
    found = verified(BagModel(weights))  # no attention and no gradients
    assert found.evidence.removal.effect.argmax() == THREE_BACK
    assert (THREE_BACK,) not in [one.reason.positions for one in (*found.confirmed, *found.rejected)]


def test_a_history_of_one_event_is_verified() -> None:
    found = verified(caused(), [CAUSE])
    assert (found.status, [one.reason.positions for one in found.named]) == ("verified", [(0,)])
    assert "in 10 of 10 histories" not in said(found).sentence
    assert said(found).clauses[0].detail == (
        "This title loses probability in 10 of 10 histories with other titles in its place; the rest of the list loses "
        "less."
    )
    assert "10 von 10 Verläufen" in said(found, "viewer", "de").clauses[0].detail


def test_a_title_is_held_against_the_nine_others_of_the_list_or_the_ten_it_is_not_among() -> None:
    found, off = verified(caused()), off_list()
    rows = [item.row for item in found.first_look.recommendations]
    assert (rows[0], found.case.listed.tolist()) == (CANDIDATE, rows[1:10])
    assert off.case.listed.tolist() == [item.row for item in off.first_look.recommendations[:10]]


def off_list() -> Verified:
    """Item 28 speaks for title 50 and item 5 against it, but many events together lift eighteen others above it."""
    weights = torch.zeros(ITEMS, ITEMS)
    weights[10:28, 31:49] = 0.2
    weights[CAUSE, CANDIDATE], weights[5, CANDIDATE] = 2.0, -1.0
    data, model = world(), OneHotModel(weights)
    return verify(model, data, explain(model, data, session_of(HISTORY), candidate=CANDIDATE))


def test_of_a_title_that_is_not_on_the_list_what_speaks_for_and_against_it_is_said() -> None:
    found = off_list()
    assert (found.status, found.confirmed) == ("not on the list", ())
    assert {one.check.verdict for one in found.rejected if one.reason.positions == (THREE_BACK,)} == {"not on the list"}
    assert [(finding.kind, finding.positions) for finding in found.findings] == [
        ("not listed", ()),
        ("speaks for", (THREE_BACK,)),
        ("speaks against", (4,)),
    ]
    text = said(found)
    rank = found.evidence.removal.rank
    assert text.sentence.startswith(
        f"This title is not among the first 10: it stands at rank {rank}. What speaks most for"
    )
    assert "'Title 28': without that" in text.findings[1]
    assert "against it is 'Title 5'" in text.findings[2]
    assert "because" not in text.sentence
    assert "reasons were tested" not in text.sentence
    for reader in ("viewer", "analyst", "regulator"):
        german = said(found, reader, "de")
        assert str(rank) in german.sentence
        assert "„Title 28“" in german.findings[1]
    anywhere = VerifySettings.parse({"checks": {"listed_only": False}}, "settings")
    data, model = world(), caused()
    held = verify(model, data, explain(model, data, session_of(HISTORY), candidate=CANDIDATE), settings=anywhere)
    assert held.status == "verified"


def test_attention_on_a_decoy_is_dropped_and_warned_of() -> None:
    model = caused(looking_at(5))
    model.weights[6, CANDIDATE] = 0.02  # it does not speak against the title, only hardly for it
    found = verified(model)
    assert "Title 6" in found.first_look.sentence
    (decoy,) = found.first_look_rejected
    assert (decoy.reason.positions, decoy.check.verdict) == ((5,), "too little")
    assert [one.reason.positions for one in found.named] == [(THREE_BACK,)]
    text = said(found)
    assert "Title 6" not in text.sentence
    # Where it does speak against the title, the first look does not name it, and the badge warns.
    warned = verified(caused(looking_at(5)))
    assert "Title 6" not in warned.first_look.sentence
    assert (warned.agreement.key, warned.agreement.warning) == ("attention differs", True)
    assert said(warned).agreement == "Attention disagrees with removal"
    assert said(warned).warning.startswith("Ways to look into the system disagree")
    assert "Title 6" in text.rejected[[one.positions for one in text.rejected].index((5,))].label


def test_a_model_that_ignores_its_history_gives_no_reason_and_says_what_is_known() -> None:
    found = verified(DeafModel(torch.diag(torch.arange(ITEMS) / 4.0)))
    assert (found.status, found.confirmed, found.agreement.key) == ("no reason holds", (), "no effect")
    assert [finding.kind for finding in found.findings] == ["almost everyone"]
    text = said(found)
    assert "none of them held" in text.sentence
    assert "with an empty history it would stand at rank 1" in text.sentence
    assert text.clauses == ()
    assert {one.checked.check.verdict for one in text.rejected} == {"too little"}


def test_a_model_that_knows_nothing_is_called_unsure_and_not_a_favourite_of_everyone() -> None:
    found = verified(PlantedModel([-1e-6 * row for row in range(ITEMS)]))  # the order is clear, the shares are even
    assert [finding.kind for finding in found.findings] == ["unsure"]
    assert "gives this title 1.7%, and its first ten titles together 17%" in said(found).sentence


def test_where_all_events_count_alike_many_contribute_a_little() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, CANDIDATE] = 0.12
    others = [item for item in range(45) if item % 3 != CANDIDATE % 3]
    found = verified(BagModel(weights), others)
    assert {one.check.verdict for one in found.rejected} == {"too little"}
    assert "many a little" in [finding.kind for finding in found.findings]
    assert "Many titles contribute a little" in said(found).sentence


def test_nothing_is_said_of_neutral_events() -> None:
    dataset = world(40, home=True)
    weights = torch.zeros(41, 41)
    weights[40, 5], weights[3, 5] = 0.25, 2.0
    history = [40, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 40]
    found = verified(OneHotModel(weights), history, dataset)
    tested = [*found.confirmed, *found.rejected]
    assert not {0, 12} & {place for one in tested for place in one.reason.positions}
    assert [one.reason.positions for one in found.named] == [(4,)]


@pytest.mark.parametrize("make", [small_lstm, small_transformer])
def test_a_batch_says_the_same_as_one_at_a_time_and_the_same_every_time(make: Any) -> None:
    dataset = world(12)
    model = make(dataset.catalogue)
    rng = np.random.default_rng(1)
    histories = [session_of(rng.integers(0, 12, length).tolist()) for length in (3, 14, 22)]
    explained = [(explain(model, dataset, history), history) for history in histories]
    together = verify_many(model, dataset, explained)
    for (first, history), one in zip(explained, together, strict=True):
        alone = verify(model, dataset, first, history)
        assert [(t.reason, t.check.verdict, t.check.trials) for t in (*alone.confirmed, *alone.rejected)] == [
            (t.reason, t.check.verdict, t.check.trials) for t in (*one.confirmed, *one.rejected)
        ]
        assert said(alone, items=12).sentence == said(one, items=12).sentence
        assert [t.check.effect for t in alone.confirmed] == pytest.approx(
            [t.check.effect for t in one.confirmed], abs=1e-4
        )


def test_a_model_without_attention_is_explained_by_gradients_and_removal() -> None:
    dataset = world(12)
    found = verified(small_lstm(dataset.catalogue), [*range(12), 3, 5], dataset)
    assert set(found.evidence.values) == {"value", "integrated_gradients", "gradient_input", "removal"}
    assert found.agreement.key in ("both agree", "both differ")
    assert all(not one.reason.heads for one in (*found.confirmed, *found.rejected))
    assert said(found, items=12).sentence


def test_every_reader_and_language_words_the_same_evidence() -> None:
    found = verified(caused(looking_at(THREE_BACK)))
    check = found.named[0].check
    assert said(found).sentence == f"Without 'Title 28', this title would fall from rank 1 to rank {check.rank_after}."
    for reader in ("viewer", "analyst", "regulator"):
        english, german = said(found, reader, "en"), said(found, reader, "de")
        assert english.clauses[0].positions == german.clauses[0].positions == (THREE_BACK,)
        assert english.clauses[0].checked is german.clauses[0].checked
        assert len(english.rejected) == len(german.rejected) == len(found.rejected)
        assert english.sentence != german.sentence
        for text in (english.sentence, german.sentence):
            assert str(check.rank_after) in text
    assert "Ohne" in said(found, "viewer", "de").counterfactual


def test_a_counterfactual_counts_titles_for_people_and_events_for_analysts() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    weights[7, 50] = 3.0
    weights[:, 20] = 0.01
    found = verified(BagModel(weights), [1, 7, *range(2, 7), 7, *range(8, 18)])
    assert found.counterfactual is not None
    assert found.counterfactual.positions == (1, 7)
    assert said(found).counterfactual.startswith("Without 'Title 7', this title")
    assert said(found, "analyst").counterfactual.startswith("Counterfactual: without 2 events, 2, 8 ('Title 7')")


def test_thresholds_are_settings_and_unknown_ones_are_refused() -> None:
    strict = VerifySettings.parse({"checks": {"alpha": 1e-9}}, "settings")
    data, model = world(), caused(looking_at(THREE_BACK))
    found = verify(model, data, explain(model, data, session_of(HISTORY)), settings=strict)
    assert "chance" in {one.check.verdict for one in found.rejected}
    assert found.confirmed == ()
    with pytest.raises(BadInput, match="checks"):
        VerifySettings.parse({"checks": {"treshold": 0.95}}, "settings")


def test_what_cannot_be_recommended_cannot_be_verified() -> None:
    data = dataset_of(catalogue_of(12, 3), log_of([[0, 1]]), filter_seen=True)
    model = BagModel(torch.eye(12))
    found = explain(model, data, session_of([1, 2, 3]))
    with pytest.raises(BadInput, match="cannot be recommended here"):
        verify(model, data, replace(found, candidate=replace(found.candidate, row=2, rank=0)))
