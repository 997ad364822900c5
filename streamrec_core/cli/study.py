"""The `study` commands: create a study, invite raters, follow their progress, and export the results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamrec_core.cli.output import (
    CheckpointOption,
    JsonOption,
    ModelDataOption,
    ModelFromOption,
    RunOption,
    aside,
    people,
    print_damaged,
    print_json,
    table,
)
from streamrec_core.errors import BadInput
from streamrec_core.files import write_atomically

if TYPE_CHECKING:
    from streamrec_core.study.results_record import ArmComparison, OutcomeSummary, Results

app = typer.Typer(help="Let people rate explanations in a blind, balanced study.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the study.")]
ADDRESS = "http://127.0.0.1:8501"


@app.command("create")
def create_command(
    name: NameArgument,
    data: ModelDataOption = None,
    run: RunOption = None,
    checkpoint: CheckpointOption = None,
    model_from: ModelFromOption = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="At least two of generic, first pass, verified, counterfactual. Default: all that the model has."
        ),
    ] = None,
    cases: Annotated[int, typer.Option(help="Tasks for each rater, a multiple of the number of arms.")] = 12,
    longest: Annotated[int, typer.Option(help="Maximum number of events in a history.")] = 12,
    seed: Annotated[int, typer.Option(help="Seed of cases and orders.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Create a study: select cases and store their texts.

    Example: `python -m streamrec_core study create autumn --cases 12`
    """
    from streamrec_core.cli.models import open_model, weights_of
    from streamrec_core.data.splits import split
    from streamrec_core.study.arms import ARMS, arms_for
    from streamrec_core.study.create import create_study
    from streamrec_core.study.plan import StudyPlan

    values = {"name": name, "arms": tuple(arm or ARMS), "cases": cases, "longest": longest, "seed": seed}
    plan = StudyPlan.parse(values, origin="study")
    model, dataset, kind = open_model(run, checkpoint, data, model_from=model_from)
    if not arm:
        plan = StudyPlan.parse(values | {"arms": arms_for(model)}, origin="study")
    with aside.status("Selecting cases ..."):
        card = create_study(plan, model, dataset, weights_of(model, run, checkpoint), split(dataset, kind))
    if as_json:
        print_json(card.model_dump())
        return
    people.print(
        f"Study {card.name}: {card.cases} cases of {card.data}, selected from {card.looked_at:,} test sessions.",
        markup=False,
        highlight=False,
    )
    people.print(f"Next: python -m streamrec_core study invite {card.name} --raters 12", markup=False, highlight=False)


@app.command("invite")
def invite_command(
    name: NameArgument,
    raters: Annotated[int, typer.Option(help="Number of raters to add.")] = 1,
    address: Annotated[str, typer.Option(help="Address of the dashboard for raters.")] = ADDRESS,
    as_json: JsonOption = False,
) -> None:
    """Print a link for each new rater; its code is shown only once and stored as a hash.

    Example: `python -m streamrec_core study invite autumn --raters 12`
    """
    from streamrec_core.study.invitations import invite

    invitations = invite(name, raters)
    if as_json:
        links = [{"rater": each.rater, "code": each.code, "link": each.link(address)} for each in invitations]
        print_json({"study": name, "invitations": links})
        return
    for each in invitations:
        people.print(f"{each.rater}  {each.link(address)}", markup=False, highlight=False, soft_wrap=True)


@app.command("results")
def results_command(name: Annotated[str | None, typer.Argument()] = None, as_json: JsonOption = False) -> None:
    """Show means with intervals, paired tests and agreement, once there are enough raters.

    Example: `python -m streamrec_core study results autumn --json`
    """
    from streamrec_core.study.results import results
    from streamrec_core.study.results_record import CLAIM, LEAST_RATERS
    from streamrec_core.study.words import agreement_words, findings

    study_results = results(_only(name))
    if as_json:
        print_json(study_results.as_json())
        return
    if not study_results.enough:
        people.print(
            f"{study_results.raters} raters have rated every arm so far; results are shown from {LEAST_RATERS} on.",
            highlight=False,
        )
    for outcome in study_results.outcomes:
        people.print(_means(study_results, outcome))
        people.print(_tests(outcome))
        for sentence in findings(outcome):
            people.print(sentence, markup=False, highlight=False)
    if study_results.enough:
        people.print(agreement_words(study_results), markup=False, highlight=False)
    people.print(
        f"The case study claims {CLAIM['attention-grounded']} against {CLAIM['generic']}; this was not measured here.",
        highlight=False,
    )


@app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """List all studies and the progress of their raters.

    Example: `python -m streamrec_core study list`
    """
    from streamrec_core.study.rating import progress
    from streamrec_core.study.store import damaged_studies, list_studies, read_study

    damaged = damaged_studies()
    studies = [(read_study(name)[0], progress(name)) for name in list_studies() if name not in damaged]
    if as_json:
        print_json([{**card.model_dump(), "raters": [vars(rater) for rater in raters]} for card, raters in studies])
        return
    rows = [
        (
            card.name,
            card.data,
            str(card.cases),
            str(len(raters)),
            str(sum(rater.begun for rater in raters)),
            str(sum(rater.done for rater in raters)),
        )
        for card, raters in studies
    ]
    people.print(table("Studies", ("study", "data", "cases", "invited", "started", "answers"), rows))
    print_damaged(damaged)


@app.command("export")
def export_command(
    name: NameArgument,
    out: Annotated[Path, typer.Option(help="Folder for answers.csv and study.json.")],
) -> None:
    """Export all counted answers as CSV, and results, cases and texts as JSON.

    Example: `python -m streamrec_core study export autumn --out autumn`
    """
    from streamrec_core.study.export import answers_csv, study_json_text

    files = {"answers.csv": answers_csv(name), "study.json": study_json_text(name)}
    out.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        write_atomically(out / file, text)
    people.print(f"Wrote {' and '.join(files)} to {out}", markup=False, highlight=False)


@app.command("revoke")
def revoke_command(name: NameArgument, rater: Annotated[int, typer.Argument(help="Number of the rater.")]) -> None:
    """Revoke a rater's code and exclude the rater's answers from the results.

    Example: `python -m streamrec_core study revoke autumn 3`
    """
    from streamrec_core.study.invitations import revoke

    revoke(name, rater)
    people.print(f"Revoked rater {rater} of {name}.", markup=False, highlight=False)


@app.command("delete")
def delete_command(
    name: NameArgument, yes: Annotated[bool, typer.Option("--yes", help="Confirm the deletion.")] = False
) -> None:
    """Delete a study and all its answers permanently.

    Example: `python -m streamrec_core study delete autumn --yes`
    """
    from streamrec_core.study.store import delete_study

    if not yes:
        raise BadInput(f"deleting study {name!r} and its answers cannot be undone; add --yes to confirm")
    delete_study(name)
    people.print(f"Deleted study {name}.", markup=False, highlight=False)


def _only(name: str | None) -> str:
    """The named study, or the only one there is."""
    from streamrec_core.study.store import list_studies

    names = list_studies()
    if name is not None or len(names) == 1:
        return name or names[0]
    raise BadInput(f"name a study: {', '.join(names) or 'there is none yet (study create NAME)'}")


def _means(study_results: Results, outcome: OutcomeSummary) -> object:
    from streamrec_core.study.words import arm_label

    rows = [
        (arm_label(arm.arm), f"{arm.mean:.2f} [{arm.interval[0]:.2f}, {arm.interval[1]:.2f}]", str(arm.answers))
        for arm in outcome.estimates
    ]
    return table(f"{outcome.name}, {study_results.raters} raters, mean [95% CI]", ("arm", "mean", "answers"), rows)


def _tests(outcome: OutcomeSummary) -> object:
    columns = ("difference", "mean", "t", "Wilcoxon", "dz", "biserial", "needed")
    title = f"{outcome.name}, paired: mean [95% CI], p-values (Holm), effect sizes, raters needed for power 0.8"
    return table(title, columns, [_test_row(pair) for pair in outcome.comparisons])


def _test_row(pair: ArmComparison) -> tuple[str, ...]:
    from streamrec_core.study.words import arm_label

    name = f"{arm_label(pair.first)} -\n{arm_label(pair.second)}"
    if pair.test is None:
        return (name, *("–",) * 6)
    low, high = pair.test.interval
    return (
        name,
        f"{pair.test.difference:.2f}\n{low:.2f}–{high:.2f}",
        _p(pair.t_holm),
        _p(pair.w_holm),
        "–" if pair.test.dz is None else f"{pair.test.dz:.2f}",
        f"{pair.test.rank_biserial:.2f}",
        "–" if pair.needed is None else f"{pair.needed:,}",
    )


def _p(value: float | None) -> str:
    return "–" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"
