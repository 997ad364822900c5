"""The section on the main parameters: what each is, how much it weighs by measurement, and why it matters most."""

from __future__ import annotations

from collections.abc import Sequence

from streamrec_core.attribution.weighing import K, Weight
from streamrec_core.explain.parameters import main_parameters
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
COLUMNS = (
    "Main parameter",
    "Without it, the first title is less likely",
    "As many other events taken away",
    "First title leaves the ten",
    "Change of Hit@10",
)


def parameters(subject: Subject, weights: Sequence[Weight], register: Register) -> Section:
    """The weights in order, and in words which of them matter."""
    outside = [one for one in weights if one.way != "named term off"]
    inside = [one for one in weights if one.way == "named term off"]
    evidence = (
        Evidence(page="overview", label="See what the model goes by"),
        Evidence(page="heads", label="See the parts that carry it"),
    )
    question = "Which are the main parameters, how much does each weigh, and why?"
    if not weights:
        return Section(
            key="parameters",
            title="Main parameters and their weight",
            question=question,
            says=("Not measured: the test part of these data holds too few sessions to weigh anything on.",),
            evidence=evidence,
        )
    ids = [_enter(one, register) for one in outside]
    tables = [_outside(outside, ids)]
    if inside:
        tables += [_inside(inside, [_enter(one, register) for one in inside]), _terms(subject, register)]
    sessions = register.enter("parameters/sessions", "test sessions weighed on", weights[0].of, "count")
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
        points=tuple(_verdict(one, own) for one, own in zip(outside, ids, strict=True) if one.parameter != "session"),
        tables=tuple(tables),
        after=(
            "“2.0 times” means half as likely; “1.00 times” means no change, and less than that more likely. “Leaves "
            f"the ten” is the share of first titles that are then no longer among the first {K}. Hit@10 is the share "
            "of sessions in which the title that really came next is among the ten; points are per cent of all "
            "sessions.",
            "A parameter matters beyond the mere number of events where taking it away does more than taking away as "
            "many events at random. Parameters overlap (the most recent title is often of the recommended category "
            "too), so weights do not add up to a whole.",
        ),
        evidence=evidence,
    )


def _enter(one: Weight, register: Register) -> dict[str, str]:
    way = "term" if one.way == "named term off" else "kind"
    base, title = f"parameters/{way}/{one.parameter}", PARAMETERS[one.parameter][0]
    label = f"{title}, {'named term switched off' if way == 'term' else 'taken away'}"
    return {
        "fall": register.mean(f"{base}/fall", f"{label}: first title less likely by", one.fall, "factor", one.sessions),
        "others": ""
        if one.others is None
        else register.mean(
            f"{base}/others", f"{label}: as many other events at random", one.others, "factor", one.sessions
        ),
        "leaves": register.mean(
            f"{base}/leaves", f"{label}: first title leaves the ten", one.leaves, "share", one.sessions
        ),
        "hit": register.mean(f"{base}/hit", f"{label}: change of Hit@10", one.hit_change, "points", one.sessions),
        "sessions": register.enter(f"{base}/sessions", f"{title}: sessions that have it", one.sessions, "count"),
    }


def _outside(weights: Sequence[Weight], ids: Sequence[dict[str, str]]) -> Table:
    pairs = sorted(zip(weights, ids, strict=True), key=lambda pair: -pair[0].fall.value)
    return Table(
        id="parameters/weights",
        title="What each parameter weighs",
        columns=COLUMNS,
        rows=tuple(
            Row(
                label=PARAMETERS[one.parameter][0],
                note=PARAMETERS[one.parameter][1],
                cells=(own["fall"], own["others"], own["leaves"], own["hit"]),
            )
            for one, own in pairs
        ),
        bar=0,
        zero=1.0,
    )


def _inside(weights: Sequence[Weight], ids: Sequence[dict[str, str]]) -> Table:
    pairs = sorted(zip(weights, ids, strict=True), key=lambda pair: -pair[0].fall.value)
    return Table(
        id="parameters/terms",
        title="The same inside the model: its named terms, each switched off in every head",
        columns=("Named term", COLUMNS[1], COLUMNS[3], COLUMNS[4]),
        rows=tuple(
            Row(label=PARAMETERS[one.parameter][0], cells=(own["fall"], own["leaves"], own["hit"]))
            for one, own in pairs
        ),
        bar=0,
        zero=1.0,
        note="A term steers where the model looks. The content of titles goes on working without it, so a term can "
        "weigh little while the events that it points at weigh much.",
    )


def _terms(subject: Subject, register: Register) -> Table:
    rows = []
    for one in main_parameters(subject.model, subject.card.over_seeds):
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


def _strongest(weights: Sequence[Weight], ids: Sequence[dict[str, str]]) -> str:
    matter = [(one, own) for one, own in zip(weights, ids, strict=True) if one.parameter != "session" and matters(one)]
    if not matter:
        return "No single parameter was found to matter beyond chance."
    one, own = max(matter, key=lambda pair: pair[0].fall.value)
    return (
        f"The heaviest is {PARAMETERS[one.parameter][0].lower()}: without it the first title is "
        f"{place(own['fall'])} less likely, and {place(own['leaves'])} of first titles leave the ten."
    )


def matters(one: Weight) -> bool:
    """Whether taking it away costs more than chance and, where events go, more than other events do."""
    return one.fall.low > (0.0 if one.others is None else max(0.0, one.others.high))


def _verdict(one: Weight, own: dict[str, str]) -> str:
    title = PARAMETERS[one.parameter][0]
    if matters(one):
        beyond = " more than as many other events do" if one.others is not None else ""
        return (
            f"{title}: matters{beyond}. {WHY[one.parameter].capitalize()}. It plays a part in {place(own['sessions'])} "
            "of the sessions."
        )
    if one.fall.low > 0:
        return f"{title}: counts, but no more than as many other events of the session do."
    return f"{title}: not found to matter here."
