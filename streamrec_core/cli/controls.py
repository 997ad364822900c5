"""The command `controls`: what a user's controls do to lists and accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.defaults import CONTROL_SESSIONS

if TYPE_CHECKING:
    from streamrec_core.diagnosis.controls import ControlEffect, ControlOutcome

app = typer.Typer()


@app.command("controls")
@takes_model
def controls_command(
    choice: ModelChoice,
    sessions: Annotated[
        int, typer.Option(min=2, help="Test sessions in which every control is used.")
    ] = CONTROL_SESSIONS,
    as_json: JsonOption = False,
) -> None:
    """Measure what a user's controls do: hide a title, less of a category, forget a title or category, no history.

    Beside each control stands a floor, the same change aimed at something else.

    Example: `python -m streamrec_core controls --sessions 100`
    """
    from streamrec_core.data.nouns import in_noun
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.control_uses import CONTROLS
    from streamrec_core.diagnosis.controls import measure_controls

    model, dataset, kind = choice.open()
    examples = split(dataset, kind).test.sample(sessions)
    effects = measure_controls(model, dataset, examples)
    if as_json:
        document = {"model": model.name, "data": dataset.name, "n_sessions": len(examples)}
        print_json(document | {"controls": [effect.as_plain() for effect in effects]})
        return
    rows, noun = [], dataset.catalogue.words.noun
    for effect in effects:
        control = CONTROLS[effect.control]
        rows.append((in_noun(f"{effect.control}: {control.words}", noun), *_cells(effect, effect.used)))
        rows.append((in_noun(f"  floor: {control.floor_words}", noun), *_cells(effect, effect.floor)))
    title = f"{model.name} on {len(examples):,} test sessions of {dataset.name}, mean [95% CI]"
    columns = ("control", in_noun("titles changed", noun), "of what is unwanted", "Hit@10, percentage points")
    people.print(table(title, columns, rows))
    if left_out := [name for name in CONTROLS if name not in {effect.control for effect in effects}]:
        text = in_noun(f"Nothing to act on in these sessions: {', '.join(left_out)}.", noun)
        people.print(text, markup=False, highlight=False, soft_wrap=True)


def _cells(effect: ControlEffect, outcome: ControlOutcome) -> tuple[str, str, str]:
    low, high = outcome.lists_changed_interval
    changed = f"{outcome.lists_changed:.1%}\n{100 * low:.1f} to {100 * high:.1f}"
    unwanted = "–"
    if effect.unwanted_before is not None and outcome.unwanted_change is not None:
        unwanted = f"{effect.unwanted_before:.1%} → {effect.unwanted_before + outcome.unwanted_change:.1%}"
    low, high = outcome.hit_change_interval
    return changed, unwanted, f"{100 * outcome.hit_change:+.1f}\n{100 * low:+.1f} to {100 * high:+.1f}"
