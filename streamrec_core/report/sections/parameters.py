"""The section on the main parameters: the importance of each beside its null, and which of them matter."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.attribution.importance_record import RESOLUTION, ParameterImportance
from streamrec_core.attribution.parameter_importance import K
from streamrec_core.explain.parameters import FOLLOWERS, main_parameters
from streamrec_core.report.document import DashboardLink, Row, Section, Table
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject

PARAMETERS: dict[str, tuple[str, str]] = {
    "session": ("The whole session", "all events hidden; everybody gets the same list"),
    "category": ("Category", "titles of the recommended title's category, removed"),
    "popularity": ("Popularity", "all titles scored as equally popular"),
    "recency": ("Recency", "the most recent title, removed"),
    "engagement": ("Engagement", "every event counted as the most common kind of engagement"),
    "opening": ("The opening title", "the first title of the session, removed"),
    "repeats": ("Repeats", "titles that occur more than once, reduced to one event"),
    "series": ("Series", "episodes of the last title's series, removed"),
    "time": ("Time since the event", "every event taken to be of one moment"),
}
"""Title of each parameter, and how it is ablated."""
WHY = {
    "category": "visitors tend to stay with a kind of title",
    "popularity": "what many people open is more likely to be opened by anyone",
    "recency": "the latest title is the best sign of what a visitor wants now",
    "engagement": "a strong engagement can say more than a weak one",
    "opening": "a visitor often opens first what they came for",
    "repeats": "coming back to a title can show interest in it",
    "series": "after one episode comes the next",
}
"""Why a parameter can matter; shown only for those that do."""
NULLS = {
    "category": "as many titles, with categories assigned at random",
    "popularity": "popularity assigned at random",
    "recency": "a random title of the session",
    "engagement": "as many random events changed",
    "opening": "a random title of the session",
    "repeats": "as many random titles",
}
"""The same change without the parameter's meaning, as `attribution.parameter_nulls` makes it."""
COLUMNS = (
    "Main parameter",
    "First recommendation less likely without it",
    "Null: the same change without its meaning",
    "Beyond the null",
    "First recommendation drops out of the ten",
    "Change in Hit@10",
)
READING_THE_TABLE = (
    "“2.0 times” means half as likely, “1.00 times” no change; below 1.00 times the title is more likely. "
    f"“Drops out of the ten” is the share of first recommendations that are then no longer in the top {K}. "
    "Hit@10 is the share of sessions in which the next title is among the ten.",
    "Any change to a session or to the scores costs the first recommendation something, so each cost is shown "
    "with its null: the same change, of the same size, without the parameter's meaning. A parameter is said to "
    "matter only where its cost exceeds its null, paired by session, with a 95% interval above 1.00 times. "
    "For the nulls, popularity and categories are assigned to titles at random, each time anew, and events are "
    "drawn from the session at random; as many titles are removed as share the category of the recommended "
    "one, from the title's random category first. The whole session and named terms have no null, so they are "
    "not said to matter.",
    "Parameters overlap (the most recent title often has the recommended category too), so importances do not "
    "add up. Popularity also includes the effect of popular titles in the session.",
)
"""The notes below the tables: the units, the nulls, and what importances do not add up to."""


def parameters(subject: Subject, importances: Sequence[ParameterImportance], register: Register) -> Section:
    """Describe the importance, null and excess of every parameter, and which of them matter.

    Parameters
    ----------
    subject : Subject
    importances : sequence of ParameterImportance
        Empty where the test part is too small to measure anything on.
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
    """
    outside = [each for each in importances if each.ablation != "named term off"]
    inside = [each for each in importances if each.ablation == "named term off"]
    if not importances:
        return _section(says=("Not measured: the test part of these data has too few sessions.",))
    ids = [_enter(each, register) for each in outside]
    tables = [_outside(outside, ids)]
    if inside:
        tables += [_inside(inside, [_enter(each, register) for each in inside]), _terms(subject, register)]
    sessions = register.enter(
        "parameters/sessions", "test sessions for the main parameters", importances[0].of, "count"
    )
    return _section(
        says=(
            f"Each parameter was ablated by itself in {ref(sessions)} test sessions, and the model predicted again. "
            "The importance of a parameter is the effect on the first recommendation and on the share of sessions in "
            "which the next title is among the ten.",
            _strongest(outside, ids),
        ),
        points=tuple(_verdict(each, names) for each, names in zip(outside, ids, strict=True) if each.null is not None),
        tables=tuple(tables),
        after=READING_THE_TABLE,
    )


def _section(
    says: tuple[str, ...],
    points: tuple[str, ...] = (),
    tables: tuple[Table, ...] = (),
    after: tuple[str, ...] = (),
) -> Section:
    return Section(
        key="parameters",
        title="Main parameters",
        question="Which are the main parameters, how important is each, and why?",
        says=says,
        points=points,
        tables=tables,
        after=after,
        evidence=(DashboardLink(page="heads", label="See what each head and named term adds"),),
    )


def _enter(importance: ParameterImportance, register: Register) -> dict[str, str]:
    kind = "term" if importance.ablation == "named term off" else "kind"
    base, title = f"parameters/{kind}/{importance.parameter}", PARAMETERS[importance.parameter][0]
    label = f"{title}, {'named term switched off' if kind == 'term' else 'ablated'}"
    n = importance.sessions
    drop = register.mean(
        f"{base}/fall", f"{label}: first recommendation less likely by", importance.log_prob_drop, "factor", n
    )
    ids = {"fall": drop, "null": "", "excess": ""}
    if importance.null is not None and importance.excess is not None:
        ids["null"] = register.mean(
            f"{base}/null", f"{title}, null, the same change without its meaning", importance.null, "factor", n
        )
        ids["excess"] = register.mean(f"{base}/excess", f"{label}: beyond its null", importance.excess, "factor", n)
    leaves = importance.dropped_from_top_k
    return ids | {
        "leaves": register.mean(
            f"{base}/leaves", f"{label}: first recommendation drops out of the ten", leaves, "share", n
        ),
        "hit": register.mean(f"{base}/hit", f"{label}: change in Hit@10", importance.hit_change, "points", n),
        "sessions": register.enter(f"{base}/sessions", f"{title}: sessions that have it", n, "count"),
    }


def _outside(importances: Sequence[ParameterImportance], ids: Sequence[dict[str, str]]) -> Table:
    pairs = sorted(zip(importances, ids, strict=True), key=lambda pair: -pair[0].log_prob_drop.value)
    return Table(
        id="parameters/weights",
        title="Importance of each parameter",
        columns=COLUMNS,
        rows=tuple(
            Row(
                label=PARAMETERS[each.parameter][0],
                note=_note(each.parameter),
                cells=tuple(names[column] for column in ("fall", "null", "excess", "leaves", "hit")),
            )
            for each, names in pairs
        ),
        bar=0,
        zero=1.0,
    )


def _note(parameter: str) -> str:
    taken_away = PARAMETERS[parameter][1]
    return f"{taken_away}. Null: {NULLS[parameter]}" if parameter in NULLS else taken_away


def _inside(importances: Sequence[ParameterImportance], ids: Sequence[dict[str, str]]) -> Table:
    pairs = sorted(zip(importances, ids, strict=True), key=lambda pair: -pair[0].log_prob_drop.value)
    return Table(
        id="parameters/terms",
        title="Named terms of the model, each switched off in every head",
        columns=("Named term", COLUMNS[1], COLUMNS[4], COLUMNS[5]),
        rows=tuple(
            Row(label=PARAMETERS[each.parameter][0], cells=(names["fall"], names["leaves"], names["hit"]))
            for each, names in pairs
        ),
        bar=0,
        zero=1.0,
        note="A term steers attention. The content of titles still counts without it, so a term can matter little "
        "while the events it points at matter much.",
    )


def _terms(subject: Subject, register: Register) -> Table:
    rows = []
    main = main_parameters(subject.model, subject.card.over_seeds)
    for parameter in (each for each in main if each.term != FOLLOWERS):
        name = f"parameters/figure/{parameter.layer}.{parameter.head}/{parameter.term}"
        label = f"{parameter.title}, Layer {parameter.layer} head {parameter.head}: score"
        span = None if parameter.spread is None else (parameter.spread.low, parameter.spread.high)
        rows.append(
            Row(
                label=f"{parameter.title} (L{parameter.layer}H{parameter.head})",
                note=parameter.words,
                cells=(register.enter(name, label, parameter.figure, "number", span),),
            )
        )
    return Table(
        id="parameters/figures",
        title="Learned values of the named terms",
        columns=("Named term and head", "Added to the attention score"),
        rows=tuple(rows),
        note="Each head's terms and their initial values are part of the architecture; training can change the values. "
        + ("Intervals are over models that differ only in their seed." if subject.card.over_seeds else ""),
    )


def ranked(importances: Sequence[ParameterImportance]) -> list[ParameterImportance]:
    """Select the parameters that matter, by their excess over the null, largest first."""
    excess = {each.parameter: each.excess.value for each in importances if each.excess is not None and each.matters}
    return sorted((each for each in importances if each.matters), key=lambda each: -excess[each.parameter])


def _strongest(importances: Sequence[ParameterImportance], ids: Sequence[dict[str, str]]) -> str:
    order = ranked(importances)
    if not order:
        return "No single parameter was shown to matter beyond its null."
    names = ids[importances.index(order[0])]
    return (
        f"The most important is {PARAMETERS[order[0].parameter][0].lower()}: without it the first recommendation is "
        f"{ref(names['fall'])} less likely, {ref(names['excess'])} beyond its null, and {ref(names['leaves'])} of "
        "first recommendations drop out of the ten."
    )


def _verdict(importance: ParameterImportance, names: dict[str, str]) -> str:
    title = PARAMETERS[importance.parameter][0]
    if importance.matters:
        return (
            f"{title}: matters. Without it the first recommendation is {ref(names['fall'])} less likely; the null "
            f"makes it {ref(names['null'])} less likely. {WHY[importance.parameter].capitalize()}. It occurs in "
            f"{ref(names['sessions'])} of the sessions."
        )
    if importance.log_prob_drop.low > RESOLUTION:
        return (
            f"{title}: has an effect ({ref(names['fall'])}), but none was shown beyond the null ({ref(names['null'])})."
        )
    return f"{title}: not shown to matter here."
