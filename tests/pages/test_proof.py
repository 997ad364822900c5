"""The proof on Explore, held to the core: words, bars, what would change the answer, second titles, other models."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.explore import cached
from pages.explore.proof.claims import ClaimPanel, take_claim
from pages.ui.workbench import Workbench
from streamrec_core.attribution.addition_pool import addition_pool
from streamrec_core.attribution.bring_in import bring_in
from streamrec_core.attribution.disagreement import disagreements, shares
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.whatif import what_if
from streamrec_core.explain.contrast import contrast
from streamrec_core.explain.sentences import words as in_words
from streamrec_core.explain.verified import add_counterfactual, example_agreements, verify
from streamrec_core.explain.verified_record import Verified
from streamrec_core.explain.why_not import bring_in_words
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.pages.conftest import Visit
from tests.pages.explore_visits import PAGE, choose_title, drawer, expected, press, sent, words

SESSION = "s3"


def model_of(world: DataSet, name: str = "a-transformer") -> Any:
    return load_checkpoint(list_checkpoints()[name], world.catalogue)


def verified(world: DataSet, session: str = SESSION, name: str = "a-transformer", item: int | None = None) -> Verified:
    return verify(model_of(world, name), world, expected(world, session, item, name))


def claims(visitor: AppTest) -> dict[str, Any]:
    """What the checked sentences were sent as."""
    return next(data for data in sent(visitor, "claims") if not data["stamp"].startswith("counterfactual"))


def bars(visitor: AppTest) -> dict[str, Any]:
    return sent(visitor, "evidence")[0]


def url_value(visitor: AppTest, name: str) -> str:
    """A value of the URL, of which Streamlit's test makes a list at times."""
    value = visitor.query_params[name]
    return value if isinstance(value, str) else value[0]


def links(visitor: AppTest) -> list[dict[str, list[str]]]:
    """Query strings of the ways to the Debug page."""
    protos = [element.proto for element in visitor.get("page_link")]
    return [parse_qs(link.query_string) for link in protos if link.query_string]


def test_each_event_has_its_share_by_every_method_and_disagreements_are_marked(visit: Visit, world: DataSet) -> None:
    data, checked = bars(visit(PAGE, session=SESSION, detail="evidence")), verified(world)
    values = {name: checked.evidence.values[name] for name in ("attention", "integrated_gradients", "removal")}
    assert [method["name"] for method in data["methods"]] == ["Attention", "Gradients", "Removal"]
    drawn = np.array([event["shares"] for event in data["events"]]).T
    for line, figures in zip(drawn, values.values(), strict=True):
        np.testing.assert_allclose(line, shares(figures), atol=1e-3)
    marked = [
        (position, len(event["disagreements"]))
        for position, event in enumerate(data["events"])
        if event["disagreements"]
    ]
    counted = [item.position for item in disagreements(values)]
    assert marked == [(position, counted.count(position)) for position in sorted(set(counted))]
    assert [event["item"] for event in data["events"]] == checked.case.history.items.tolist()


def test_every_sentence_comes_with_its_events_and_figures(visit: Visit, world: DataSet) -> None:
    data, answer = claims(visit(PAGE, session=SESSION, detail="evidence")), in_words(verified(world), world.catalogue)
    for drawn, real in ((data["clauses"], answer.clauses), (data["rejected"], answer.rejected)):
        assert [data["text"] for data in drawn] == [clause.text for clause in real]
        assert [data["positions"] for data in drawn] == [list(clause.positions) for clause in real]
        for drawn_clause, clause in zip(drawn, real, strict=True):
            figures, check = dict(drawn_clause["figures"]), clause.checked.check
            assert figures["Rank"] == f"{check.rank_before} → {check.rank_after}"
            assert figures["Events"] == ", ".join(str(at + 1) for at in check.positions)
    assert data["lead"] == ([] if answer.clauses else [answer.sentence])


def test_nats_and_p_values_are_for_experts(visit: Visit) -> None:
    for_experts = {"Log-probability", "The same, rest of the list", "Sign test (Holm)"}
    for link, named in (({}, set()), ({"mode": "expert"}, for_experts)):
        data = claims(visit(PAGE, session=SESSION, detail="evidence", **link))
        for claim in (*data["clauses"], *data["rejected"]):
            assert {label for label, _ in claim["figures"]} & for_experts == named


def test_the_reader_is_in_the_link(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session=SESSION, reader="regulator", detail="evidence")
    answer = in_words(verified(world), world.catalogue, "regulator")
    assert [data["text"] for data in claims(visitor)["rejected"]] == [clause.text for clause in answer.rejected]
    visitor.button_group(key="detail").set_value("wording").run()
    assert visitor.button_group(key="proof_reader").value == "regulator"
    visitor.button_group(key="proof_reader").set_value("viewer").run()
    assert "reader" not in visitor.query_params


def test_an_unknown_reader_is_named_and_the_default_applies(visit: Visit) -> None:
    visitor = visit(PAGE, session=SESSION, reader="king", detail="wording")
    assert "king" in visitor.warning[0].value
    assert visitor.button_group(key="proof_reader").value == "viewer"


@pytest.mark.parametrize(("link", "opened"), [("1", 0), ("99", None), ("-1", None), ("x", None)])
def test_the_open_sentence_of_a_link_is_open(visit: Visit, link: str, opened: int | None) -> None:
    assert claims(visit(PAGE, session=SESSION, clause=link, detail="evidence"))["open"] == opened


@pytest.mark.parametrize("message", [None, "x", {"stamp": "other", "clause": 0}, {"stamp": "s", "clause": True}])
def test_an_invalid_message_of_the_browser_changes_nothing(message: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[dict[str, Any]] = []
    monkeypatch.setattr("pages.explore.proof.claims.update_url", updates.append)
    monkeypatch.setattr("streamlit.session_state", {"claims": {"clause": message}})
    take_claim("claims", ClaimPanel("session", "s", "en"), 3)
    assert updates == []
    monkeypatch.setattr("streamlit.session_state", {"claims": {"clause": {"stamp": "s", "clause": 2}}})
    take_claim("claims", ClaimPanel("session", "s", "en"), 3)
    assert updates == [{"clause": "3"}]


def test_the_counterfactual_is_shown_and_holds_when_it_is_tried_by_its_link(visit: Visit, world: DataSet) -> None:
    model = model_of(world)
    session, checked = next(
        (session, checked)
        for session in (f"s{number}" for number in range(20))
        if (checked := add_counterfactual(model, world.catalogue, verified(world, session))).counterfactual is not None
        and checked.counterfactual.positions is not None
    )
    visitor = visit(PAGE, session=session, detail="change")
    claim = next(data for data in sent(visitor, "claims") if data["stamp"].startswith("counterfactual"))["clauses"][0]
    assert claim["text"] == in_words(checked, world.catalogue).counterfactual
    assert checked.counterfactual is not None
    assert claim["positions"] == list(checked.counterfactual.positions or ())
    link = next(link for link in links(visitor) if "edits" in link)
    assert (link["session"], link["section"], link["model"]) == ([session], ["what-if"], ["a-transformer"])
    tried = what_if(model, world, session, read_edits(link["edits"][0]))
    assert tried.before.candidate.rank <= 10 < tried.after.candidate.rank == checked.counterfactual.rank_without
    assert tried.after_first.candidate.row == checked.counterfactual.instead[0]
    badge = "proven smallest" if checked.counterfactual.proven else "smallest found"
    assert badge in words(visitor)
    press(visitor, "Open beside this one")
    assert len(url_value(visitor, "history").split(";")) == len(checked.case.history) - len(claim["positions"])
    assert url_value(visitor, "pin").startswith(f"session|{session}|")
    assert f"rank {checked.counterfactual.rank} ·" in words(visitor)  # pinned, beside the edited session
    assert f"rank {checked.counterfactual.rank_without} ·" in words(visitor)


def test_engagements_and_order_are_tried_only_once_the_part_is_open(visit: Visit) -> None:
    visitor = visit(PAGE, session=SESSION, detail="change")
    sentences = ("exchange of two titles", "changed places", "other engagement", "Had '")
    assert not any(text in words(visitor) for text in sentences)
    visitor.session_state["changes"] = True
    visitor.run()
    assert any(text in words(visitor).replace("\\", "") for text in sentences)


def test_a_title_outside_the_top_ten_needs_no_change(visit: Visit, world: DataSet) -> None:
    named = {item.item_id for item in expected(world, SESSION).recommendations}
    outside = next(item for item in world.catalogue.item_ids if item not in named)
    assert "not in the top 10" in words(visit(PAGE, session=SESSION, item=outside, detail="change"))


def test_what_brings_a_title_on_the_list_holds_when_it_is_tried_by_its_link(visit: Visit, world: DataSet) -> None:
    model = model_of(world)
    ranks = {item: expected(world, SESSION, row).candidate.rank for row, item in enumerate(world.catalogue.item_ids)}
    outside = min((item for item in ranks if ranks[item] > 10), key=ranks.__getitem__)
    visitor = visit(PAGE, session=SESSION, item=outside, detail="change")
    assert "changed histories" not in words(visitor)
    visitor.session_state["bring-in"] = True
    visitor.run()
    assert "changed histories in" in words(visitor)
    case = verified(world, item=world.catalogue.rows[outside]).case
    answer = bring_in(model, world.catalogue, case, addition_pool(world, split(world).train, case.candidate))
    assert answer.edits is not None
    assert bring_in_words(answer) in words(visitor).replace("\\", "")
    link = next(link for link in links(visitor) if "edits" in link)
    tried = what_if(model, world, SESSION, read_edits(link["edits"][0]), case.candidate)
    assert tried.before.candidate.rank > 10 >= tried.after.candidate.rank == answer.rank_after


def test_a_second_title_changes_the_bars_to_the_evidence_between_the_two(visit: Visit, world: DataSet) -> None:
    second = expected(world, SESSION).recommendations[3]
    visitor = visit(PAGE, session=SESSION, detail="evidence")
    visitor.selectbox(key="rival").set_value(second.item_id).run()
    assert url_value(visitor, "rival") == second.item_id
    expected_contrast = contrast(model_of(world), world.catalogue, verified(world), second.row)
    drawn = np.array([event["shares"] for event in bars(visitor)["events"]]).T
    np.testing.assert_allclose(drawn[2], shares(expected_contrast.evidence.removal.effect), atol=1e-3)
    assert "times as likely as" in words(visitor)
    visitor.selectbox(key="rival").set_value("").run()
    assert "rival" not in visitor.query_params


def test_any_title_of_the_catalogue_can_be_the_second_and_a_wrong_one_is_named(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, session=SESSION, detail="evidence")
    visitor.text_input(key="search_rival").set_value("title 1").run()
    button = next(button for button in visitor.main.button if (button.key or "").startswith("rival-"))
    button.click().run()
    assert url_value(visitor, "rival") == world.catalogue.item_ids[int(str(button.key).split("-")[1])]
    lost = visit(PAGE, session=SESSION, rival="gone", detail="evidence")
    assert "gone" in lost.warning[0].value
    first = expected(world, SESSION).recommendations[0].item_id
    assert "rival" not in visit(PAGE, session=SESSION, rival=first, detail="evidence").query_params


def test_another_title_clears_the_second_one_and_the_open_sentence(visit: Visit, world: DataSet) -> None:
    ten = expected(world, SESSION).recommendations
    visitor = visit(PAGE, session=SESSION, rival=ten[3].item_id, clause="1")
    choose_title(visitor, ten[1].item_id)
    assert {"rival", "clause"} & set(visitor.query_params) == set()


def test_a_model_without_attention_has_two_methods_and_says_so(visit: Visit) -> None:
    visitor = visit(PAGE, session=SESSION, model="b-lstm", detail="evidence")
    assert [method["name"] for method in bars(visitor)["methods"]] == ["Gradients", "Removal"]
    assert "This model has no attention" in words(visitor)


def test_two_models_say_what_they_can_about_the_same_title(visit: Visit, world: DataSet) -> None:
    visitor = press(visit(PAGE, session=SESSION, detail="model"), "Compare with b\\-lstm")
    assert url_value(visitor, "pin").startswith(f"session|{SESSION}|b-lstm|")
    assert len(sent(visitor, "claims")) >= 2
    table = next(frame.value for frame in visitor.dataframe if "b-lstm" in frame.value)
    table = table.set_index(table.columns[0])
    title = expected(world, SESSION).recommendations[0].title
    assert list(table.loc["Title"]) == [title, title]
    assert list(table.loc["Attention heads"]) == ["8", "none"]
    row = expected(world, SESSION).recommendations[0].row
    assert table.loc["Rank", "b-lstm"] == str(expected(world, SESSION, row, "b-lstm").candidate.rank)


def test_sessions_are_found_over_which_methods_disagree(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "SAMPLED", 9)
    monkeypatch.setattr(cached, "PIECE", 4)
    cached.agreement.clear()  # type: ignore[attr-defined]
    bench = Workbench("tiny", world, (), model=model_of(world))
    agreements: dict[str, Any] = {}
    for piece in cached.pieces(world):
        agreements |= dict(cached.agreement(bench, piece))
    tests = split(world).test
    ids = [world.log.session_ids[row] for row in tests.sessions]
    every = dict(zip(ids, example_agreements(model_of(world), world, tests), strict=True))
    assert len(agreements) == 9
    assert {name: badge.key for name, badge in agreements.items()} == {name: every[name].key for name in agreements}
    cached.agreement.clear()  # type: ignore[attr-defined]
    visitor = press(visit(PAGE), "Find")
    drawer(visitor, "selectbox", "wish_agreement").set_value("they disagree with removal").run()
    disagreeing = [name for name in ids if name in agreements and agreements[name].warning]
    assert f"9 of {len(ids)} test sessions sampled; in **{len(disagreeing)}**" in words(visitor)
    if disagreeing:
        assert list(visitor.dataframe[-1].value["Session"]) == disagreeing
    cached.agreement.clear()  # type: ignore[attr-defined]
