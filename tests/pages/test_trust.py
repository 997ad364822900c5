"""Trust: the shares that fail come first, reports on other weights are not shown, and the command is named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pages.trust import measure
from streamrec_core.attribution.faithfulness.record import FaithfulnessSettings, SessionMean, read_report, write_report
from streamrec_core.attribution.faithfulness.study import measure_faithfulness
from streamrec_core.background.task import REQUEST_FILE, STATE_FILE
from streamrec_core.config import workspace
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.errors import Refused
from streamrec_core.explain import measuring
from streamrec_core.explain.measuring import (
    Measurement,
    MeasureRequest,
    MeasureState,
    list_measurements,
    start_measuring,
)
from streamrec_core.explain.nulls import NullSubject
from streamrec_core.explain.shares import SHARES_FILE, RemovalFitSummary, count_shares
from streamrec_core.models.checkpoint import load_checkpoint, read_card, untrained_model
from tests.pages.conftest import Visit
from tests.pages.test_overview import words

PAGE = "trust/page.py"


@pytest.fixture
def measured(world: DataSet, checkpoints: Path) -> Path:
    """The folder of the tiny transformer, with a report beside its card."""
    folder = checkpoints / "a-transformer"
    settings = FaithfulnessSettings(sessions=6, search_steps=3)
    report = measure_faithfulness(load_checkpoint(folder, world.catalogue), world, split(world), settings)
    write_report(report.of_weights(read_card(folder).weights_sha256), folder)
    return folder


def subject_of(folder: Path, world: DataSet) -> NullSubject:
    """The tiny transformer beside its untrained twin."""
    model, untrained = load_checkpoint(folder, world.catalogue), untrained_model(folder, world.catalogue)
    return NullSubject(model, untrained, world, split(world))


def test_the_answers_come_first_and_are_told_apart(visit: Visit, measured: Path, world: DataSet) -> None:
    weights = read_card(measured).weights_sha256
    counted = count_shares(subject_of(measured, world), weights, 6)
    counted.write(measured / SHARES_FILE)
    shares, nulls = counted.shares, counted.nulls
    assert nulls is not None
    visitor = visit(PAGE)
    predicted, in_words = (heading.value for heading in visitor.subheader[:2])
    assert counted.removal_fit is not None
    assert counted.removal_fit.r2 < 0  # a network that learned nothing
    assert predicted == "They predict nothing of what happens."
    assert in_words == f"For {shares.failed.share:.0%} of 6, no reason was confirmed."
    text = words(visitor)
    assert "to 50% of its probability, and further than the rest of the list" in text
    assert "It can be true of shuffled weights too" in text or "it can be true of shuffled weights too" in text
    values = {metric.label: metric.value for metric in visitor.metric}
    assert values["Random reasons"] == f"{1 - nulls.random_reason.verified:.0%} fail"
    assert {"A random title", "The same weights, shuffled", "The same network, untrained"} <= set(values)
    fit = RemovalFitSummary(r2=0.947, interval=(0.9, 0.98), guess=0.12, n=200)
    counted.model_copy(update={"removal_fit": fit}).write(measured / SHARES_FILE)
    visitor = visit(PAGE)
    assert visitor.subheader[0].value == "They predict 95% of what happens."
    assert "predicts **12%**" in words(visitor)
    counted.model_copy(update={"removal_fit": None}).write(measured / SHARES_FILE)
    assert visit(PAGE).subheader[0].value == "Not measured for this model yet"
    counted.model_copy(update={"weights_sha256": "0" * 64}).write(measured / SHARES_FILE)
    assert visit(PAGE).subheader[1].value == "Not measured for this model yet"


def test_the_chart_has_its_share_and_the_test_behind_it(visit: Visit, measured: Path) -> None:
    visitor = visit(PAGE)
    assert visitor.subheader[1].value == "Not measured for this model yet"
    assert visitor.subheader[2].value.endswith("the chart puts the wrong event first.")
    assert "one of the **3** whose removal lowers" in words(visitor)
    assert len(visitor.get("plotly_chart")) == 3
    assert not visitor.dataframe


def test_attention_swaps_are_shown_and_experts_see_every_figure(visit: Visit, measured: Path) -> None:
    visitor = visit(PAGE, mode="expert")
    text = words(visitor)
    assert "Every head attends uniformly" in text
    assert "of the possible divergence; " in text
    assert "weights shuffled" in text
    table = visitor.dataframe[0].value
    assert "random (floor)" in set(table["Explainer"])
    assert [button.label for button in visitor.get("download_button")] == ["Download CSV", "All figures (JSON)"]


def test_a_model_that_was_not_measured_says_how(visit: Visit) -> None:
    visitor = visit(PAGE)
    assert "Not measured for this model yet" in words(visitor)
    assert "faithfulness --checkpoint checkpoints/a-transformer --data tiny" in visitor.code[0].value


def test_a_report_on_other_weights_is_not_shown(visit: Visit, measured: Path) -> None:
    report = read_report(measured)
    assert report is not None
    write_report(report.of_weights("0" * 64), measured)
    assert "Not measured for this model yet" in words(visit(PAGE))


def test_a_report_with_another_figure_is_refused_and_the_rest_of_the_page_works(visit: Visit, measured: Path) -> None:
    path = measured / "faithfulness.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"models": 1', '"models": 7'), encoding="utf-8")
    visitor = visit(PAGE)
    assert not visitor.exception
    assert any("is not what was written" in element.value for element in visitor.error)


def test_a_model_is_measured_from_the_page_and_its_report_is_shown(visit: Visit) -> None:
    visitor = visit(PAGE, model="b-lstm")
    assert "have not been tested yet" in words(visitor)
    visitor.button(key="measure").click().run()
    assert "Measuring the explanations of **b-lstm** on **tiny**" in words(visitor)
    assert "measure" not in [button.key for button in visitor.button]
    deadline = time.monotonic() + 180
    while any(job.state.stage == "running" for job in list_measurements()) and time.monotonic() < deadline:
        time.sleep(0.2)
    visitor.run()
    assert not visitor.exception
    assert "have not been tested yet" not in words(visitor)
    assert "no reason was confirmed" in words(visitor)
    assert list_measurements() == ()


def run_measurement_of(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages see a measurement of this model that never ends."""
    request, state = MeasureRequest(data="tiny", model=model), MeasureState(message="explaining", share=0.4)
    folder = workspace() / "measuring"
    folder.mkdir()
    request.write(folder / REQUEST_FILE)
    state.write(folder / STATE_FILE)
    running = (Measurement(folder, request, state),)
    monkeypatch.setattr(measuring, "list_measurements", lambda: running)
    monkeypatch.setattr(measure, "list_measurements", lambda: running)


def test_a_model_without_a_report_is_said_to_be_measured_while_it_is(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_measurement_of("b-lstm", monkeypatch)
    visitor = visit(PAGE, model="b-lstm")
    assert [bar.proto.text for bar in visitor.get("progress")] == ["Explaining, 40%"]
    text = words(visitor)
    assert "The first measurement is under way" in text
    assert "Not measured" not in text
    assert "not been tested" not in text
    assert "is being measured now; Trust shows how far it is" in words(visit(model="b-lstm"))
    other = words(visit(PAGE, model="a-transformer"))
    assert "Not measured for this model yet" in other
    assert "One model is measured at a time" in other
    assert "has not been measured yet; Trust measures it" in words(visit(model="a-transformer"))


def test_figures_that_are_missing_are_said_to_be_measured_while_they_are(
    visit: Visit, measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words(visit(PAGE)).count("Not measured for this model yet") == 2
    run_measurement_of("a-transformer", monkeypatch)
    text = words(visit(PAGE))
    assert text.count("Being measured now") == 2
    assert "The same checks on noise are being measured now." in text
    assert "Not measured" not in text
    assert "with the button above" not in text


def test_a_failed_measurement_says_why_and_can_be_dismissed(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamrec_core.background.process.sys.executable", "/bin/false")
    visitor = visit(PAGE, model="b-lstm")
    visitor.button(key="measure").click().run()
    deadline = time.monotonic() + 60
    while list_measurements()[0].state.stage == "running" and time.monotonic() < deadline:
        time.sleep(0.1)
    visitor.run()
    assert "could not be measured" in words(visitor)
    assert "ended before it was done" in words(visitor)
    next(button for button in visitor.button if button.label == "Dismiss").click().run()
    assert "could not be measured" not in words(visitor)


def test_a_read_only_server_measures_nothing(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMREC_READ_ONLY", "1")
    assert visit(PAGE, model="b-lstm").button(key="measure").disabled
    with pytest.raises(Refused):
        start_measuring(MeasureRequest(data="tiny", model="b-lstm"))


def test_no_failure_among_the_sessions_has_an_interval_with_a_width(visit: Visit, measured: Path) -> None:
    report = read_report(measured)
    assert report is not None
    none = SessionMean(mean=0.0, low=0.0, high=0.0, n=200)
    write_report(report.model_copy(update={"failing": none}), measured)
    text = words(visit(PAGE))
    assert "For 0% of 200, the chart puts the wrong event first." in text
    assert "Share that fails, 95% CI: 0% to 2%." in text
