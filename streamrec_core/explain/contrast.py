"""Why this and not that: what speaks for one item over another, event by event, and a few sentences on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

import numpy as np

from streamrec_core.attribution.evidence import CaseEvidence, gather_evidence
from streamrec_core.data.catalogue import Catalogue
from streamrec_core.errors import BadInput
from streamrec_core.explain.messages import check_reader, messages
from streamrec_core.explain.verified import Verified, evidence_settings
from streamrec_core.models.protocol import SessionModel


@dataclass(frozen=True, eq=False)
class Contrast:
    """The evidence for one item over another, in nats of log-odds.

    Attributes
    ----------
    foil : int
        Catalogue row of the item that it is held against.
    evidence : Evidence
        Gradients and removal speak of the log-odds; attention is the same whatever the item.
    log_odds : float
        Log-odds of the item against the other; above 0 it is the likelier one.
    speaks_for, speaks_against : int or None
        The event whose removal costs the log-odds most, and the one whose removal raises it most; None where no
        event moves it by `least` nats.
    """

    foil: int
    evidence: CaseEvidence
    log_odds: float
    speaks_for: int | None
    speaks_against: int | None
    least: float


def contrast(model: SessionModel, catalogue: Catalogue, verified: Verified, foil: int) -> Contrast:
    """Compare the explained item (the fact) with another one (the foil).

    Raises
    ------
    BadInput
        The foil is the item itself, or no row of the catalogue.
    """
    if foil == verified.case.candidate:
        raise BadInput(f"{catalogue.titles[foil]!r} cannot be held against itself; choose another item")
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


def contrast_words(found: Contrast, catalogue: Catalogue, reader: str = "viewer", language: str = "en") -> list[str]:
    """Whole sentences: how the two stand, what speaks most for the one, and what for the other.

    Raises
    ------
    BadInput
        The reader or the language is unknown.
    """
    say, who = messages(language), check_reader(reader)
    other = say.titles([catalogue.titles[found.foil]])
    lead = "more" if found.log_odds >= 0 else "less"
    said = [
        say.say(
            who,
            "contrast",
            lead,
            before=_times(exp(abs(found.log_odds)), language),
            other=other,
            odds=say.number(found.log_odds, 2, True),
        )
    ]
    for side, at in (("for", found.speaks_for), ("against", found.speaks_against)):
        if at is not None:
            effect = float(found.evidence.removal.effect[at])
            title = catalogue.titles[int(found.evidence.case.history.items[at])]
            said.append(
                say.say(
                    who,
                    "contrast",
                    side,
                    titles=say.titles([title]),
                    events=say.number(at + 1),
                    other=other,
                    after=_times(exp(found.log_odds - effect), language),
                    effect=say.number(-effect, 2, True),
                )
            )
    if len(said) == 1:
        said.append(say.say(who, "contrast", "nothing", least=say.number(found.least, 2)))
    return said


def _times(ratio: float, language: str) -> str:
    """A ratio with about two figures that count."""
    return messages(language).number(ratio, 0 if ratio >= 10 else 1 if ratio >= 1 else 2)
