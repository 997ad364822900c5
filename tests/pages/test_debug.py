"""The Debug page: misses, attention sinks, what-if edits and their errors, head ablation, and flagged cases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.debug import cached
from pages.debug.misses import _rate_row
from pages.debug.rank_changes import in_short, table_cells
from pages.ui.data_table import title_cell
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.diagnosis.cause_rates import CauseRate
from streamrec_core.diagnosis.causes import CAUSES, NO_CAUSE, title_of
from streamrec_core.diagnosis.edits import read_edits
from streamrec_core.diagnosis.flagged_cases import flag_case, flagged_cases
from streamrec_core.diagnosis.misses import find_misses
from streamrec_core.diagnosis.mitigations import MITIGATIONS
from streamrec_core.diagnosis.rank_changes import compare_rankings
from streamrec_core.diagnosis.whatif import checked_sentences, what_if
from streamrec_core.evaluation.ranked_catalogue import score_history
from streamrec_core.evaluation.ranking import rank
from streamrec_core.models.checkpoint import list_checkpoints, load_checkpoint
from tests.diagnosis.sink_checkpoint import build_sink_world
from tests.pages.conftest import Visit
from tests.pages.test_overview import words
from tests.pages.tiny_world import HOSTILE
from tests.worlds import PlantedModel, catalogue_of, session_of

PAGE = "debug/page.py"


def model_of(world: DataSet, name: str = "a-transformer") -> object:
    return load_checkpoint(list_checkpoints()[name], world.catalogue)


def subheaders(visitor: AppTest) -> list[str]:
    return [subheader.value for subheader in visitor.subheader]


def click(visitor: AppTest, label: str) -> AppTest:
    return next(button for button in visitor.main.button if button.label == label).click().run()


def test_misses_are_counted_and_listed_worst_first(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    misses = find_misses(model_of(world), world)
    assert f"{len(misses.worst_first)} of {misses.tested}" in words(visitor)
    assert {miss.cause for miss in misses.worst_first} == {NO_CAUSE}
    assert "No likely cause was found for any of them." in words(visitor)
    table = next(frame.value for frame in visitor.dataframe if "Likely cause" in frame.value)
    assert list(table["Session"]) == [miss.session_id for miss in misses.worst_first]
    assert sum(json.loads(visitor.get("plotly_chart")[0].proto.spec)["data"][0]["x"]) == len(misses.worst_first)
    assert f"Session {misses.worst_first[0].session_id}" in [element.value for element in visitor.subheader]


def test_conditions_are_shown_with_their_shares_of_misses_and_of_hits(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE)
    rates = find_misses(model_of(world), world).rates
    shown = next(table.value for table in visitor.table if "Difference, 95% CI" in table.value)
    marks = ["  \n:gray[a cause of misses]" if rate.is_cause else "" for rate in rates.values()]
    assert list(shown["Condition"]) == [title_of(name) + mark for name, mark in zip(CAUSES, marks, strict=True)]
    for row, rate in zip(shown.to_dict("records"), rates.values(), strict=True):
        low, high = (f"{100 * bound:+.1f}".replace("-", "−") for bound in rate.difference_interval)
        assert row[f"Of {rate.misses} misses"] == f"{rate.in_misses / rate.misses:.1%}"
        assert row[f"Of {rate.hits} hits"] == f"{rate.in_hits / rate.hits:.1%}"
        assert row["Difference, 95% CI"] == f"{low} to {high}"
    assert "even the best possible list" not in words(visitor)  # nobody knows the truth of this log
    for cause in ("crowd", "repeat"):
        assert f"**{cause}** is not available" in words(visit(PAGE, cause=cause))


def test_the_download_has_the_counts_behind_the_shares() -> None:
    row = _rate_row("rare", CauseRate(3, 1200, 1, 400, 1.5))
    assert (row["Among misses"], row["Among hits"]) == ("0.2% (3 of 1,200)", "0.2% (1 of 400)")
    assert row["Cause of misses"] == "no"


def test_a_cause_names_its_misses_and_filters_them(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = find_misses(model_of(world), world)
    misses, hits = len(measured.worst_first), measured.tested - len(measured.worst_first)
    named = replace(
        measured,
        worst_first=(replace(measured.worst_first[0], cause="rare"), *measured.worst_first[1:]),
        rates={**measured.rates, "rare": CauseRate(misses, misses, 0, hits, 1.5)},
        best_list_known=True,
    )
    monkeypatch.setattr(cached, "misses", lambda *_: named)
    visitor = visit(PAGE)
    assert (
        f"**rare or new target**, for 1 ({1 / misses:.0%}); for {misses - 1} ({1 - 1 / misses:.0%}) none was found. "
        "Its condition holds in 100% of the misses and in 0% of the hits" in words(visitor)
    )
    assert "even the best possible list misses" in words(visitor)
    shown = next(table.value for table in visitor.table if f"Of {hits:,} hits" in table.value).set_index("Condition")
    (cause,) = [condition for condition in shown.index if condition.endswith(":gray[a cause of misses]")]
    assert cause.startswith(title_of("rare"))
    assert shown.loc[cause, [f"Of {misses:,} misses", f"Of {hits:,} hits"]].tolist() == ["100.0%", "0.0%"]
    visitor.selectbox(key="debug_cause").set_value("rare").run()
    assert "1 miss, worst first" in words(visitor)
    assert f"Session {measured.worst_first[0].session_id}" in subheaders(visitor)


def test_a_filter_is_kept_in_the_link_and_an_unknown_one_is_named(visit: Visit, world: DataSet) -> None:
    category = world.catalogue.content_categories[0]
    visitor = visit(PAGE)
    visitor.selectbox(key="debug_missed").set_value(category).run()
    assert visitor.query_params["missed"] == [category] or visitor.query_params["missed"] == category
    misses = find_misses(model_of(world), world).worst_first
    number = sum(world.catalogue.category(miss.target) == category for miss in misses)
    assert (f"{number} miss" if number else "No miss matches") in words(visitor)
    wrong = visit(PAGE, cause="weather", length="endless")
    assert "**weather** is not available" in words(wrong)
    assert "**endless** is not available" in words(wrong)
    assert f"{len(misses)} misses" in words(wrong)
    assert not {"cause", "length"} & set(wrong.query_params)


def test_the_open_miss_is_read_from_the_link_and_an_unknown_one_is_named(visit: Visit, world: DataSet) -> None:
    misses = find_misses(model_of(world), world).worst_first
    assert f"Session {misses[1].session_id}" in subheaders(visit(PAGE, miss=misses[1].session_id))
    wrong = visit(PAGE, miss="s9999")
    assert "**s9999** is not available" in words(wrong)
    assert f"Session {misses[0].session_id}" in subheaders(wrong)


def test_a_what_if_is_opened_by_link_and_shows_the_rank_changes(visit: Visit, world: DataSet) -> None:
    visitor = visit(PAGE, section="what-if", session="s3", edits="remove.1_swap.1.2")
    whatif = what_if(model_of(world), world, "s3", read_edits("remove.1_swap.1.2"))
    table = next(table.value for table in visitor.table if "Move" in table.value)
    assert list(table["Title"]) == [title_cell(change.title, change.category) for change in whatif.rank_changes.changes]
    assert "event 1 removed" in words(visitor)
    assert "Checked by removing events:" not in words(visitor)
    visitor.toggle(key="check-whatif").set_value(True).run()
    for sentence in checked_sentences(model_of(world), world, whatif):
        assert sentence in words(visitor)
    click(visitor, "Undo")
    assert visitor.query_params["edits"] in ("remove.1", ["remove.1"])
    click(visitor, "Discard edits")
    assert "edits" not in visitor.query_params


def test_the_answer_names_the_first_of_both_lists_where_titles_share_a_rank() -> None:
    catalogue = catalogue_of(16)
    level, risen = (
        score_history(PlantedModel(scores), catalogue, session_of([0]), filter_seen=False)
        for scores in ([0.0] * 16, [*[0.0] * 15, 1.0])
    )
    assert in_short(compare_rankings(level, risen, catalogue)) == (
        "**9 of the top 10** stay. First is now **Title 15**; **Title 0** was first and is now at rank 9."
    )
    probabilities = [
        cells["Probability"] for cells in map(table_cells, compare_rankings(level, risen, catalogue).changes)
    ]
    assert "5.6%  \n:gray[was 6.2%]" in probabilities  # of 16 equal titles, then of 15 beside one that is e times them
    still = compare_rankings(level, level, catalogue)
    assert not [cells for cells in map(table_cells, still.changes) if "was" in cells["Probability"]]
    assert in_short(compare_rankings(level, level, catalogue)) == "All of the top 10 stay, and **Title 0** stays first."


def test_an_edit_is_applied_by_the_form(visit: Visit) -> None:
    visitor = visit(PAGE, section="what-if", session="s3")
    assert "No edits yet" in words(visitor)
    visitor.selectbox(key="edit_verb").set_value("insert").run()
    visitor.selectbox(key="edit_at").set_value(2).run()
    visitor.text_input(key="edit_item").set_value("i9").run()
    click(visitor, "Apply edit")
    assert visitor.query_params["edits"] in ("insert.2.i9.click", ["insert.2.i9.click"])
    visitor.text_input(key="edit_item").set_value("nothing of that name").run()
    click(visitor, "Apply edit")
    assert "This edit cannot be applied" in words(visitor)


def test_edits_that_cannot_be_applied_are_reported_and_discarded(visit: Visit) -> None:
    visitor = visit(PAGE, section="what-if", session="s3", edits="remove.99")
    assert "has no position 99" in words(visitor)
    click(visitor, "Discard edits")
    assert "No edits yet" in words(visitor)


def test_a_head_is_switched_off_and_hit_at_ten_measured(
    visit: Visit, world: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "PIECE", 5)
    visitor = visit(PAGE, section="parts-off", session="s3")
    assert "Everything is on" in words(visitor)
    visitor.multiselect(key="off_heads").set_value(["0.1"]).run()
    assert visitor.query_params["off"] in ("0.1", ["0.1"])
    assert "Without Layer 0 head 1" in words(visitor).replace("\\", "")
    visitor.toggle(key="measure-off").set_value(True).run()
    hit = float((rank(model_of(world), world, split(world).test).ranks <= 10).mean())
    assert f"{hit:.1%}" in [metric.value for metric in visitor.metric]


def test_parts_that_a_model_lacks_are_named(visit: Visit) -> None:
    assert "no part" in words(visit(PAGE, section="parts-off", session="s3", off="9.9"))
    assert "no attention" in words(visit(PAGE, section="parts-off", model="b-lstm"))
    assert "no attention" in words(visit(PAGE, section="magnets", model="b-lstm"))
    assert "test sessions" in words(visit(PAGE, model="b-lstm"))


def test_attention_sinks_are_reported(visit: Visit) -> None:
    assert "attention sink" in words(visit(PAGE, section="magnets")).lower()


def test_a_case_is_flagged_listed_and_removed(visit: Visit) -> None:
    visitor = visit(PAGE, section="what-if", session="s3", edits="remove.1")
    visitor.text_area(key="note-what-if").set_value("the first event decides")
    click(visitor, "Add to list")
    (case,) = flagged_cases()
    assert (case.note, case.link["edits"], case.link["section"]) == ("the first event decides", "remove.1", "what-if")
    listed = visit(PAGE, section="cases")
    assert "the first event decides" in words(listed)
    click(listed, "Remove from list")
    assert flagged_cases() == ()
    assert "No cases flagged yet" in words(listed)


def test_a_read_only_dashboard_flags_no_cases(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    flag_case("miss", "Seen before", "", {})
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    assert "Cases cannot be flagged here" in words(visit(PAGE))
    listed = visit(PAGE, section="cases")
    assert "Seen before" in words(listed)
    assert "Remove from list" not in [button.label for button in listed.main.button]


def test_hostile_titles_stay_text(visit: Visit) -> None:
    flag_case("miss", HOSTILE[0], HOSTILE[3], {})
    raw = [title for title in HOSTILE if title != "# Heading\n- list"]
    for link in (
        {"section": "misses"},
        {"section": "magnets"},
        {"section": "what-if", "session": "s1", "edits": "replace.1.i0_replace.2.i1_replace.3.i3"},
        {"section": "parts-off", "session": "s2", "off": "0.0_1.1"},
        {"section": "cases"},
    ):
        visitor = visit(PAGE, **link)
        rendered = [e.value for part in (visitor.subheader, visitor.markdown, visitor.caption) for e in part]
        assert not [(title, text) for title in raw for text in rendered if title in text]


def test_an_unknown_part_shows_the_misses(visit: Visit) -> None:
    visitor = visit(PAGE, section="weather")
    assert "test sessions" in words(visitor)
    assert "**weather** is not available" in words(visitor)


def test_a_planted_attention_sink_comes_first_and_its_mitigations_are_measured(checkpoints: Path, visit: Visit) -> None:
    build_sink_world(checkpoints)
    visitor = visit(PAGE, data="sink", model="sink-model", section="magnets")
    assert "**Home page** is an attention sink" in words(visitor)
    assert "its presence was not shown to be predictive of the next category (p = " in words(visitor)
    assert visitor.selectbox(key="suspect").value == "home"
    visitor.toggle(key="measure-ways").set_value(True).run()
    table = next(frame.value for frame in visitor.dataframe if "Mitigation" in frame.value)
    assert list(table["Mitigation"]) == [mitigation.title for mitigation in MITIGATIONS.values()]
    assert table["Attention on the item"][0] > 0.3
    assert table["Attention on the item"][1] == 0.0
    assert any("--how without" in code.value for code in visitor.code)
