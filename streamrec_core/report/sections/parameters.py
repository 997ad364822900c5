"""The section on the main parameters: what taking each away costs, beside its null, and which of them matter."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.attribution.importance_record import RESOLUTION, ParameterImportance
from streamrec_core.attribution.parameter_importance import K
from streamrec_core.explain.parameters import FOLLOWERS, main_parameters
from streamrec_core.report.document import Evidence, Row, Section, Table
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject

PARAMETERS: dict[str, tuple[str, str]] = {
    "session": ("The whole session", "every event hidden; what is left is the same for everybody"),
    "category": ("Category", "titles of the session that share the category of the recommended title, taken away"),
    "popularity": ("Popularity", "scored as though every title had been chosen equally often"),
    "recency": ("Recency", "the most recent title, taken away"),
    "engagement": ("Engagement", "every event counted as the commonest kind of engagement"),
    "opening": ("The opening title", "the first title of the session, taken away"),
    "repeats": ("Repeats", "titles that came up more than once, left in once"),
    "series": ("Series", "episodes of the last title's series"),
}
"""What each parameter is called, and how it was taken away."""
WHY = {
    "category": "visitors tend to stay with a kind of title, and the model has learned so",
    "popularity": "what many people open is more likely to be opened again, whoever comes",
    "recency": "the latest title is the freshest sign of what a visitor is after",
    "engagement": "what was saved or watched to the end can tell more than a click",
    "opening": "a visitor often opens first what they came for",
    "repeats": "coming back to a title can show interest in it",
    "series": "after one episode comes the next",
}
"""Why a parameter can matter; said only of those that were measured to."""
NULLS = {
    "category": "as many titles, by categories dealt out at random",
    "popularity": "popularity dealt out at random",
    "recency": "a random title of the session",
    "engagement": "as many random marks changed",
    "opening": "a random title of the session",
    "repeats": "as many random titles",
}
"""The same change without the parameter's meaning, as `attribution.parameter_nulls` makes it."""
COLUMNS = (
    "Main parameter",
    "Without it, the first title is less likely",
    "The same change without its meaning (null)",
    "Beyond the null",
    "First title leaves the ten",
    "Change of Hit@10",
)


def parameters(subject: Subject, importances: Sequence[ParameterImportance], register: Register) -> Section:
    """Cost, null and excess of every parameter, and in words which of them matter.

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
    evidence = (
        Evidence(page="overview", label="See what the model goes by"),
        Evidence(page="heads", label="See the parts that carry it"),
    )
    question = "Which are the main parameters, how much does each weigh, and why?"
    if not importances:
        return Section(
            key="parameters",
            title="Main parameters and their weight",
            question=question,
            says=("Not measured: the test part of these data holds too few sessions to weigh anything on.",),
            evidence=evidence,
        )
    ids = [_enter(each, register) for each in outside]
    tables = [_outside(outside, ids)]
    if inside:
        tables += [_inside(inside, [_enter(each, register) for each in inside]), _terms(subject, register)]
    sessions = register.enter("parameters/sessions", "test sessions weighed on", importances[0].of, "count")
    return Section(
        key="parameters",
        title="Main parameters and their weight",
        question=question,
        says=(
            f"Each parameter was taken away by itself in {place(sessions)} sessions that the model had not learned "
            "from, and the model was asked again. What then happens to the title that it had put first, and to how "
            "often it finds what really came next, is the weight of the parameter.",
            _strongest(outside, ids),
        ),
        points=tuple(_verdict(each, names) for each, names in zip(outside, ids, strict=True) if each.null is not None),
        tables=tuple(tables),
        after=(
            "“2.0 times” means half as likely; “1.00 times” means no change, and less than that more likely. “Leaves "
            f"the ten” is the share of first titles that are then no longer among the first {K}. Hit@10 is the share "
            "of sessions in which the title that really came next is among the ten; points are per cent of all "
            "sessions.",
            "Any change to a session or to the scores costs the first title something, so beside each cost stands its "
            "null: the same change, of the same size, emptied of the parameter's meaning. A parameter is said to "
            "matter only where its cost exceeds its null, session by session, with a 95 % interval above 1.00 times. "
            "For the nulls popularity and categories are dealt out to titles at random, each time anew, and events and "
            "marks are drawn from the session; of the titles with the dealt category of the recommended one, or any "
            "where these are too few, as many are taken away as really share its category. The whole session and named "
            "terms have no null, so nothing is said to matter on their account.",
            "Parameters overlap (the most recent title is often of the recommended category too), so weights do not "
            "add up to a whole. Popularity also counts where it comes from popular titles in the session.",
        ),
        evidence=evidence,
    )


def _enter(importance: ParameterImportance, register: Register) -> dict[str, str]:
    kind = "term" if importance.ablation == "named term off" else "kind"
    base, title = f"parameters/{kind}/{importance.parameter}", PARAMETERS[importance.parameter][0]
    label = f"{title}, {'named term switched off' if kind == 'term' else 'taken away'}"
    n = importance.sessions
    drop = register.mean(f"{base}/fall", f"{label}: first title less likely by", importance.log_prob_drop, "factor", n)
    ids = {"fall": drop, "null": "", "excess": ""}
    if importance.null is not None and importance.excess is not None:
        ids["null"] = register.mean(
            f"{base}/null", f"{title}, the same change without its meaning (null)", importance.null, "factor", n
        )
        ids["excess"] = register.mean(f"{base}/excess", f"{label}: beyond its null", importance.excess, "factor", n)
    leaves = importance.dropped_from_top_k
    return ids | {
        "leaves": register.mean(f"{base}/leaves", f"{label}: first title leaves the ten", leaves, "share", n),
        "hit": register.mean(f"{base}/hit", f"{label}: change of Hit@10", importance.hit_change, "points", n),
        "sessions": register.enter(f"{base}/sessions", f"{title}: sessions that have it", n, "count"),
    }


def _outside(importances: Sequence[ParameterImportance], ids: Sequence[dict[str, str]]) -> Table:
    pairs = sorted(zip(importances, ids, strict=True), key=lambda pair: -pair[0].log_prob_drop.value)
    return Table(
        id="parameters/weights",
        title="What each parameter weighs",
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
        title="The same inside the model: its named terms, each switched off in every head",
        columns=("Named term", COLUMNS[1], COLUMNS[4], COLUMNS[5]),
        rows=tuple(
            Row(label=PARAMETERS[each.parameter][0], cells=(names["fall"], names["leaves"], names["hit"]))
            for each, names in pairs
        ),
        bar=0,
        zero=1.0,
        note="A term steers where the model looks. The content of titles goes on working without it, so a term can "
        "weigh little while the events that it points at weigh much.",
    )


def _terms(subject: Subject, register: Register) -> Table:
    rows = []
    named = [one for one in main_parameters(subject.model, subject.card.over_seeds) if one.term != FOLLOWERS]
    for one in named:
        name = f"parameters/figure/{one.layer}.{one.head}/{one.term}"
        label = f"{one.title}, layer {one.layer}, head {one.head}: score"
        span = None if one.spread is None else (one.spread.low, one.spread.high)
        rows.append(
            Row(
                label=f"{one.title} (head {one.layer}.{one.head})",
                note=one.words,
                cells=(register.enter(name, label, one.figure, "nats", span),),
            )
        )
    return Table(
        id="parameters/figures",
        title="The figures of the named terms, as the model learned them",
        columns=("Named term and head", "Added to the attention score"),
        rows=tuple(rows),
        note="The patterns are built in: each head was given its terms and first values, and training moved them. "
        + ("Intervals are over models that differ in their seed only." if subject.card.over_seeds else ""),
    )


def ranked(importances: Sequence[ParameterImportance]) -> list[ParameterImportance]:
    """The parameters that matter, those that exceed their null most first."""
    excess = {each.parameter: each.excess.value for each in importances if each.excess is not None and each.matters}
    return sorted((each for each in importances if each.matters), key=lambda each: -excess[each.parameter])


def _strongest(importances: Sequence[ParameterImportance], ids: Sequence[dict[str, str]]) -> str:
    order = ranked(importances)
    if not order:
        return "No single parameter was found to matter beyond its null."
    names = ids[importances.index(order[0])]
    return (
        f"The heaviest is {PARAMETERS[order[0].parameter][0].lower()}: without it the first title is "
        f"{place(names['fall'])} less likely, {place(names['excess'])} beyond its null, and {place(names['leaves'])} "
        "of first titles leave the ten."
    )


def _verdict(importance: ParameterImportance, names: dict[str, str]) -> str:
    title = PARAMETERS[importance.parameter][0]
    if importance.matters:
        return (
            f"{title}: matters. Without it the first title is {place(names['fall'])} less likely; the same change "
            f"without its meaning makes it {place(names['null'])} less likely. "
            f"{WHY[importance.parameter].capitalize()}. It plays a part in {place(names['sessions'])} of the sessions."
        )
    if importance.log_prob_drop.low > RESOLUTION:
        return (
            f"{title}: costs something ({place(names['fall'])}), but was not shown to cost more than the same change "
            f"without its meaning ({place(names['null'])})."
        )
    return f"{title}: not found to matter here."
