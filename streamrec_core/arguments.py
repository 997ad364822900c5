"""Arguments of public functions: a value of a wrong type is refused in one sentence that says what to pass.

Only calls through `streamrec_core` itself are checked; the package's modules call each other without.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Mapping, Sized
from functools import cache, wraps
from importlib import import_module
from inspect import Signature, signature
from numbers import Real
from typing import Any, NamedTuple

from streamrec_core.errors import BadInput

SHOWN = 40
"""Characters of a value that a message quotes."""
SIMPLE = (str, bytes, int, float)
"""Types whose values a message shows; others are named by their type."""


def _is_whole_number(value: object) -> bool:
    """Whether it is a whole number, of numpy and torch too."""
    try:
        return not isinstance(value, bool) and operator.index(value) is not None  # type: ignore[arg-type]
    except (TypeError, ValueError):  # torch raises either
        return False


def _is_text_by_text(value: object) -> bool:
    """Whether it is a mapping of text to text."""
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


class Kind(NamedTuple):
    """A type that public functions take.

    Attributes
    ----------
    words : str
        What to pass, for messages; `{}` stands for a name that was passed instead.
    of : str or callable
        `module:class`, imported on first use, or whether a value is of this kind.
    attribute : str
        Where records have such a value: a training run its `model`, a checked explanation its `first_look`.
    """

    words: str
    of: str | Callable[[object], bool]
    attribute: str = ""

    def fits(self, value: object) -> bool:
        """Whether a value is of this kind."""
        if callable(self.of):
            return self.of(value)
        module, _, name = self.of.partition(":")
        return isinstance(value, getattr(import_module(module), name))


KINDS: dict[str, Kind] = {
    "AdditiveModel": Kind(
        'an additive model, as load_model("streamrec-transformer", data) returns',
        "streamrec_core.models.protocol:AdditiveModel",
        "model",
    ),
    "Callable[[Event], None]": Kind("a function of one event", callable),
    "Case": Kind("a Case, as case_of returns", "streamrec_core.attribution.case:Case"),
    "Catalogue": Kind("a catalogue, such as data.catalogue", "streamrec_core.data.catalogue:Catalogue", "catalogue"),
    "DataSet": Kind("a data set, as open_data({}) returns", "streamrec_core.data.dataset:DataSet"),
    "Explanation": Kind(
        'an explanation, as explain_session(model, data, "17") returns',
        "streamrec_core.explain.record:Explanation",
        "first_look",
    ),
    "Load": Kind("a function without arguments that loads the model again", callable),
    "ModelCheckSettings": Kind(
        "ModelCheckSettings(...)", "streamrec_core.diagnosis.model_check.finding:ModelCheckSettings"
    ),
    "None": Kind("None", lambda value: value is None),
    "Path": Kind("a Path", lambda value: isinstance(value, os.PathLike)),
    "Scorer": Kind("an object with a function score(histories)", lambda _: True),  # `open_scorer` words its faults
    "Session": Kind("a Session, such as data.log.session(0)", "streamrec_core.data.log:Session"),
    "SessionModel": Kind(
        "a model, as load_model({}, data) returns", "streamrec_core.models.protocol:SessionModel", "model"
    ),
    "Split": Kind("a split, as split(data) returns", "streamrec_core.data.splits:Split"),
    "VerifySettings": Kind("VerifySettings(...)", "streamrec_core.explain.verified_record:VerifySettings"),
    "bool": Kind("True or False", lambda value: isinstance(value, bool)),
    "dict[str, str]": Kind("a dict of text to text", _is_text_by_text),
    "float": Kind("a number", lambda value: isinstance(value, Real) and not isinstance(value, bool)),
    "int": Kind("a whole number", _is_whole_number),
    "str": Kind("text", lambda value: isinstance(value, str)),
    "torch.device": Kind("a torch.device", "torch:device"),
}
"""Annotation of a parameter -> what it stands for."""

ALIASES = {
    "Events": "str | Session | Sequence[str]",
    "Foil": "int | str | None",
    "LogFormat": "str",
    "SplitKind": "str",
}
"""Annotation -> the types that it is short for."""

ARGUMENTS = {
    "candidate": "a title or an item's id as text, or a row of the catalogue",
    "candidates": "a list of rows of the catalogue",
    "cases": "a list of cases, as case_of returns them",
    "checkpoint": "the name of a model or a run, or a checkpoint folder",
    "data": "a data set's name or folder as text",
    "events": 'a session id as text ("17"), a Session, or a list of ids or titles of items',
    "foil": '"average", or a row of the catalogue',
    "histories": "a list of Sessions",
    "kind": '"session", "leave-last-out" or "time"',
    "models": "a list of models, as in [load_model({}, data)]",
    "part": '"train", "validation" or "test"',
    "path": "a file or folder, as text or Path",
    "session": 'a session id as text ("17"), or an explanation, as explain_session returns',
}
"""Argument -> what to pass, where its types do not say enough."""
NEVER_EMPTY = ("candidates", "cases", "histories", "models")
LEAST = {"draws": 1, "k": 1}
"""Argument -> the smallest number that it takes."""


@cache
def checked(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, which first checks the types of its arguments.

    Parameters
    ----------
    function : callable
        With annotations from `KINDS` and `ALIASES`.
    name : str
        Its public name, under which it can also be pickled.

    Returns
    -------
    callable
        Raises `BadInput` for the first argument of a wrong type. `**settings` are left to what parses them.
    """
    declared = signature(function)

    @wraps(function)
    def call(*values: Any, **named: Any) -> Any:
        try:
            arguments = declared.bind(*values, **named).arguments
        except TypeError:  # missing or unknown: Python's message names the function and the argument
            return function(*values, **named)
        for argument, value in arguments.items():
            annotation = declared.parameters[argument].annotation
            if annotation != "Any" and (fault := _fault(argument, value, annotation)):
                raise BadInput(f"{name}({_order(declared)}): {fault}", fields=(argument,), value=value)
        if fault := _other_catalogue(arguments):
            raise BadInput(f"{name}({_order(declared)}): {fault}", fields=("model",))
        return function(*values, **named)

    call.__module__, call.__qualname__ = "streamrec_core", name
    return call


def _order(declared: Signature) -> str:
    """The parameters in their order, which shows that two stand in each other's."""
    return ", ".join(
        f"**{each.name}" if each.kind is each.VAR_KEYWORD else each.name for each in declared.parameters.values()
    )


def _fault(argument: str, value: object, annotation: str) -> str:
    """What is wrong with an argument, and what to pass; empty where it fits."""
    kinds = [plain for kind in annotation.split(" | ") for plain in ALIASES.get(kind, kind).split(" | ")]
    if not any(_fits(kind, value) for kind in kinds):
        return f"{argument} {_shown(value)}; pass {_words(argument, kinds, value)}"
    if argument in NEVER_EMPTY and len(value) == 0:  # type: ignore[arg-type]
        return f"{argument} is empty; pass {_words(argument, kinds, value)}"
    if argument in LEAST and value < LEAST[argument]:  # type: ignore[operator]
        return f"{argument} is {value}; pass {LEAST[argument]} or more"
    return ""


def _other_catalogue(arguments: Mapping[str, Any]) -> str:
    """That a model scores another number of items than the data hold; empty where it does not, or says no number."""
    catalogue = arguments.get("catalogue") or getattr(arguments.get("dataset"), "catalogue", None)
    models: Any = arguments["models"] if "models" in arguments else [arguments.get("model")]
    for model in models:
        size = getattr(model, "catalogue_size", None)
        if size is not None and catalogue is not None and size != len(catalogue):
            words = f"{model.name} scores {size:,} items and the data hold {len(catalogue):,}"
            return f"{words}; load or fit the model for these data, as load_model(name, data) does"
    return ""


def _fits(kind: str, value: object) -> bool:
    """Whether a value is of a kind, or a list of values that are."""
    if not kind.startswith("Sequence["):
        return KINDS[kind].fits(value)
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sized):
        return False
    try:
        return all(_fits(kind[len("Sequence[") : -1], each) for each in value)  # type: ignore[attr-defined]
    except TypeError:  # arrays without a dimension
        return False


def _words(argument: str, kinds: list[str], value: object) -> str:
    """What to pass instead of a value."""
    for kind in kinds:
        attribute = KINDS[kind].attribute if kind in KINDS else ""
        if attribute and KINDS[kind].fits(getattr(value, attribute, None)):
            return f"its .{attribute}"
    words = ARGUMENTS.get(argument) or " or ".join(KINDS[kind].words for kind in kinds if kind != "None")
    default = '"streamrec-transformer"' if argument in ("model", "models") else '"streamrec"'
    words = words.replace("{}", repr(value) if isinstance(value, str) and 0 < len(value) <= SHOWN else default)
    return f"{words}, or None" if "None" in kinds else words


def _shown(value: object) -> str:
    """A value in the words of a message: itself where it is simple, else its type."""
    kind = type(value).__name__
    if value is None:
        return "is None"
    if isinstance(value, SIMPLE):
        text = repr(value)
        return f"is {text if len(text) <= SHOWN else text[:SHOWN] + '…'} ({kind})"
    if isinstance(value, list | tuple):
        return f"is a {kind} of {', '.join(sorted({type(each).__name__ for each in value})) or 'nothing'}"
    return f"is of type {kind}"
