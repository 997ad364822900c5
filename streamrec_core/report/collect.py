"""Build a report: measure what its sections need and put them together."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from streamrec_core.attention.profile import HeadProfile, profile
from streamrec_core.attribution.importance_record import ParameterImportance
from streamrec_core.attribution.parameter_importance import FEWEST, measure_parameters
from streamrec_core.attribution.part_importance import PartImportance, part_importance
from streamrec_core.data.catalogue_columns import item_groups
from streamrec_core.data.pseudonyms import pseudonyms_for
from streamrec_core.data.splits import Examples
from streamrec_core.defaults import CONTROL_SESSIONS
from streamrec_core.diagnosis.attention_sinks import find_attention_sinks
from streamrec_core.diagnosis.controls import ControlEffect, measure_controls
from streamrec_core.diagnosis.gate.measuring import (
    MeasureSettings,
    ReleaseMeasures,
    measure_model,
    model_estimates,
)
from streamrec_core.diagnosis.gate.model_diff import ModelDiff, compare_for_release
from streamrec_core.diagnosis.gate.thresholds import judge
from streamrec_core.evaluation.beyond_accuracy.beside_floors import BeyondAccuracy, beyond_accuracy
from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure, exposure
from streamrec_core.evaluation.compare import baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.evaluation.metrics import Values
from streamrec_core.evaluation.slicings import SLICINGS, slicing
from streamrec_core.explain.in_chunks import verify_in_chunks
from streamrec_core.explain.nulls import MOST_NULLS, NullShares, NullSubject, null_shares
from streamrec_core.explain.shares import shares
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.protocol import ControlledModel, SessionModel
from streamrec_core.models.threads import one_thread
from streamrec_core.report.answers import answers, title
from streamrec_core.report.cases import by_rule, case_file, requested_cases
from streamrec_core.report.document import CaseFile, Document, Figure, Section
from streamrec_core.report.nouns import document_in_words
from streamrec_core.report.register import Register, ref
from streamrec_core.report.sections.benchmarks import benchmarks, changes
from streamrec_core.report.sections.explanations import ATTENTION_WRONG, explanations, noise_comparison
from streamrec_core.report.sections.heads import heads
from streamrec_core.report.sections.learned import learned
from streamrec_core.report.sections.limits import limits
from streamrec_core.report.sections.lists import lists
from streamrec_core.report.sections.options import options
from streamrec_core.report.sections.parameters import parameters, ranked
from streamrec_core.report.sections.purpose import purpose
from streamrec_core.report.sections.quality import quality
from streamrec_core.report.sections.remaking import hashes, remaking, versions
from streamrec_core.report.settings import ReportSettings
from streamrec_core.report.subject import Subject

Progress = Callable[[str, float], None]
"""Called with the current step and the share that is done."""
SHARES = {
    "quality": 0.15,
    "parameters": 0.35,
    "heads": 0.2,
    "explanations": 0.15,
    "noise": 0.0,
    "controls": 0.05,
    "changes": 0.0,
    "cases": 0.1,
}
"""Approximate share of the time of each step; few reports compare with a model before, or check noise."""
TITLE = "How these recommendations are made"


@dataclass(frozen=True, eq=False)
class Findings:
    """The measurements behind the texts of a report."""

    evaluation: Evaluation
    rules: dict[str, Evaluation]
    importances: tuple[ParameterImportance, ...]
    profile: HeadProfile | None
    parts: tuple[PartImportance, ...]
    explained: tuple[Verified, ...]
    lists: BeyondAccuracy
    nulls: NullShares | None = None
    controls: tuple[ControlEffect, ...] = ()
    diff: ModelDiff | None = None


class _Steps:
    """Turns the progress of each step into total progress."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._done, self._doing = progress or (lambda doing, share: None), 0.0, ""

    def begin(self, step: str, doing: str) -> Callable[[float], None]:
        start, width = self._done, SHARES[step]
        self._done = start + width
        self._progress(doing, start)
        return lambda share: self._progress(doing, start + width * share)


def collect(
    subject: Subject,
    settings: ReportSettings | None = None,
    progress: Progress | None = None,
    pseudonyms: str = "auto",
) -> Document:
    """Measure a model and build a report on it.

    Everything is computed with one thread, so that the content hash does not depend on the number of threads.

    Parameters
    ----------
    subject : Subject
    settings : ReportSettings or None
        The defaults when None.
    progress : callable or None
        Called with the current step and the share that is done.
    pseudonyms : str
        Whether pseudonyms stand for session ids: auto (where these look like e-mail addresses or phone numbers),
        always or never.

    Returns
    -------
    Document

    Raises
    ------
    BadInput
        A requested session does not exist, or has only one event.

    Examples
    --------
    >>> from pathlib import Path
    >>> from streamrec_core.report.pack import write_pack
    >>> from streamrec_core.report.subject import open_subject
    >>> document = collect(open_subject(Path("checkpoints/streamrec-transformer")))  # doctest: +SKIP
    >>> write_pack(document, Path("pack")).manifest.content  # doctest: +SKIP
    """
    subject = replace(subject, pseudonyms=pseudonyms_for(subject.dataset.log.session_ids, pseudonyms))
    if pseudonyms != "auto":
        subject = replace(subject, words=(*subject.words, "--pseudonyms", pseudonyms))
    with one_thread():
        return _collected(subject, settings or ReportSettings(), _Steps(progress))


def _collected(subject: Subject, settings: ReportSettings, steps: _Steps) -> Document:
    requested = requested_cases(subject, settings.sessions)  # first, since a session may not exist
    findings = _measure(subject, settings, steps)
    register = Register()
    report_share = steps.begin("cases", "Describing cases")
    cases = []
    selected = requested or by_rule(findings.explained)
    for number, (rule, verified) in enumerate(selected, start=1):
        cases.append(case_file(subject, rule, verified, register))
        report_share(number / len(selected))
    document = _document(subject, settings, findings, tuple(cases), register)
    return document_in_words(document, subject.dataset.catalogue.words)


def _measure(subject: Subject, settings: ReportSettings, steps: _Steps) -> Findings:
    tests = subject.divided.test
    report_share = steps.begin("quality", "Evaluating the model and simple baselines")
    evaluation = evaluate(subject.model, subject.dataset, subject.divided)
    report_share(0.5)
    rules = {
        rule.name: evaluate(rule, subject.dataset, subject.divided)
        for rule in baselines(subject.dataset, subject.divided)
    }
    report_share = steps.begin("parameters", "Measuring the main parameters")
    importances = _importances(subject, tests.sample(settings.weighed, settings.seed), report_share)
    steps.begin("heads", "Measuring the attention heads")
    head_sample = tests.sample(settings.looked_at, settings.seed)
    heads_of = profile(subject.model, subject.dataset, head_sample)
    parts = part_importance(subject.model, subject.dataset, head_sample) if heads_of is not None else ()
    report_share = steps.begin("explanations", "Checking explanations")
    sample = tests.sample(settings.explained, settings.seed)
    explained = verify_in_chunks(subject.model, subject.dataset, sample, progress=report_share)
    lists_of = beyond_accuracy(evaluation, subject.dataset, subject.divided)
    steps.begin("controls", "Measuring what controls would do")
    in_use = tests.sample(CONTROL_SESSIONS, settings.seed)
    used = measure_controls(subject.model, subject.dataset, in_use) if len(in_use) > 1 else ()
    nulls = _nulls(subject, settings, steps)
    findings = Findings(evaluation, rules, importances, heads_of, parts, tuple(explained), lists_of, nulls, used)
    if subject.before is None:
        return findings
    steps.begin("changes", "Measuring the model before")
    return replace(findings, diff=_diff(subject, subject.before, settings, findings))


def _nulls(subject: Subject, settings: ReportSettings, steps: _Steps) -> NullShares | None:
    """What noise gets under the same checks: as stored beside the card; a model of another library has none."""
    if subject.counted is not None:
        return subject.counted.nulls
    if not isinstance(subject.model, ControlledModel):
        return None
    steps.begin("noise", "Checking explanations of noise")
    untrained = subject.model.control("untrained", settings.seed)
    noise = NullSubject(subject.model, untrained, subject.dataset, subject.divided, seed=settings.seed)
    return null_shares(noise, min(settings.explained, MOST_NULLS))


def _diff(subject: Subject, before: SessionModel, settings: ReportSettings, findings: Findings) -> ModelDiff:
    sizes = MeasureSettings(explained=settings.explained, weighed=settings.weighed, seed=settings.seed)
    old = measure_model(before, subject.dataset, subject.divided, sizes)
    has_attention = bool(subject.model.attention_probes())
    new = ReleaseMeasures(
        findings.evaluation,
        findings.lists.lists,
        findings.lists.model,
        _failed(findings),
        findings.importances,
        find_attention_sinks(subject.model, subject.dataset, divided=subject.divided) if has_attention else None,
    )
    return compare_for_release(old, new, subject.dataset, subject.divided)


def _failed(findings: Findings) -> Values:
    return np.array([float(not each.confirmed) for each in findings.explained])


def _importances(
    subject: Subject, examples: Examples, report_share: Callable[[float], None]
) -> tuple[ParameterImportance, ...]:
    if len(examples) < FEWEST:
        return ()
    return measure_parameters(subject.model, subject.dataset, examples, subject.divided.train, report_share)


def _document(
    subject: Subject, settings: ReportSettings, findings: Findings, cases: tuple[CaseFile, ...], register: Register
) -> Document:
    slicings = [slicing(name, subject.dataset, subject.divided) for name in SLICINGS]
    before = [
        purpose(subject, register),
        parameters(subject, findings.importances, register),
        learned(subject, register),
        quality(subject, findings.evaluation, findings.rules, slicings, register),
        lists(findings.lists, _exposed(subject, findings), register),
        heads(subject, findings.profile, findings.parts, register),
        explanations(subject, shares(findings.explained), findings.nulls, register),
        *([changes(findings.diff, register)] if findings.diff is not None else []),
        *_thresholds_section(settings, findings, register),
        _cases_section(cases, subject.pseudonyms.note),
    ]
    figures = {figure.id: figure for figure in register.figures()}
    after = [options(subject, cases, findings.controls, figures, register), limits(subject), remaking(subject)]
    return Document(
        title=TITLE,
        subtitle=f"Evidence on the recommender {subject.name}, measured on {subject.dataset.name}",
        model=subject.name,
        data=subject.dataset.name,
        settings=settings.model_copy(update={"sessions": tuple(map(subject.pseudonyms.of, settings.sessions))}),
        command=command(subject, settings),
        hashes=hashes(subject),
        versions=versions(),
        summary=(*subject.warnings, *_summary(findings.importances, figures)),
        answers=answers(findings.importances, figures),
        sections=(*before, *after),
        cases=cases,
        figures=register.figures(),
    )


def _exposed(subject: Subject, findings: Findings) -> tuple[GroupExposure, ...]:
    groups = item_groups(subject.dataset, "category")
    return exposure(findings.lists.lists, groups, findings.lists.context)


def _thresholds_section(settings: ReportSettings, findings: Findings, register: Register) -> list[Section]:
    """One section where thresholds are set, else none."""
    if not settings.thresholds:
        return []
    if findings.diff is not None:
        measured = findings.diff.measurements
    else:
        measured = model_estimates(findings.evaluation, findings.lists.model, _failed(findings))
    return [benchmarks(judge(settings.thresholds, measured), settings.thresholds, register)]


def _cases_section(cases: Sequence[CaseFile], note: str) -> Section:
    return Section(
        key="cases",
        title="Cases",
        question="Why was this shown, case by case?",
        says=(
            "Each case is the first recommendation for one session: the reasons that were tested, those that were "
            "confirmed, and what would have to change for the title to drop out of the ten.",
        )
        if cases
        else ("No case matched the rules, and none was requested.",),
        after=(note,) if note and cases else (),
    )


def _summary(importances: Sequence[ParameterImportance], figures: Mapping[str, Figure]) -> tuple[str, ...]:
    names = [title(importance).lower() for importance in ranked(importances)]
    lines = [
        "The system ranks titles by what a visitor did in the current session.",
        f"What matters most, by measurement: {' and '.join(names[:2])}." if names else "",
        f"The next title is among its ten in {ref('quality/model/hit@10')} of test sessions; for a list without "
        f"profiling, in {ref('quality/popularity/hit@10')}.",
        f"A confirmed reason can be given for {ref('explanations/verified')} of its recommendations; for "
        f"{ref('explanations/failed')} no reason was confirmed, and none is claimed{noise_comparison(figures)}.",
    ]
    if ATTENTION_WRONG in figures:
        lines.append(f"Attention alone would point at the wrong event for {ref(ATTENTION_WRONG)} of them.")
    return tuple(line for line in lines if line)


def command(subject: Subject, settings: ReportSettings) -> str:
    """Write the command that builds the same report again.

    Parameters
    ----------
    subject : Subject
    settings : ReportSettings
        Only what differs from the defaults is written.

    Returns
    -------
    str
    """
    default, words = ReportSettings(), ["python", "-m", "streamrec_core", "report", *subject.words]
    for session_id in settings.sessions:
        words += ["--sessions", subject.pseudonyms.of(session_id)]
    for name in ("weighed", "looked_at", "explained", "seed"):
        if getattr(settings, name) != getattr(default, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    words += ["--thresholds", settings.thresholds_file] if settings.thresholds_file else []
    words += ["--against", settings.against] if settings.against else []
    return shlex.join(words)
