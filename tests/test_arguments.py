"""A public function that gets a wrong argument answers with one sentence: the argument, its value, and what to pass."""

from __future__ import annotations

import pickle
from inspect import Parameter, signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import streamrec_core
from streamrec_core.api import TrainedModel, explaining
from streamrec_core.attribution.case import case_of
from streamrec_core.errors import BadInput
from streamrec_core.training.events import RunDone
from tests.worlds import chain_dataset, session_of, small_lstm, small_transformer

DATA: Any = chain_dataset()
MODEL: Any = small_transformer(DATA.catalogue, jobs=("last", "free", "last", "free"))
EXPLANATION: Any = explaining.explain_session(MODEL, DATA, "s0")
HISTORY = session_of([0, 1, 2])
VALID: dict[str, Any] = {
    "candidates": [3],
    "catalogue": DATA.catalogue,
    "cases": [case_of(HISTORY, 3, MODEL, filter_seen=False)],
    "checkpoint": "no-such-model",
    "dataset": DATA,
    "events": "s0",
    "explanation": EXPLANATION,
    "folder": "no-such-model",
    "histories": [HISTORY],
    "history": HISTORY,
    "model": MODEL,
    "models": [MODEL],
    "name": "no-such-data",
    "path": "no-such-file.csv",
    "scorer": object(),
    "session": "s0",
}
"""A value of each parameter that has no default."""
FUNCTIONS = [
    name for name in streamrec_core.__all__ if callable(getattr(streamrec_core, name)) and name != "StreamRecError"
]
PARAMETERS = [
    (name, parameter.name)
    for name in FUNCTIONS
    for parameter in signature(getattr(streamrec_core, name)).parameters.values()
    if parameter.kind is not Parameter.VAR_KEYWORD
]


def refusal(name: str, /, **arguments: Any) -> BadInput:
    """What a public function says of these arguments, the others being valid."""
    function = getattr(streamrec_core, name)
    parameters = signature(function).parameters.values()
    needed = {each.name: VALID[each.name] for each in parameters if each.default is each.empty and each.name in VALID}
    with pytest.raises(BadInput) as caught:
        function(**(needed | arguments))
    return caught.value


@pytest.mark.parametrize(("function", "parameter"), PARAMETERS, ids=str)
def test_what_nothing_accepts_is_refused_by_name(function: str, parameter: str) -> None:
    fault = refusal(function, **{parameter: {1: object()}})
    if parameter == "scorer":  # `open_scorer` has words for each fault of a scorer
        assert "score(histories)" in str(fault)
        return
    assert str(fault).startswith(f"{function}(")
    assert f"{parameter} is of type dict; pass " in str(fault)
    assert fault.fields == (parameter,)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("open_data", {"name": 3}, "open_data(name, in_full): name is 3 (int); pass text or a Path"),
        ("open_data", {"name": None}, "name is None; pass text or a Path"),
        (
            "recommend",
            {"events": 17},
            'events is 17 (int); pass a session id as text ("17"), a Session, or a list of ids',
        ),
        (
            "recommend",
            {"model": DATA, "dataset": MODEL},
            "recommend(model, dataset, events, k): model is of type DataSet",
        ),
        ("recommend", {"dataset": "shop"}, "dataset is 'shop' (str); pass a data set, as open_data('shop') returns"),
        ("evaluate", {"model": "mine"}, "model is 'mine' (str); pass a model, as load_model('mine', data) returns"),
        ("recommend", {"events": [3, 4]}, "events is a list of int; pass a session id"),
        ("recommend", {"events": {"i0": 1}}, "events is of type dict"),
        ("recommend", {"k": 0}, "k is 0; pass 1 or more"),
        ("recommend", {"k": "3"}, "k is '3' (str); pass a whole number"),
        ("recommend", {"k": True}, "k is True (bool); pass a whole number"),
        (
            "compare",
            {"models": MODEL},
            "models is of type AdditiveTransformer; pass a list of models, as in [load_model(",
        ),
        ("compare", {"models": []}, "models is empty; pass a list of models"),
        ("compare", {"models": [MODEL, "mine"]}, "models is a list of AdditiveTransformer, str; pass a list of models"),
        ("contributions", {"model": small_lstm(DATA.catalogue)}, "of type SessionLSTM; pass an additive model"),
        ("contributions", {"candidates": []}, "candidates is empty"),
        ("contributions", {"candidates": np.array(3)}, "candidates is of type ndarray; pass a list of rows"),
        ("contributions", {"candidates": [3, 10]}, "10 is no row of the catalogue; pass a whole number from 0 to 9"),
        ("contributions", {"candidates": [-1]}, "-1 is no row of the catalogue"),
        ("contributions", {"foil": 10}, "10 is no row of the catalogue"),
        ("contributions", {"foil": "mean"}, "'mean' is no row of the catalogue"),
        ("event_values", {"catalogue": DATA}, "catalogue is of type DataSet; pass its .catalogue"),
        ("event_values", {"draws": 0}, "draws is 0; pass 1 or more"),
        ("write_report", {"pdf": "no"}, "pdf is 'no' (str); pass True or False"),
        ("verify", {"history": session_of([4])}, "another than that of the explanation"),
        ("show", {"candidate": "no such title"}, "no item has the id or title 'no such title'"),
    ],
)
def test_the_sentence_names_the_value_and_what_to_pass(function: str, arguments: dict[str, Any], message: str) -> None:
    assert message in str(refusal(function, **arguments))


def test_a_long_value_is_cut() -> None:
    message = str(refusal("recommend", dataset="x y " * 500))
    assert 'x y… (str); pass a data set, as open_data("streamrec") returns' in message
    assert len(message) < 200


def test_a_record_that_holds_what_is_needed_is_named() -> None:
    trained = TrainedModel(Path("run"), MODEL, (), RunDone(best_epoch=1, reason="no better epoch", metrics={}))
    assert "model is of type TrainedModel; pass its .model" in str(refusal("evaluate", model=trained))
    verified = streamrec_core.verify(MODEL, DATA, EXPLANATION)
    assert "of type Verified; pass its .first_look" in str(refusal("counterfactual", explanation=verified))


@pytest.mark.parametrize(
    "function", ["recommend", "evaluate", "explain_session", "check_model", "verify", "event_values"]
)
@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("items", [8, 14])
def test_a_model_of_another_catalogue_is_refused(function: str, fitted: bool, items: int) -> None:
    other = chain_dataset(items=items)
    scorer: Any = SimpleNamespace(
        score=lambda histories: np.zeros((len(histories), items)), name="theirs", max_events=5
    )
    scorer.item_ids = list(other.catalogue.item_ids)
    opened = [small_lstm(other.catalogue), streamrec_core.open_scorer(scorer, other.catalogue)]
    for model in streamrec_core.baselines(other) if fitted else opened:
        message = str(refusal(function, model=model))
        assert f"{model.name} scores {items} items and the data hold 10; load or fit the model for these" in message
    assert "scores" in str(refusal("compare", models=[MODEL, small_lstm(other.catalogue)]))


def test_numbers_and_lists_of_other_libraries_are_welcome() -> None:
    top = streamrec_core.recommend(MODEL, DATA, "s0", k=3)
    assert streamrec_core.recommend(MODEL, DATA, "s0", k=np.int64(3)) == top  # type: ignore[arg-type]
    titles = np.array(["Title 0", "Title 1"])
    assert len(streamrec_core.recommend(MODEL, DATA, titles).items) == 10  # type: ignore[arg-type]
    for rows in ((1, 2), np.array([1, 2]), torch.tensor([1, 2])):
        assert streamrec_core.contributions(MODEL, HISTORY, rows).candidates == (1, 2)  # type: ignore[arg-type]
    assert [row.model for row in streamrec_core.compare((MODEL,), DATA)] == ["transformer"]


def test_show_takes_a_title_as_the_other_functions_do() -> None:
    view = streamrec_core.show(MODEL, DATA, "s0", "Title 7")
    assert view.explanation.candidate.row == 7


def test_missing_and_unknown_arguments_stay_what_python_says() -> None:
    with pytest.raises(TypeError, match=r"recommend\(\) missing 1 required positional argument: 'events'"):
        streamrec_core.recommend(MODEL, DATA)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"recommend\(\) got an unexpected keyword argument 'top'"):
        streamrec_core.recommend(MODEL, DATA, "s0", top=3)  # type: ignore[call-arg]


def test_a_public_function_is_always_the_same_and_can_be_sent_to_a_process() -> None:
    for name in FUNCTIONS:
        function = getattr(streamrec_core, name)
        assert function is getattr(streamrec_core, name)
        assert pickle.loads(pickle.dumps(function)) is function


def test_the_package_itself_calls_without_checks() -> None:
    assert not hasattr(explaining.recommend, "__wrapped__")
    assert streamrec_core.recommend.__wrapped__ is explaining.recommend  # type: ignore[attr-defined]
