"""Contrastive explanations of a linear model whose log-odds are known; words of changes; agreement of many examples."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamrec_core.attribution.single_change import Change
from streamrec_core.data.engagement import WORDS
from streamrec_core.errors import BadInput
from streamrec_core.explain.changes import change_words
from streamrec_core.explain.contrast import contrast, contrast_words
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.messages import READERS
from streamrec_core.explain.verified import example_agreements, verify, verify_examples
from streamrec_core.explain.verified_record import Verified
from tests.worlds import (
    OneHotModel,
    catalogue_of,
    dataset_of,
    examples_at_last,
    log_of,
    session_of,
    small_transformer,
)

DATA = dataset_of(catalogue_of(12, 3), log_of([[0, 1]]))
CATALOGUE = DATA.catalogue


def rivals() -> tuple[OneHotModel, Verified]:
    """Item 0 says 2 for item 8, item 1 says 1.5 for item 9, item 2 says 0.5 for both; item 3 says nothing."""
    weights = torch.zeros(12, 12)
    weights[0, 8], weights[1, 9] = 2.0, 1.5
    weights[2, 8] = weights[2, 9] = 0.5
    model = OneHotModel(weights)
    return model, verify(model, DATA, explain(model, DATA, session_of([0, 1, 2, 3]), candidate=8))


def test_every_method_gives_a_linear_model_its_weights_over_the_other_item() -> None:
    model, verified = rivals()
    comparison = contrast(model, CATALOGUE, verified, 9)
    assert comparison.log_odds == pytest.approx(0.5, abs=1e-5)
    for method in ("integrated_gradients", "gradient_input", "removal"):
        np.testing.assert_allclose(comparison.evidence.values[method], [2.0, -1.5, 0.0, 0.0], atol=1e-4)
    assert (comparison.speaks_for, comparison.speaks_against) == (0, 1)


def test_contrast_words_name_both_sides_with_the_odds_without_them() -> None:
    model, verified = rivals()
    lead, speaks_for, against = contrast_words(contrast(model, CATALOGUE, verified, 9), CATALOGUE)
    assert lead == "This title is 1.6 times as likely as 'Title 9'."
    assert speaks_for == (
        "The title that speaks most for this one is 'Title 0': without it, this title would be 0.22 times as likely as "
        "'Title 9'."
    )
    assert "'Title 1': without it, this title would be 7.4 times as likely as 'Title 9'." in against
    lead, *_ = contrast_words(contrast(model, CATALOGUE, verified, 9), CATALOGUE, "analyst")
    assert lead == "Log-odds +0.50 against 'Title 9', or 1.6 to 1."


def test_a_foil_that_no_event_affects_is_decided_by_no_title() -> None:
    weights = torch.zeros(12, 12)
    model = OneHotModel(weights)
    verified = verify(model, DATA, explain(model, DATA, session_of([0, 1, 2, 3]), candidate=8))
    comparison = contrast(model, CATALOGUE, verified, 9)
    assert (comparison.speaks_for, comparison.speaks_against) == (None, None)
    assert contrast_words(comparison, CATALOGUE)[1:] == ["No single title in the history decides between the two."]
    assert contrast_words(comparison, CATALOGUE, "regulator")[1:] == [
        "No single title in the history changes the ratio of the two by 5 points or more."
    ]


def test_an_item_cannot_be_its_own_foil() -> None:
    model, verified = rivals()
    with pytest.raises(BadInput, match="compared with itself"):
        contrast(model, CATALOGUE, verified, 8)


HISTORY = session_of([3, 5], [3, 0])
SAVED = Change("engagement", 10, 1, (0,), 0, HISTORY, 14, (7, 8), 3, 8)
SWAPPED = Change("order", 10, 1, (0, 1), None, HISTORY, 14, (7, 8), 1, 1)
NONE = Change("order", 10, 1, None, None, HISTORY, 4, (), 0, 1)


def test_change_words_name_the_titles_and_the_new_first_title() -> None:
    assert change_words(SAVED, HISTORY, CATALOGUE) == (
        "If 'Title 3' had been clicked instead of saved, this title would not be among the first 10; 'Title 7' would "
        "come first."
    )
    rated = CATALOGUE.with_words(WORDS["ratings"])
    assert "rated 1 of 5 instead of rated 4 of 5" in change_words(SAVED, HISTORY, rated)
    assert "'Title 3' and 'Title 5'" in change_words(SWAPPED, HISTORY, CATALOGUE)
    assert change_words(NONE, HISTORY, CATALOGUE) == "No swap of two titles takes this title out of the first 10."


@pytest.mark.parametrize("reader", READERS)
def test_every_placeholder_is_filled_for_each_reader(reader: str) -> None:
    model, verified = rivals()
    comparison = contrast(model, CATALOGUE, verified, 9)
    sentences = contrast_words(comparison, CATALOGUE, reader)
    sentences += [change_words(change, HISTORY, CATALOGUE, reader) for change in (SAVED, SWAPPED, NONE)]
    assert len(sentences) == 6
    assert not [text for text in sentences if "{" in text or "}" in text or not text.endswith(".")]


def test_example_agreements_equal_those_of_verified_explanations() -> None:
    log = log_of([[at % 12, (at + 3) % 12, (at * 5) % 12, (at + 1) % 12, 2] for at in range(6)])
    data, model = dataset_of(CATALOGUE, log), small_transformer(CATALOGUE)
    examples = examples_at_last(log)
    expected = [agreement.agreement for agreement in verify_examples(model, data, examples)]
    agreements = example_agreements(model, data, examples)
    assert [agreement.key for agreement in agreements] == [agreement.key for agreement in expected]
    assert [agreement.warning for agreement in agreements] == [agreement.warning for agreement in expected]
