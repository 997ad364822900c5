"""RePlay: its SasRec with standard and with differential attention, trained here, beside what the preset gives."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import torch
from compared import compared, report
from replay.data import FeatureHint, FeatureSource, FeatureType
from replay.data.nn import TensorFeatureInfo, TensorFeatureSource, TensorSchema
from replay.nn.agg import SumAggregator
from replay.nn.embedding import SequenceEmbedding
from replay.nn.loss import CE
from replay.nn.mask import DefaultAttentionMask
from replay.nn.sequential import DiffTransformerLayer, PositionAwareAggregator, SasRec, SasRecBody
from small_log import ITEMS, LONGEST, small_log
from torch.nn import functional

from streamrec_core.adapters import from_replay
from streamrec_core.data.dataset import DataSet

STEPS, WIDTH = 150, 32
SCHEMA = TensorSchema(
    [
        TensorFeatureInfo(
            "item_id",
            is_seq=True,
            feature_type=FeatureType.CATEGORICAL,
            embedding_dim=WIDTH,
            padding_value=ITEMS,
            cardinality=ITEMS,
            feature_hint=FeatureHint.ITEM_ID,
            feature_sources=[TensorFeatureSource(FeatureSource.INTERACTIONS, "item_id")],
        )
    ]
)


def standard() -> Any:
    """SasRec as `from_params` makes it."""
    return SasRec.from_params(SCHEMA, WIDTH, num_heads=2, num_blocks=2, max_sequence_length=LONGEST, dropout=0.1)


def differential() -> Any:
    """SasRec with differential attention."""
    body = SasRecBody(
        embedder=SequenceEmbedding(schema=SCHEMA),
        embedding_aggregator=PositionAwareAggregator(SumAggregator(WIDTH), max_sequence_length=LONGEST, dropout=0.1),
        attn_mask_builder=DefaultAttentionMask("item_id", num_heads=2),
        encoder=DiffTransformerLayer(WIDTH, num_heads=2, num_blocks=2),
        output_normalization=torch.nn.LayerNorm(WIDTH),
    )
    return SasRec(body=body, loss=CE(ignore_index=ITEMS))


def inputs(dataset: DataSet, until: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids (N, W) padded on the left, and the item (N,) that comes next; `until` events from the end are left out."""
    ids = torch.full((len(dataset.log), LONGEST), ITEMS)
    following = []
    for number in range(len(dataset.log)):
        items = dataset.log.session(number).items.tolist()
        history = items[:-until][-LONGEST:]
        ids[number, LONGEST - len(history) :] = torch.tensor(history)
        following.append(items[-until])
    return ids, torch.tensor(following)


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    """Scores (N, V) by RePlay's inference."""
    output = model.forward_inference(feature_tensors={"item_id": ids}, padding_mask=ids != ITEMS)
    scores: torch.Tensor = output["logits"][:, :ITEMS]
    return scores


def models() -> list[dict[str, Any]]:
    """Figures of both models."""
    dataset, figures = small_log(), []
    for build in (standard, differential):
        torch.manual_seed(1)
        model = build()
        ids, following = inputs(dataset, 2)
        optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
        for _ in range(STEPS):
            loss = functional.cross_entropy(logits(model, ids), following)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        model.eval()
        with torch.no_grad():
            best = logits(model, inputs(dataset, 1)[0]).topk(10).indices
        lists = {
            name: [dataset.catalogue.item_ids[item] for item in best[row].tolist()]
            for row, name in enumerate(dataset.log.session_ids[:100])
        }
        figures.append(compared(from_replay(model, dataset.catalogue.item_ids, LONGEST), dataset, lists))
        figures[-1]["model"] += f", {build.__name__} attention"
    return figures


if __name__ == "__main__":
    report({"replay-rec": version("replay-rec"), "torch": torch.__version__}, models())
