"""Results show themselves in notebooks, escaped and in the notebook's own colours, and convert to pandas."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from streamrec_core.api import Recommendations, TrainedModel
from streamrec_core.attribution.bring_in_record import Addition, BringIn
from streamrec_core.attribution.contributions import Contributions
from streamrec_core.attribution.counterfactual import Counterfactual
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.diagnosis.model_check.finding import ModelCheck, ModelCheckSettings, ModelFinding
from streamrec_core.evaluation.compare import Comparison, ModelMetrics
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.explain.first_look import explain
from streamrec_core.explain.record import RankedItem
from streamrec_core.explain.sentences import words
from streamrec_core.explain.verified import verify
from streamrec_core.notebook import MOST_ROWS, NotebookResult
from streamrec_core.training.events import EpochDone, RunDone
from tests.worlds import catalogue_of, dataset_of, log_of, session_of, small_transformer

HOSTILE = "<script>alert('x')</script> & \"Zoë\""
PLAIN = catalogue_of(12, 3)
CATALOGUE = Catalogue(PLAIN.item_ids, (HOSTILE,) * len(PLAIN), PLAIN.category_of, (HOSTILE, "b", "c"), PLAIN.neutral)
DATASET = dataset_of(CATALOGUE, log_of([[0, 1, 2, 3], [4, 5, 6]]))
MODEL = small_transformer(CATALOGUE)
ITEM = RankedItem(0, "i0", HOSTILE, HOSTILE, 1, 0.25)
EXPLANATION = explain(MODEL, DATASET, session_of([1, 2, 3]))
METRICS = {"hit@10": 0.5, "hit@10_interval": (0.4, 0.6), "mrr": 0.25, "n_sessions": 4, "split": "test"}
CONTRIBUTIONS = Contributions((7,), np.array([0.5]), np.arange(6, dtype=float).reshape(1, 1, 2, 3))
COUNTERFACTUAL = Counterfactual(10, 1, (0, 2), 14, (5,), True, 1, 6, (HOSTILE, HOSTILE))
EPOCHS = tuple(
    EpochDone(epoch=epoch, step=epoch, train_loss=2.0, metrics={"hit@10": 0.1}, best=True, seconds=1.0)
    for epoch in (1, 2)
)
TRAINED = TrainedModel(
    Path("runs") / "first",
    MODEL,
    EPOCHS,
    RunDone(best_epoch=2, reason="all epochs done", metrics={"hit@10": 0.125}),
)
RESULTS: dict[str, NotebookResult] = {
    "recommendations": Recommendations(HOSTILE, (ITEM, replace(ITEM, rank=2))),
    "explanation": EXPLANATION,
    "verified": verify(MODEL, DATASET, EXPLANATION),
    "contributions": CONTRIBUTIONS,
    "counterfactual": COUNTERFACTUAL,
    "evaluation": Evaluation(HOSTILE, "test", "session", False, np.array([1, 20]), None, None),
    "comparison": Comparison([ModelMetrics(HOSTILE, METRICS), ModelMetrics("b", METRICS)]),
    "trained": TRAINED,
    "data set": DATASET,
    "bring in": BringIn(HOSTILE, 10, 20, (Addition("add", 3),), session_of([1]), 2, (0,), 9, 2, 5, (HOSTILE,)),
    "model check": ModelCheck(
        HOSTILE, "tiny", ModelCheckSettings(), (ModelFinding("seen items", "warning", HOSTILE, {"share": 0.5}),)
    ),
}


class Tags(HTMLParser):
    """The tags and attributes of a piece of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", RESULTS)
def test_a_notebook_shows_titles_as_text_and_sets_no_colour(name: str) -> None:
    shown = Tags(RESULTS[name]._repr_html_())
    assert shown.tags <= {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert shown.attributes <= {"class", "border", "style"}
    assert "color" not in RESULTS[name]._repr_html_()
    assert (HOSTILE in shown.text) == (name not in ("contributions", "trained"))


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_is_a_table_of_pandas(name: str) -> None:
    frame = RESULTS[name].to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame)


def test_recommendations_have_a_row_a_title() -> None:
    frame = RESULTS["recommendations"].to_pandas()
    assert frame.to_dict("records")[1] == {
        "rank": 2,
        "item_id": "i0",
        "title": HOSTILE,
        "category": HOSTILE,
        "probability": 0.25,
    }


def test_an_explanation_has_a_row_an_event_with_its_attention() -> None:
    frame = EXPLANATION.to_pandas()
    assert frame["event"].tolist() == [1, 2, 3]
    assert frame["title"].tolist() == [HOSTILE] * 3
    np.testing.assert_allclose(frame["attention"], EXPLANATION.attention)


def test_a_verified_explanation_has_the_rank_without_each_event() -> None:
    verified = verify(MODEL, DATASET, EXPLANATION)
    frame = verified.to_pandas()
    assert frame["rank_without"].tolist() == verified.evidence.ranks.tolist()
    np.testing.assert_allclose(frame["removal"], verified.evidence.removal.effect)
    assert words(verified, CATALOGUE).sentence in verified.summary()


def test_contributions_have_a_row_a_head_and_event_and_add_up() -> None:
    frame = CONTRIBUTIONS.to_pandas()
    assert frame.columns.tolist() == ["candidate", "layer", "head", "event", "contribution"]
    assert frame[(frame["head"] == 1) & (frame["event"] == 2)]["contribution"].item() == 5.0
    assert frame["contribution"].sum() + 0.5 == CONTRIBUTIONS.scores[0]
    assert CONTRIBUTIONS.shown_rows().iloc[0].tolist() == [7, 15.5, 0.5, 3.0, 5.0, 7.0]


def test_a_counterfactual_names_its_events_and_what_they_do() -> None:
    assert COUNTERFACTUAL.to_pandas()["event"].tolist() == [1, 3]
    assert COUNTERFACTUAL.summary() == ("Without these 2 events: rank 14 instead of 1", "no smaller set does it")
    nothing = replace(COUNTERFACTUAL, positions=None, titles=(), proven=False)
    assert nothing.to_pandas().empty
    assert "No removal takes it off the first 10" in nothing._repr_html_()


def test_a_comparison_has_a_row_a_model_and_metric_with_bounds() -> None:
    comparison = Comparison([ModelMetrics("a", METRICS), ModelMetrics("b", METRICS)])
    assert comparison.to_pandas().to_dict("records")[0] == {
        "model": "a",
        "metric": "hit@10",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
    }
    assert comparison.shown_rows().columns.tolist() == ["model", "hit@10", "mrr"]
    assert comparison[1].model == "b"


def test_a_trained_model_has_a_row_an_epoch() -> None:
    assert TRAINED.to_pandas()["hit@10"].tolist() == [0.1, 0.1]
    assert TRAINED.summary()[1] == "Hit@10 on the test part: 0.1250"


def test_a_data_set_has_a_row_an_event_and_shows_its_first_session() -> None:
    frame = DATASET.to_pandas()
    assert len(frame) == len(DATASET.log.items)
    assert frame["event"].tolist()[:5] == [1, 2, 3, 4, 1]
    assert DATASET.shown_rows().equals(frame.head(4))


def test_a_long_result_is_cut_in_the_notebook_only() -> None:
    many = Recommendations("m", (ITEM,) * 100)
    assert len(many.to_pandas()) == 100
    assert many._repr_html_().count("<tr") == MOST_ROWS + 1
