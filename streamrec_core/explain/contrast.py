"""Contrastive explanation (Miller 2019): why the recommended item, the fact, and not another one, the foil."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

import numpy as np

from streamrec_core.attribution.evidence import AttributionEvidence, gather_evidence
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.data.shown_number import POINTS
from streamrec_core.errors import BadInput
from streamrec_core.explain.messages import check_reader, messages
from streamrec_core.explain.verified import evidence_settings
from streamrec_core.explain.verified_record import Verified
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class Contrast:
    """Evidence for the explained item over a foil, in nats of log-odds.

    Attributes
    ----------
    foil : int
        Catalogue row of the item it is compared with.
    evidence : AttributionEvidence
        Gradients and removal explain the log-odds; attention is the same whatever the item.
    log_odds : float
        Of the item against the foil; above 0 the item is the likelier one.
    speaks_for, speaks_against : int or None
        The event whose removal costs the log-odds most, and the one whose removal raises it most; None where no
        event moves it by `least` nats.
    least : float
    """

    foil: int
    evidence: AttributionEvidence
    log_odds: float
    speaks_for: int | None
    speaks_against: int | None
    least: float


def contrast(model: SessionModel, catalogue: Catalogue, verified: Verified, foil: int) -> Contrast:
    """Compare the explained item with a foil.

    Parameters
    ----------
    model : SessionModel
    catalogue : Catalogue
    verified : Verified
        The explanation of the item.
    foil : int
        Catalogue row of the other item.

    Returns
    -------
    Contrast

    Raises
    ------
    BadInput
        The foil is the item itself, or no row of the catalogue.
    """
    if foil == verified.case.candidate:
        raise BadInput(f"{catalogue.titles[foil]!r} cannot be compared with itself; choose another item")
    case = replace(verified.case, foil=foil)
    (evidence,) = gather_evidence(model, catalogue, [case], evidence_settings(verified.settings))
    effect, least = evidence.removal.effect, verified.settings.checks.least_effect
    most, fewest = int(np.argmax(effect)), int(np.argmin(effect))
    return Contrast(
        foil=foil,
        evidence=evidence,
        log_odds=evidence.removal.value,
        speaks_for=most if effect[most] >= least else None,
        speaks_against=fewest if effect[fewest] <= -least else None,
        least=least,
    )


def contrast_words(comparison: Contrast, catalogue: Catalogue, reader: str = "viewer") -> list[str]:
    """Say how the two items compare, what speaks most for the one, and what for the other, in whole sentences.

    Parameters
    ----------
    comparison : Contrast
    catalogue : Catalogue
    reader : str
        viewer, analyst or regulator.

    Returns
    -------
    list of str

    Raises
    ------
    BadInput
        The reader is unknown.
    """
    say, who = messages(catalogue.words), check_reader(reader)
    foil = say.titles([catalogue.titles[comparison.foil]])
    lead = "more" if comparison.log_odds >= 0 else "less"
    sentences = [
        say.say(
            who,
            "contrast",
            lead,
            before=_times(exp(abs(comparison.log_odds))),
            other=foil,
            odds=say.number(comparison.log_odds, 2, True),
        )
    ]
    for side, position in (("for", comparison.speaks_for), ("against", comparison.speaks_against)):
        if position is not None:
            effect = float(comparison.evidence.removal.effect[position])
            history = comparison.evidence.case.history
            title = catalogue.titles[int(history.items[position])]
            sentences.append(
                say.say(
                    who,
                    "contrast",
                    side,
                    titles=say.titles([title]),
                    events=say.number(history.number(position)),
                    other=foil,
                    after=_times(exp(comparison.log_odds - effect)),
                    effect=say.number(-effect, 2, True),
                )
            )
    if len(sentences) == 1:
        least, points = say.number(comparison.least, 2), say.number(POINTS * comparison.least)
        sentences.append(say.say(who, "contrast", "nothing", least=least, least_points=points))
    return sentences


def _times(ratio: float) -> str:
    """Write a ratio with about two significant figures."""
    return messages().number(ratio, 0 if ratio >= 10 else 1 if ratio >= 1 else 2)
