"""The commands `evaluate`, for one model, and `compare`, for several on the same targets."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.output import (
    AddressOption,
    CheckpointOption,
    DataOption,
    DeviceOption,
    EngineOption,
    JobsOption,
    JsonOption,
    ModelDataOption,
    ModelFromOption,
    RunOption,
    aside,
    in_two_lines,
    people,
    print_json,
    table,
)
from streamrec_core.cli.thresholds import ThresholdsOption, plain_judgements, print_judgements
from streamrec_core.defaults import DEFAULT_PRESET, GATE_EXPLAINED
from streamrec_core.errors import BadInput

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet, SplitKind
    from streamrec_core.data.splits import Split
    from streamrec_core.evaluation.compare import ModelMetrics
    from streamrec_core.models.protocol import SessionModel

app = typer.Typer()

PartOption = Annotated[str, typer.Option("--split", help="Part to evaluate: test, validation or train.")]
ExplanationsOption = Annotated[
    int, typer.Option(min=0, help="Check the explanations of this many sessions, about a second each.")
]
ExposureOption = Annotated[
    str,
    typer.Option(help="Column of the catalogue by which exposure is shown: category, item, genres, series, ..."),
]


@app.command("evaluate")
def evaluate_command(
    run: RunOption = None,
    checkpoint: CheckpointOption = None,
    model_from: ModelFromOption = None,
    data: ModelDataOption = None,
    part: PartOption = "test",
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Also rank items of the history.")] = False,
    explanations: ExplanationsOption = 0,
    exposure_by: ExposureOption = "category",
    thresholds: ThresholdsOption = None,
    jobs: JobsOption = 1,
    engine: EngineOption = "local",
    address: AddressOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Evaluate a model: Hit@10, NDCG@10 and MRR over the whole catalogue, with 95 % confidence intervals.

    With `--explanations`, or after `faithfulness --write`, also the share of explanations that fail their check, and
    the share of recommendations for which attention puts the wrong event first.

    Coverage, diversity, novelty, serendipity, popularity bias and exposure stand beside random lists, popularity lists
    and the log itself.

    With `--thresholds`, exit code 0: all are met; 1: one is not met; 3: none is not met, but an interval leaves one
    undecided.

    Example: `python -m streamrec_core evaluate --run my-run --json`
    """
    from streamrec_core.background.engine import choose_engine
    from streamrec_core.cli.evaluation_record import Evaluated, checked_explanations, precomputed
    from streamrec_core.cli.models import checkpoint_for, device_for, open_model, open_quietly, warning_field
    from streamrec_core.data.catalogue_columns import item_groups
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.gate.thresholds import exit_code, needed, read_thresholds
    from streamrec_core.evaluation.beyond_accuracy.beside_floors import beyond_accuracy
    from streamrec_core.evaluation.beyond_accuracy.exposure import exposure
    from streamrec_core.evaluation.evaluate import evaluate
    from streamrec_core.models.parallel import in_parallel

    where = choose_engine(engine, address)
    device = device_for(where, device)
    limits = read_thresholds(thresholds) if thresholds is not None else ()
    model, dataset, kind = open_model(run, checkpoint, data, device, model_from)
    again = partial(open_quietly, run, checkpoint, data, device, model_from)
    divided = split(dataset, kind)
    groups = item_groups(dataset, exposure_by)
    shipped = part == "test" and model_from is None
    stored = precomputed(checkpoint_for(run, checkpoint), dataset) if shipped else {}
    required = "explanations" in needed(limits, pair=False) and "explanations" not in stored
    count = explanations or (GATE_EXPLAINED if required else 0)
    with in_parallel((model, dataset), again, jobs, where):
        evaluation = evaluate(model, dataset, divided, part, filter_seen=False if keep_seen else None)
        if count:
            stored |= checked_explanations(model, dataset, divided, part, count)
    lists = beyond_accuracy(evaluation, dataset, divided)
    evaluated = Evaluated(
        model, dataset, divided.part(part), evaluation, lists, exposure(lists.lists, groups, lists.context), stored
    )
    judgements = evaluated.judged(limits)
    if as_json:
        gate = {"thresholds": plain_judgements(judgements, limits)} if limits else {}
        print_json(evaluated.as_plain(exposure_by) | warning_field(run, checkpoint, model_from) | evaluated.note | gate)
        raise typer.Exit(exit_code(judgements))
    evaluated.show(part, exposure_by)
    if limits:
        print_judgements(judgements, limits, dataset.catalogue.words.noun)
    for note in evaluated.note.values():
        people.print(note, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(exit_code(judgements))


@app.command("compare")
def compare_command(
    data: DataOption = DEFAULT_PRESET,
    run: Annotated[list[Path] | None, typer.Option(help="Run folder or name; may be repeated.")] = None,
    checkpoint: Annotated[list[Path] | None, typer.Option(help="Checkpoint folder; may be repeated.")] = None,
    model_from: Annotated[
        list[str] | None,
        typer.Option(metavar="MODULE:FUNCTION", help="Function that returns a model; may be repeated. Runs its code."),
    ] = None,
    part: PartOption = "test",
    faithful: Annotated[
        int,
        typer.Option("--faithfulness", min=0, help="Sessions on which to compare explanations with removal; 0: none."),
    ] = 100,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Compare models with simple rules (popularity, last category, item neighbours, sequential rules) and upper bounds.

    The ceiling uses the generator's hidden state; the ideal observer of the preset `streamrec` only the history.

    Without a model, compares the shipped models that fit this catalogue. A second table shows how
    well the explanations of each model predict its output when events are removed.

    Example: `python -m streamrec_core compare --data streamrec`
    """
    from streamrec_core.cli.models import open_foreign, run_folder
    from streamrec_core.data.presets import open_data
    from streamrec_core.data.splits import split
    from streamrec_core.evaluation.compare import baselines, compare
    from streamrec_core.evaluation.ideal_observer import ideal_bound
    from streamrec_core.evaluation.metrics import TABLE_METRICS
    from streamrec_core.explain.quality import faithfulness_of

    dataset = open_data(data)
    divided = split(dataset, _common_split(run or [], dataset))
    folders = [run_folder(path).best for path in run or []] + list(checkpoint or [])
    foreign = [open_foreign(spec, data, alone=True)[0] for spec in model_from or []]
    models = [*foreign, *(_models(folders, dataset, device) if folders or not foreign else [])]
    rows = compare((*baselines(dataset, divided), *models), dataset, part, divided)
    sample = divided.part(part).sample(faithful)
    read = {model.name: faithfulness_of(model, dataset, sample) for model in models if faithful}
    bound = ideal_bound(dataset, divided.part(part))
    if as_json:
        print_json(_comparison(dataset, divided, part, rows, read) | bound)
        return
    cells = [(row.model, *(in_two_lines(row.metrics, name) for name in TABLE_METRICS)) for row in rows]
    ceiling = rows[0].metrics.get("ceiling_hit@10")
    if ceiling is not None:
        cells.append(("ceiling", "–", "–", "–", f"{ceiling:.4f}"))
    if bound:
        cells.append(("ideal observer (history only)", "–", "–", "–", in_two_lines(bound, "ideal_hit@10")))
    title = f"{rows[0].metrics['n_sessions']:,} {part} sessions of {dataset.name}, mean [95% CI]"
    people.print(table(title, ("model", "Hit@10", "NDCG@10", "MRR", "expected"), cells))
    if read:
        title = f"Explanations and the effect of removing events, {len(sample)} {part} sessions"
        columns = ("model", "explainer", "predicts removals, R²", "signed Kendall tau", "signed Pearson")
        people.print(table(title, columns, [cells for name, by in read.items() for cells in _faithful_cells(name, by)]))


def _faithful_cells(model: str, explainers: dict[str, dict[str, float]]) -> Iterator[tuple[str, ...]]:
    """A row for each explainer and floor of a model."""
    for name, figures in explainers.items():
        yield model, name, *(f"{figures[key]:.2f}" if key in figures else "–" for key in ("r2", "tau", "pearson"))


def _common_split(runs: list[Path], dataset: DataSet) -> SplitKind | None:
    """The split that all runs were trained on, so that no test session is a training session."""
    from streamrec_core.cli.models import run_folder

    kinds = {run_folder(path).config().split for path in runs}
    if len(kinds) > 1:
        raise BadInput(
            f"the runs were trained on different splits ({', '.join(sorted(kinds))}); compare runs with the same split"
        )
    return kinds.pop() if kinds else None


def _models(folders: list[Path], dataset: DataSet, device: str) -> list[SessionModel]:
    from streamrec_core.models.checkpoint import fits, list_checkpoints, load_checkpoint, read_card
    from streamrec_core.training.replaced import card_note

    if folders:
        return [load_checkpoint(folder, dataset.catalogue, device) for folder in folders]
    cards = {name: (path, read_card(path)) for name, path in list_checkpoints().items()}
    fitting = {name: pair for name, pair in cards.items() if fits(*pair, dataset.catalogue)}
    notes = {name: card_note(name, card) for name, (_, card) in fitting.items()}
    for name in filter(notes.__getitem__, notes):
        aside.print(f"Skipped {name}: {notes[name]}", markup=False, highlight=False, soft_wrap=True)
    return [load_checkpoint(path, dataset.catalogue, device) for name, (path, _) in fitting.items() if not notes[name]]


def _comparison(
    dataset: DataSet,
    divided: Split,
    part: str,
    rows: tuple[ModelMetrics, ...],
    read: dict[str, dict[str, dict[str, float]]],
) -> dict[str, Any]:
    if part not in ("train", "validation", "test"):
        raise BadInput(f"unknown part {part!r}; choose train, validation or test")
    return {
        "data": dataset.name,
        "split": part,
        "split_kind": divided.kind,
        "ceiling_hit@10": rows[0].metrics.get("ceiling_hit@10"),
        "models": [
            {"model": row.model, **row.metrics} | ({"faithfulness": read[row.model]} if row.model in read else {})
            for row in rows
        ],
    }
