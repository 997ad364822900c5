"""Why not on the Debug page: by link, by search, with a filter, and for what cannot be ranked."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from streamrec_core.config import data_folder
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.flagged_cases import flagged_cases
from streamrec_core.diagnosis.whatif import history_of
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.explain.why_not import bring_in_title, bring_in_words, why_not
from tests.pages.conftest import Visit
from tests.pages.test_debug import PAGE, click, model_of, subheaders
from tests.pages.test_overview import words
from tests.pages.tiny_world import HOSTILE

SESSION = "s3"


def open_why_not(visit: Visit, **link: str) -> AppTest:
    return visit(PAGE, section="why-not", session=SESSION, **link)


def order_of(world: DataSet, model: str = "a-transformer") -> list[int]:
    history = history_of(world, SESSION)[0]
    ranked = score_history(model_of(world, model), world.catalogue, history, world.card.filter_seen)
    return [int(row) for row in ranked.order]


def plain_words(visitor: AppTest) -> str:
    return words(visitor).replace("\\", "")


def test_a_title_that_others_beat_gets_its_rank_and_what_would_lift_it(visit: Visit, world: DataSet) -> None:
    model, history, last = model_of(world), history_of(world, SESSION)[0], order_of(world)[-1]
    visitor = open_why_not(visit, item=world.catalogue.item_ids[last])
    answer = why_not(model, world, history, last)
    assert answer.cause == "ranked lower"
    assert f"ranks it {len(order_of(world))} of" in answer.text
    assert answer.text in plain_words(visitor)
    lift = bring_in_title(model, world, history, last, split(world).train)
    assert bring_in_words(lift, world.catalogue.words.noun) in plain_words(visitor)
    assert f"{lift.tried:,} changed histories" in words(visitor)
    links = [link.proto.query_string for link in visitor.get("page_link")]
    assert any("section=what-if" in link and "edits=" in link for link in links) == (lift.edits is not None)
    assert "Covers the model alone" in words(visitor)


def test_without_a_title_the_one_that_came_next_is_explained_and_another_is_found_by_its_words(
    visit: Visit, world: DataSet
) -> None:
    visitor, target = open_why_not(visit), history_of(world, SESSION)[1]
    assert "came next in this session" in words(visitor)
    assert why_not(model_of(world), world, history_of(world, SESSION)[0], target).text in plain_words(visitor)
    row = order_of(world)[-1]
    title = world.catalogue.titles[row]
    visitor.text_input(key="search_item").set_value(title).run()
    visitor.button(key=f"item-{row}").click().run()
    assert visitor.query_params["item"] in (world.catalogue.item_ids[row], [world.catalogue.item_ids[row]])
    assert visitor.text_input(key="search_item").value == ""
    assert "came next in this session" not in words(visitor)


def test_a_filter_in_the_folder_of_the_data_set_is_named(visit: Visit, world: DataSet) -> None:
    first = order_of(world)[0]
    item = world.catalogue.item_ids[first]
    file = data_folder() / "tiny" / "filters.csv"
    file.write_text(f"session,item,reason,stage\n{SESSION},{item},seen on television,rule\n,nothing,gone,\n")
    visitor = open_why_not(visit, item=item)
    assert 'rule removed it ("seen on television")' in plain_words(visitor)
    assert "2 records; 1 of them name items" in words(visitor)
    assert not [link for link in visitor.get("page_link") if "edits=" in link.proto.query_string]
    file.write_text("title,reason\nX,gone\n")
    assert "has no column" in words(open_why_not(visit, item=item))


def test_what_the_link_names_wrongly_is_said(visit: Visit) -> None:
    visitor = open_why_not(visit, item="no-such-item")
    assert "is not available for" in words(visitor)
    assert "item" not in visitor.query_params
    assert "came next in this session" in words(visitor)
    assert "no session" in words(visit(PAGE, section="why-not", session="s9999")).lower()


def test_a_title_on_the_list_has_nothing_to_lift_and_a_model_without_attention_answers_too(
    visit: Visit, world: DataSet
) -> None:
    visitor = open_why_not(visit, item=world.catalogue.item_ids[order_of(world)[0]])
    assert "something behind the model removed it" in words(visitor)
    assert "changed histories" not in words(visitor)
    last = order_of(world, "b-lstm")[-1]
    assert "ranks it" in words(open_why_not(visit, model="b-lstm", item=world.catalogue.item_ids[last]))


def test_it_is_opened_from_a_miss_and_flagged_with_its_title(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    click(visitor, "Why not shown?")
    assert visitor.query_params["section"] in ("why-not", ["why-not"])
    item = world.catalogue.item_ids[order_of(world)[-1]]
    visitor = open_why_not(visit, item=item)
    click(visitor, "Add to list")
    (case,) = flagged_cases()
    assert (case.kind, case.link["item"], case.link["section"]) == ("why not", item, "why-not")


def test_hostile_titles_and_reasons_stay_text(visit: Visit, world: DataSet) -> None:
    raw = [title for title in HOSTILE if title != "# Heading\n- list"]
    (data_folder() / "tiny" / "filters.csv").write_text("item,reason\ni0,**bold** <script>alert(1)</script>\n")
    for row in range(3):
        visitor = open_why_not(visit, item=world.catalogue.item_ids[row])
        shown = [e.value for part in (visitor.subheader, visitor.markdown, visitor.caption) for e in part]
        assert not [(title, text) for title in (*raw, "**bold** <script>") for text in shown if title in text]
        assert len(subheaders(visitor)) == 1
