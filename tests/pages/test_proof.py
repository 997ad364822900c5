"""The proof on Explore, held to the core: words, bars, what would change the answer, second titles, other models."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore import cached
from pages.explore.proof.claims import Sheet, take_clause
from streamrec_core.attribution.disagreement import disagreements, shares
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.whatif import what_if
from streamrec_core.explain.contrast import contrast
from streamrec_core.explain.sentences import words as in_words
from streamrec_core.explain.verified import Verified, add_counterfactual, example_agreements, verify
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.test_explore import drawer, expected, press, sent
from tests.pages.test_overview import words

PAGE = "explore/page.py"
SESSION = "s3"


def model_of(world: DataSet, name: str = "a-transformer") -> Any:
    return load_checkpoint(list_checkpoints()[name], world.catalogue)


def verified(world: DataSet, session: str = SESSION, name: str = "a-transformer", item: int | None = None) -> Verified:
    return verify(model_of(world, name), world, expected(world, session, item, name))


def claims(visitor: AppTest) -> dict[str, Any]:
    """What the checked sentences were sent as."""
    return next(one for one in sent(visitor, "claims") if not one["stamp"].startswith("counterfactual"))


def bars(visitor: AppTest) -> dict[str, Any]:
    return sent(visitor, "evidence")[0]


def asked(visitor: AppTest, name: str) -> str:
    """What stands in the link, of which Streamlit's test makes a list at times."""
    value = visitor.query_params[name]
    return value if isinstance(value, str) else value[0]


def links(visitor: AppTest) -> list[dict[str, list[str]]]:
    """Query strings of the ways to the Debug page."""
    found = [element.proto for element in visitor.get("page_link")]
    return [parse_qs(link.query_string) for link in found if link.query_string]


def test_each_event_has_its_share_by_every_method_and_disputes_are_marked(visit: Visit, world: DataSet) -> None:
    told, found = bars(visit(PAGE, session=SESSION)), verified(world)
    values = {name: found.evidence.values[name] for name in ("attention", "integrated_gradients", "removal")}
    assert [method["name"] for method in told["methods"]] == ["Attention", "Gradients", "Removal"]
    drawn = np.array([event["shares"] for event in told["events"]]).T
    for line, figures in zip(drawn, values.values(), strict=True):
        np.testing.assert_allclose(line, shares(figures), atol=1e-3)
    marked = [(at, len(event["disputes"])) for at, event in enumerate(told["events"]) if event["disputes"]]
    counted = [dispute.position for dispute in disagreements(values)]
    assert marked == [(at, counted.count(at)) for at in sorted(set(counted))]
    assert [event["item"] for event in told["events"]] == found.case.history.items.tolist()


def test_every_sentence_comes_with_its_events_and_figures(visit: Visit, world: DataSet) -> None:
    told, found = claims(visit(PAGE, session=SESSION)), in_words(verified(world), world.catalogue)
    for drawn, real in ((told["clauses"], found.clauses), (told["dropped"], found.rejected)):
        assert [one["text"] for one in drawn] == [one.text for one in real]
        assert [one["positions"] for one in drawn] == [list(one.positions) for one in real]
        for one, clause in zip(drawn, real, strict=True):
            figures, check = dict(one["figures"]), clause.checked.check
            assert figures["Rank"] == f"{check.rank_before} → {check.rank_after}"
            assert figures["Events"] == ", ".join(str(at + 1) for at in check.positions)
    assert told["lead"] == ([] if found.clauses else [found.sentence])


def test_reader_and_language_stand_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session=SESSION, reader="regulator", language="de")
    found = in_words(verified(world), world.catalogue, "regulator", "de")
    assert [one["text"] for one in claims(visitor)["dropped"]] == [one.text for one in found.rejected]
    assert claims(visitor)["lang"] == "de"
    assert visitor.button_group(key="proof_reader").value == "regulator"
    visitor.button_group(key="proof_language").set_value("en").run()
    assert "language" not in visitor.query_params
    assert asked(visitor, "reader") == "regulator"
    assert claims(visitor)["lang"] == "en"


def test_an_unknown_reader_is_named_and_the_viewer_is_told(visit: Visit) -> None:
    visitor = visit(PAGE, session=SESSION, reader="king")
    assert "king" in visitor.warning[0].value
    assert visitor.button_group(key="proof_reader").value == "viewer"


@pytest.mark.parametrize(("link", "opened"), [("1", 0), ("99", None), ("-1", None), ("x", None)])
def test_the_open_sentence_of_a_link_is_open(visit: Visit, link: str, opened: int | None) -> None:
    assert claims(visit(PAGE, session=SESSION, clause=link))["open"] == opened


@pytest.mark.parametrize("told", [None, "x", {"stamp": "other", "clause": 0}, {"stamp": "s", "clause": True}])
def test_what_a_browser_claims_in_vain_changes_nothing(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[dict[str, Any]] = []
    monkeypatch.setattr("pages.explore.proof.claims.update_url", kept.append)
    monkeypatch.setattr("streamlit.session_state", {"claims": {"clause": told}})
    take_clause("claims", Sheet("session", "s", "en"), 3)
    assert kept == []
    monkeypatch.setattr("streamlit.session_state", {"claims": {"clause": {"stamp": "s", "clause": 2}}})
    take_clause("claims", Sheet("session", "s", "en"), 3)
    assert kept == [{"clause": "3"}]


def test_the_counterfactual_is_told_and_holds_when_it_is_tried_by_its_link(visit: Visit, world: DataSet) -> None:
    model = model_of(world)
    session, found = next(
        (session, found)
        for session in (f"s{number}" for number in range(20))
        if (found := add_counterfactual(model, world.catalogue, verified(world, session))).counterfactual is not None
        and found.counterfactual.positions is not None
    )
    visitor = visit(PAGE, session=session)
    told = next(one for one in sent(visitor, "claims") if one["stamp"].startswith("counterfactual"))["clauses"][0]
    assert told["text"] == in_words(found, world.catalogue).counterfactual
    assert found.counterfactual is not None
    assert told["positions"] == list(found.counterfactual.positions or ())
    link = next(link for link in links(visitor) if "edits" in link)
    assert (link["session"], link["section"], link["model"]) == ([session], ["what-if"], ["a-transformer"])
    tried = what_if(model, world, session, read_edits(link["edits"][0]))
    assert tried.before.candidate.rank <= 10 < tried.after.candidate.rank == found.counterfactual.rank_without
    assert tried.after_first.candidate.row == found.counterfactual.instead[0]
    badge = "proven smallest" if found.counterfactual.proven else "smallest found"
    assert badge in words(visitor)
    press(visitor, "Open beside this one")
    assert len(asked(visitor, "history").split(";")) == len(found.case.history) - len(told["positions"])
    assert asked(visitor, "pin").startswith(f"session|{session}|")
    assert f"Number {found.counterfactual.rank} for the model" in words(visitor)  # pinned, beside the edited one
    assert f"Number {found.counterfactual.rank_without} for the model" in words(visitor)


def test_engagements_and_order_are_tried_only_when_they_are_asked_for(visit: Visit) -> None:
    visitor = visit(PAGE, session=SESSION)
    sentences = ("exchange of two titles", "changed places", "other engagement", "Had '")
    assert not any(text in words(visitor) for text in sentences)
    visitor.session_state["changes"] = True
    visitor.run()
    assert any(text in words(visitor).replace("\\", "") for text in sentences)


def test_a_title_that_is_not_among_the_ten_needs_no_change(visit: Visit, world: DataSet) -> None:
    named = {item.item_id for item in expected(world, SESSION).recommendations}
    outside = next(item for item in world.catalogue.item_ids if item not in named)
    assert "not among the first 10" in words(visit(PAGE, session=SESSION, item=outside))


def test_a_second_title_changes_the_bars_to_the_evidence_between_the_two(visit: Visit, world: DataSet) -> None:
    second = expected(world, SESSION).recommendations[3]
    visitor = visit(PAGE, session=SESSION)
    visitor.selectbox(key="rival").set_value(second.item_id).run()
    assert visitor.query_params["rival"] == second.item_id
    found = contrast(model_of(world), world.catalogue, verified(world), second.row)
    drawn = np.array([event["shares"] for event in bars(visitor)["events"]]).T
    np.testing.assert_allclose(drawn[2], shares(found.evidence.removal.effect), atol=1e-3)
    assert "times as likely as" in words(visitor)
    visitor.selectbox(key="rival").set_value("").run()
    assert "rival" not in visitor.query_params


def test_any_title_of_the_catalogue_can_be_the_second_and_a_wrong_one_is_named(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session=SESSION)
    visitor.text_input(key="search_rival").set_value("title 1").run()
    button = next(button for button in visitor.main.button if (button.key or "").startswith("rival-"))
    button.click().run()
    assert visitor.query_params["rival"] == world.catalogue.item_ids[int(str(button.key).split("-")[1])]
    lost = visit(PAGE, session=SESSION, rival="gone")
    assert "gone" in lost.warning[0].value
    first = expected(world, SESSION).recommendations[0].item_id
    assert "rival" not in visit(PAGE, session=SESSION, rival=first).query_params


def test_another_title_drops_the_second_one_and_the_open_sentence(visit: Visit, world: DataSet) -> None:
    ten = expected(world, SESSION).recommendations
    visitor = visit(PAGE, session=SESSION, rival=ten[3].item_id, clause="1")
    visitor.radio(key="explain_item").set_value(ten[1].item_id).run()
    assert {"rival", "clause"} & set(visitor.query_params) == set()


def test_a_model_without_attention_has_two_methods_and_says_so(visit: Visit) -> None:
    visitor = visit(PAGE, session=SESSION, model="b-lstm")
    assert [method["name"] for method in bars(visitor)["methods"]] == ["Gradients", "Removal"]
    assert "This model has no attention" in words(visitor)


def test_two_models_say_what_they_can_about_the_same_title(visit: Visit, world: DataSet) -> None:
    visitor = press(visit(PAGE, session=SESSION), "b\\-lstm beside")
    assert asked(visitor, "pin").startswith(f"session|{SESSION}|b-lstm|")
    assert len(sent(visitor, "claims")) >= 2
    table = next(frame.value for frame in visitor.dataframe if "b-lstm" in frame.value)
    table = table.set_index(table.columns[0])
    title = expected(world, SESSION).recommendations[0].title
    assert list(table.loc["Title"]) == [title, title]
    assert list(table.loc["Attention to look at"]) == ["yes", "no, it has none"]
    row = expected(world, SESSION).recommendations[0].row
    assert table.loc["Rank", "b-lstm"] == str(expected(world, SESSION, row, "b-lstm").candidate.rank)


def test_sessions_are_found_over_which_methods_disagree(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "SAMPLED", 9)
    monkeypatch.setattr(cached, "PIECE", 4)
    cached.agreement.clear()  # type: ignore[attr-defined]
    told: dict[str, Any] = {}
    for piece in cached.pieces(world):
        told |= dict(cached.agreement("w", "e", piece, model_of(world), world))
    tests = split(world).test
    ids = [world.log.session_ids[row] for row in tests.sessions]
    every = dict(zip(ids, example_agreements(model_of(world), world, tests), strict=True))
    assert len(told) == 9
    assert {name: badge.key for name, badge in told.items()} == {name: every[name].key for name in told}
    cached.agreement.clear()  # type: ignore[attr-defined]
    visitor = press(visit(PAGE), "Find a session")
    drawer(visitor, "selectbox", "wish_agreement").set_value("they disagree with removal").run()
    wanted = [name for name in ids if name in told and told[name].warning]
    assert f"9 of {len(ids)} test sessions, drawn evenly, were looked at; in **{len(wanted)}**" in words(visitor)
    if wanted:
        assert list(visitor.dataframe[-1].value["Session"]) == wanted
    cached.agreement.clear()  # type: ignore[attr-defined]
