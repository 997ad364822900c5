"""Sentences in the words of a log: no cart is saved, no product watched, no title where there are products."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from streamrec_core.data.engagement import LogWords
from streamrec_core.data.nouns import in_noun
from streamrec_core.data.usual_words import words_of_log
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.messages import READERS, messages
from streamrec_core.explain.sentences import cannot_be_recommended, words
from streamrec_core.explain.verified import verify
from tests.worlds import OneHotModel, catalogue_of, dataset_of, log_of, session_of

ITEMS, LENGTH = 60, 30
HISTORY = list(range(1, LENGTH + 1))
CAUSE, CANDIDATE = LENGTH - 3, 50
SHOP = words_of_log({"view": 90, "addtocart": 9, "transaction": 3}, noun="product")
TITLED = re.compile(r"\b([Tt]itles?|[Ww]atched|[Ss]aved|[Ss]hared)\b")


def sentences(log_words: LogWords, mark: int, reader: str = "viewer") -> str:
    """All that is said where one strong engagement is the reason."""
    weights = torch.zeros(ITEMS, ITEMS)
    weights[:, 20], weights[HISTORY[CAUSE], CANDIDATE] = 0.01, 5.0
    model = OneHotModel(weights, None)
    catalogue = replace(catalogue_of(ITEMS, 3), titles=tuple(f"Thing {row}" for row in range(ITEMS)))
    dataset = dataset_of(catalogue, log_of([[0, 1]]), words=log_words)
    marks = [mark if at == CAUSE else 0 for at in range(LENGTH)]
    verified = verify(model, dataset, explain(model, dataset, session_of(HISTORY, marks)))
    written = words(verified, dataset.catalogue, reader)
    return " ".join([written.sentence, *(f"{clause.label} {clause.detail}" for clause in written.clauses)])


@pytest.mark.parametrize(
    ("mark", "phrase"), [(1, "which was added to the cart, this product"), (2, "which was bought, this product")]
)
def test_the_reason_is_said_in_the_words_of_the_log(mark: int, phrase: str) -> None:
    text = sentences(SHOP, mark)
    assert phrase in text
    assert "with other products in its place" in text
    assert not TITLED.search(text)


def test_the_words_of_streamrec_stay() -> None:
    assert "which was saved or shared, this title" in sentences(LogWords(), 4)
    assert "Saved or shared: 'Thing 28'" in sentences(LogWords(), 3)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("noun", ["product", "article", "track", "item"])
def test_no_message_speaks_of_titles_where_items_are_called_something_else(reader: str, noun: str) -> None:
    for path, _ in messages().flat():
        text = in_noun(messages().raw(path), noun)
        assert not TITLED.search(re.sub(r"\{\w+\}", "", text)), path
    assert not TITLED.search(cannot_be_recommended(reader, noun))
    assert not re.search(
        r"\ba [aeiou]", " ".join(in_noun(messages().raw(path), "article") for path, _ in messages().flat())
    )


def test_placeholders_and_ids_of_figures_stay() -> None:
    text = "A title, {titles} and {title}: [[purpose/titles]] titles watched, watched to the end."
    assert in_noun(text, "track") == (
        "A track, {titles} and {title}: [[purpose/titles]] tracks played, watched to the end."
    )
    assert in_noun("Based on your viewing history, your recent viewing of '{title}'.", "track") == (
        "Based on your listening history, your recent listening to '{title}'."
    )
