"""`from_torch` and `from_transformers` on modules whose scores are known: both paddings, MASK, all positions or one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from streamrec_core.adapters import TokenIds, from_torch, from_transformers
from streamrec_core.adapters.presets import Padding

IDS = ("a", "b", "c")


class Echo(nn.Module):
    """Scores token t by how far the position is from 0, where it looks up that token; every position for itself."""

    def __init__(self, tokens: int, every: bool = True) -> None:
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.eye(tokens))
        self.every = every
        self.seen: list[Any] = []

    def forward(self, ids: Tensor) -> Tensor:
        self.seen = ids.tolist()
        looked_up = self.table(ids)
        return looked_up if self.every else looked_up.sum(1)


@pytest.mark.parametrize(
    ("padding", "expected"), [("left", [[0, 0, 1, 2], [0, 0, 0, 3]]), ("right", [[1, 2, 0, 0], [3, 0, 0, 0]])]
)
def test_histories_are_padded_and_the_last_position_scores(padding: Padding, expected: list[list[int]]) -> None:
    module = Echo(4)
    scores = from_torch(module, IDS, max_events=4, padding=padding).score([["a", "b"], ["c"]])
    assert module.seen == expected
    assert scores.tolist() == [[0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize(("padding", "expected"), [("left", [[9, 5, 8]]), ("right", [[5, 8, 9]])])
def test_a_mask_is_appended_and_scores(padding: Padding, expected: list[list[int]]) -> None:
    module = Echo(10)
    tokens = TokenIds((5, 6, 7), pad=9, mask=8)
    scorer = from_torch(module, IDS, tokens, max_events=2, padding=padding)
    assert scorer.score([["a"]]).tolist() == [[0, 0, 0]]  # the MASK looks up itself, which is no item
    assert module.seen == expected


def test_scores_of_a_whole_session_are_taken_as_they_are() -> None:
    scores = from_torch(Echo(4, every=False), IDS, max_events=4).score([["a", "a", "c"]])
    assert scores.tolist() == [[2, 0, 1]]


def test_a_longer_history_keeps_its_last_events() -> None:
    module = Echo(4)
    from_torch(module, IDS, max_events=2).score([["a", "b", "c"]])
    assert module.seen == [[2, 3]]


def test_transformers_get_a_mask_of_what_is_inside() -> None:
    calls: dict[str, Any] = {}

    class Language(nn.Module):
        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
            calls.update(ids=input_ids.tolist(), inside=attention_mask.tolist())
            return SimpleNamespace(logits=nn.functional.one_hot(input_ids, 4).float())

    scores = from_transformers(Language(), IDS, TokenIds((1, 2, 3)), max_events=2).score([["a", "b", "c"], ["c"]])
    assert calls == {"ids": [[2, 3], [3, 0]], "inside": [[1, 1], [1, 0]]}
    assert scores.tolist() == [[0, 0, 1], [0, 0, 1]]
