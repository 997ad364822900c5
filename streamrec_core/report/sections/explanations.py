"""The section on explanations: how they are made and checked, and how many fail; said before anything is praised."""

from __future__ import annotations

import numpy as np

from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
from streamrec_core.attribution.faithfulness.record import FaithfulnessReport, SessionMean
from streamrec_core.evaluation.slices import share
from streamrec_core.explain.nulls import NULL_ROWS, SHUFFLED_WORDS
from streamrec_core.explain.shares import CountedShares, ExplanationShares
from streamrec_core.explain.verified import VerifySettings
from streamrec_core.report.document import Evidence, Figure, Row, Section, Table, Unit
from streamrec_core.report.register import Register, place
from streamrec_core.report.subject import Subject

OUTCOMES = {
    "verified": ("At least one reason held", "it stood every test described above"),
    "failed": ("No reason held", "reasons were considered and tested; none is claimed, and the reader is told so"),
    "warned": ("Warning shown", "a method points elsewhere than removal does, or gives the first event another sign"),
    "first_look_wrong": (
        "First look named something wrong",
        "of those whose first look named anything",
    ),
}
LIMITS: dict[str, tuple[str, Unit]] = {
    "list_length": ("titles of the list", "count"),
    "least_fall": ("places in the list that a title must fall by", "count"),
    "least_share": ("share of its probability that a title must lose", "share"),
    "beyond_list": ("nats lost beyond the rest of the list", "nats"),
    "sub_histories": ("random sub-histories tried", "count"),
    "least_sub_histories": ("share of sub-histories that must lower the title", "share"),
    "replacements": ("replacements tried", "count"),
    "least_replacements": ("share of replacements that must lower the title", "share"),
    "alpha": ("limit of the sign test after Holm", "number"),
}
"""Settings of the checks that are stated."""
HELD = ("attention_joined", "attention_mean", "integrated_gradients", "removal_masked", "last_item", "random")
MEASURED: dict[str, tuple[str, Unit]] = {"fails": ("wrong event first", "share"), "tau": ("Kendall's tau", "number")}


def explanations(subject: Subject, shares: ExplanationShares, register: Register) -> Section:
    """The procedure with its thresholds, what became of a sample, and how attention fares in the same test."""
    checks = VerifySettings().checks
    ids = {
        name: register.enter(
            f"explanations/{name}", OUTCOMES[name][0], found.share, "share", _wilson(found.share, found.n), found.n
        )
        for name in OUTCOMES
        if (found := getattr(shares, name)).share is not None
    }
    limits = {
        name: register.enter(f"explanations/{name}", label, getattr(checks, name), unit)
        for name, (label, unit) in LIMITS.items()
    }
    sessions = register.enter("explanations/sessions", "recommendations checked", shares.verified.n, "count")
    report = subject.faithfulness
    return Section(
        key="explanations",
        title="How explanations are made and checked, and how many fail",
        question="How is it known that an explanation is true?",
        says=(
            "An explanation begins as a list of suspects: the most recent title, the opening title, titles of the same "
            "category or series, what was saved, what attention, contributions or gradients point at. What proposes a "
            "suspect never tests it.",
            *_procedure(limits),
            _headline(ids, sessions),
            *noise(subject.counted, register),
            *_pictured(report, register),
        ),
        tables=(
            Table(
                id="explanations/outcomes",
                title="What became of the explanations in a sample of test sessions",
                columns=("Outcome", "Share"),
                rows=tuple(
                    Row(label=OUTCOMES[name][0], note=OUTCOMES[name][1], cells=(own,)) for name, own in ids.items()
                ),
                bar=0,
                note=f"Dropped reasons by what they failed: {_dropped(shares)}.",
            ),
            *([] if report is None else [_table(report, register)]),
        ),
        after=() if report is not None else (NOT_MEASURED,),
        evidence=(
            Evidence(page="trust", label="See how often each kind of picture is wrong"),
            Evidence(page="explore", label="See one explanation being checked"),
        ),
    )


def _procedure(limits: dict[str, str]) -> tuple[str, ...]:
    """How a suspect is tested, with the ids of every limit."""
    at = {name: place(figure) for name, figure in limits.items()}
    return (
        "Each suspect is then taken away and the model is asked again. It becomes a reason only if the title leaves "
        f"the first {at['list_length']}, falls by {at['least_fall']} places or more among them, or loses "
        f"{at['least_share']} of its probability, and loses at least {at['beyond_list']} nats more than the other "
        "titles of the list do on average (a nat is a factor of 2.7 in probability).",
        f"It must also lower the title in {at['least_sub_histories']} of up to {at['sub_histories']} histories with "
        f"events left out at random, and in {at['least_replacements']} of {at['replacements']} histories with its "
        "events replaced by others drawn from the catalogue. Over all these tries a sign test, corrected for every "
        f"suspect tested in the session (Holm), must give p of at most {at['alpha']}. Everything else is dropped and "
        "may not be said; of a title that is not on the list, nothing is.",
    )


def noise(counted: CountedShares | None, register: Register) -> tuple[str, ...]:
    """What noise gets from the same tests, counted beforehand; nothing where it was not."""
    if counted is None or counted.nulls is None:
        return (NOISE_NOT_COUNTED,)
    ids = {
        name: register.enter(
            f"explanations/nulls/{name}",
            f"a verified reason: {NULL_ROWS[name]}",
            found.verified,
            "share",
            _wilson(found.verified, found.n),
            found.n,
        )
        for name, found in counted.nulls.rows().items()
    }
    parts = ", ".join(f"{NULL_ROWS[name]}: {place(figure)}" for name, figure in ids.items())
    return (
        f"The same tests, on sessions of five events or more and beside what noise gets: {parts}. {SHUFFLED_WORDS}",
    )


def beside_noise(known: dict[str, Figure]) -> str:
    """What random reasons get, to stand behind the share of explanations that hold; empty where nobody counted."""
    name = "explanations/nulls/random_reason"
    return f"; random reasons pass the same tests for {place(name)}" if name in known else ""


NOISE_NOT_COUNTED = (
    "What noise gets from the same tests has not been counted for these weights; the command faithfulness counts it."
)
NOT_MEASURED = (
    "Over how many recommendations the picture of attention tells the truth has not been measured for these weights; "
    "the command faithfulness measures it, and the pack made afterwards will tell."
)


def _wilson(found: float, n: int) -> tuple[float, float]:
    """95 % interval of a share; that none of a few failed does not prove that none can."""
    return share((np.arange(n) < round(found * n)).astype(np.float64))


def _headline(ids: dict[str, str], sessions: str) -> str:
    text = f"Of {place(sessions)} recommendations drawn from the test sessions, "
    return text + f"at least one reason held for {place(ids['verified'])}. For {place(ids['failed'])} none did."


def _pictured(report: FaithfulnessReport | None, register: Register) -> tuple[str, ...]:
    if report is None:
        return ()
    fails = register.measured(
        "faithfulness/failing", "the picture names the wrong event first", report.failing, "share"
    )
    last = register.measured(
        "faithfulness/floor", "naming the last event every time is wrong", _fails(report, "last_item"), "share"
    )
    beside = (
        f" Naming the last event every time, without looking at the model, is wrong for {place(last)}; what the "
        "picture is worth is the distance between the two."
        if last
        else ""
    )
    return (
        f"The picture of attention alone ({EXPLAINERS[report.pictured].title}) puts the wrong event first for "
        f"{place(fails)} of recommendations: not one of the {report.settings.near} whose removal matters most.{beside} "
        "This is why the picture is called a first look and nothing is claimed from it unchecked.",
    )


def _fails(report: FaithfulnessReport, name: str) -> SessionMean | None:
    return next((one.measures.get("fails") for one in report.explainers if one.name == name), None)


def _table(report: FaithfulnessReport, register: Register) -> Table:
    rows = []
    for one in report.explainers:
        if one.name in HELD:
            name, title = f"faithfulness/{one.name}", EXPLAINERS[one.name].title
            cells = [
                register.measured(f"{name}/{measure}", f"{title}: {words}", one.measures.get(measure), unit)
                for measure, (words, unit) in MEASURED.items()
            ]
            rows.append(Row(label=title, cells=tuple(cells)))
    return Table(
        id="faithfulness/explainers",
        title="Pictures held to removal, over many recommendations",
        columns=("What points at events", "Wrong event first", "Agreement with removal (tau)"),
        rows=tuple(rows),
        bar=0,
        note=f"Measured beforehand on {report.settings.sessions:,} {report.settings.part} sessions, seed "
        f"{report.settings.seed}. Floors know nothing of the model; removal in "
        "place is the most that can be asked for.",
    )


def _dropped(shares: ExplanationShares) -> str:
    return ", ".join(f"{verdict} {count:,}" for verdict, count in shares.rejected.items()) or "none"
