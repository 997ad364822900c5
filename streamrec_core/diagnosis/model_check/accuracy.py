"""Checks on held-out targets: implausibly good, item numbers shifted, no better than popularity, seen items listed."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from scipy import stats

from streamrec_core.data.catalogue import IntArray
from streamrec_core.diagnosis.model_check.finding import ModelFinding
from streamrec_core.diagnosis.model_check.sample import CheckedModel
from streamrec_core.evaluation.ceiling import expected_hits, is_target_of_truth, known_truth
from streamrec_core.evaluation.metrics import Values, hits, interval, ndcg, reciprocal_rank
from streamrec_core.evaluation.ranking import rank
from streamrec_core.evaluation.raw_scores import shifted_ranks
from streamrec_core.models.popularity import learned_events, popularity

SHIFTS = (0, -1, 1, -2, 2)
"""Places by which item numbers are tried: frameworks put one or two special rows (PAD, MASK) before the items."""


LEAST_ITEMS = 20
"""Items that can be recommended, below which shifts come around to the right ones."""


def plausible_accuracy(checked: CheckedModel) -> ModelFinding:
    """Whether accuracy on held-out targets is too good: above the ceiling, or near 1 where simple counts are not."""
    name = "plausible accuracy"
    first = hits(checked.ranking.ranks, 1)
    counted = _following_hits(checked)
    low = interval(first)[0]
    evidence: dict[str, Any] = {"targets": len(first), "hit@1": float(first.mean()), "hit@1_counts": counted}
    way_out = (
        "Check that the test sessions were not trained on, and that no target is part of the history it is scored on."
    )
    gain = _above_ceiling(checked)
    if gain is not None:
        evidence |= {"above_ceiling": float(gain.mean()), "above_ceiling_interval": list(interval(gain))}
        if _larger(gain, checked.settings.alpha):
            text = f"Hit@10 lies {gain.mean():.3f} above the best that the generator of the data allows."
            return ModelFinding(name, "fault", text, evidence, way_out)
    if low >= checked.settings.implausible and first.mean() - counted >= checked.settings.implausible_gap:
        text = (
            f"The first title is right for {first.mean():.1%} of {len(first):,} held-out targets, where counting which "
            f"item follows which gets {counted:.1%}: the model seems to know the targets."
        )
        return ModelFinding(name, "fault", text, evidence, way_out)
    text = f"The first title is right for {first.mean():.1%} of {len(first):,} held-out targets."
    return ModelFinding(name, "ok", text, evidence)


def _above_ceiling(checked: CheckedModel) -> Values | None:
    """(M,) hit@10 less the probability that the best ten items hold the target; None where that is not known."""
    truth = known_truth(checked.dataset) if is_target_of_truth(checked.dataset, checked.examples) else None
    if truth is None:
        return None
    _, best = expected_hits(truth, checked.dataset.catalogue, checked.examples, checked.ranking.top)
    return hits(checked.ranking.ranks) - best


def _following_hits(checked: CheckedModel) -> float:
    """Hit@1 of the item that most often followed the last event in training: the floor for an implausible figure."""
    log, train = checked.dataset.log, checked.divided.train
    session = np.repeat(np.arange(len(train)), train.ends + 1)
    items = log.items[learned_events(log, train)].astype(np.int64)
    inside = session[1:] == session[:-1]
    pairs, counts = np.unique(np.stack([items[:-1][inside], items[1:][inside]], 1), axis=0, return_counts=True)
    order = np.lexsort((-counts, pairs[:, 0]))
    sources, index = np.unique(pairs[order, 0], return_index=True)
    following = np.full(len(checked.dataset.catalogue), -1, np.int64)
    following[sources] = pairs[order, 1][index]
    last = np.array([history.items[-1] for history in checked.examples.histories(log)])
    return float((following[last] == checked.examples.targets(log)).mean())


def item_numbers(checked: CheckedModel) -> ModelFinding:
    """Whether items one or two places beside the target, or beside each event, fit far better than the right ones."""
    name = "item numbers"
    if len(checked.replaceable) < LEAST_ITEMS:
        text = f"With {len(checked.replaceable)} items to recommend, a shift cannot be told from chance."
        return ModelFinding(name, "not checked", text)
    ranks = {
        (history_shift, target_shift): of_targets
        for history_shift in SHIFTS
        for target_shift, of_targets in shifted_ranks(
            checked.model, checked.dataset, checked.examples, _model_order(checked), history_shift, SHIFTS
        ).items()
    }
    right = reciprocal_rank(ranks[0, 0])
    shifts = [pair for pair in product(SHIFTS, SHIFTS) if any(pair)]
    best = max(shifts, key=lambda pair: (reciprocal_rank(ranks[pair]).mean(), -abs(pair[0]) - abs(pair[1])))
    shifted = reciprocal_rank(ranks[best])
    evidence = {
        "targets": len(right),
        "mrr": float(right.mean()),
        "best_shift": {"history": best[0], "recommended": best[1]},
        "mrr_shifted": float(shifted.mean()),
    }
    alpha = checked.settings.alpha / len(shifts)
    if shifted.mean() >= checked.settings.shift_ratio * right.mean() and _larger(shifted - right, alpha):
        what = " and ".join(
            f"{side} {abs(shift)} {'place' if abs(shift) == 1 else 'places'} {'later' if shift > 0 else 'earlier'}"
            for side, shift in (("reading each item", best[0]), ("recommending the item", best[1]))
            if shift
        )
        text = f"Item numbers seem shifted: {what} fits {shifted.mean() / right.mean():.1f} times as well (MRR)."
        way_out = "Check the map from item ids to rows: rows for PAD or MASK before the items, or ids that start at 1."
        return ModelFinding(name, "fault", text, evidence, way_out)
    text = f"No shift of item numbers fits better (MRR {right.mean():.3f}, best shift {shifted.mean():.3f})."
    return ModelFinding(name, "ok", text, evidence)


def _larger(differences: Values, alpha: float) -> bool:
    """Whether the mean of paired differences (M,) lies above zero at this level (one-sided t-test)."""
    if np.ptp(differences) == 0:
        return bool(differences[0] > 0)
    return bool(stats.ttest_1samp(differences, 0.0, alternative="greater").pvalue < alpha)


def _model_order(checked: CheckedModel) -> IntArray:
    """Catalogue rows in the order in which the model numbers its items; those it does not know stand last."""
    catalogue = checked.dataset.catalogue
    rows = [catalogue.rows[item] for item in getattr(checked.model, "item_ids", ()) if item in catalogue.rows]
    order = np.array(rows, np.int64)
    return np.concatenate([order, np.setdiff1d(np.arange(len(catalogue)), order)])


def better_than_popularity(checked: CheckedModel) -> ModelFinding:
    """Whether the model beats a list of popular items on held-out targets (paired interval of NDCG@10)."""
    name = "better than popularity"
    baseline = popularity(checked.dataset.log, checked.dataset.catalogue, checked.divided.train)
    values = ndcg(checked.ranking.ranks)
    reference = ndcg(rank(baseline, checked.dataset, checked.examples).ranks)
    difference = values - reference
    low, high = interval(difference)
    evidence = {
        "targets": len(values),
        "ndcg@10": float(values.mean()),
        "ndcg@10_popularity": float(reference.mean()),
        "difference": float(difference.mean()),
        "interval": [low, high],
    }
    figures = f"NDCG@10 {values.mean():.3f}, popularity {reference.mean():.3f}, difference [{low:.3f}, {high:.3f}]"
    if low > 0:
        return ModelFinding(name, "ok", f"Better than popularity: {figures}.", evidence)
    way_out = "Check that the weights are loaded, that ids match, and that it was trained long enough on these data."
    if len(values) < checked.settings.least_targets and high >= 0:
        text = f"{len(values)} held-out targets do not show whether it is better than popularity: {figures}."
        return ModelFinding(name, "warning", text, evidence, "Check on more test sessions. " + way_out)
    return ModelFinding(name, "fault", f"No better than popularity: {figures}.", evidence, way_out)


def seen_items(checked: CheckedModel) -> ModelFinding:
    """Whether the model repeats the last event, or items of the history crowd the right titles out of the lists."""
    name = "seen items"
    unfiltered, filtered = (rank(checked.model, checked.dataset, checked.examples, flag) for flag in (False, True))
    histories, targets = (part(checked.dataset.log) for part in (checked.examples.histories, checked.examples.targets))
    last = np.array([history.items[-1] for history in histories])
    echoes, repeats = float(np.mean(unfiltered.top[:, 0] == last)), float(np.mean(targets == last))
    seen = [np.isin(top, history.items).mean() for top, history in zip(unfiltered.top, histories, strict=True)]
    again = [target in history.items for target, history in zip(targets, histories, strict=True)]
    gain = ndcg(filtered.ranks) - ndcg(unfiltered.ranks)
    low, high = interval(gain)
    evidence = {
        "last_event_first": echoes,
        "last_event_next": repeats,
        "listed_share": float(np.mean(seen)),
        "repeated_targets": float(np.mean(again)),
        "gain_of_filtering": float(gain.mean()),
        "interval": [low, high],
    }
    if echoes >= checked.settings.echoes and repeats <= echoes / 2:
        text = f"The last event itself is first in {echoes:.0%} of lists; it comes next {repeats:.0%} of the time."
        way_out = "Filter seen items; if accuracy stays low, check that training targets are one event ahead of inputs."
        return ModelFinding(name, "warning", text, evidence, way_out)
    text = f"{np.mean(seen):.1%} of the listed titles are in the history; so are {np.mean(again):.1%} of the targets"
    if checked.dataset.card.filter_seen:
        return ModelFinding(name, "ok", f"{text}; they are filtered from every list here.", evidence)
    if low > 0:
        text += f". Without them NDCG@10 is higher by {gain.mean():.3f} [{low:.3f}, {high:.3f}]."
        way_out = "Filter seen items: set filter_seen in dataset.json, or exclude them in the model's own scores."
        return ModelFinding(name, "warning", text, evidence, way_out)
    return ModelFinding(name, "ok", f"{text}; filtering them gains nothing.", evidence)
