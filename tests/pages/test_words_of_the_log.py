"""Pages on a shop's data set speak of products that were viewed, added to the cart or bought, and of no title."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet, events_hash
from streamrec_core.data.storage import write_dataset
from streamrec_core.data.usual_words import words_of_log
from streamrec_core.models.checkpoint import CARD_FILE, read_card
from tests.pages.conftest import Visit
from tests.pages.explore_visits import matrix
from tests.pages.test_overview import words

SHOP = words_of_log({"view": 90, "addtocart": 9, "bid": 4, "favorite": 3, "transaction": 1}, noun="product")
TITLED = re.compile(r"\b([Tt]itles?|[Ww]atched|[Ss]aved or shared|[Cc]licked)\b")
PAGES = ("overview", "explore", "trust", "debug", "heads", "compare", "dataset")


@pytest.fixture
def shop(world: DataSet, checkpoints: Path) -> DataSet:
    """The small world as a shop: its five engagements have other words, and its models learned these."""
    log = replace(world.log)
    card = world.card.model_copy(update={"words": SHOP})
    catalogue = replace(world.catalogue, titles=tuple(f"Thing {row}" for row in range(len(world.catalogue))))
    hashes = {"catalogue": catalogue.hash, "events": events_hash(log, SHOP)}
    dataset = DataSet(card.model_copy(update={"hashes": hashes}), catalogue, log)
    for path in checkpoints.glob(f"*/{CARD_FILE}"):
        model = read_card(path.parent)
        data = model.data.model_copy(update={f"{name}_hash": digest for name, digest in hashes.items()})
        model.model_copy(update={"words": SHOP, "data": data}).write(path)
    return write_dataset(dataset, data_folder() / "tiny", overwrite=True)


def everything(visitor: AppTest) -> str:
    """What is written on a page, with the labels and helps of its controls."""
    controls = (
        visitor.button,
        visitor.selectbox,
        visitor.text_input,
        visitor.radio,
        visitor.expander,
        visitor.checkbox,
    )
    labels = [text for part in controls for control in part for text in (control.label, getattr(control, "help", ""))]
    frames = [column for frame in visitor.dataframe for column in frame.value.columns]
    return "\n".join([words(visitor), *(str(label) for label in (*labels, *frames) if label)])


@pytest.mark.parametrize("page", PAGES)
def test_no_page_speaks_of_titles_where_there_are_products(page: str, visit: Visit, shop: DataSet) -> None:
    text = everything(visit(f"{page}/page.py"))
    assert "cannot be" not in text
    titled = sorted({match.group() for match in TITLED.finditer(text)})
    assert not titled, [line for line in text.splitlines() if TITLED.search(line)]


def test_explore_shows_each_event_in_the_words_of_the_log(visit: Visit, shop: DataSet) -> None:
    sent = matrix(visit("explore/page.py"))
    assert {event["mark"] for event in sent["events"]} <= set(SHOP.phrases)
    assert "product" in " ".join(sent["without"]["sentences"])
    assert not TITLED.search(" ".join(sent["words"].values()))
