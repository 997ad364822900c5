"""Engagement words of any log: kept as they are, in order of strength, with how each is said; and nouns."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrec_core.data.browse.sessions import SORTS, SessionFilter, find_sessions, sort_label
from streamrec_core.data.browse.tables import open_tables
from streamrec_core.data.dataset import DataSet, DataSetCard
from streamrec_core.data.describe import describe
from streamrec_core.data.engagement import ENGAGEMENTS, STREAMREC_WORDS, LogWords
from streamrec_core.data.history import compact, from_compact, parse_history
from streamrec_core.data.importers.again import import_again
from streamrec_core.data.importers.imported import save
from streamrec_core.data.importers.table import TableSettings, import_table
from streamrec_core.data.storage import read_dataset
from streamrec_core.data.usual_words import guess_noun, mapped_type, words_of_log
from streamrec_core.diagnosis.edits import Edit, apply_edits, edit_in_words, read_edits, write_edits
from streamrec_core.errors import BadInput

CASES = Path(__file__).parent / "cases"
RETAILROCKET = {
    "user_column": "visitorid",
    "item_column": "itemid",
    "time_column": "timestamp",
    "engagement_column": "event",
    "gap_minutes": 30,
}


def shop(folder: Path, **values: object) -> DataSet:
    imported = import_table(CASES / "events_retailrocket.csv", TableSettings.parse({**RETAILROCKET, **values}, "o"))
    return save(imported, folder / "shop")


def log_of(folder: Path, *marks: str) -> Path:
    path = folder / "log.csv"
    rows = "".join(f"s{at // 4},{at % 3},{mark}\n" for at, mark in enumerate(marks))
    path.write_text(f"session,item,how\n{rows}", encoding="utf-8")
    return path


def words_in(path: Path, **values: object) -> LogWords:
    columns = {"session_column": "session", "item_column": "item", "engagement_column": "how"}
    imported = import_table(path, TableSettings.parse({**columns, **values}, "o"))
    return DataSetCard.parse({**imported.card, "counts": dict.fromkeys(COUNTS, 0), "hashes": {}}, "card").log_words


SORT = next(iter(SORTS))
COUNTS = ("sessions", "events", "items", "categories")


def test_a_shop_log_keeps_its_words_on_the_card_and_on_disk(tmp_path: Path) -> None:
    dataset = shop(tmp_path)
    words = read_dataset(tmp_path / "shop").catalogue.words
    assert words == dataset.card.words
    assert words.engagements == ("view", "addtocart", "transaction")
    assert words.phrases == ("viewed", "added to the cart", "bought")
    assert (words.strong, words.noun) == (1, "product")
    marks = dataset.log.engagements.tolist()
    assert [marks.count(code) for code in range(3)] == [309, 43, 10]
    assert dataset.to_pandas()["engagement"].value_counts().to_dict() == {
        "view": 309,
        "addtocart": 43,
        "transaction": 10,
    }
    assert describe(dataset).engagement_shares["transaction"] == pytest.approx(10 / 362)


def test_words_of_otto_are_kept(tmp_path: Path) -> None:
    columns = {"session_column": "session", "item_column": "events.aid", "time_column": "events.ts"}
    settings = TableSettings.parse({**columns, "engagement_column": "events.type"}, "o")
    words = save(import_table(CASES / "otto.jsonl", settings), tmp_path / "otto").catalogue.words
    assert words.engagements == ("clicks", "carts", "orders")
    assert words.phrases == ("clicked", "added to the cart", "ordered")
    assert words.noun == "product"


def test_sessions_are_found_by_a_word_of_the_log(tmp_path: Path) -> None:
    dataset = shop(tmp_path)
    page = find_sessions(open_tables(tmp_path / "shop"), SessionFilter(engagement="transaction"), SORT)
    with_it = {int(row) for row in range(len(dataset.log)) if (dataset.log.session(row).engagements == 2).any()}
    assert page.total == len(with_it) > 0
    strongest = find_sessions(open_tables(tmp_path / "shop"), SessionFilter(), "most saves first").sessions[0]
    carts = [event.engagement for event in strongest.events].count(1)
    assert carts == max((dataset.log.session(row).engagements == 1).sum() for row in range(len(dataset.log)))
    assert sort_label("most saves first", dataset.catalogue.words) == "most added to the cart first"
    with pytest.raises(BadInput, match="unknown engagement 'save'; choose one of view, addtocart, transaction"):
        find_sessions(open_tables(tmp_path / "shop"), SessionFilter(engagement="save"), SORT)


@pytest.mark.parametrize("word", ["length", "session_id", "Items"])
def test_a_word_that_is_the_name_of_a_column_is_kept_apart(word: str, tmp_path: Path) -> None:
    path = log_of(tmp_path, *["view", word] * 8)
    columns = {"session_column": "session", "item_column": "item", "engagement_column": "how"}
    save(import_table(path, TableSettings.parse(columns, "o")), tmp_path / "odd")
    assert find_sessions(open_tables(tmp_path / "odd"), SessionFilter(engagement=word), SORT).total == 4


def test_a_log_of_the_five_types_and_a_mapped_log_have_streamrec_s_words(tmp_path: Path) -> None:
    assert words_in(log_of(tmp_path, *["click", "Full view"] * 4), noun="title") == STREAMREC_WORDS
    mapping = {"view": "partial_view", "buy": "share"}
    assert words_in(log_of(tmp_path, *["view", "buy"] * 4), engagement_map=mapping, noun="title") == STREAMREC_WORDS


def test_order_and_phrases_can_be_given(tmp_path: Path) -> None:
    path = log_of(tmp_path, *["buy", "look", "ask"] * 4)
    words = words_in(path, engagement_words={"buy": "", "look": "looked at", "ask": "asked about"}, noun="car")
    assert words.engagements == ("buy", "look", "ask")
    assert words.phrases == ("bought", "looked at", "asked about")
    assert words.noun == "car"
    with pytest.raises(BadInput, match="not both"):
        words_in(path, engagement_words={"buy": ""}, engagement_map={"buy": "share"})


def test_the_same_codes_of_other_words_are_other_events(tmp_path: Path) -> None:
    first, second = ({"session_column": "session", "item_column": "item", "engagement_column": "how"} for _ in range(2))
    hashes = []
    for number, (marks, columns) in enumerate(((["view", "buy"], first), (["click", "order"], second))):
        (tmp_path / str(number)).mkdir()
        path = log_of(tmp_path / str(number), *marks * 4)
        dataset = save(import_table(path, TableSettings.parse(columns, "o")), tmp_path / f"set{number}")
        hashes.append((dataset.log.hash(), dataset.card.hashes["events"]))
    assert hashes[0][0] == hashes[1][0]
    assert hashes[0][1] != hashes[1][1]


def test_spellings_of_a_word_are_one_and_an_unusual_word_stands_in_the_middle() -> None:
    words = words_of_log({"View": 5, "view": 9, "page": 4, "purchase": 2})
    assert words.engagements == ("view", "page", "purchase")
    assert words.phrases[1] == "marked 'page'"


def test_a_column_of_anything_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has 40 different words .*more than 30; choose another column, or none"):
        words_in(log_of(tmp_path, *[f"w{number}" for number in range(40)]))
    with pytest.raises(BadInput, match="line 3: no engagement"):
        words_in(log_of(tmp_path, "view", "", "buy", "view"))


def test_every_word_of_a_usual_shop_or_service_has_a_phrase_and_a_default_type() -> None:
    usual = {
        "view": "partial_view",
        "click": "click",
        "clicks": "click",
        "addtocart": "save",
        "cart": "save",
        "carts": "save",
        "purchase": "share",
        "transaction": "share",
        "order": "share",
        "orders": "share",
        "play": "full_view",
    }
    assert {word: mapped_type(word) for word in usual} == usual
    assert not any("marked" in phrase for phrase in words_of_log(dict.fromkeys(usual, 1)).phrases)
    assert all(mapped_type(word) == word for word in ENGAGEMENTS)


def test_links_and_edits_carry_any_word(tmp_path: Path) -> None:
    catalogue = shop(tmp_path).catalogue
    odd = catalogue.with_words(words_of_log({"view": 3, "Add to.cart=1;x_y": 1}))
    session = parse_history(f"{odd.item_ids[0]};{odd.item_ids[1]}=view", odd)
    engaged = read_edits(write_edits([Edit("engage", 1, engagement="Add to.cart=1;x_y")]))
    changed = apply_edits(session, engaged, odd)
    assert changed.engagements.tolist() == [1, 0]
    assert from_compact(compact(changed, odd), odd).engagements.tolist() == [1, 0]
    assert edit_in_words(Edit("engage", 1, engagement="transaction"), catalogue) == "event 1 set to “bought”"
    with pytest.raises(BadInput, match=r"edit 1 \(engage\): unknown engagement 'loved'; known are view, addtocart"):
        apply_edits(session, read_edits("engage.1.loved"), catalogue)


def test_an_import_is_repeated_with_the_same_words(tmp_path: Path) -> None:
    dataset = shop(tmp_path, engagement_words={"view": "seen", "addtocart": "", "transaction": ""}, noun="gadget")
    assert dataset.card.importing is not None
    assert "--engagement-words view=seen" in dataset.card.importing.command
    assert import_again(dataset.card).card["words"] == dataset.card.words


@pytest.mark.parametrize(
    ("columns", "phrases", "noun"),
    [
        (["itemid"], ["viewed", "added to the cart"], "product"),
        (["product_id"], [], "product"),
        (["parent_asin"], [], "product"),
        (["track_name"], ["played"], "track"),
        (["article_id"], [], "article"),
        (["article_id", "customer_id"], [], "product"),
        (["news_id"], [], "article"),
        (["article_id"], ["bought"], "product"),
        (["item"], ["clicked"], "item"),
        (["movieId"], [], "title"),
        (["item", "title"], [], "title"),
        (["item", "title"], ["bought"], "product"),
    ],
)
def test_the_noun_is_guessed(columns: list[str], phrases: list[str], noun: str) -> None:
    assert guess_noun(columns, phrases) == noun
