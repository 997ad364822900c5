"""Rows of many sessions in batches are those of each session alone, whatever the model predicts from."""

from __future__ import annotations

import numpy as np
import pytest

from streamrec_core.attention.capture import session_maps
from streamrec_core.attention.rows import predicting_rows
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.models.terms import JOBS
from tests.worlds import catalogue_of, dataset_of, examples_at_last, log_of, small_lstm, small_transformer

CATALOGUE = catalogue_of(12, 3, home=True)
SESSIONS = [[1, 2], [3, 12, 4, 5, 6], [12, 7, 8], [5, 4, 3, 2, 1, 0, 9, 10]]
MARKS = [[0, 1], [4, 3, 2, 1, 0], [1, 1, 1], [0, 1, 2, 3, 4, 0, 1, 2]]
LOG = log_of(SESSIONS, engagements=MARKS)
DATA = dataset_of(CATALOGUE, LOG)


@pytest.mark.parametrize(
    "settings",
    [{}, {"layers": 1, "heads": 2}, {"layers": 3, "heads": 1}, {"jobs": tuple(JOBS)}, {"max_events": 3}],
    ids=["plain", "one by two", "three by one", "readout", "window"],
)
def test_each_session_has_the_rows_it_has_alone(settings: dict[str, object]) -> None:
    model = small_transformer(CATALOGUE, **settings)
    rows = predicting_rows(model, DATA, examples_at_last(LOG))
    for row, (items, marks) in enumerate(zip(SESSIONS, MARKS, strict=True)):
        history = Session("h", np.array(items[:-1], np.int32), np.array(marks[:-1], np.int8))
        (maps,) = session_maps(model, [history], len(CATALOGUE))
        length = maps.shape[-1]
        assert rows.lengths[row] == length
        assert rows.items[row, :length].tolist() == items[:-1][-length:]
        assert rows.engagements[row, :length].tolist() == marks[:-1][-length:]
        np.testing.assert_allclose(rows.weights[row, :, :length], maps[:, :, -1].reshape(-1, length), atol=1e-5)
        assert not rows.weights[row, :, length:].any()
        assert (rows.items[row, length:] == -1).all()


def test_uniform_attention_is_uniform_within_each_session() -> None:
    rows = predicting_rows(small_transformer(CATALOGUE), DATA, examples_at_last(LOG))
    np.testing.assert_allclose(rows.uniform.sum(1), 1)
    assert rows.uniform[1, :4].tolist() == [0.25] * 4


def test_a_model_without_attention_has_no_heads() -> None:
    rows = predicting_rows(small_lstm(CATALOGUE), DATA, examples_at_last(LOG))
    assert (rows.layers, rows.heads, rows.weights.shape[1]) == (0, 0, 0)


def test_progress_rises_to_one() -> None:
    shares: list[float] = []
    predicting_rows(small_transformer(CATALOGUE), DATA, examples_at_last(LOG), shares.append)
    assert shares[-1] == 1.0


def test_nothing_to_look_at_is_said() -> None:
    with pytest.raises(BadInput, match="no sessions to analyse"):
        predicting_rows(small_transformer(CATALOGUE), DATA, examples_at_last(LOG).take(np.zeros(0, np.int64)))
