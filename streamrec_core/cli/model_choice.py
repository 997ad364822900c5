"""The options that name a command's model, its data and the device, as one argument of the command."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from streamrec_core.cli.output import CheckpointOption, DeviceOption, ModelDataOption, ModelFromOption, RunOption

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet, SplitKind
    from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True)
class ModelChoice:
    """What the options say; a field an option."""

    checkpoint: Path | None = None
    model_from: str | None = None
    run: Path | None = None
    data: str | None = None
    device: str = "auto"

    def open(self) -> tuple[SessionModel, DataSet, SplitKind | None]:
        """Load the model and its data, as `open_model` does."""
        from streamrec_core.cli.models import open_model

        return open_model(self.run, self.checkpoint, self.data, self.device, self.model_from)

    def warning_field(self) -> dict[str, str]:
        """The warning of a bad model as a field of JSON; empty where there is none."""
        from streamrec_core.cli.models import warning_field

        return warning_field(self.run, self.checkpoint, self.model_from)


OPTIONS: dict[str, Any] = {
    "checkpoint": CheckpointOption,
    "model_from": ModelFromOption,
    "run": RunOption,
    "data": ModelDataOption,
    "device": DeviceOption,
}
"""The option of each field, in the order of `--help`."""


def takes_model(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `ModelChoice`, which it takes as its argument `choice`."""
    hints = get_type_hints(command, include_extras=True)
    defaults = {field.name: field.default for field in fields(ModelChoice)}
    parameters, keyword = [], inspect.Parameter.KEYWORD_ONLY
    for name, parameter in inspect.signature(command).parameters.items():
        if name == "choice":
            parameters += [
                inspect.Parameter(option, keyword, default=defaults[option], annotation=annotated)
                for option, annotated in OPTIONS.items()
            ]
        else:
            parameters.append(parameter.replace(kind=keyword, annotation=hints[name]))

    def with_options(**values: Any) -> None:
        choice = ModelChoice(**{name: values.pop(name) for name in OPTIONS})
        command(choice=choice, **values)

    with_options.__name__, with_options.__doc__ = command.__name__, command.__doc__
    with_options.__module__ = command.__module__
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # Typer reads it
    return with_options
