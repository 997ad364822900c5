"""The command `diff`: what changed between two models, and whether the new one may be released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streamrec_core.cli.output import DataOption, DeviceOption, JsonOption, people, print_json, progress_bar, table
from streamrec_core.cli.thresholds import ThresholdsOption, plain_judgements, print_judgements
from streamrec_core.defaults import DEFAULT_PRESET, GATE_EXPLAINED, GATE_WEIGHED
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.diagnosis.gate.measuring import MeasureSettings, ReleaseMeasures
    from streamrec_core.diagnosis.gate.model_diff import ModelDiff
    from streamrec_core.diagnosis.gate.thresholds import Estimate, Threshold

app = typer.Typer()
HIT_CHANGE = "Hit@10, percentage points"
SHOWN_SLICES = 8


@app.command("diff")
def diff_command(
    old: Annotated[
        str, typer.Argument(metavar="MODEL_A", help="The model in use: checkpoint, run or module:function.")
    ],
    new: Annotated[str, typer.Argument(metavar="MODEL_B", help="The model that would replace it.")],
    data: DataOption = DEFAULT_PRESET,
    thresholds: ThresholdsOption = None,
    explanations: Annotated[
        int, typer.Option(min=0, help="Test sessions whose explanations are checked with both models; 0: none.")
    ] = GATE_EXPLAINED,
    weighed: Annotated[int, typer.Option(min=0, help="Test sessions for the main parameters; 0: none.")] = GATE_WEIGHED,
    sinks: Annotated[bool, typer.Option("--sinks/--no-sinks", help="Look for new attention sinks.")] = True,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Compare a new model with the one in use: lists, accuracy, main parameters, explanations, and beyond accuracy.

    With `--thresholds`, exit code 0: all are met; 1: one is not met; 3: none is not met, but an interval leaves one
    undecided.

    Example: `python -m streamrec_core diff streamrec-plain streamrec-transformer --thresholds gate.toml`
    """
    from streamrec_core.cli.models import open_named
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.gate.measuring import MeasureSettings, measure_model
    from streamrec_core.diagnosis.gate.model_diff import compare_for_release
    from streamrec_core.diagnosis.gate.thresholds import exit_code, judge, needed, read_thresholds

    limits = read_thresholds(thresholds) if thresholds is not None else ()
    settings = MeasureSettings(explained=explanations, weighed=weighed, sinks=sinks)
    _check_measured(needed(limits, pair=True), settings)
    dataset = open_data(data)
    divided = split(dataset)
    with progress_bar(quiet=as_json) as bar:
        task = bar.add_task("Loading", total=None)

        def measured(name: str) -> ReleaseMeasures:
            model = open_named(name, dataset, device)
            return measure_model(model, dataset, divided, settings, lambda doing: bar.update(task, description=doing))

        diff = compare_for_release(measured(old), measured(new), dataset, divided)
    judgements = judge(limits, diff.measurements)
    _check_judged(limits, diff)
    if as_json:
        document = diff.as_plain() | {"data": dataset.name, "models": [old, new]}
        print_json(document | ({"thresholds": plain_judgements(judgements, limits)} if limits else {}))
    else:
        _print(diff, dataset)
        if limits:
            print_judgements(judgements, limits, dataset.catalogue.words.noun)
    raise typer.Exit(exit_code(judgements))


def _check_measured(needs: set[str], settings: MeasureSettings) -> None:
    """Refuse thresholds for what the options leave out, before anything is measured."""
    from streamrec_core.attribution.parameter_importance import FEWEST

    off = {
        "explanations": ("--explanations 50", settings.explained == 0),
        "parameters": (f"--weighed {FEWEST} or more", settings.weighed < FEWEST),
        "sinks": ("--sinks", not settings.sinks),
    }
    for need in sorted(needs):
        option, left_out = off[need]
        if left_out:
            raise BadInput(f"a threshold needs {need}, which are not measured; add {option}")


def _check_judged(limits: tuple[Threshold, ...], diff: ModelDiff) -> None:
    """A threshold that nothing was measured for must not pass unseen."""
    missing = [each.key for each in limits if each.key not in diff.measurements]
    if missing:
        raise BadInput(
            f"{', '.join(missing)} cannot be measured of {diff.new.name} (a model without attention has no attention "
            "sinks, and main parameters need enough test sessions); take the threshold out"
        )


def _print(diff: ModelDiff, dataset: DataSet) -> None:
    from streamrec_core.data.nouns import in_noun
    from streamrec_core.diagnosis.gate.threshold_keys import MODEL_KEYS, PAIR_KEYS

    noun = dataset.catalogue.words.noun
    rows = [
        (in_noun(PAIR_KEYS[key].title, noun), *_cells(each))
        for key, each in diff.measurements.items()
        if key in PAIR_KEYS
    ]
    title = f"{diff.old.name} → {diff.new.name} on {len(diff.old.lists):,} test sessions of {dataset.name}"
    people.print(table(title, ("change", "value", "95% CI"), rows))
    floors = ", ".join(f"{name} {share:.0%}" for name, share in diff.floors.items())
    text = in_noun(f"Titles that other lists would change: {floors}.", noun)
    people.print(text, markup=False, highlight=False, soft_wrap=True)
    rows = [(MODEL_KEYS[key].title, *_cells(each)) for key, each in diff.measurements.items() if key in MODEL_KEYS]
    people.print(table(f"{diff.new.name} by itself", ("figure", "value", "95% CI"), rows))
    if diff.parameters:
        losses = [
            (f"{each.parameter}: {each.ablation}", f"{each.old:.3f}", f"{each.new:.3f}", "yes" if each.moved else "no")
            for each in diff.parameters
        ]
        columns = ("main parameter", diff.old.name, diff.new.name, "moved")
        people.print(table("Loss of log-probability without it, nats", columns, losses))
    if diff.new_sinks:
        people.print(f"New attention sinks: {', '.join(diff.new_sinks)}", markup=False, highlight=False, soft_wrap=True)
    _print_slices(diff, noun)


def _print_slices(diff: ModelDiff, noun: str) -> None:
    from streamrec_core.data.nouns import in_noun

    most = sorted(diff.slices, key=lambda each: -each.lists_changed.figure)[:SHOWN_SLICES]
    rows = [
        (
            f"{each.slicing}: {each.label}",
            f"{each.sessions:,}",
            f"{each.lists_changed.figure:.1%}",
            f"{each.first_title_changed.figure:.1%}",
            f"{100 * each.hit_at_10_change.figure:+.1f}",
        )
        for each in most
    ]
    columns = ("slice", "sessions", in_noun("titles changed", noun), in_noun("first title", noun), HIT_CHANGE)
    people.print(table(f"Where lists changed most, {len(rows)} of {len(diff.slices)} slices", columns, rows))


def _cells(measured: Estimate) -> tuple[str, str]:
    interval = "" if measured.low is None else f"{measured.low:.3g}–{measured.high:.3g}"
    return f"{measured.figure:.3g}", interval.replace("–-", " to -") if "-" in interval else interval
