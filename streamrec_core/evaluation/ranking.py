"""Rank the whole catalogue for a batch of histories; never a sample of it.

Two rules for equal scores, each in one place. A rank counts half of them before the item (`target_ranks` and
`ranks_of_all`), so that a model that scores everything alike gains nothing. A list of recommendations puts them in
catalogue order (`best_first`), so that one history and a batch of them give the same list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from streamrec_core.background.workers import chunks_of
from streamrec_core.data.batches import BatchSource, in_test_order
from streamrec_core.data.catalogue import Catalogue, IntArray
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.models.device import device_of
from streamrec_core.models.parallel import ModelAndData, workers_for
from streamrec_core.models.protocol import SessionModel

TOP = 10
EVALUATION_BATCH = 256
EVALUATION_SCORES = EVALUATION_BATCH * 50_000
"""Scores of a batch at most: batches of a larger catalogue are smaller."""
CACHED_SCORES = 1 << 16
"""Scores that are worked on in double precision at a time."""
Values = npt.NDArray[np.float64]
SeenItems = tuple[IntArray, IntArray]
"""Row of a batch, and catalogue row, of each event that was seen."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """What a model made of M examples, in the order of the examples.

    Attributes
    ----------
    ranks : (M,) int64
        Rank of the target among all items that can be recommended (`target_ranks`), 1 at best; V + 1 where the target
        cannot be recommended.
    top : (M, 10) int64
        Catalogue rows of the ten recommendations, best first.
    log_probability : (M,) float64
        Natural logarithm of the target's softmax share; -inf where it cannot be recommended.
    top_probability : (M,) float64
        Softmax share of the ten recommendations together; 0 where nothing can be recommended.
    lists : (M, 10) int64
        As `top`, with -1 in place of what cannot be recommended.
    """

    ranks: IntArray
    top: IntArray
    log_probability: Values
    top_probability: Values
    lists: IntArray


_RANKING_FIELDS = tuple(field.name for field in fields(Ranking))


def evaluation_batch(items: int) -> int:
    """How many sessions are scored at once over so many items.

    Examples
    --------
    >>> evaluation_batch(5_000), evaluation_batch(1_000_000)
    (256, 12)
    """
    return max(1, min(EVALUATION_BATCH, EVALUATION_SCORES // items))


def rank(model: SessionModel, dataset: DataSet, examples: Examples, filter_seen: bool | None = None) -> Ranking:
    """Rank the catalogue for every example; a batch for each worker process where there are some (`in_parallel`).

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
        M of them.
    filter_seen : bool or None
        Whether items of the history are excluded; None: as the data set's card says.

    Returns
    -------
    Ranking
    """
    seen = dataset.card.filter_seen if filter_seen is None else filter_seen
    workers, batch = workers_for(model, dataset), evaluation_batch(len(dataset.catalogue))
    if workers is None or len(examples) <= batch:
        return _rank_chunk((model, dataset), (examples, seen))
    order = in_test_order(examples)  # the batches of the workers are those of one process
    parts = [order[rows.start : rows.stop] for rows in chunks_of(len(order), batch)]
    answers = list(workers.map(_rank_chunk, [(examples.take(rows), seen) for rows in parts]))
    back = np.argsort(order, kind="stable")
    joined = {name: np.concatenate([getattr(part, name) for part in answers])[back] for name in _RANKING_FIELDS}
    return Ranking(**joined)


def _rank_chunk(subject: ModelAndData, chunk: tuple[Examples, bool]) -> Ranking:
    """Rank the catalogue for examples, in this process."""
    (model, dataset), (examples, seen) = subject, chunk
    size, count = len(dataset.catalogue), len(examples)
    ranking = Ranking(
        ranks=np.zeros(count, np.int64),
        top=np.zeros((count, min(TOP, size)), np.int64),
        log_probability=np.zeros(count),
        top_probability=np.zeros(count),
        lists=np.zeros((count, min(TOP, size)), np.int64),
    )
    targets = torch.from_numpy(examples.targets(dataset.log))
    for rows, scores in score(model, dataset, examples, seen):
        top = best_first(scores, ranking.top.shape[1])
        of_batch = targets[rows].to(scores.device)
        ranking.ranks[rows] = target_ranks(scores, of_batch).numpy()
        ranking.top[rows] = top.cpu().numpy()
        ranking.lists[rows] = top.masked_fill(scores.gather(1, top).isneginf(), -1).cpu().numpy()
        shares = log_shares(scores, torch.cat([of_batch.unsqueeze(1), top], 1)).cpu().numpy()  # (B, 1 + 10)
        ranking.log_probability[rows] = shares[:, 0]
        ranking.top_probability[rows] = np.exp(shares[:, 1:]).sum(1)
    return ranking


def log_shares(scores: Tensor, items: Tensor) -> Tensor:
    """Natural logarithms of softmax shares, in double precision.

    Parameters
    ----------
    scores : (B, V)
        -inf for items that cannot be recommended.
    items : (B, n) int64
        Whose shares.

    Returns
    -------
    (B, n) float64
        -inf for an item that cannot be recommended.

    Examples
    --------
    >>> log_shares(torch.tensor([[1.0, 1.0, float("-inf")]]), torch.tensor([[0, 2]])).round(decimals=3).tolist()
    [[-0.693, -inf]]
    """
    # a few rows at a time, so that what they are in double precision stays in the processor's cache
    few = max(1, CACHED_SCORES // scores.shape[1])
    pieces = [scores[first : first + few] for first in range(0, len(scores), few)]
    sums = torch.cat([piece.double().logsumexp(1, keepdim=True) for piece in pieces])
    of_items = scores.gather(1, items).double()
    return torch.where(of_items.isneginf(), of_items, of_items - sums)


def target_ranks(scores: Tensor, targets: Tensor) -> Tensor:
    """Rank of one item a row; of the items with an equal score half rank before it.

    Parameters
    ----------
    scores : (B, V)
        -inf for items that cannot be recommended.
    targets : (B,) int64
        The item of each row.

    Returns
    -------
    (B,) int64
        1 is best; V + 1 for an item that cannot be recommended. On the processor, wherever the scores are.
    """
    # numpy compares and counts bytes three times as fast as torch sums a mask
    values = scores.detach().cpu().numpy()
    of_target = scores.detach().gather(1, targets.unsqueeze(1)).cpu().numpy()  # (B, 1)
    better, equal = (
        torch.tensor([np.count_nonzero(row) for row in mask], dtype=torch.int64)
        for mask in (values > of_target, values == of_target)
    )
    ranks = _rank(better, equal)
    return ranks.masked_fill(torch.from_numpy(np.isneginf(of_target[:, 0])), scores.shape[1] + 1)


def ranks_of_all(scores: Tensor) -> Tensor:
    """Rank of every item by scores (V,), as `target_ranks` counts it; 0 for items that cannot be recommended."""
    rising = scores.sort().values
    after, before = torch.searchsorted(rising, scores), torch.searchsorted(rising, scores, right=True)
    return _rank(len(scores) - before, before - after).masked_fill(scores == float("-inf"), 0)


def _rank(better: Tensor, equal: Tensor) -> Tensor:
    """The rank of an item that so many others beat and so many, itself among them, equal."""
    return 1 + better + (equal - 1) // 2


def best_first(scores: Tensor, k: int) -> Tensor:
    """The k best items of each row, best first, equal scores in catalogue order.

    Parameters
    ----------
    scores : (B, V)
    k : int
        At most V.

    Returns
    -------
    (B, k) int64
        Catalogue rows.

    Examples
    --------
    >>> best_first(torch.tensor([[1.0, 3.0, 3.0, 3.0]]), 2).tolist()
    [[1, 2]]
    """
    values, rows = scores.topk(min(k + 1, scores.shape[1]), dim=1)
    # `topk` takes any of the items that share the last score; where it leaves some out, the earliest rows go in.
    last, rows = values[:, k - 1 : k], rows[:, :k]
    shared = (values[:, k:] == last).any(1)
    if shared.any():
        better, equal = scores[shared] > last[shared], scores[shared] == last[shared]
        listed = better | (equal & (equal.cumsum(1) <= k - better.sum(1, keepdim=True)))
        rows[shared] = listed.nonzero()[:, 1].view(-1, k)
    rows = rows.sort(dim=1).values
    return rows.gather(1, scores.gather(1, rows).argsort(dim=1, descending=True, stable=True))


def score(
    model: SessionModel, dataset: DataSet, examples: Examples, filter_seen: bool
) -> Iterator[tuple[IntArray, Tensor]]:
    """Score the catalogue for examples, batch by batch.

    Parameters
    ----------
    model : SessionModel
    dataset : DataSet
    examples : Examples
    filter_seen : bool
        Whether items of the history are excluded.

    Yields
    ------
    rows : (B,) int64
        Which examples the batch holds.
    scores : (B, V) Tensor
        -inf for what cannot be recommended.
    """
    batch_size = evaluation_batch(len(dataset.catalogue))
    source = BatchSource(dataset.log, dataset.catalogue, examples, model.max_events, batch_size)
    with torch.inference_mode():
        for rows, batch in source.in_order():
            scores = model.logits(batch.to(device_of(model)))
            # Also what is older than the events that the model reads is filtered.
            seen = seen_items(examples.take(rows).histories(dataset.log)) if filter_seen else None
            yield rows, recommendable(scores, seen, dataset.catalogue)


def seen_items(histories: Sequence[Session]) -> SeenItems:
    """List the items of whole histories, without padding, so that one long history costs its own length only.

    Parameters
    ----------
    histories : sequence of Session
        B of them.

    Returns
    -------
    rows : (n,) int64
        Number of the history of each event.
    items : (n,) int64
        Its catalogue row.
    """
    rows = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    return rows, np.concatenate([history.items for history in histories]).astype(np.int64)


def recommendable(scores: Tensor, seen: SeenItems | None, catalogue: Catalogue) -> Tensor:
    """Exclude what must not be recommended: neutral items, scores that are no number, and items seen before.

    Parameters
    ----------
    scores : (B, V)
    seen : two (n,) arrays, or None
        Row of the scores and catalogue row of each item that was seen, where these are excluded.
    catalogue : Catalogue

    Returns
    -------
    (B, V) Tensor
        A copy with -inf for what is excluded.
    """
    if seen is None and not scores.detach().sum().isnan():  # the usual case, without masks of the size of the scores
        return scores.index_fill(
            1, torch.from_numpy(np.flatnonzero(catalogue.neutral)).to(scores.device), float("-inf")
        )
    excluded = torch.tensor(catalogue.neutral).to(scores.device).repeat(len(scores), 1)
    if seen is not None:
        rows, items = (torch.from_numpy(numbers).to(scores.device) for numbers in seen)
        excluded[rows, items] = True
    return scores.masked_fill(excluded | scores.isnan(), float("-inf"))
