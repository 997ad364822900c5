"""Collect a pack: measure what its sections need with what the core has, and put it together."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from streamrec_core.attention.profile import HeadProfile, profile
from streamrec_core.attribution.importance_record import ParameterImportance
from streamrec_core.attribution.parameter_importance import FEWEST, measure_parameters
from streamrec_core.attribution.part_importance import PartImportance, part_importance
from streamrec_core.data.splits import Examples
from streamrec_core.evaluation.compare import baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.slices import SLICINGS, slicing
from streamrec_core.explain.nulls import AT_ONCE
from streamrec_core.explain.shares import shares
from streamrec_core.explain.verified import Verified, verify_examples
from streamrec_core.models.threads import one_thread
from streamrec_core.report.answers import answers, title
from streamrec_core.report.cases import asked, by_rule, case_file
from streamrec_core.report.document import CaseFile, Document, Figure, Section
from streamrec_core.report.register import Register, place
from streamrec_core.report.sections.explanations import beside_noise, explanations
from streamrec_core.report.sections.heads import heads
from streamrec_core.report.sections.learned import learned
from streamrec_core.report.sections.limits import limits
from streamrec_core.report.sections.options import options
from streamrec_core.report.sections.parameters import parameters, ranked
from streamrec_core.report.sections.purpose import purpose
from streamrec_core.report.sections.quality import quality
from streamrec_core.report.sections.remaking import hashes, remaking, versions
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import Subject

Progress = Callable[[str, float], None]
"""Told what is being done, and the share of everything that is done."""
SHARES = {"quality": 0.15, "parameters": 0.35, "heads": 0.2, "explanations": 0.2, "cases": 0.1}
"""About how much of the time each step takes."""
TITLE = "How these recommendations are made"


@dataclass(frozen=True, eq=False)
class Findings:
    """What was measured, before it is put into words."""

    own: Evaluation
    rules: dict[str, Evaluation]
    importances: tuple[ParameterImportance, ...]
    profile: HeadProfile | None
    parts: tuple[PartImportance, ...]
    explained: tuple[Verified, ...]


class _Steps:
    """Turns the progress of each step into that of all."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._done, self._doing = progress or (lambda doing, share: None), 0.0, ""

    def begin(self, step: str, doing: str) -> Callable[[float], None]:
        start, width = self._done, SHARES[step]
        self._done = start + width
        self._progress(doing, start)
        return lambda share: self._progress(doing, start + width * share)


def collect(subject: Subject, settings: ReportSettings | None = None, progress: Progress | None = None) -> Document:
    """Measure and tell.

    Everything is computed with one thread, so that the content hash does not depend on their number.

    Parameters
    ----------
    subject : Subject
    settings : ReportSettings or None
        The usual ones when None.
    progress : callable or None
        Called with what is being done, and the share of everything that is done.

    Returns
    -------
    Document

    Raises
    ------
    BadInput
        A session that is asked for is not there or has no history.
    """
    with one_thread():
        return _collected(subject, settings or ReportSettings(), _Steps(progress))


def _collected(subject: Subject, chosen: ReportSettings, steps: _Steps) -> Document:
    wanted = asked(subject, chosen.sessions)  # first, since it is what can be wrong
    found = measure(subject, chosen, steps)
    register = Register()
    tell = steps.begin("cases", "Telling the cases")
    cases = []
    told = wanted or by_rule(found.explained)
    for number, (rule, one) in enumerate(told, start=1):
        cases.append(case_file(subject, rule, one, register))
        tell(number / len(told))
    return _document(subject, chosen, found, tuple(cases), register)


def measure(subject: Subject, settings: ReportSettings, steps: _Steps) -> Findings:
    """Every measurement that takes time."""
    tests = subject.divided.test
    told = steps.begin("quality", "Testing the model beside simple rules")
    own = evaluate(subject.model, subject.dataset, subject.divided)
    told(0.5)
    rules = {
        rule.name: evaluate(rule, subject.dataset, subject.divided)
        for rule in baselines(subject.dataset, subject.divided)
    }
    told = steps.begin("parameters", "Weighing the main parameters")
    importances = _importances(subject, tests.sample(settings.weighed, settings.seed), told)
    steps.begin("heads", "Looking at what every head does")
    looked_at = tests.sample(settings.looked_at, settings.seed)
    heads_of = profile(subject.model, subject.dataset, looked_at)
    parts = part_importance(subject.model, subject.dataset, looked_at) if heads_of is not None else ()
    told = steps.begin("explanations", "Checking explanations")
    explained = _explained(subject, tests.sample(settings.explained, settings.seed), told)
    return Findings(own, rules, importances, heads_of, parts, tuple(explained))


def _importances(
    subject: Subject, examples: Examples, told: Callable[[float], None]
) -> tuple[ParameterImportance, ...]:
    if len(examples) < FEWEST:
        return ()
    return measure_parameters(subject.model, subject.dataset, examples, subject.divided.train, told)


def _explained(subject: Subject, examples: Examples, told: Callable[[float], None]) -> list[Verified]:
    found: list[Verified] = []
    for start in range(0, len(examples), AT_ONCE):
        part = examples.take(np.arange(start, min(start + AT_ONCE, len(examples))))
        found += verify_examples(subject.model, subject.dataset, part)
        told(len(found) / len(examples))
    return found


def _document(
    subject: Subject, settings: ReportSettings, found: Findings, cases: tuple[CaseFile, ...], register: Register
) -> Document:
    ways = [slicing(name, subject.dataset, subject.divided) for name in SLICINGS]
    before = [
        purpose(subject, register),
        parameters(subject, found.importances, register),
        learned(subject, register),
        quality(subject, found.own, found.rules, ways, register),
        heads(subject, found.profile, found.parts, register),
        explanations(subject, shares(found.explained), register),
        _told(cases),
    ]
    known = {one.id: one for one in register.figures()}
    after = [options(subject, cases, known, register), limits(subject), remaking(subject)]
    return Document(
        title=TITLE,
        subtitle=f"Evidence on the recommender {subject.name}, measured on the data set {subject.dataset.name}",
        model=subject.name,
        data=subject.dataset.name,
        settings=settings,
        command=command(subject, settings),
        hashes=hashes(subject),
        versions=versions(),
        summary=_summary(found.importances, known),
        answers=answers(found.importances, known),
        sections=(*before, *after),
        cases=cases,
        figures=register.figures(),
    )


def _told(cases: Sequence[CaseFile]) -> Section:
    return Section(
        key="cases",
        title="Cases",
        question="Why was this shown, case by case?",
        says=(
            "Each case is one recommendation: what was recommended first after a session, which reasons were tested, "
            "which held, and what would have to be different for the title to leave the ten.",
        )
        if cases
        else ("No case fitted the rules, and none was asked for.",),
    )


def _summary(importances: Sequence[ParameterImportance], known: dict[str, Figure]) -> tuple[str, ...]:
    named = [title(one).lower() for one in ranked(importances)]
    goes_by = f"What counts most, by measurement, is {' and '.join(named[:2])}." if named else ""
    found = [
        "The system ranks titles by what a visitor did in the present session.",
        goes_by,
        f"It names what comes next among its ten in {place('quality/model/hit@10')} of test sessions; a list without "
        f"profiling does so in {place('quality/popularity/hit@10')}.",
        f"A tested reason can be given for {place('explanations/verified')} of its recommendations; for "
        f"{place('explanations/failed')} no reason held, and none is claimed{beside_noise(known)}.",
    ]
    if "faithfulness/failing" in known:
        found.append(f"The picture of its attention alone would mislead about {place('faithfulness/failing')} of them.")
    return tuple(line for line in found if line)


def command(subject: Subject, settings: ReportSettings) -> str:
    """What makes the same pack again."""
    usual, words = ReportSettings(), ["python", "-m", "streamrec_core", "report", *subject.words]
    for session_id in settings.sessions:
        words += ["--sessions", session_id]
    for name in ("weighed", "looked_at", "explained", "seed"):
        if getattr(settings, name) != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    return shlex.join(words)
