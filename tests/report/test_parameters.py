"""The section on main parameters shows a null with every cost, and says "matters" only beyond it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from streamrec_core.attribution.importance_record import Mean, ParameterImportance
from streamrec_core.attribution.parameter_events import OF_TERM
from streamrec_core.attribution.parameter_importance import measure_parameters
from streamrec_core.data.presets import open_data
from streamrec_core.data.splits import split
from streamrec_core.models.settings import TransformerSettings
from streamrec_core.models.terms import TERMS
from streamrec_core.report.answers import answers
from streamrec_core.report.document import Document, plain_text
from streamrec_core.report.html import to_html
from streamrec_core.report.pack import to_csv
from streamrec_core.report.register import Register
from streamrec_core.report.sections.parameters import NULLS, PARAMETERS, parameters, ranked
from streamrec_core.report.subject import open_subject
from tests.pages.tiny_world import ship
from tests.report.worlds import opened
from tests.worlds import ADDITIVE, SMALL, dataset_of, small_transformer, written

NONE = Mean(0.0, 0.0, 0.0)


def importance(parameter: str, drop: float, null: float, half: float = 0.05) -> ParameterImportance:
    """A parameter that costs `drop` nats and whose null costs `null`, known to `half`."""
    means = [Mean(value, value - half, value + half) for value in (drop, null, drop - null)]
    return ParameterImportance(parameter, "events removed", 20, 24, *means, NONE, 0.0, NONE)


RECENCY = importance("recency", drop=1.0, null=0.1)
OPENING = importance("opening", drop=0.3, null=0.3)
REPEATS = importance("repeats", drop=0.0, null=0.3)
CATEGORY = importance("category", drop=1.2, null=0.8)


@pytest.fixture(scope="module")
def lines_of(folders: dict[str, Path]) -> dict[str, str]:
    """The sentence of the section on each of four parameters, and on the most important as `first`."""
    register = Register()
    section = parameters(opened(folders, "memory"), [OPENING, CATEGORY, RECENCY, REPEATS], register)
    figures = {figure.id: figure for figure in register.figures()}
    lines = [plain_text(line, figures).replace("\u00a0", " ") for line in section.points]
    return {line.partition(":")[0]: line for line in lines} | {"first": plain_text(section.says[-1], figures)}


def test_a_parameter_matters_only_beyond_its_null(lines_of: dict[str, str]) -> None:
    assert "matters. Without it the first recommendation is 2.7 times less likely" in lines_of["Recency"]
    assert "the null makes it 1.11 times less likely" in lines_of["Recency"]
    assert "matters" in lines_of["Category"]
    assert (
        "has an effect (1.35 times), but none was shown beyond the null (1.35 times)" in lines_of["The opening title"]
    )
    assert lines_of["Repeats"] == "Repeats: not shown to matter here."


def test_the_most_important_parameter_exceeds_its_null_most(lines_of: dict[str, str]) -> None:
    assert lines_of["first"].startswith("The most important is recency")
    assert [each.parameter for each in ranked([OPENING, CATEGORY, RECENCY, REPEATS])] == ["recency", "category"]


def test_the_answer_to_article_27_names_no_parameter_where_none_exceeds_its_null() -> None:
    first, second, *_ = answers([OPENING, REPEATS], {})
    assert first.answer == second.answer == "None was shown to matter on these data."


def test_every_parameter_but_the_session_has_a_null(document: Document) -> None:
    assert set(NULLS) == set(PARAMETERS) - {"session", "series", "time"}
    (table,) = (table for table in document.section("parameters").tables if table.id == "parameters/weights")
    figures, html, csv = document.by_id(), to_html(document), to_csv(document)
    for row in table.rows:
        assert ("Null: " in row.note) == (row.label != "The whole session")
        fall, null, excess, *_ = row.cells
        if row.label == "The whole session":
            assert (null, excess) == ("", "")
            continue
        assert [null, excess] == [fall.replace("/fall", f"/{name}") for name in ("null", "excess")]
        for name in (null, excess):
            assert figures[name].low is not None
            assert f'data-id="{name}"' in html
            assert f"\n{name}," in csv
        points = {name: figures[f"{name}/points"].value for name in (fall, null, excess)}
        assert points[excess] == pytest.approx(points[fall] - points[null], abs=2e-4)
    assert any(
        "is said to matter only where its cost exceeds its null" in line
        for line in document.section("parameters").after
    )


def test_every_named_term_has_a_parameter_with_a_title() -> None:
    assert set(OF_TERM) == set(TERMS)
    assert set(OF_TERM.values()) <= set(PARAMETERS)


def test_a_model_that_reads_times_has_its_time_gap_in_the_section(folders: dict[str, Path], tmp_path: Path) -> None:
    whole = open_data(str(folders["tiny"]))
    log = replace(whole.log, timestamps=np.cumsum(np.resize([30, 86_400], len(whole.log.items))))
    data = written(dataset_of(whole.catalogue, log, name="timed"), tmp_path / "timed")
    model = small_transformer(data.catalogue, jobs=("recent", "last"), time_gaps=True)
    for terms in model.named_terms():
        terms.weights["time_gap"].data.fill_(1.0)
    settings = TransformerSettings(**SMALL, **ADDITIVE, jobs=("recent", "last"), time_gaps=True)
    ship(model, data, tmp_path / "reader", settings.model_dump())
    subject, register = open_subject(tmp_path / "reader", str(tmp_path / "timed")), Register()
    divided = split(data)
    measured = measure_parameters(subject.model, data, divided.test, divided.train)
    tables = {table.id: table for table in parameters(subject, measured, register).tables}
    (row,) = (row for row in tables["parameters/terms"].rows if row.label == "Time since the event")
    figures = {figure.id: figure for figure in register.figures()}
    assert figures[row.cells[0]].value != pytest.approx(1.0, abs=1e-3)
    learned = [row for row in tables["parameters/figures"].rows if row.label.startswith("Time since the event")]
    assert [row.label[-5:-1] for row in learned] == ["L0H0", "L0H2", "L1H0", "L1H2"]
    assert learned[0].note.startswith("an event an hour before the last one counts 0.02 times")
