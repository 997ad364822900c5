"""Feature importance of a model's main parameters (recency, category, popularity ...), each beside its null.

Importance is what the first recommendations lose without the parameter, over many sessions. It is removed where it
enters: its events are removed from the history, a named term is switched off, or the popularity of titles is taken out
of the scores. The first works for any model. Each drop is compared with its null, the drop under the same change
without the parameter's meaning (`parameter_nulls`); only what exceeds it is evidence (after permutation importance,
Breiman 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from streamrec_core.attribution.ablation import switched_off
from streamrec_core.attribution.candidate_scores import (
    SCORES_AT_ONCE,
    CandidateScores,
    Values,
    Variant,
    candidate_scores,
    joined_scores,
    score_variants,
)
from streamrec_core.attribution.case import Case, first_recommendations, whole_batch
from streamrec_core.attribution.importance_record import AblationKind, Mean, ParameterImportance
from streamrec_core.attribution.parameter_events import EVENTS_OF, OF_TERM, Content
from streamrec_core.attribution.parameter_nulls import EVENT_NULLS, marks_changed_at_random, permuted_popularity
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Examples
from streamrec_core.errors import BadInput
from streamrec_core.evaluation.metrics import interval
from streamrec_core.evaluation.slices import few, share
from streamrec_core.models.device import device_of
from streamrec_core.models.parallel import ModelAndData, workers_for
from streamrec_core.models.popularity import learned_events
from streamrec_core.models.protocol import SessionModel, term_names

Progress = Callable[[float], None]
"""Called with the share done, 0 to 1."""
K = 10
DRAWS = 4
"""Times that each null is drawn for every session."""
DRAW_SEED = 42
FEWEST = 20
"""A parameter that fewer sessions have is not measured."""


@dataclass(frozen=True, eq=False)
class _Session:
    """One session: its first recommendation, its target, and the positions of its content (events not neutral)."""

    first: Case
    target: Case
    content: Content


def measure_parameters(
    model: SessionModel,
    dataset: DataSet,
    examples: Examples,
    train: Examples,
    progress: Progress | None = None,
) -> tuple[ParameterImportance, ...]:
    """Ablate every main parameter in each form that the model allows, and do the same without its meaning.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        Sessions that are analysed.
    train : Examples
        What popularity is counted on.
    progress : callable or None
        Called with the share done.

    Returns
    -------
    tuple of ParameterImportance
        Without those parameters that fewer than `FEWEST` of the sessions have.

    Raises
    ------
    BadInput
        There are fewer than `FEWEST` examples.
    """
    if len(examples) < FEWEST:
        raise BadInput(f"{len(examples)} sessions are too few to measure parameters on; give {FEWEST} or more")
    common, log_counts = int(np.bincount(dataset.log.engagements).argmax()), _log_counts(dataset, train)
    work: list[_Ablation] = [
        *((_Ablations.events, (name,)) for name in EVENTS_OF),
        (_Ablations.session, ()),
        (_Ablations.engagement, (common,)),
        (_Ablations.popularity, (log_counts,)),
        *((_Ablations.term, (name,)) for name in term_names(model)),
    ]
    measured: list[ParameterImportance] = []
    for done, importance in enumerate(_ablated((model, dataset), examples, work), start=1):
        measured += [importance] if importance is not None else []
        if progress is not None:
            progress(done / len(work))
    return tuple(measured)


def _ablated(
    subject: ModelAndData, examples: Examples, work: Sequence[_Ablation]
) -> Iterator[ParameterImportance | None]:
    """Ablate one parameter after the other; a parameter for each worker process where there are some."""
    if workers := workers_for(*subject):
        yield from workers.map(_ablate, [(examples, ablation) for ablation in work])
        return
    ablations = _Ablations(*subject, examples)
    yield from (ablate(ablations, *arguments) for ablate, arguments in work)


def _ablate(subject: ModelAndData, chunk: tuple[Examples, _Ablation]) -> ParameterImportance | None:
    examples, (ablate, arguments) = chunk
    return ablate(_Ablations(*subject, examples), *arguments)


def _sessions(model: SessionModel, dataset: DataSet, examples: Examples) -> list[_Session]:
    histories = examples.histories(dataset.log)
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    sessions = []
    for case, target in zip(cases, examples.targets(dataset.log).tolist(), strict=True):
        content = np.flatnonzero(~dataset.catalogue.neutral[case.history.items])
        sessions.append(_Session(case, replace(case, candidate=target), content))
    return sessions


def _log_counts(dataset: DataSet, train: Examples) -> Values:
    """(V,) logarithm of how often each item occurs in what is learned from, smoothed as popularity is."""
    counts = np.bincount(dataset.log.items[learned_events(dataset.log, train)], minlength=len(dataset.catalogue))
    return np.log(counts + 0.5)


class _Ablations:
    """Takes one parameter away at a time from the same sessions."""

    def __init__(self, model: SessionModel, dataset: DataSet, examples: Examples) -> None:
        self.model, self.catalogue, self.sessions = model, dataset.catalogue, _sessions(model, dataset, examples)
        self.first, self.target = self._score([((), session.first, session.target) for session in self.sessions])

    def events(self, name: str) -> ParameterImportance | None:
        """Remove the events of a parameter; the null removes as many others in their stead."""
        rng = np.random.default_rng(DRAW_SEED)
        rows, removed = [], []
        null: list[Variant] = []
        for row, session in enumerate(self.sessions):
            positions = EVENTS_OF[name](session.first, session.content, self.catalogue)
            if not 0 < len(positions) < len(session.content):
                continue
            rows.append(row)
            removed.append((tuple(positions.tolist()), session.first, session.target))
            for _ in range(DRAWS):
                drawn = EVENT_NULLS[name](session.first, session.content, len(positions), self.catalogue, rng)
                null.append((session.first, tuple(drawn.tolist()), "drop"))
        if len(rows) < FEWEST:
            return None
        return self._importance(name, "events removed", rows, self._score(removed), self._log_probability(null))

    def session(self) -> ParameterImportance:
        """Hide every event; what is left is the same for all, so there is no null."""
        removed = [
            (tuple(range(len(session.first.history))), session.first, session.target) for session in self.sessions
        ]
        return self._importance("session", "events removed", [*range(len(self.sessions))], self._score(removed))

    def engagement(self, common: int) -> ParameterImportance | None:
        """Give every event the same engagement; the null changes as many marks at events drawn at random."""
        rng = np.random.default_rng(DRAW_SEED)
        rows = [row for row, each in enumerate(self.sessions) if (each.first.history.engagements != common).any()]
        if len(rows) < FEWEST:
            return None
        alike = []
        null: list[Variant] = []
        for session in (self.sessions[row] for row in rows):
            marks = session.first.history.engagements
            first = _with_marks(session.first, np.full_like(marks, common))
            alike.append(((), first, replace(session.target, history=first.history)))
            for _ in range(DRAWS):
                changed = marks_changed_at_random(marks, session.content, common, rng)
                null.append((_with_marks(session.first, changed), (), "drop"))
        after = self._score(alike)
        return self._importance("engagement", "engagement made alike", rows, after, self._log_probability(null))

    def popularity(self, log_counts: Values) -> ParameterImportance:
        """Score as though every title had been opened equally often (logit adjustment; Menon et al. 2021, eq. 9)."""
        rng = np.random.default_rng(DRAW_SEED)
        step = max(1, SCORES_AT_ONCE // (len(self.catalogue) * DRAWS))
        first, target = [], []
        null: list[CandidateScores] = []
        for start in range(0, len(self.sessions), step):
            sessions = self.sessions[start : start + step]
            cases = [session.first for session in sessions]
            permuted = torch.from_numpy(permuted_popularity(log_counts, self.catalogue, len(cases) * DRAWS, rng))
            with torch.inference_mode():
                scores = self.model.logits(whole_batch(cases, self.catalogue).to(device_of(self.model)))
                adjusted = scores - torch.from_numpy(log_counts).float().to(scores.device)
                first.append(candidate_scores(adjusted, cases, self.catalogue))
                target.append(candidate_scores(adjusted, [session.target for session in sessions], self.catalogue))
                repeated = [case for case in cases for _ in range(DRAWS)]
                shuffled = scores.repeat_interleave(DRAWS, 0) - permuted.float().to(scores.device)  # (B * draws, V)
                null.append(candidate_scores(shuffled, repeated, self.catalogue))
        rows = [*range(len(self.sessions))]
        after = (joined_scores(first), joined_scores(target))
        null_log_probability = joined_scores(null).log_probability.reshape(-1, DRAWS)
        return self._importance("popularity", "taken out of the scores", rows, after, null_log_probability)

    def term(self, name: str) -> ParameterImportance:
        """Switch a named term off in every head."""
        with switched_off(self.model, terms=[name]):
            after = self._score([((), session.first, session.target) for session in self.sessions])
        return self._importance(OF_TERM[name], "named term off", [*range(len(self.sessions))], after)

    def _score(self, variants: Sequence[tuple[tuple[int, ...], Case, Case]]) -> tuple[CandidateScores, CandidateScores]:
        """Scores of first recommendations, and of targets, without these events."""
        both: list[Variant] = [(case, positions, "drop") for positions, *cases in variants for case in cases]
        scored = score_variants(self.model, self.catalogue, both)
        return _every_other(scored, 0), _every_other(scored, 1)

    def _log_probability(self, variants: Sequence[Variant]) -> Values:
        """(n, draws) log-probability of the first recommendation in each draw of a null."""
        return score_variants(self.model, self.catalogue, variants).log_probability.reshape(-1, DRAWS)

    def _importance(
        self,
        parameter: str,
        ablation: AblationKind,
        rows: list[int],
        after: tuple[CandidateScores, CandidateScores],
        null: Values | None = None,
    ) -> ParameterImportance:
        first, target = after
        whole = self.first.log_probability[rows]
        drop = whole - first.log_probability
        null_drop = None if null is None else whole - null.mean(1)
        before = (self.target.rank[rows] <= K).astype(np.float64)
        dropped = (first.rank > K).astype(np.float64)
        change = (target.rank <= K).astype(np.float64) - before
        return ParameterImportance(
            parameter=parameter,
            ablation=ablation,
            sessions=len(rows),
            of=len(self.sessions),
            log_prob_drop=_mean(drop),
            null=None if null_drop is None else _mean(null_drop),
            excess=None if null_drop is None else _mean(drop - null_drop),
            dropped_from_top_k=Mean(float(dropped.mean()), *share(dropped)),
            hit_before=float(before.mean()),
            hit_change=Mean(float(change.mean()), *few(change, lowest=-1.0)),
        )


_Ablation = tuple[Callable[..., ParameterImportance | None], tuple[Any, ...]]
"""A method of `_Ablations`, and what it takes."""


def _with_marks(case: Case, marks: npt.NDArray[np.int8]) -> Case:
    return replace(case, history=replace(case.history, engagements=marks))


def _every_other(both: CandidateScores, start: int) -> CandidateScores:
    return CandidateScores(
        both.value[start::2], both.log_probability[start::2], both.rank[start::2], both.top[start::2]
    )


def _mean(values: Values) -> Mean:
    return Mean(float(values.mean()), *interval(values))
