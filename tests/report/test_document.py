"""Reports are reproducible, cite a recorded figure for every number, and claim no more than was measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch

from streamrec_core.attribution.contributions import contributions
from streamrec_core.charts.palette import DIVERGING, HEAD_TYPE_COLOURS, contrast, text_on
from streamrec_core.errors import BadInput
from streamrec_core.explain.first_look import explain_session
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.models.settings import LSTMSettings
from streamrec_core.report.collect import collect
from streamrec_core.report.document import (
    CaseFile,
    Document,
    EventLine,
    Figure,
    in_words,
    interval_in_words,
    pieces,
    plain_text,
)
from streamrec_core.report.html import _cell_colour, _cell_words, to_html
from streamrec_core.report.pack import content_hash, to_json
from streamrec_core.report.register import Register
from streamrec_core.report.sections.learned import learned
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import open_subject
from streamrec_core.training.loop import train
from streamrec_core.training.new_run import new_run
from streamrec_core.training.run_folder import RunFolder
from tests.pages.tiny_world import HOSTILE, ship
from tests.report.conftest import SETTINGS
from tests.report.worlds import opened
from tests.worlds import SMALL, chain_dataset, no_validation_dataset, small_lstm, written

SECTIONS = (
    "purpose",
    "parameters",
    "data",
    "quality",
    "lists",
    "heads",
    "explanations",
    "cases",
    "options",
    "limits",
    "remaking",
)
FORBIDDEN = re.compile(r"complian|complies|conform|in line with the law|proves? that|guarantee|certif", re.IGNORECASE)
NUMBER = re.compile(r"\d[\d,]*\.?\d*")


class Read(HTMLParser):
    """What a browser would show: the figures by id, and all other text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.figures: list[tuple[str, float]] = []
        self.tags: list[str] = []
        self.text = ""
        self._quiet = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.text += " " if tag in ("td", "th", "small", "data", "svg", "p") else ""
        self.tags.append(tag)
        if tag == "data":
            self.figures.append((values["data-id"] or "", float(values["value"] or "nan")))
        self._quiet += tag in ("style", "data", "title")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("style", "data", "title")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data


def test_all_sections_are_in_order_and_every_answer_links_to_one(document: Document) -> None:
    assert tuple(section.key for section in document.sections) == SECTIONS
    assert {key for answer in document.answers for key in answer.sections} <= set(SECTIONS)
    assert {answer.source for answer in document.answers} >= {
        "Art. 27(1)",
        "Art. 27(2)(a)",
        "Art. 27(2)(b)",
        "Art. 27(3)",
    }


def test_a_report_made_twice_has_the_same_content(document: Document, folders: dict[str, Path]) -> None:
    again = collect(opened(folders), SETTINGS)
    assert again == document
    assert content_hash(again) == content_hash(document)


def test_the_number_of_threads_does_not_change_the_content(document: Document, folders: dict[str, Path]) -> None:
    threads: set[int] = set()
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        again = collect(opened(folders), SETTINGS, lambda doing, share: threads.add(torch.get_num_threads()))
        assert torch.get_num_threads() == 2  # as it was
    finally:
        torch.set_num_threads(before)
    assert threads == {1}
    assert content_hash(again) == content_hash(document)


def test_another_seed_gives_other_content(document: Document, folders: dict[str, Path]) -> None:
    other = collect(opened(folders), SETTINGS.model_copy(update={"seed": 1}))
    assert content_hash(other) != content_hash(document)
    assert "--seed 1" in other.command


@pytest.mark.parametrize("which", ["document", "memory"])
def test_every_figure_of_the_page_is_in_the_record(which: str, request: pytest.FixtureRequest) -> None:
    document: Document = request.getfixturevalue(which)
    read, figures = Read(to_html(document)), document.by_id()
    assert len(read.figures) > 100
    assert all(figures[name].value == value for name, value in read.figures)
    # What else looks like a number stands in the record too, as an interval or in a text.
    record = json.dumps(document.model_dump(mode="json"), ensure_ascii=False)
    record += " ".join(interval_in_words(figure) for figure in document.figures)
    record += " ".join(str(number) for number in range(1, 16))  # sections, cases and places in a session
    fixed = "27 2022/2065 38 95"
    strange = {match for match in NUMBER.findall(read.text) if match.rstrip(".,") not in record + fixed}
    assert strange == set()


def test_every_cited_id_is_a_figure(document: Document, memory: Document) -> None:
    for report in (document, memory):
        figures, record = report.by_id(), report.model_dump_json()
        assert set(re.findall(r"\[\[([^\[\]\"]+)\]\]", record)) <= set(figures)
        cells = {
            cell for section in report.sections for table in section.tables for row in table.rows for cell in row.cells
        }
        assert cells - {""} <= set(figures)
        assert "[[" not in Read(to_html(report)).text


def test_hostile_titles_stay_text(document: Document) -> None:
    html = to_html(document)
    read = Read(html)
    titles = {event.title for case in document.cases for event in case.events}
    assert titles & set(HOSTILE)
    assert all(title in read.text for title in titles)
    assert not {"script", "img", "link", "iframe"} & set(read.tags)
    assert "<b>Crime" not in html


def test_the_page_requests_nothing_and_forbids_it(document: Document) -> None:
    html = to_html(document)
    assert "default-src 'none'" in html
    assert not re.search(r"""(src|href)=["'](?!#)""", html)
    assert "url(" not in html
    assert "@import" not in html


def test_no_word_claims_compliance_or_proof(document: Document, memory: Document) -> None:
    for report in (document, memory):
        assert FORBIDDEN.findall(Read(to_html(report)).text) == []


def test_the_pattern_for_claims_matches_them() -> None:
    assert all(FORBIDDEN.search(f"This system {claim} the act.") for claim in ("is compliant with", "complies with"))


def test_main_parameters_are_measured_for_a_model_without_heads(memory: Document) -> None:
    names = {each.id for each in memory.figures}
    assert {f"parameters/kind/{name}/fall" for name in ("recency", "category", "opening", "popularity")} <= names
    assert not any(name.startswith("parameters/term") for name in names)
    assert "has no attention heads" in memory.section("heads").says[0]
    assert not any(event.attention for case in memory.cases for event in case.events)


def test_named_terms_are_measured_beside_their_events(document: Document) -> None:
    names = {each.id for each in document.figures}
    assert {"parameters/term/recency/fall", "parameters/kind/recency/fall"} <= names
    assert "Art. 27(2)(a)" in {answer.source for answer in document.answers}


def test_a_requested_case_is_the_only_one_shown(memory: Document) -> None:
    (case,) = memory.cases
    assert (case.session_id, case.selection) == ("s3", "requested")
    assert memory.command.endswith("--sessions s3 --weighed 24 --looked-at 10 --explained 6")


def test_a_session_that_does_not_exist_is_named(folders: dict[str, Path]) -> None:
    with pytest.raises(BadInput, match="no session 'nobody'"):
        collect(opened(folders), SETTINGS.model_copy(update={"sessions": ("nobody",)}))


def test_progress_rises_and_names_each_step(folders: dict[str, Path]) -> None:
    calls: list[tuple[str, float]] = []
    collect(opened(folders, "memory"), SETTINGS, lambda doing, share: calls.append((doing, share)))
    shares = [share for _, share in calls]
    assert shares == sorted(shares)
    assert 0.99 < shares[-1] <= 1.001
    assert len({doing for doing, _ in calls}) == 6


def test_invalid_settings_are_refused() -> None:
    with pytest.raises(BadInput, match="weighed"):
        ReportSettings.parse({"weighed": 3}, "report")


@pytest.mark.parametrize(
    ("unit", "value", "read"),
    [
        ("share", 0.3171, "31.7%"),
        ("points", -0.012, "−1.2 percentage points"),
        ("points", 0.0, "0.0 percentage points"),
        ("factor", 87.2, "87 times"),
        ("factor", 1.0, "1.00 times"),
        ("score points", 39.12, "39.1 points"),
        ("nats", 0.05, "0.05"),  # of packs made before there were points
        ("count", 4000, "4,000"),
    ],
)
def test_figures_are_written_with_their_units(unit: str, value: float, read: str) -> None:
    assert in_words(Figure.model_validate({"id": "a", "label": "a", "value": value, "unit": unit})) == read.replace(
        " ", "\u00a0", 1
    )


def test_an_interval_has_its_unit_once_and_percentage_points_have_theirs_at_the_figure() -> None:
    for unit, read in (
        ("share", "−2.0 to 10.0%"),
        ("points", "−2.0 to +10.0"),
        ("score points", "0.0 to 0.1\u00a0points"),
    ):
        figure = Figure.model_validate(
            {"id": "a", "label": "a", "value": 0.05, "low": -0.02, "high": 0.1, "unit": unit}
        )
        assert interval_in_words(figure) == read


def test_brackets_that_name_no_figure_stay_words() -> None:
    figure = Figure(id="a", label="a", value=2, unit="count")
    assert plain_text("x [[a]] [[b]] [c]", {"a": figure}) == "x 2 [[b]] [c]"
    assert list(pieces("none", {})) == ["none"]


def test_a_figure_id_is_used_once() -> None:
    register = Register()
    register.enter("a", "a", 1)
    with pytest.raises(ValueError, match="'a' already"):
        register.enter("a", "b", 2)


def test_selection_by_training_loss_is_reported(tmp_path: Path) -> None:
    dataset = written(no_validation_dataset(), tmp_path / "bare")
    run = RunFolder(tmp_path / "run")
    run.begin(new_run("run", dataset, "transformer", "plain", {**SMALL, "epochs": 1, "batch_size": 16}))
    list(train(run, dataset))
    subject = open_subject(run.best)
    (text,) = [line for line in learned(subject, Register()).says if "best version" in line]
    assert "selected by its training loss, since [[data/split/validation]] are set aside for validation" in text
    unrecorded = replace(subject, card=subject.card.model_copy(update={"monitor": ""}))
    (text,) = [line for line in learned(unrecorded, Register()).says if "best version" in line]
    assert "selected in a way that its card does not record" in text


def test_records_of_older_packs_are_read_and_written_under_their_keys(memory: Document) -> None:
    plain = json.loads(to_json(memory))
    (case,) = plain["cases"]
    assert (case["chosen"], case["events"][0]["place"]) == ("requested", memory.cases[0].events[0].position)
    assert "dropped" in case
    assert Document.parse(plain, "an older pack") == memory


def test_a_case_has_a_matrix_of_what_each_head_adds(
    document: Document, memory: Document, folders: dict[str, Path]
) -> None:
    subject, case = opened(folders), document.cases[0]
    assert isinstance(subject.model, AdditiveModel)
    explanation = explain_session(subject.model, subject.dataset, case.session_id)
    parts = contributions(subject.model, explanation.history, [explanation.candidate.row], "average")
    adds = 100 * parts.values[0].reshape(8, -1)  # (layers, heads, L) -> (8, L)
    assert case.adds
    for event in case.events:
        assert event.heads == pytest.approx(adds[:, event.position - 1], abs=0.06)
    page = to_html(document)
    assert page.count('<table class="matrix">') == len(document.cases)
    assert HEAD_TYPE_COLOURS[case.heads[0].type] in page
    assert "matrix" not in to_html(memory).partition("<body>")[2]


def test_cells_against_the_title_are_brown_with_a_minus_sign() -> None:
    event = EventLine(
        position=1, title="t", category="c", engagement="e", removal="", rank_without="", heads=(20.0, -20.0, 0.3)
    )
    case = CaseFile.model_construct(events=(event,), adds=True)
    assert [_cell_words(case, value) for value in event.heads] == ["+20", "−20", "0"]
    assert [_cell_colour(case, value) for value in event.heads[:2]] == [DIVERGING[-1], DIVERGING[0]]
    assert all(contrast(text_on(ground), ground) >= 4.5 for ground in (_cell_colour(case, v) for v in event.heads))


def test_a_record_of_an_older_version_has_no_matrix(document: Document) -> None:
    older = json.loads(to_json(document))
    for case in older["cases"]:
        del case["heads"], case["adds"]
        for event in case["events"]:
            del event["heads"]
    assert Document.model_validate(older).cases[0].heads == ()


def test_a_bad_model_and_a_catalogue_of_ten_are_told_before_any_figure(tmp_path: Path) -> None:
    dataset = written(chain_dataset(sessions=160, items=10), tmp_path / "ten")
    settings = LSTMSettings(hidden=12, width=8)
    ship(small_lstm(dataset.catalogue), dataset, tmp_path / "small", settings.model_dump(), kind="lstm")
    subject = open_subject(tmp_path / "small", str(tmp_path / "ten"))
    row = {
        "metric": "ndcg@10",
        "model": 0.3,
        "baseline": 0.3,
        "difference": 0.0,
        "interval": [-0.1, 0.1],
        "sessions": 9,
    }
    subject = replace(subject, card=subject.card.model_copy(update={"baselines": {"popularity": row}}))
    document = collect(subject, SETTINGS)
    warning, few = document.summary[:2]
    assert warning.startswith("This model is not shown to be better than popularity (NDCG@10 0.300, popularity 0.300")
    assert few == "The catalogue has 10 items: Hit@10 says nothing, since a list of ten holds them all."
    assert document.section("quality").says[:2] == (warning, few)
    assert warning in Read(to_html(document)).text


def test_events_that_are_not_listed_are_counted_in_the_singular_too(document: Document) -> None:
    for unseen, read in ((1, "1 event with a smaller effect is not listed."), (2, "2 events with smaller effects are")):
        case = document.cases[0].model_copy(update={"unseen": unseen})
        assert read in to_html(document.model_copy(update={"cases": (case,)}))


def test_a_command_breaks_between_its_words_and_sample_sizes_are_limits(document: Document) -> None:
    html = to_html(document)
    words = document.command.split(" ")
    assert " ".join(f"<span>{word}</span>" for word in words) in html
    assert f"At most {document.settings.weighed} sessions for main parameters" in html


def test_evidence_on_main_parameters_is_on_heads_where_named_terms_are(document: Document) -> None:
    assert [link.page for link in document.section("parameters").evidence] == ["heads"]
