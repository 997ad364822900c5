"""Lists beyond accuracy, thresholds with their outcomes, and the change from the model before, in a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streamrec_core.data.engagement import LogWords
from streamrec_core.data.splits import split
from streamrec_core.defaults import CONTROL_SESSIONS
from streamrec_core.diagnosis.controls import measure_controls
from streamrec_core.diagnosis.gate.thresholds import Threshold
from streamrec_core.evaluation.beyond_accuracy.beside_floors import beyond_accuracy
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.report.check import check_pack
from streamrec_core.report.collect import collect
from streamrec_core.report.document import Document
from streamrec_core.report.html import to_html
from streamrec_core.report.nouns import document_in_words
from streamrec_core.report.pack import write_pack
from tests.report.conftest import SETTINGS
from tests.report.worlds import opened

THRESHOLDS = (
    Threshold("coverage", "at_least", 0.01),
    Threshold("explanations_failed", "at_most", 0.0),
    Threshold("hit_at_10", "at_least", 1.0),
    Threshold("lists_changed", "at_most", 0.01),
)
REQUIRED = SETTINGS.model_copy(update={"thresholds": THRESHOLDS, "thresholds_file": "gate.toml"})


@pytest.fixture(scope="module")
def compared(folders: dict[str, Path]) -> Document:
    """A report on the transformer as the successor of the LSTM."""
    subject = replace(opened(folders), before=opened(folders, "memory").model)
    return collect(subject, REQUIRED.model_copy(update={"against": "memory"}))


def test_the_lists_are_those_of_the_evaluation(document: Document, folders: dict[str, Path]) -> None:
    subject = opened(folders)
    measured = beyond_accuracy(evaluate(subject.model, subject.dataset), subject.dataset, split(subject.dataset))
    figures = document.by_id()
    assert figures["lists/model/coverage"].value == pytest.approx(measured.model.mean("coverage"), abs=1e-4)
    assert figures["lists/the log itself/popularity"].value == pytest.approx(
        1_000 * measured.floors[2].mean("popularity"), abs=1e-4
    )
    table, exposed = document.section("lists").tables
    assert len(table.rows) == 6
    assert sum(figures[row.cells[0]].value for row in exposed.rows) == pytest.approx(1, abs=1e-3)


def test_controls_stand_beside_their_floors(document: Document, folders: dict[str, Path]) -> None:
    subject, figures = opened(folders), document.by_id()
    tests = split(subject.dataset).test.sample(CONTROL_SESSIONS, SETTINGS.seed)
    effects = measure_controls(subject.model, subject.dataset, tests)
    (table,) = document.section("options").tables
    assert [row.label.lower() for row in table.rows] == [
        f"{floor}{effect.control}" for effect in effects for floor in ("", "floor: ")
    ]
    hide, floor = table.rows[:2]
    changed, before, after, hit = (figures[name] for name in hide.cells)
    # The hidden title is one of at most ten, and nothing of it is left.
    assert (changed.value, changed.n) == (pytest.approx(effects[0].used.lists_changed, abs=1e-4), effects[0].sessions)
    assert before.value > 0
    assert before.value == pytest.approx(effects[0].unwanted_before, abs=1e-4)
    assert after.value == 0
    assert hit.unit == "points"
    assert hit.value == pytest.approx(effects[0].used.hit_change, abs=1e-4)
    assert hit.low <= hit.value <= hit.high
    assert figures[floor.cells[0]].value == pytest.approx(effects[0].floor.lists_changed, abs=1e-4)
    assert figures[floor.cells[0]].value < changed.value
    assert figures[floor.cells[2]].value > after.value
    assert 'data-id="options/controls/floor/hide_the_title/changed"' in to_html(document)


def test_the_controls_of_a_shop_speak_of_products_and_keep_their_figures(document: Document) -> None:
    shop = document_in_words(document, LogWords(noun="product"))
    (table,) = shop.section("options").tables
    assert table.rows[0].label == "Hide the product"
    assert {cell for row in table.rows for cell in row.cells if cell} <= set(shop.by_id())


def test_without_thresholds_and_a_model_before_there_are_no_such_sections(document: Document) -> None:
    assert not {"thresholds", "changes"} & {section.key for section in document.sections}


def test_thresholds_are_met_or_not_and_what_needs_two_models_is_named(folders: dict[str, Path]) -> None:
    document = collect(opened(folders), REQUIRED)
    section = document.section("thresholds")
    outcomes = {row.label: row.cells[2] for row in section.tables[0].rows}
    assert outcomes["Coverage of the catalogue, at least"] == "met"
    assert outcomes["Hit@10, at least"] == "not met"
    assert len(outcomes) == 3
    assert "Titles of the list that changed" in section.says[1]
    assert section.tables[0].rows[1].note == "95% Wilson interval over sessions"
    assert "--thresholds gate.toml" in document.command
    assert to_html(document).count(">not met</td>") == list(outcomes.values()).count("not met") > 0


def test_the_change_from_the_model_before_is_a_page_and_its_thresholds_are_judged(
    compared: Document, tmp_path: Path
) -> None:
    figures = compared.by_id()
    assert figures["changes/lists_changed"].value > 0.2
    assert {row.label for row in compared.section("thresholds").tables[0].rows} >= {
        "Titles of the list that changed (1 − Jaccard at 10), at most"
    }
    assert compared.section("thresholds").tables[0].rows[-1].cells[2] == "not met"
    assert compared.section("changes").question == "What is different from memory?"
    assert "--against memory" in compared.command
    pack = write_pack(compared, tmp_path / "pack", pdf=False)
    assert check_pack(pack.folder) == ()


def test_a_model_does_not_differ_from_itself_in_the_report(folders: dict[str, Path]) -> None:
    subject = opened(folders)
    document = collect(replace(subject, before=subject.model), SETTINGS.model_copy(update={"against": "reader"}))
    for figure in document.figures:
        if figure.id.startswith("changes/") and not figure.id.startswith(("changes/floor", "changes/parameters")):
            assert figure.value == 0, figure.id


def test_the_largest_change_of_a_parameter_is_in_points_like_the_changes_it_is_taken_from(compared: Document) -> None:
    figures = compared.by_id()
    moved = figures["changes/parameter_moved"]
    changes = [
        abs(figure.value)
        for name, figure in figures.items()
        if name.startswith("changes/parameters/") and name.endswith("/change/points")
    ]
    assert moved.unit == "score points"
    assert moved.label == "Largest change of a main parameter"
    assert moved.value > 1
    assert any(moved.value == pytest.approx(change, abs=1e-3) for change in changes)
