"""Contributions of an additive model: what each head adds to a title's score because of each event, signed, exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from streamrec_core.attribution.case import Case, allowed, whole_batch
from streamrec_core.data.batches import Batch, batch_of
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.log import Session
from streamrec_core.errors import BadInput
from streamrec_core.models.device import device_of
from streamrec_core.models.protocol import AdditiveModel
from streamrec_core.notebook import NotebookResult

if TYPE_CHECKING:
    import pandas as pd

Values = npt.NDArray[np.float64]
Foil = int | Literal["average"] | None
"""What a title is compared with: another title's catalogue row, the model's own average, or nothing."""


@dataclass(frozen=True, eq=False)
class Contributions(NotebookResult):
    """The parts of n scores; `base` and all `values` of a candidate add up to its score.

    Attributes
    ----------
    candidates : tuple of int
        Catalogue rows.
    base : (n,) float64
        What no event decides: popularity and start.
    values : (n, layers, H, L) float64
        What each head adds because of each event: positive speaks for the title, negative against it.
    """

    candidates: tuple[int, ...]
    base: Values
    values: Values

    def to_pandas(self) -> pd.DataFrame:
        """One row a candidate, layer, head and event, all counted from 0 as in `values`; `base` is left out."""
        import pandas as pd

        indices = np.indices(self.values.shape).reshape(4, -1)
        names = ("candidate", "layer", "head", "event")
        columns = dict(zip(names, indices, strict=True))
        columns["candidate"] = np.asarray(self.candidates)[columns["candidate"]]
        return pd.DataFrame({**columns, "contribution": self.values.ravel()})

    def shown_rows(self) -> pd.DataFrame:
        """One row a candidate: its score, what no event decides, and what each event adds."""
        import pandas as pd

        events = {f"event {number + 1}": values for number, values in enumerate(self.by_event.T)}
        return pd.DataFrame({"candidate": self.candidates, "score": self.scores, "base": self.base, **events})

    def summary(self) -> tuple[str, ...]:
        """How the columns add up."""
        return ("Score = base + what each event adds",)

    @property
    def scores(self) -> Values:
        """(n,) the sums."""
        return self.base + self.values.sum((1, 2, 3))

    @property
    def by_event(self) -> Values:
        """(n, L) what all heads together add because of each event."""
        return self.values.sum((1, 2))

    @property
    def by_head(self) -> Values:
        """(n, layers, H) what each head adds because of all events."""
        return self.values.sum(3)


def contributions(
    model: AdditiveModel, history: Session, candidates: Sequence[int], foil: Foil = None
) -> Contributions:
    """Split the scores of some titles after a history into what each head adds because of each event.

    Parameters
    ----------
    model : AdditiveModel
    history : Session
        Only its last `model.max_events` events count; L is their number.
    candidates : sequence of int
        Catalogue rows, n of them.
    foil : int, "average" or None
        Compare each title with another one (the parts then add up to the difference of the two scores), or against
        the model's average over all titles, weighted by their probability. The latter tells what moves a title's
        log-probability.

    Returns
    -------
    Contributions

    Raises
    ------
    BadInput
        A candidate or the foil is no row of the catalogue.

    Notes
    -----
    The formula is documented at `AdditiveTransformer`. Values are not what removing an event does: softmax gives its
    weight to the others, see `event_values`.

    Examples
    --------
    An untrained additive model over three titles; the parts of each score add up to it.

    >>> from streamrec_core.data.catalogue import Catalogue
    >>> from streamrec_core.models.settings import TransformerSettings, build_model
    >>> settings = TransformerSettings(layers=1, heads=2, width=8, additive=True, item_bias=True, jobs=("last", "free"))
    >>> catalogue = Catalogue(("a", "b", "c"), ("A", "B", "C"), np.zeros(3, np.int64), ("drama",), np.zeros(3, bool))
    >>> model = build_model(settings, catalogue).eval()
    >>> history = Session("s0", np.array([0, 1], np.int32), np.zeros(2, np.int8))
    >>> parts = contributions(model, history, [1, 2])
    >>> scores = model.logits(batch_of([history], len(catalogue), model.max_events))[0, 1:]
    >>> bool(np.allclose(parts.scores, scores.detach(), atol=1e-5))
    True
    """
    _check_rows([*candidates, *([] if foil is None or foil == "average" else [foil])], len(model.bias))
    device = device_of(model)
    rows = torch.tensor(list(candidates), dtype=torch.int64, device=device)
    with torch.inference_mode():
        direction = nn.functional.one_hot(rows, len(model.bias)).float()
        batch = batch_of([history], len(model.bias), model.max_events).to(device)
        if foil == "average":
            direction = direction - model.logits(batch).softmax(1)
        elif foil is not None:
            direction[:, foil] -= 1
        values = _along(model, batch, model.event_parts(batch), direction)
        start = model.bias + model.item_embeddings() @ model.start_state
        base = direction @ start.nan_to_num(neginf=0.0)  # items unknown to the model start at -inf and weigh nothing
    return Contributions(tuple(rows.tolist()), base.double().cpu().numpy(), values.double().cpu().numpy())


def _check_rows(rows: Sequence[int | str], items: int) -> None:
    """Refuse what is no row of a catalogue of so many items."""
    for row in rows:
        if isinstance(row, str) or not 0 <= row < items:
            message = f"{row!r} is no row of the catalogue; pass a whole number from 0 to {items - 1:,}"
            raise BadInput(f"{message}, such as data.catalogue.row(title) returns", value=row)


def edited_scores(model: AdditiveModel, histories: Sequence[Session]) -> Values:
    """Score edited histories: each event's key and value are computed once, however many histories hold it.

    Parameters
    ----------
    model : AdditiveModel
    histories : sequence of Session
        n edits of one session or of several: events removed, swapped, added, or with another engagement.

    Returns
    -------
    (n, V) float64
        Equal to running the model on each history to 1e-4.

    Examples
    --------
    >>> from streamrec_core import load_model, open_data
    >>> data = open_data("streamrec")
    >>> model = load_model("streamrec-transformer", data)
    >>> history = data.log.session(data.log.row("17")).until(-1)
    >>> scores = edited_scores(model, [history, history.until(-1)])
    >>> scores.shape == (2, len(data.catalogue))
    True
    """
    with torch.inference_mode():
        batch = batch_of(histories, len(model.bias), model.max_events).to(device_of(model))
        return model.edited_scores(batch).double().cpu().numpy()


def case_contributions(model: AdditiveModel, catalogue: Catalogue, cases: Sequence[Case]) -> list[Values]:
    """Contributions to what each case explains, many cases at once.

    The candidate is compared with all other titles that can be recommended, each weighted by its probability (what
    moves the log-odds; it does not vanish where the model is certain) or, for a case with a foil, with that.

    Parameters
    ----------
    model : AdditiveModel
    catalogue : Catalogue
    cases : sequence of Case

    Returns
    -------
    list of (layers, H, L) float64
        One array a case: what each head adds because of each event.
    """
    with torch.inference_mode():
        batch = whole_batch(cases, catalogue).to(device_of(model))
        direction = _against_others(model.logits(batch), cases, catalogue)
        values = _along(model, batch, model.event_parts(batch), direction).double().cpu().numpy()
    return [value[:, :, : len(case.history)] for value, case in zip(values, cases, strict=True)]


def score_contributions(
    model: AdditiveModel, catalogue: Catalogue, cases: Sequence[Case], scores: Values
) -> list[tuple[Contributions, Values]]:
    """Split the score of each case's candidate as `contributions` does, and compare it with the other titles.

    Both come from one pass through the nets of the events.

    Parameters
    ----------
    model : AdditiveModel
    catalogue : Catalogue
    cases : sequence of Case
    scores : (n, V) float64
        Of the whole histories, as the model gives them.

    Returns
    -------
    list of (Contributions, (layers, H, L) float64)
        One pair a case: the parts of its candidate's score, and what `case_contributions` gives.
    """
    with torch.inference_mode():
        batch = whole_batch(cases, catalogue).to(device_of(model))
        candidates = torch.tensor([case.candidate for case in cases], device=batch.items.device)
        of_titles = torch.from_numpy(scores).to(batch.items.device, model.bias.dtype)
        parts = model.event_parts(batch)
        alone, compared = (
            _along(model, batch, parts, direction).double().cpu().numpy()
            for direction in (
                nn.functional.one_hot(candidates, len(catalogue)).float(),
                _against_others(of_titles, cases, catalogue),
            )
        )
        base = model.bias[candidates] + model.item_embeddings()[candidates] @ model.start_state
    return [
        (
            Contributions((case.candidate,), start, of_score[None, :, :, : len(case.history)]),
            against[:, :, : len(case.history)],
        )
        for case, start, of_score, against in zip(
            cases, base.double().cpu().numpy()[:, None], alone, compared, strict=True
        )
    ]


def _against_others(scores: Tensor, cases: Sequence[Case], catalogue: Catalogue) -> Tensor:
    """(n, V) the candidate minus the other titles that can be recommended by probability, or minus the foil."""
    candidates = torch.tensor([case.candidate for case in cases], device=scores.device)
    others = allowed(scores, cases, catalogue)
    others[torch.arange(len(cases), device=others.device), candidates] = float("-inf")
    average = others.softmax(1)
    for row, case in enumerate(cases):
        if case.foil is not None:
            average[row] = 0.0
            average[row, case.foil] = 1.0
    return nn.functional.one_hot(candidates, len(catalogue)).float() - average


def _along(model: AdditiveModel, batch: Batch, parts: tuple[Tensor, Tensor], direction: Tensor) -> Tensor:
    """(n, layers, H, L) what each head adds because of each event to the sum of all scores weighted by (n, V).

    The batch, of which the model gives `parts`, holds n histories, or one that all n directions share.
    """
    state, following = parts
    vectors = direction @ model.item_embeddings()
    if len(batch) == 1:
        in_states = torch.einsum("khld,nd->nkhl", state[0], vectors)
    else:
        in_states = torch.einsum("bkhld,bd->bkhl", state, vectors)
    items = batch.items.expand(len(direction), -1)
    return in_states + following * model.follower_table.along(items, direction)[:, None, None]
