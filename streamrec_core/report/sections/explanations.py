"""The section on explanations: how they are made and checked, how many fail, and how faithful attention is."""

from __future__ import annotations

from collections.abc import Mapping

from streamrec_core.attribution.faithfulness.explainers import EXPLAINERS
from streamrec_core.attribution.faithfulness.record import FaithfulnessReport, SessionMean
from streamrec_core.data.engagement import either
from streamrec_core.data.shown_number import POINTS_EXPLAINED
from streamrec_core.evaluation.metrics import share_interval
from streamrec_core.explain.nulls import NULL_ROWS, SHUFFLED_WORDS, NullShares
from streamrec_core.explain.shares import ExplanationShares
from streamrec_core.explain.verified_record import VerifySettings
from streamrec_core.report.document import DashboardLink, Figure, Row, Section, Table, Unit
from streamrec_core.report.register import Register, ref
from streamrec_core.report.subject import Subject

OUTCOMES = {
    "verified": ("At least one confirmed reason", "it passed every test described above"),
    "failed": ("No confirmed reason", "reasons were tested; none is claimed, and the reader is told so"),
    "warned": ("Warning shown", "a method disagrees with removal on the most important event or on its sign"),
    "first_look_wrong": ("First look named a rejected reason", "of those whose first look named any"),
}
LIMITS: dict[str, tuple[str, Unit]] = {
    "list_length": ("length of the list", "count"),
    "least_fall": ("ranks that a title must lose", "count"),
    "least_share": ("share of its probability that a title must lose", "share"),
    "sub_histories": ("random sub-histories", "count"),
    "least_sub_histories": ("share of sub-histories that must lower the title", "share"),
    "replacements": ("replacements", "count"),
    "least_replacements": ("share of replacements that must lower the title", "share"),
    "alpha": ("p-value threshold of the sign test after Holm", "number"),
}
"""Settings of the checks that the report states."""
SHOWN_EXPLAINERS = (
    "attention_joined",
    "attention_mean",
    "integrated_gradients",
    "removal_masked",
    "last_item",
    "random",
)
ATTENTION_WRONG = "faithfulness/attention"
"""Id of the share of recommendations for which attention alone puts the wrong event first."""
MEASURED: dict[str, tuple[str, Unit]] = {"fails": ("wrong event first", "share"), "tau": ("Kendall's tau", "number")}


def explanations(subject: Subject, shares: ExplanationShares, nulls: NullShares | None, register: Register) -> Section:
    """Describe the checks with their thresholds, the outcome on a sample, and the faithfulness of attention.

    Parameters
    ----------
    subject : Subject
    shares : ExplanationShares
        Outcomes on the sample.
    nulls : NullShares or None
        What noise gets under the same checks; None where it was not counted.
    register : Register
        Every figure is entered here.

    Returns
    -------
    Section
    """
    checks = VerifySettings().checks
    ids = _outcomes(shares, register)
    limits = {
        name: register.enter(f"explanations/{name}", label, getattr(checks, name), unit)
        for name, (label, unit) in LIMITS.items()
    }
    beyond = register.score_points(
        "explanations/beyond_list", "lost beyond the mean of the other titles of the list", checks.beyond_list
    )
    further = f"at least {ref(beyond)} more" if checks.beyond_list else "more"
    sessions = register.enter("explanations/sessions", "recommendations checked", shares.verified.n, "count")
    report, words = subject.faithfulness, subject.dataset.catalogue.words
    strong = f"titles {either(words.phrases[words.strong :])}" if words.strong < len(words) else "repeated titles"
    return Section(
        key="explanations",
        title="Explanations and their checks",
        question="How are explanations verified, and how many fail?",
        says=(
            "An explanation starts as a list of candidate reasons: the most recent title, the opening title, titles of "
            f"the same category or series, {strong}, and whatever attention, contributions or gradients point at. A "
            "method that proposes a reason never tests it.",
            *_procedure(limits, further),
            _headline(ids, sessions),
            *noise(nulls, register),
            *wrong_event_first(report, register),
        ),
        tables=(
            _outcome_table(shares, ids),
            *([] if report is None else [_table(report, register)]),
        ),
        after=() if report is not None else (NOT_MEASURED if subject.keeps_measurements else NOT_STORED,),
        evidence=(
            DashboardLink(page="trust", label="See how often each method is wrong"),
            DashboardLink(page="explore", label="See how one explanation is checked"),
        ),
    )


def _outcomes(shares: ExplanationShares, register: Register) -> dict[str, str]:
    """The figure of each outcome that was counted, by its name."""
    return {
        name: register.enter(
            f"explanations/{name}",
            OUTCOMES[name][0],
            count.share,
            "share",
            share_interval(round(count.share * count.n), count.n),
            count.n,
        )
        for name in OUTCOMES
        if (count := getattr(shares, name)).share is not None
    }


def _outcome_table(shares: ExplanationShares, ids: dict[str, str]) -> Table:
    rejected = ", ".join(f"{verdict} {count:,}" for verdict, count in shares.rejected.items())
    return Table(
        id="explanations/outcomes",
        title="Outcome on a sample of test sessions",
        columns=("Outcome", "Share"),
        rows=tuple(
            Row(label=OUTCOMES[name][0], note=OUTCOMES[name][1], cells=(figure,)) for name, figure in ids.items()
        ),
        bar=0,
        note=f"Rejected reasons by the test they failed: {rejected or 'none'}.",
    )


def _procedure(limits: dict[str, str], further: str) -> tuple[str, ...]:
    """How a candidate reason is tested, with the ids of all thresholds, and how much `further` a title must fall."""
    at = {name: ref(figure) for name, figure in limits.items()}
    return (
        "The events of each candidate reason are then removed, and the model predicts again. The reason is confirmed "
        f"only if the title drops out of the top {at['list_length']}, loses {at['least_fall']} ranks or more, or loses "
        f"{at['least_share']} of its probability, and if it loses {further} than the other titles of the list do on "
        f"average, measured in points. {POINTS_EXPLAINED}",
        f"Removal must also lower the title in {at['least_sub_histories']} of up to {at['sub_histories']} histories "
        f"with other events left out at random, and in {at['least_replacements']} of {at['replacements']} histories "
        "with its events replaced by random ones from the catalogue. Over all these trials a sign test, corrected for "
        f"every reason tested in the session (Holm), must give p of at most {at['alpha']}. All other reasons are "
        "rejected and never shown as reasons; titles outside the list get no reason.",
    )


def noise(nulls: NullShares | None, register: Register) -> tuple[str, ...]:
    """Compare with the share of random reasons that pass the same tests.

    Parameters
    ----------
    nulls : NullShares or None
    register : Register
        Its figures are entered here.

    Returns
    -------
    tuple of str
        A paragraph.
    """
    if nulls is None:
        return (NOISE_NOT_COUNTED,)
    ids = {
        name: register.enter(
            f"explanations/nulls/{name}",
            f"a confirmed reason: {NULL_ROWS[name]}",
            row.verified,
            "share",
            row.interval,
            row.n,
        )
        for name, row in nulls.rows().items()
    }
    parts = "; ".join(f"{NULL_ROWS[name]}: {ref(figure)}" for name, figure in ids.items())
    of_each = f"{parts[:1].upper()}{parts[1:]}"
    return (f"Share with a confirmed reason, on sessions of five events or more. {of_each}. {SHUFFLED_WORDS}",)


def noise_comparison(figures: Mapping[str, Figure]) -> str:
    """Half a sentence on the share of random reasons that pass the same tests; empty where it was not counted."""
    name = "explanations/nulls/random_reason"
    return f"; random reasons pass the same tests for {ref(name)}" if name in figures else ""


NOISE_NOT_COUNTED = (
    "How many random reasons pass the same tests has not been counted for these weights; the command faithfulness "
    "counts it."
)
NOT_MEASURED = (
    "The faithfulness of attention has not been measured for these weights; the command faithfulness measures it for "
    "the next report."
)
NOT_STORED = (
    "The faithfulness of attention is not part of a report on a model that is given as module:function, which has no "
    "folder to keep it in; the command faithfulness measures it, and keeps it for a model named in models.toml."
)


def _headline(ids: dict[str, str], sessions: str) -> str:
    return (
        f"On {ref(sessions)} recommendations sampled from the test sessions, at least one reason was confirmed for "
        f"{ref(ids['verified'])}, none for {ref(ids['failed'])}."
    )


def wrong_event_first(report: FaithfulnessReport | None, register: Register) -> tuple[str, ...]:
    """Say how often attention puts the wrong event first, beside its floor and what the dashboard's charts show.

    Parameters
    ----------
    report : FaithfulnessReport or None
    register : Register
        Its figures are entered here.

    Returns
    -------
    tuple of str
        A paragraph; none without a report.
    """
    if report is None:
        return ()
    attention = next((name for name in SHOWN_EXPLAINERS if name.startswith("attention") and _fails(report, name)), "")
    wrong = register.measured(
        ATTENTION_WRONG, "attention puts the wrong event first", _fails(report, attention), "share"
    )
    last = register.measured(
        "faithfulness/floor", "always naming the last event is wrong", _fails(report, "last_item"), "share"
    )
    drawn = EXPLAINERS[report.pictured].title
    failing = register.measured("faithfulness/failing", f"{drawn}: wrong event first", report.failing, "share")
    near = f"not one of the {report.settings.near} whose removal matters most"
    floor = f" Always naming the last event, without the model, is wrong for {ref(last)}" if last else ""
    if not wrong:
        end = f".{floor}." if floor else "."
        return (f"The charts show {drawn}, which put the wrong event first for {ref(failing)}: {near}{end}",)
    charts = f" The charts show {drawn} instead, wrong for {ref(failing)}." if report.pictured != attention else ""
    return (
        f"Attention alone ({EXPLAINERS[attention].title}) puts the wrong event first for {ref(wrong)} of "
        f"recommendations: {near}.{f'{floor}; attention is worth the difference.' if floor else ''} This is why "
        f"attention is only a first look, and nothing is claimed from it unchecked.{charts}",
    )


def _fails(report: FaithfulnessReport, name: str) -> SessionMean | None:
    return next((explainer.measures.get("fails") for explainer in report.explainers if explainer.name == name), None)


def _table(report: FaithfulnessReport, register: Register) -> Table:
    rows = []
    for explainer in report.explainers:
        if explainer.name in SHOWN_EXPLAINERS:
            name, title = f"faithfulness/{explainer.name}", EXPLAINERS[explainer.name].title
            cells = [
                register.measured(f"{name}/{measure}", f"{title}: {words}", explainer.measures.get(measure), unit)
                for measure, (words, unit) in MEASURED.items()
            ]
            rows.append(Row(label=title, cells=tuple(cells)))
    return Table(
        id="faithfulness/explainers",
        title="Faithfulness of each method, compared with removal",
        columns=("Method", "Wrong event first", "Agreement with removal (tau)"),
        rows=tuple(rows),
        bar=0,
        note=f"Precomputed on {report.settings.sessions:,} {report.settings.part} sessions, seed "
        f"{report.settings.seed}. Floors do not read the model; masked removal is the upper bound.",
    )
