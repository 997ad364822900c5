"""Sentences in the words of a log: no cart is saved, no product watched, no title where there are products."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from streamrec_core.data.engagement import WORDS, LogWords
from streamrec_core.data.nouns import in_log_words, in_noun
from streamrec_core.data.usual_words import words_of_log
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.first_look_phrases import CARDS, PHRASES, sentence
from streamrec_core.explain.messages import READERS, messages
from streamrec_core.explain.parameters import FOLLOWERS_AGAINST, FOLLOWERS_WORDS
from streamrec_core.explain.parameters import TITLES as TERM_TITLES
from streamrec_core.explain.sentences import cannot_be_recommended, words
from streamrec_core.explain.verified import verify
from streamrec_core.report.document import Document, Figure, Row, Section, Table
from streamrec_core.report.nouns import document_in_words
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


RATINGS = WORDS["ratings"]
BOUGHT = words_of_log({"purchase": 9}, noun="product")
CARTS = words_of_log({"addtocart": 9, "transaction": 3}, noun="product")


@pytest.mark.parametrize(
    ("log_words", "recency", "card", "none"),
    [
        (LogWords(), "your recent viewing of", "Because you recently watched", "Based on your viewing history."),
        (SHOP, "your recent viewing of", "Because you recently viewed", "Based on your browsing history."),
        (RATINGS, "your recent rating of", "Because you recently rated", "Based on your rating history."),
        (BOUGHT, "your recent purchase of", "Because you recently bought", "Based on your purchase history."),
        (CARTS, "your recent choice of", "Because you recently chose", "Based on your selection history."),
    ],
)
def test_a_first_look_says_what_the_log_records(log_words: LogWords, recency: str, card: str, none: str) -> None:
    assert in_log_words(PHRASES["recency"], log_words).startswith(recency)
    assert in_log_words(CARDS["recency"], log_words).startswith(card)
    assert sentence([], log_words) == none


def test_a_first_look_at_ratings_speaks_of_ratings_and_of_no_viewing() -> None:
    weights = torch.zeros(ITEMS, ITEMS)
    catalogue = replace(catalogue_of(ITEMS, 3), titles=tuple(f"Thing {row}" for row in range(ITEMS)))
    for log_words, phrase in ((RATINGS, "your rating of 'Thing 5'"), (LogWords(), "your engagement with 'Thing 5'")):
        dataset = dataset_of(catalogue, log_of([[0, 1]]), words=log_words)
        assert in_log_words(PHRASES["focused"], dataset.catalogue.words).format(title="Thing 5") == phrase
        first = explain(OneHotModel(weights, None), dataset, session_of(HISTORY, [0] * LENGTH))
        assert ("rating" in first.sentence) == (log_words == RATINGS)


@pytest.mark.parametrize("reader", READERS)
def test_no_message_on_ratings_speaks_of_engagement_or_viewing(reader: str) -> None:
    for path, _ in messages().flat():
        text = re.sub(r"\{\w+\}", "", in_log_words(messages().raw(path), RATINGS))
        assert not re.search(r"\b([Ee]ngagements?|[Ww]atched|viewing|an rating)\b", text), path
    texts = [in_log_words(text, RATINGS) for text in (*TERM_TITLES.values(), FOLLOWERS_WORDS, FOLLOWERS_AGAINST)]
    assert not re.search(r"[Ee]ngagement|watched", " ".join(texts))
    assert in_log_words("the strongest engagement counts twice as much as the weakest", RATINGS) == (
        "the highest rating counts twice as much as the lowest"
    )
    assert in_log_words("{engaged} [[parameters/engagement]]", RATINGS) == "{engaged} [[parameters/engagement]]"


def test_a_report_on_ratings_keeps_the_ids_of_its_figures() -> None:
    row = Row(label="Repeats of a title", cells=("data/repeats of a title", "a title"))
    table = Table(id="data", title="Titles", columns=("", "Engagement"), rows=(row,))
    figure = Figure(id="data/repeats of a title", label="a title watched", value=1, unit="count")
    section = Section(key="data", title="", question="", says=("[[data/repeats of a title]] titles",), tables=(table,))
    document = Document.model_construct(summary=(), answers=(), cases=(), sections=(section,), figures=(figure,))
    for log_words, noun, seen in ((SHOP, "product", "viewed"), (RATINGS, "title", "rated")):
        written = document_in_words(document, log_words)
        (shown,) = written.sections
        assert shown.tables[0].rows[0].cells == ("data/repeats of a title", f"a {noun}")
        assert shown.says == (f"[[data/repeats of a title]] {noun}s",)
        assert written.figures[0].label == f"a {noun} {seen}"
