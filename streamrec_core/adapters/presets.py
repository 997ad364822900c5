"""Presets: scorers of fitted models of torch, RecTools, RecBole, RePlay and Transformers.

Each calls the model as its library does to recommend. No library is imported: what is handed over brings its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from streamrec_core.adapters.scorer import MAX_EVENTS, Histories, ScoringFunction
from streamrec_core.errors import BadInput

Padding = Literal["left", "right"]


@dataclass(frozen=True)
class TokenIds:
    """Numbers that a model gives to items and special positions.

    Attributes
    ----------
    items : sequence of V int
        In the order of the item ids.
    pad : int
    mask : int or None
        Appended to a history where the model predicts from it, as BERT4Rec does.
    """

    items: Sequence[int]
    pad: int = 0
    mask: int | None = None


def from_torch(
    module: nn.Module,
    item_ids: Sequence[str],
    tokens: TokenIds | None = None,
    max_events: int = MAX_EVENTS,
    padding: Padding = "left",
) -> ScoringFunction:
    """A torch module that takes padded item numbers (B, W) and returns scores.

    Parameters
    ----------
    module : nn.Module
        Returns scores (B, V) or, for every position, (B, W, V); V items, or all numbers of the tokens.
    item_ids : sequence of V str
    tokens : TokenIds or None
        By default 1 to V, and 0 for padding.
    max_events : int
        W, without a MASK.
    padding : str
        left or right.

    Returns
    -------
    ScoringFunction

    Examples
    --------
    >>> class Last(nn.Module):
    ...     def forward(self, ids):
    ...         return torch.eye(3)[ids]  # (B, W) -> (B, W, 3)
    >>> from_torch(Last(), ["a", "b"], max_events=4).score([["a", "b"], ["a"]]).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    tokens = tokens or TokenIds(range(1, len(item_ids) + 1))
    arrange = _arranger(item_ids, tokens, max_events + (tokens.mask is not None), padding, module)

    def score(histories: Histories) -> Tensor:
        ids, last = arrange(histories)
        return _of_items(_at(module(ids), last), tokens, len(item_ids))

    return ScoringFunction(score, item_ids, module, max_events, type(module).__name__)


def from_transformers(
    model: nn.Module, item_ids: Sequence[str], tokens: TokenIds, max_events: int = MAX_EVENTS
) -> ScoringFunction:
    """A language model of Hugging Face Transformers whose tokens are items: causal, or masked with `tokens.mask`.

    Parameters
    ----------
    model : nn.Module
        Such as `GPT2LMHeadModel` or `BertForMaskedLM`; its `logits` are (B, W, tokens).
    item_ids : sequence of V str
    tokens : TokenIds
    max_events : int

    Returns
    -------
    ScoringFunction
        Padded on the right to the longest history, with an attention mask.
    """
    arrange = _arranger(item_ids, tokens, 0, "right", model)

    def score(histories: Histories) -> Tensor:
        ids, last = arrange([history[-max_events:] for history in histories])
        inside = torch.arange(ids.shape[1], device=ids.device) <= last.unsqueeze(1)
        logits = model(input_ids=ids, attention_mask=inside.long()).logits
        return _of_items(_at(logits, last), tokens, len(item_ids))

    return ScoringFunction(score, item_ids, model, max_events, type(model).__name__)


def from_rectools(model: Any) -> ScoringFunction:
    """A fitted transformer of RecTools: `SASRecModel`, `BERT4RecModel` or one of the same base.

    Parameters
    ----------
    model : rectools.models.nn.transformers.base.TransformerModelBase

    Returns
    -------
    ScoringFunction

    Raises
    ------
    BadInput
        The model is not fitted, or reads the time of events.
    """
    if not getattr(model, "is_fitted", False):
        raise BadInput(f"{type(model).__name__} is not fitted; fit or load it first")
    preparator, module = model.data_preparator, model.torch_model
    if getattr(preparator, "add_unix_ts", False):
        raise BadInput(f"{type(model).__name__} reads the time of events, which a history of ids has not")
    special = preparator.n_item_extra_tokens
    item_ids = [str(item) for item in preparator.get_known_item_ids()]
    number = {item: row for row, item in enumerate(item_ids, start=special)}

    def score(histories: Histories) -> Tensor:
        sessions = [[number[item] for item in history] for history in histories]
        batch = preparator._collate_fn_recommend([(session, [1.0] * len(session), {}) for session in sessions])
        items = module.item_model.get_all_embeddings()
        batch = {name: tensor.to(items.device) for name, tensor in batch.items()}
        states = module.encode_sessions(batch, items)  # (B, W, D)
        return module.similarity_module(states[:, -1], items)[:, special:]

    # A MASK takes one position of the session.
    return ScoringFunction(score, item_ids, module, preparator.session_max_len - (special - 1), type(model).__name__)


def from_recbole(model: Any, dataset: Any) -> ScoringFunction:
    """A trained sequential model of RecBole with the data set it was made for.

    Parameters
    ----------
    model : recbole.model.abstract_recommender.SequentialRecommender
    dataset : recbole.data.dataset.SequentialDataset

    Returns
    -------
    ScoringFunction
        Calls `full_sort_predict`.
    """
    from recbole.data.interaction import Interaction

    item_ids = [str(item) for item in dataset.field2id_token[dataset.iid_field][1:]]
    arrange = _arranger(item_ids, TokenIds(range(1, len(item_ids) + 1)), model.max_seq_length, "right", model)

    def score(histories: Histories) -> Tensor:
        ids, last = arrange(histories)
        scores = model.full_sort_predict(Interaction({model.ITEM_SEQ: ids, model.ITEM_SEQ_LEN: last + 1}))
        return scores.view(len(histories), -1)[:, 1 : len(item_ids) + 1]

    return ScoringFunction(score, item_ids, model, int(model.max_seq_length), type(model).__name__)


def from_replay(
    model: nn.Module, item_ids: Sequence[str], max_events: int = MAX_EVENTS, feature: str = "item_id"
) -> ScoringFunction:
    """A sequential model of RePlay (`replay.nn`), such as its `SasRec` with standard or differential attention.

    Parameters
    ----------
    model : nn.Module
        Not its Lightning wrapper, which has it as an attribute.
    item_ids : sequence of V str
        In the order of the encoded ids 0 to V - 1; V pads.
    max_events : int
        `max_sequence_length` of the model.
    feature : str
        Of the items, in its schema.

    Returns
    -------
    ScoringFunction
        Calls `forward_inference`.
    """
    size = len(item_ids)
    arrange = _arranger(item_ids, TokenIds(range(size), pad=size), max_events, "left", model)

    def score(histories: Histories) -> Tensor:
        ids, _ = arrange(histories)
        output = model.forward_inference(feature_tensors={feature: ids}, padding_mask=ids != size)  # type: ignore[operator]
        return output["logits"][:, :size]

    return ScoringFunction(score, item_ids, model, max_events, type(model).__name__)


def _arranger(
    item_ids: Sequence[str], tokens: TokenIds, width: int, padding: Padding, module: nn.Module
) -> Callable[[Histories], tuple[Tensor, Tensor]]:
    """Gives padded numbers (B, W) of histories and the position (B,) that predicts; W of at least `width`.

    Both lie where the module has its weights.
    """
    number = dict(zip(item_ids, tokens.items, strict=True))
    tail = [] if tokens.mask is None else [tokens.mask]

    def arrange(histories: Histories) -> tuple[Tensor, Tensor]:
        rows = [[*(number[item] for item in history), *tail] for history in histories]
        if width:
            rows = [row[-width:] for row in rows]
        wide = max(width, *(len(row) for row in rows), 1)
        ids = torch.full((len(rows), wide), tokens.pad)
        for at, row in enumerate(rows):
            if row:
                part = slice(wide - len(row), wide) if padding == "left" else slice(0, len(row))
                ids[at, part] = torch.tensor(row)
        last = [wide - 1 if padding == "left" else max(0, len(row) - 1) for row in rows]
        weight = next(module.parameters(), ids)
        return ids.to(weight.device), torch.tensor(last, device=weight.device)

    return arrange


def _at(scores: Tensor, last: Tensor) -> Tensor:
    """(B, W, V) -> (B, V) at the position that predicts; (B, V) as they are."""
    return scores if scores.ndim == 2 else scores[torch.arange(len(last), device=last.device), last]


def _of_items(scores: Tensor, tokens: TokenIds, items: int) -> Tensor:
    """Scores (B, V) of the items, from those of all tokens where the model gives these."""
    return scores if scores.shape[-1] == items else scores[:, torch.tensor(list(tokens.items), device=scores.device)]
