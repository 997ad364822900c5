"""Which protocols a model follows: the same under every version of Python.

From 3.12 on `isinstance` with a protocol sees class members and plain attributes only (`inspect.getattr_static`), not
what torch serves for a module: its parameters, buffers and submodules. Up to 3.11 it sees those too.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from streamrec_core.models import protocol, variants
from streamrec_core.models.protocol import AdditiveModel, GradientModel, SessionModel, ValueModel, WeighsFollowers
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.models.variants import VariantModel
from tests.worlds import chain_dataset, small_lstm, small_transformer

JOBS = ("last", "category", "opening", "engaged")
EVERY_PROTOCOL = tuple(
    value
    for module in (protocol, variants)
    for value in vars(module).values()
    if inspect.isclass(value) and getattr(value, "_is_runtime_protocol", False)
)
FOLLOWED: dict[str, set[type]] = {
    "additive": {SessionModel, GradientModel, ValueModel, AdditiveModel, WeighsFollowers},
    "plain": {SessionModel, GradientModel, ValueModel, VariantModel},
    "lstm": {SessionModel, GradientModel, VariantModel},
}


@pytest.fixture(params=FOLLOWED)
def model(request: pytest.FixtureRequest) -> tuple[str, SequenceModel]:
    catalogue = chain_dataset().catalogue
    make = {
        "additive": lambda: small_transformer(catalogue, jobs=JOBS),
        "plain": lambda: small_transformer(catalogue),
        "lstm": lambda: small_lstm(catalogue),
    }
    return request.param, make[request.param]()


def members(of_protocol: Any) -> set[str]:
    """Names that a protocol asks for."""
    bases = (part for part in of_protocol.__mro__ if getattr(part, "_is_protocol", False))
    names = {name for part in bases for name in (*vars(part), *vars(part).get("__annotations__", {}))}
    return {name for name in names if not name.startswith("_")}


def follows(model: object, of_protocol: type) -> bool:
    """What `isinstance` says from Python 3.12 on."""
    return all(inspect.getattr_static(model, name, None) is not None for name in members(of_protocol))


def test_a_model_is_recognised_for_what_it_is(model: tuple[str, SequenceModel]) -> None:
    name, made = model
    assert {kind for kind in EVERY_PROTOCOL if isinstance(made, kind)} == FOLLOWED[name]


def test_a_model_is_recognised_by_class_members_and_plain_attributes(model: tuple[str, SequenceModel]) -> None:
    name, made = model
    assert {kind for kind in EVERY_PROTOCOL if follows(made, kind)} == FOLLOWED[name]


def test_every_protocol_asks_for_something() -> None:
    assert {SessionModel, AdditiveModel, WeighsFollowers, VariantModel} <= set(EVERY_PROTOCOL)
    assert {"start_state", "follower_table", "bias", "logits", "name"} <= members(AdditiveModel)
