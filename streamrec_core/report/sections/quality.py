"""The section on accuracy: the model compared with lists without profiling, overall and by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamrec_core.data.shown_text import distinct_text, shown_text
from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import METRIC_TITLES
from streamrec_core.evaluation.paired import lift
from streamrec_core.evaluation.slices import THIN, SliceScore, slice_differences, slice_scores
from streamrec_core.evaluation.slicings import Slicing
from streamrec_core.report.document import DashboardLink, Figure, Row, Section, Table, Unit
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject

RULES = {
    "popularity": "the most popular titles, the same list for everybody: no profiling",
    "recent popularity": "the most popular titles in the latest tenth of the log: no profiling",
    "last category": "the most popular titles of the last event's category: uses one event",
    "item neighbours": "titles that often occur in the same sessions: uses the session",
    "sequential rules": "titles that often came within ten events of those seen: uses the session in its order",
}
WITHOUT_PROFILING = ("popularity", "recent popularity")


def quality(
    subject: Subject,
    evaluation: Evaluation,
    rules: Mapping[str, Evaluation],
    slicings: Sequence[Slicing],
    register: Register,
) -> Section:
    """Compare the model with simple rules.

    Parameters
    ----------
    subject : Subject
    evaluation : Evaluation
        Of the model.
    rules : mapping of str to Evaluation
        Of the keys of `RULES`, on the same examples.
    slicings : sequence of Slicing
        Slices of the examples.
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
        All metrics, the difference from lists without profiling, and Hit@10 by slice.
    """
    table = _table({subject.name: evaluation, **rules}, register)
    costs = {name: _cost(evaluation, rules[name], register) for name in WITHOUT_PROFILING}
    hit, popular = table.rows[0].cells[0], table.rows[1 + [*rules].index("popularity")].cells[0]
    says = [
        *subject.warnings,
        f"In {ref(hit)} of the test sessions the next title is among the ten that the model recommends. A list of "
        f"popular titles, the same for everybody, reaches {ref(popular)}.",
        _difference(costs["popularity"], register.figure(costs["popularity"])),
    ]
    if evaluation.ceiling is not None:
        best = register.enter(
            "quality/ceiling", "ceiling: best Hit@10 that can be expected", evaluation.ceiling.mean(), "share"
        )
        says.append(
            f"The best that any model can expect on these data is {ref(best)}, since the next title is partly random."
        )
    return Section(
        key="quality",
        title="Accuracy, and the cost of a list without profiling",
        question="How accurate is it, and what would people lose without profiling?",
        says=tuple(says),
        tables=(
            table,
            _costs(costs),
            *(_by_slice(evaluation, rules["popularity"], slicing, register) for slicing in slicings),
        ),
        after=(
            "All metrics rank the whole catalogue, never a sample. Intervals are 95% CI: bootstrap over sessions, "
            "Wilson's method for shares in slices; differences are paired by session. Slices of fewer than "
            f"{THIN} sessions are marked as thin.",
        ),
        evidence=(DashboardLink(page="compare", label="Compare the model with each of these"),),
    )


def _table(evaluations: Mapping[str, Evaluation], register: Register) -> Table:
    rows = []
    for number, (name, evaluation) in enumerate(evaluations.items()):
        metrics = evaluation.metrics()
        cells = tuple(
            register.enter(
                f"quality/{'model' if not number else name}/{metric}",
                f"{name}: {title}",
                metrics[metric],
                "share" if metric == "hit@10" else "number",
                tuple(metrics[f"{metric}_interval"]),
                len(evaluation.ranks),
            )
            for metric, title in METRIC_TITLES.items()
        )
        rows.append(Row(label=name, note=RULES.get(name, "the model of this report"), cells=cells))
    return Table(
        id="quality/models",
        title="The model and simple rules on the same sessions",
        columns=("", *METRIC_TITLES.values()),
        rows=tuple(rows),
        bar=0,
    )


def _cost(evaluation: Evaluation, rule: Evaluation, register: Register) -> str:
    comparison = lift(evaluation, rule)
    return register.enter(
        f"quality/lift/{rule.model}",
        f"Hit@10 of the model minus that of {rule.model}",
        comparison.difference,
        "points",
        comparison.difference_interval,
        len(evaluation.ranks),
    )


def _difference(cost: str, figure: Figure) -> str:
    """A sentence on the difference from a list without profiling, by its interval."""
    assert figure.low is not None
    assert figure.high is not None
    if figure.low > 0:
        return f"A list without profiling is less accurate: model minus list, {ref(cost)}."
    if figure.high < 0:
        return f"The list without profiling is more accurate here: model minus list, {ref(cost)}."
    return f"No difference beyond chance was found between the two: model minus list, {ref(cost)}."


def _costs(costs: Mapping[str, str]) -> Table:
    return Table(
        id="quality/without",
        title="Hit@10 of the model minus that of a list without profiling",
        columns=("List without profiling", "Difference"),
        rows=tuple(Row(label=name, note=RULES[name], cells=(cost,)) for name, cost in costs.items()),
        note="A difference is beyond chance where its interval excludes zero.",
    )


def _by_slice(evaluation: Evaluation, rule: Evaluation, slicing: Slicing, register: Register) -> Table:
    model = slice_scores(evaluation, slicing)
    columns: dict[str, tuple[Unit, Sequence[SliceScore]]] = {
        "model": ("share", model),
        "popularity": ("share", slice_scores(rule, slicing)),
        "difference": ("points", slice_differences(evaluation, rule, slicing)),
    }
    rows = []
    for score in model[1:]:
        name, cells = shown_text(score.label), []
        base = f"quality/slice/{slicing.name}/{distinct_text(score.label)}"
        for column, (unit, scores) in columns.items():
            cell = next(each for each in scores if each.label == score.label)
            cells.append(
                register.enter(
                    f"{base}/{column}",
                    f"Hit@10, {slicing.name}, {name}: {column}",
                    cell.value,
                    unit,
                    cell.interval,
                    score.count,
                )
            )
        count = register.enter(
            f"{base}/sessions",
            f"{slicing.name}, {name}: sessions",
            score.count,
            "count",
        )
        rows.append(Row(label=name, note="thin" if score.thin else "", cells=(count, *cells)))
    return Table(
        id=f"quality/slices/{slicing.name}",
        title=f"Hit@10 by {slicing.name}",
        columns=("", "Sessions", "Model", "Popular titles", "Model minus popular"),
        rows=tuple(rows),
        bar=1,
        note=""
        if slicing.known_before
        else "These slices depend on the next title, so they are only known afterwards.",
    )
