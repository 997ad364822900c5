"""Attention of torch written out, so that its weights can be read and edited: equal to the fused kernels to 1e-6."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Show = Callable[[Tensor], Tensor]
"""Takes attention weights (B, H, T, T) and gives those to be used."""
_MULTI_HEAD = inspect.signature(functional.multi_head_attention_forward)
_SCALED_DOT = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")


def scaled_dot_product(show: Show, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """`scaled_dot_product_attention` written out.

    Parameters
    ----------
    show : callable
    args, kwargs
        Of the call.

    Returns
    -------
    Tensor or None
        None for attention between different sequences, which is left to torch.
    """
    call = dict(zip(_SCALED_DOT, args, strict=False)) | kwargs
    query, key, value = call["query"], call["key"], call["value"]
    if query.is_nested or query.ndim < 3 or query.shape[-2] != key.shape[-2] or query.shape[-2] < 2:
        return None
    if call.get("enable_gqa"):
        repeats = query.shape[-3] // key.shape[-3]
        key, value = key.repeat_interleave(repeats, -3), value.repeat_interleave(repeats, -3)
    scale = call.get("scale")
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if call.get("is_causal"):
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    scores = _masked(scores, call.get("attn_mask"))
    # Where a row may look nowhere the fused kernels give zeros, and a plain softmax NaN.
    weights = scores.softmax(-1).masked_fill(torch.isneginf(scores).all(-1, keepdim=True), 0.0)
    return show(weights) @ value


def multi_head(show: Show, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Tensor, Tensor | None] | None:
    """`multi_head_attention_forward`, as `nn.MultiheadAttention` calls it, written out.

    Parameters
    ----------
    show : callable
    args, kwargs
        Of the call.

    Returns
    -------
    (Tensor, Tensor or None) or None
        Output (L, B, D) and weights; None for attention between different sequences and for what torch alone can do
        (added keys, static keys), which are left to torch.
    """
    bound = _MULTI_HEAD.bind(*args, **kwargs)
    bound.apply_defaults()
    call = bound.arguments
    query, key, value = call["query"], call["key"], call["value"]
    added = call["bias_k"] is not None or call["add_zero_attn"]
    if added or call["static_k"] is not None or query.ndim != 3 or query.shape[0] != key.shape[0] or len(query) < 2:
        return None
    length, rows, width = query.shape
    heads = call["num_heads"]
    if call["use_separate_proj_weight"]:
        projections = [call["q_proj_weight"], call["k_proj_weight"], call["v_proj_weight"]]
    else:
        projections = list(call["in_proj_weight"].chunk(3))
    biases = [None] * 3 if call["in_proj_bias"] is None else call["in_proj_bias"].chunk(3)
    query, key, value = (
        # (L, B, D) -> (B, H, L, D/H)
        functional.linear(part, weight, bias).view(length, rows, heads, -1).permute(1, 2, 0, 3)
        for part, weight, bias in zip((query, key, value), projections, biases, strict=True)
    )
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    mask = call["attn_mask"]
    mask = mask if mask is None or mask.ndim == 2 else mask.view(-1, heads, length, length)
    scores = _masked(scores, mask, true_looks=False)
    padding = call["key_padding_mask"]
    scores = _masked(scores, None if padding is None else padding[:, None, None, :], true_looks=False)
    weights = scores.softmax(-1)
    if not call["need_weights"]:  # then torch takes its fused kernel, which gives zeros where a row may look nowhere
        weights = weights.masked_fill(torch.isneginf(scores).all(-1, keepdim=True), 0.0)
    weights = show(weights)
    output = (weights @ value).permute(2, 0, 1, 3).reshape(length, rows, width)
    output = functional.linear(output, call["out_proj_weight"], call["out_proj_bias"])
    if not call["need_weights"]:
        return output, None
    return output, weights.mean(1) if call["average_attn_weights"] else weights


def _masked(scores: Tensor, mask: Tensor | None, true_looks: bool = True) -> Tensor:
    if mask is None:
        return scores
    if mask.dtype != torch.bool:
        return scores + mask
    return scores.masked_fill(~mask if true_looks else mask, float("-inf"))
