"""Hugging Face Transformers: GPT-2 and BERT over item tokens, their logits and eager attention beside the preset's."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import transformers
from compared import compared, report
from small_log import ITEMS, LONGEST, small_log
from torch.nn import functional
from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

from streamrec_core.adapters import TokenIds, from_transformers, open_scorer
from streamrec_core.attribution.attention_weights import predicting_weights
from streamrec_core.data.batches import batch_of
from streamrec_core.data.dataset import DataSet

PAD, MASK = 0, ITEMS + 1
STEPS = 150


def causal() -> Any:
    """A small GPT-2."""
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=ITEMS + 2, n_positions=LONGEST + 2, n_embd=32, n_layer=2, n_head=2, pad_token_id=PAD)
    )


def masked() -> Any:
    """A small BERT."""
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return BertForMaskedLM(BertConfig(vocab_size=ITEMS + 2, max_position_embeddings=LONGEST + 2, **sizes))


def padded(dataset: DataSet, tail: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens (N, W) padded on the right, the target (N,) and the position (N,) that predicts it."""
    sessions = [dataset.log.session(row).until(-1).items.tolist() for row in range(len(dataset.log))]
    rows = [[item + 1 for item in session[:-1]] + tail for session in sessions]
    ids = torch.full((len(rows), max(map(len, rows))), PAD)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
    return ids, torch.tensor([s[-1] + 1 for s in sessions]), torch.tensor([len(row) - 1 for row in rows])


def trained(model: Any, dataset: DataSet, tail: list[int]) -> Any:
    """The model after some steps on the next item."""
    ids, targets, last = padded(dataset, tail)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(STEPS):
        logits = model(input_ids=ids, attention_mask=(ids != PAD).long()).logits[torch.arange(len(ids)), last]
        loss = functional.cross_entropy(logits, targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def gaps(model: Any, dataset: DataSet, tokens: TokenIds) -> dict[str, float]:
    """Largest difference of scores to the model called alone without padding, and of weights to eager attention."""
    opened: Any = open_scorer(from_transformers(model, dataset.catalogue.item_ids, tokens, LONGEST), dataset.catalogue)
    histories = [dataset.log.session(row).until(-1) for row in range(20)]
    batch = batch_of(histories, len(dataset.catalogue), opened.max_events)
    scores, shown = opened.logits(batch), predicting_weights(opened, batch)
    model.set_attn_implementation("eager")
    score_gap = attention_gap = 0.0
    for row, history in enumerate(histories):
        ids = [item + 1 for item in history.items.tolist()] + ([] if tokens.mask is None else [tokens.mask])
        with torch.no_grad():
            own_output = model(input_ids=torch.tensor([ids]), output_attentions=True)
        score_gap = max(score_gap, float((own_output.logits[0, -1, 1 : ITEMS + 1] - scores[row]).abs().max()))
        for layer, weights in enumerate(own_output.attentions):
            expected = weights[0, :, -1, : len(history)].numpy()
            expected = expected / expected.sum(-1, keepdims=True)
            attention_gap = max(attention_gap, float(np.abs(expected - shown[row, layer, :, : len(history)]).max()))
    model.set_attn_implementation("sdpa")
    return {"score_gap": score_gap, "attention_gap": attention_gap}


def models() -> list[dict[str, Any]]:
    """Figures of both models."""
    dataset, figures = small_log(), []
    for build, mask in ((causal, None), (masked, MASK)):
        torch.manual_seed(1)
        model = trained(build(), dataset, [] if mask is None else [mask])
        tokens = TokenIds(range(1, ITEMS + 1), PAD, mask)
        scorer = from_transformers(model, dataset.catalogue.item_ids, tokens, LONGEST)
        figures.append(compared(scorer, dataset) | gaps(model, dataset, tokens))
    return figures


if __name__ == "__main__":
    report({"transformers": transformers.__version__, "torch": torch.__version__}, models())
