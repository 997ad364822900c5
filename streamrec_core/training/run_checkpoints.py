"""The checkpoints of a run: the best epoch, the epochs of its history, and the card of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split
from streamrec_core.data.storage import write_catalogue
from streamrec_core.evaluation.baselines import against_baselines
from streamrec_core.evaluation.evaluate import evaluate
from streamrec_core.files import replacing_folder
from streamrec_core.models.card import FollowerFit, ModelCard
from streamrec_core.models.checkpoint import CARD_FILE, library_versions, load_weights, save_weights
from streamrec_core.models.protocol import WeighsFollowers
from streamrec_core.models.sequence import SequenceModel
from streamrec_core.training.follower_weights import fit_follower_weights
from streamrec_core.training.run_folder import RunFolder
from streamrec_core.training.settings import RunConfig
from streamrec_core.training.validation import validate

HISTORY_EPOCHS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89)
"""Epochs whose weights are kept, so that one can see how the heads formed."""


class RunCheckpoints:
    """Writes the model of a run as checkpoints.

    Parameters
    ----------
    run : RunFolder
    config : RunConfig
    dataset : DataSet
    model : SequenceModel
        As training leaves it at each call.
    monitor : str
        The figure that selects the best epoch.
    """

    def __init__(self, run: RunFolder, config: RunConfig, dataset: DataSet, model: SequenceModel, monitor: str) -> None:
        self.run, self.config, self.dataset, self.model, self.monitor = run, config, dataset, model, monitor

    def keep(self, epoch: int, metrics: dict[str, dict[str, Any]], best: bool) -> None:
        """Write the checkpoints that an epoch replaces: that of the best epoch, and one of the history.

        Parameters
        ----------
        epoch : int
        metrics : dict
            By part of the split.
        best : bool
            Whether no epoch before was better.
        """
        folders = [self.run.best] if best else []
        folders += [self.run.history / f"epoch-{epoch:03d}"] if epoch in HISTORY_EPOCHS else []
        for folder in folders:
            with replacing_folder(folder) as part:  # weights and card change together
                self.write(part, epoch, metrics)

    def write(
        self, folder: Path, epoch: int, metrics: dict[str, dict[str, Any]], follower_fit: FollowerFit | None = None
    ) -> None:
        """Write a checkpoint into a new folder.

        Parameters
        ----------
        folder : Path
        epoch : int
        metrics : dict
            By part of the split.
        follower_fit : FollowerFit or None
        """
        weights = save_weights(self.model, folder)
        write_catalogue(self.dataset.catalogue, folder)
        card = self.card(weights, epoch, metrics).model_copy(update={"follower_fit": follower_fit})
        card.write(folder / CARD_FILE)

    def card(self, weights: str, epoch: int, metrics: dict[str, dict[str, Any]]) -> ModelCard:
        """The card of the model as it stands.

        Parameters
        ----------
        weights : str
            SHA-256 of its file.
        epoch : int
        metrics : dict
            By part of the split.

        Returns
        -------
        ModelCard
        """
        return ModelCard(
            name=self.config.name,
            model=self.config.model,
            recipe=self.config.recipe,
            architecture=self.config.architecture,
            data=self.config.reference,
            training=self.config.training.model_dump(),
            metrics=metrics,
            parameters=self.model.parameter_count(),
            versions=library_versions(),
            weights_sha256=weights,
            epoch=epoch,
            monitor=self.monitor,
            command=self.config.command,
            words=self.dataset.catalogue.words,
        )

    def _weigh_followers_of_best(self, divided: Split) -> None:
        """Fit how much the heads of the best epoch count followers, where these were left out while learning."""
        card = ModelCard.read(self.run.best / CARD_FILE)
        model = self.model
        if not isinstance(model, WeighsFollowers) or not model.follower_table.weighed_at_end or card.follower_fit:
            return
        load_weights(model, self.run.best)
        model.eval()
        fit = fit_follower_weights(model, self.dataset, divided.validation)
        if fit is None:
            return
        metrics = {"validation": validate(model, self.dataset, divided)} if fit.helps else card.metrics
        with replacing_folder(self.run.best) as part:
            self.write(part, card.epoch, metrics, fit)

    def evaluate_best(self, divided: Split) -> ModelCard:
        """Weigh the followers of the best epoch, evaluate it on test beside the baselines, and note all in its card.

        Parameters
        ----------
        divided : Split

        Returns
        -------
        ModelCard
        """
        self._weigh_followers_of_best(divided)
        load_weights(self.model, self.run.best)
        self.model.eval()
        card = ModelCard.read(self.run.best / CARD_FILE)
        baselines = against_baselines(self.model, self.dataset, divided)
        tested = evaluate(self.model, self.dataset, divided, "test").metrics()
        card = card.model_copy(update={"metrics": {**card.metrics, "test": tested}, "baselines": baselines})
        card.write(self.run.best / CARD_FILE)
        return card
