"""A world whose rules are known, a model that follows them, and copies of it with one planted fault each."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from streamrec_core.data.batches import Batch
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import split
from streamrec_core.models.popularity import popularity
from streamrec_core.models.probe import AttentionProbe
from streamrec_core.models.protocol import PredictsFrom, WeightKind
from tests.worlds import catalogue_of, dataset_of, log_of

ITEMS = 40
NEXT, SKIP = (np.random.default_rng(seed).permutation(ITEMS) for seed in (1, 2))
"""What follows an item at once, and what two events later: no shift of item numbers, so that a shift is a fault."""


@cache
def rule_world(sessions: int = 700, seed: int = 5) -> DataSet:
    """Each event follows the last one's rule (half), the one before's rule (a third), or popularity."""
    random = np.random.default_rng(seed)
    popular = random.permutation(1 / (5 + np.arange(ITEMS)))
    popular /= popular.sum()
    rows = []
    for _ in range(sessions):
        items = random.choice(ITEMS, 2, p=popular).tolist()
        for _ in range(int(random.integers(2, 10))):
            draw = random.random()
            follower = int(NEXT[items[-1]] if draw < 0.5 else SKIP[items[-2]])
            items.append(follower if draw < 0.8 else int(random.choice(ITEMS, p=popular)))
        rows.append(items)
    return dataset_of(catalogue_of(ITEMS), log_of(rows))


class RuleModel:
    """Follows the rules of the world: what each event is followed by, less for earlier ones."""

    name, max_events = "rules", 50
    predicts_from: PredictsFrom = "last event"

    def __init__(self) -> None:
        eye = torch.eye(ITEMS)
        says = eye[NEXT] + 0.6 * eye[SKIP]
        self.says = torch.cat([says, torch.zeros(1, ITEMS)])  # padding says nothing
        self.base = 0.01 * torch.rand(ITEMS, generator=torch.Generator().manual_seed(1))

    def weights(self, batch: Batch) -> Tensor:
        """(B, L) how much each event counts."""
        back = batch.lengths.unsqueeze(1) - 1 - torch.arange(batch.items.shape[1])
        return 0.6 ** back.clamp(min=0) * batch.visible

    def logits(self, batch: Batch) -> Tensor:
        return (self.says[batch.items] * self.weights(batch).unsqueeze(-1)).sum(1) + self.base

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return ()


class DropsFirst(RuleModel):
    """Loses the first event, as RecBole's BERT4Rec does."""

    def weights(self, batch: Batch) -> Tensor:
        weights = super().weights(batch)
        weights[:, 0] = torch.where(batch.lengths > 1, 0.0, weights[:, 0])
        return weights


class DropsLast(RuleModel):
    """Takes the last event for the target and cuts it off."""

    def weights(self, batch: Batch) -> Tensor:
        weights = super().weights(batch) / 0.6
        weights[torch.arange(len(batch)), batch.lengths - 1] = 0.0
        return weights


class LastThree(RuleModel):
    """Reads three events of the fifty it claims."""

    def weights(self, batch: Batch) -> Tensor:
        back = batch.lengths.unsqueeze(1) - 1 - torch.arange(batch.items.shape[1])
        return super().weights(batch) * (back < 3)


class Deaf(RuleModel):
    """Reads no event."""

    def weights(self, batch: Batch) -> Tensor:
        return torch.zeros(batch.items.shape)


class OrderBlind(RuleModel):
    """A bag of items."""

    def weights(self, batch: Batch) -> Tensor:
        return 0.5 * batch.visible


class PaddingDependent(RuleModel):
    """Counts positions from the end of the batch, padding included."""

    def weights(self, batch: Batch) -> Tensor:
        back = batch.items.shape[1] - 1 - torch.arange(batch.items.shape[1])
        return 0.9**back * super().weights(batch)


class ReadsHidden(RuleModel):
    """Forgets what is hidden: an event that is masked in place counts all the same."""

    def weights(self, batch: Batch) -> Tensor:
        return super().weights(replace(batch, hidden=None))


class ReadsTargets(RuleModel):
    """Reads the targets that a batch brings for learning."""

    def logits(self, batch: Batch) -> Tensor:
        scores = super().logits(batch)
        if batch.targets is not None:
            last = batch.targets[torch.arange(len(batch)), batch.lengths - 1]
            scores[torch.arange(len(batch)), last] += 1.0
        return scores


class Oracle(RuleModel):
    """Has learned the test sessions by heart."""

    def __init__(self) -> None:
        super().__init__()
        world = rule_world()
        test = split(world).test
        targets = test.targets(world.log).tolist()
        histories = [tuple(history.items.tolist()) for history in test.histories(world.log)]
        self.answers = dict(zip(histories, targets, strict=True))

    def logits(self, batch: Batch) -> Tensor:
        scores = super().logits(batch)
        for row, (items, length) in enumerate(zip(batch.items.tolist(), batch.lengths.tolist(), strict=True)):
            if (target := self.answers.get(tuple(items[:length]))) is not None:
                scores[row, target] += 5.0
        return scores


class BatchNormalised(RuleModel):
    """Subtracts the mean over the batch, as a normalisation in training mode does."""

    def logits(self, batch: Batch) -> Tensor:
        scores = super().logits(batch)
        return scores - 0.5 * scores.mean(0, keepdim=True)


class WrongOrder(RuleModel):
    """Gives the results of a batch back in another order."""

    def logits(self, batch: Batch) -> Tensor:
        return super().logits(batch).flip(0)


class Noisy(RuleModel):
    """Draws at random, without a torch module."""

    def logits(self, batch: Batch) -> Tensor:
        return super().logits(batch) + 0.05 * torch.rand(len(batch), ITEMS)


class WithDropout(nn.Module):
    """A torch module left in training mode, with dropout on its scores."""

    name, max_events = "dropout", 50
    predicts_from: PredictsFrom = "last event"

    def __init__(self) -> None:
        super().__init__()
        self.rules, self.drop = RuleModel(), nn.Dropout(0.1)

    def logits(self, batch: Batch) -> Tensor:
        return self.drop(self.rules.logits(batch))

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return ()


class ShiftedOut(RuleModel):
    """Recommends the row after the right one: a row for padding was forgotten."""

    def logits(self, batch: Batch) -> Tensor:
        return super().logits(batch).roll(1, 1)


class ShiftedIn(RuleModel):
    """Reads each item as the second one after it."""

    def __init__(self) -> None:
        super().__init__()
        self.says[:ITEMS] = self.says[:ITEMS].roll(-2, 0)


class AlmostPopularity(RuleModel):
    """Popular items, and hardly anything of the history."""

    def logits(self, batch: Batch) -> Tensor:
        world = rule_world()
        counted = popularity(world.log, world.catalogue, split(world).train)
        return 10 * counted.logits(batch) + 0.01 * super().logits(batch)


class WithNaN(RuleModel):
    """One item has no number."""

    def logits(self, batch: Batch) -> Tensor:
        scores = super().logits(batch)
        scores[:, 5] = float("nan")
        return scores


class WithInfinity(RuleModel):
    """A division by zero after some histories."""

    def logits(self, batch: Batch) -> Tensor:
        scores = super().logits(batch)
        scores[batch.items[:, 0] % 3 == 0, 6] = float("inf")
        return scores


class Tied(RuleModel):
    """All items that no event speaks for have the same score."""

    def __init__(self) -> None:
        super().__init__()
        self.base = torch.zeros(ITEMS)


class ListsSeen(RuleModel):
    """Puts all of the history but its last event before everything else."""

    def logits(self, batch: Batch) -> Tensor:
        earlier = torch.arange(batch.items.shape[1]) < _last_visible(batch).unsqueeze(1)
        seen = torch.eye(ITEMS + 1)[batch.items] * (batch.visible & earlier).unsqueeze(-1)
        return super().logits(batch) + 8.0 * seen.amax(1)[:, :ITEMS]


class Echoes(RuleModel):
    """Was trained to predict its own input: targets were not shifted by one event."""

    def logits(self, batch: Batch) -> Tensor:
        last = batch.items[torch.arange(len(batch)), _last_visible(batch)]
        return super().logits(batch) + 8.0 * torch.eye(ITEMS + 1)[last, :ITEMS]


def _last_visible(batch: Batch) -> Tensor:
    """(B,) position of the last event that is not hidden."""
    return (batch.visible * torch.arange(batch.items.shape[1])).amax(1)


class AttendsToPadding(RuleModel):
    """Shows attention that looks at every column alike, padding too."""

    def __init__(self) -> None:
        super().__init__()
        self.probe = AttentionProbe(0, 2)

    def logits(self, batch: Batch) -> Tensor:
        length = batch.items.shape[1]
        self.probe.show(torch.full((len(batch), 2, length, length), 1 / length))
        return super().logits(batch)

    def attention_probes(self) -> tuple[AttentionProbe, ...]:
        return (self.probe,)


class AttendsToMask(AttendsToPadding):
    """A model of another library whose heads look at MASK: its maps show the events alone."""

    weight_kind: WeightKind = "shares"
    hides_in_place = False

    def special_shares(self, batch: Batch) -> Tensor:
        return torch.full((len(batch), 1, 2), 0.25)


class LoadFails(RuleModel):
    """Its loader does not run with the installed versions."""

    def load(self) -> RuleModel:
        raise TypeError("Weights only load failed")


class LoadDiffers(RuleModel):
    """Its loader leaves the item table as it was drawn."""

    def load(self) -> RuleModel:
        return ShiftedOut()
