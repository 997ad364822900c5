"""The section on quality: the model beside popular titles and other lists without profiling, overall and by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamrec_core.evaluation.evaluate import Evaluation
from streamrec_core.evaluation.metrics import METRIC_TITLES
from streamrec_core.evaluation.paired import lift
from streamrec_core.evaluation.slices import THIN, SliceScore, Slicing, slice_differences, slice_scores
from streamrec_core.report.document import Evidence, Figure, Row, Section, Table, Unit
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject

RULES = {
    "popularity": "the titles opened most often, the same list for everybody: no profiling",
    "recent popularity": "the same for the latest tenth of the log: no profiling",
    "last category": "the most popular titles of the last event's category: looks at one event",
    "item neighbours": "titles often seen in the same sessions: looks at the session",
}
WITHOUT_PROFILING = ("popularity", "recent popularity")


def quality(
    subject: Subject, own: Evaluation, rules: Mapping[str, Evaluation], ways: Sequence[Slicing], register: Register
) -> Section:
    """All metrics, what a list without profiling would cost, and the same by slice."""
    everyone = {subject.name: own, **rules}
    table = _table(everyone, register)
    costs = {name: _cost(own, rules[name], register) for name in WITHOUT_PROFILING}
    hit, popular = table.rows[0].cells[0], table.rows[1 + [*rules].index("popularity")].cells[0]
    says = [
        f"In {place(hit)} of the test sessions the title that really came next is among the ten that the model names. "
        f"A list of popular titles, the same for everybody, reaches {place(popular)}.",
        _less(costs["popularity"], register.known(costs["popularity"])),
    ]
    if own.ceiling is not None:
        best = register.enter("quality/ceiling", "best Hit@10 that can be expected", own.ceiling.mean(), "share")
        says.append(
            f"On these data nobody could expect more than {place(best)}, since much of what comes next is chance."
        )
    return Section(
        key="quality",
        title="How good it is, and what a list without profiling would cost",
        question="How accurate is it, and what would people lose without profiling?",
        says=tuple(says),
        tables=(
            table,
            _costs(costs),
            *(_by_slice(own, rules["popularity"], way, register) for way in ways),
        ),
        after=(
            "Every figure ranks the whole catalogue, never a sample of it. Intervals are 95 %: over sessions by "
            "bootstrap, for shares in slices by Wilson's method; differences are paired, session by session. A slice "
            f"of fewer than {THIN} sessions says little and is marked as thin.",
        ),
        evidence=(Evidence(page="compare", label="Compare the model with each of these"),),
    )


def _table(everyone: Mapping[str, Evaluation], register: Register) -> Table:
    rows = []
    for place_, (name, one) in enumerate(everyone.items()):
        found = one.metrics()
        cells = tuple(
            register.enter(
                f"quality/{'model' if not place_ else name}/{metric}",
                f"{name}: {title}",
                found[metric],
                "share" if metric == "hit@10" else "number",
                tuple(found[f"{metric}_interval"]),
                len(one.ranks),
            )
            for metric, title in METRIC_TITLES.items()
        )
        rows.append(Row(label=name, note=RULES.get(name, "the model of this pack"), cells=cells))
    return Table(
        id="quality/models",
        title="The model beside simple rules, on the same sessions",
        columns=("", *METRIC_TITLES.values()),
        rows=tuple(rows),
        bar=0,
    )


def _cost(own: Evaluation, rule: Evaluation, register: Register) -> str:
    found = lift(own, rule)
    return register.enter(
        f"quality/lift/{rule.model}",
        f"Hit@10 of the model less that of {rule.model}",
        found.difference,
        "points",
        found.difference_interval,
        len(own.ranks),
    )


def _less(cost: str, known: Figure) -> str:
    """What the difference to a list without profiling means, by its interval."""
    assert known.low is not None
    assert known.high is not None
    if known.low > 0:
        return (
            "With a list without profiling, what comes next would be among the ten less often. The difference, model "
            f"less list, is {place(cost)}."
        )
    if known.high < 0:
        return f"The list without profiling is better here. The difference, model less list, is {place(cost)}."
    return f"Between the two no difference beyond chance was found: model less list, {place(cost)}."


def _costs(costs: Mapping[str, str]) -> Table:
    return Table(
        id="quality/without",
        title="The model less a list without profiling, Hit@10",
        columns=("List without profiling", "Difference"),
        rows=tuple(Row(label=name, note=RULES[name], cells=(cost,)) for name, cost in costs.items()),
        note="Where the interval leaves zero out, the difference is more than chance.",
    )


def _by_slice(own: Evaluation, rule: Evaluation, way: Slicing, register: Register) -> Table:
    columns: dict[str, tuple[Unit, dict[str, SliceScore]]] = {
        "model": ("share", {one.label: one for one in slice_scores(own, way)}),
        "popularity": ("share", {one.label: one for one in slice_scores(rule, way)}),
        "difference": ("points", {one.label: one for one in slice_differences(own, rule, way)}),
    }
    rows = []
    for score in slice_scores(own, way)[1:]:
        cells = []
        for column, (unit, found) in columns.items():
            one = found[score.label]
            cells.append(
                register.enter(
                    f"quality/slice/{way.name}/{score.label}/{column}",
                    f"Hit@10, {way.name}, {score.label}: {column}",
                    one.value,
                    unit,
                    one.interval,
                    score.count,
                )
            )
        count = register.enter(
            f"quality/slice/{way.name}/{score.label}/sessions",
            f"{way.name}, {score.label}: sessions",
            score.count,
            "count",
        )
        rows.append(Row(label=score.label, note="thin" if score.thin else "", cells=(count, *cells)))
    return Table(
        id=f"quality/slices/{way.name}",
        title=f"Hit@10 by {way.name}",
        columns=("", "Sessions", "Model", "Popular titles", "Model less popular"),
        rows=tuple(rows),
        bar=1,
        note="" if way.known_before else "This can only be told afterwards, from what came next.",
    )
