"""What a report says of attention is measured of attention, also where the dashboard's charts show something else."""

from __future__ import annotations

import pytest

from streamrec_core.attribution.faithfulness.record import (
    ExplainerReport,
    FaithfulnessReport,
    FaithfulnessSettings,
    MeasuredModel,
    SessionMean,
)
from streamrec_core.report.document import interval_in_words, plain_text
from streamrec_core.report.register import Register
from streamrec_core.report.sections.explanations import ATTENTION_WRONG, wrong_event_first

SUBJECT = MeasuredModel(model="m", weights_sha256=None, data="d", catalogue_hash="c", events_hash=None, split="session")


def share(mean: float, low: float, high: float) -> SessionMean:
    return SessionMean(mean=mean, low=low, high=high, n=200)


def report(pictured: str, **wrong: SessionMean) -> FaithfulnessReport:
    """A report whose explainers put the wrong event first for these shares."""
    explainers = [
        ExplainerReport(name=name, measures={"fails": figure}, deletion=(1.0,), insertion=(1.0,))
        for name, figure in wrong.items()
    ]
    return FaithfulnessReport(
        settings=FaithfulnessSettings(),
        subject=SUBJECT,
        pictured=pictured,
        failing=wrong[pictured],
        shares=(0.0,),
        explainers=tuple(explainers),
        swaps={},
        models=1,
    )


def paragraph_of(about: FaithfulnessReport) -> tuple[str, Register]:
    register = Register()
    (text,) = wrong_event_first(about, register)
    return plain_text(text, {figure.id: figure for figure in register.figures()}), register


NONE, THIRD, FLOOR = share(0.0, 0.0, 0.0), share(0.345, 0.285, 0.415), share(0.35, 0.29, 0.42)


def test_attention_is_blamed_for_its_mistakes_and_not_for_those_of_the_chart() -> None:
    text, register = paragraph_of(report("value", attention_mean=THIRD, last_item=FLOOR, value=NONE))
    assert "Attention alone (attention, mean of all heads) puts the wrong event first for 34.5%" in text
    assert "Always naming the last event, without the model, is wrong for 35.0%; attention is worth the" in text
    assert text.endswith("The charts show event values instead, wrong for 0.0%.")
    assert register.figure(ATTENTION_WRONG).value == 0.345


def test_a_chart_of_attention_is_not_named_twice() -> None:
    text, _ = paragraph_of(report("attention_mean", attention_mean=THIRD, last_item=FLOOR))
    assert text.endswith("nothing is claimed from it unchecked.")


def test_nothing_is_said_of_attention_where_a_model_has_none() -> None:
    text, register = paragraph_of(report("integrated_gradients", integrated_gradients=THIRD, last_item=FLOOR))
    assert text.startswith("The charts show integrated gradients, which put the wrong event first for 34.5%")
    assert "ttention" not in text
    assert ATTENTION_WRONG not in {figure.id for figure in register.figures()}


def test_no_failure_among_200_does_not_show_that_none_can_occur() -> None:
    _, register = paragraph_of(report("value", attention_mean=THIRD, last_item=FLOOR, value=NONE))
    assert interval_in_words(register.figure("faithfulness/failing")) == "0.0 to 1.9%"  # Wilson's: 3.84 / 203.84


@pytest.mark.parametrize(("mean", "interval"), [(0.0, (0.0, 0.0188)), (1.0, (0.9812, 1.0))])
def test_a_share_of_sessions_that_all_agree_has_the_interval_of_wilson(
    mean: float, interval: tuple[float, float]
) -> None:
    assert share(mean, mean, mean).share_interval == pytest.approx(interval, abs=1e-4)
    assert share(0.5, 0.4, 0.6).share_interval == (0.4, 0.6)
    assert SessionMean(mean=mean, low=None, high=None, n=1).share_interval is None
