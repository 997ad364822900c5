"""The model card of a checkpoint, `card.json`: architecture, data, training and metrics."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from streamrec_core.config import Settings
from streamrec_core.data.engagement import STREAMREC_WORDS, LogWords

ModelKind = Literal["transformer", "lstm", "foreign"]
"""`foreign`: a model of another library, which StreamRec neither trains nor stores."""


class DataReference(Settings):
    """The data a model learned from, by name and hash."""

    name: str
    catalogue_hash: str
    events_hash: str
    items: int
    categories: int


class TermSpread(Settings):
    """One named term of one head over several seeds: mean, and the 95 % interval of the mean."""

    layer: int
    head: int
    term: str
    mean: float
    low: float
    high: float


class OverSeeds(Settings):
    """What several seeds of the same recipe say of the figures that people read."""

    seeds: int
    terms: tuple[TermSpread, ...]


LEAST_WEIGHED_ON = 200
"""Validation sessions below which the weights of followers are not fitted."""


class FollowerFit(Settings):
    """How much each head counts followers, as fitted on validation sessions when all else was learned.

    Attributes
    ----------
    sessions : int
        Validation sessions that it was fitted on.
    scale : float
        What all else in the score was multiplied with.
    weights : tuple of float
        Of each head, layer by layer.
    loss_without, loss_with : float
        Mean cross-entropy, in nats, of each half of these sessions by a fit on the other half: of the scale alone, and
        of scale and weights.
    gain_interval : two float
        Bootstrap 95 % interval of what the weights take from the loss of a session, in nats.
    """

    sessions: int
    scale: float
    weights: tuple[float, ...]
    loss_without: float
    loss_with: float
    gain_interval: tuple[float, float]

    @property
    def helps(self) -> bool:
        """Whether followers make predictions better on sessions not fitted on; else the model was left as it was."""
        return self.gain_interval[0] > 0


class ModelCard(Settings):
    """Architecture, data, training and results of one checkpoint.

    Attributes
    ----------
    recipe : str
        Name in `RECIPES`, or `custom`.
    architecture : dict
        The settings that rebuild the model.
    training : dict
        The settings it was trained with, seed among them.
    metrics : dict
        By part of the split (`validation`, `test`): `hit@10`, `hit@10_interval` and so on; a part that is empty is
        left out.
    parameters : int
        Number of trained figures.
    weights_sha256 : str
        Of `weights.safetensors`.
    monitor : str
        The figure that chose this epoch, of the validation part unless it is "training loss"; empty where it was not
        recorded.
    command : str
        What remakes it.
    words : LogWords
        Engagements that the model learned, and the noun of its data set; StreamRec's on older cards.
    over_seeds : OverSeeds or None
        How far the named terms differ between seeds; None for a model trained with one seed.
    follower_fit : FollowerFit or None
        None where followers were learned with all else, or there are none.
    baselines : dict
        The model against simple rules on validation, see `evaluation.baselines`; empty for models trained before this
        was measured.
    """

    name: str
    model: ModelKind
    recipe: str
    architecture: dict[str, Any]
    data: DataReference
    training: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    parameters: int
    versions: dict[str, str]
    weights_sha256: str
    epoch: int
    monitor: str = ""
    command: str = ""
    words: LogWords = STREAMREC_WORDS
    over_seeds: OverSeeds | None = None
    follower_fit: FollowerFit | None = None
    baselines: dict[str, dict[str, Any]] = Field(default_factory=dict)


def follower_note(card: ModelCard) -> str:
    """What fitting the weights of followers on validation brought, as a sentence; empty where none was to be fitted.

    Examples
    --------
    >>> from streamrec_core.models.checkpoint import read_card
    >>> card = read_card("streamrec-transformer")
    >>> follower_note(card)
    ''
    >>> fit = FollowerFit(
    ...     sessions=943, scale=0.7, weights=(0.3, 0.0), loss_without=5.41, loss_with=5.35, gain_interval=(0.04, 0.08)
    ... )
    >>> reach = {**card.architecture, "followers_within": 10}
    >>> follower_note(card.model_copy(update={"architecture": reach, "follower_fit": fit}))  # doctest: +ELLIPSIS
    'What people chose within 10 events after an item was added last, weighed on 943 validation sessions. On ...'
    """
    fit, within = card.follower_fit, card.architecture.get("followers_within", 1)
    reach = f"{within} events after an item"
    if fit is None:
        left_out = within > 1 and card.architecture.get("followers") and "test" in card.metrics
        missing = f"it is weighed on {LEAST_WEIGHED_ON} validation sessions or more"
        return f"What people chose within {reach} is not counted: {missing}." if left_out else ""
    low, high = fit.gain_interval
    weighed = f"What people chose within {reach} was added last, weighed on {fit.sessions:,} validation sessions. "
    losses = f"from {fit.loss_without:.3f} to {fit.loss_with:.3f} nats"
    if fit.helps:
        return f"{weighed}On sessions it was not weighed on, the loss falls {losses} (by {low:.3f} to {high:.3f})."
    return f"{weighed}It was left out again: on sessions it was not weighed on, a loss {losses} may be chance."
