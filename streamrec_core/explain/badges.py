"""Do the methods agree? The badge of many first recommendations at once, without checking any reason."""

from __future__ import annotations

from streamrec_core.attribution.case import first_recommendations
from streamrec_core.attribution.evidence import gather_evidence
from streamrec_core.data.dataset import DataSet
from streamrec_core.data.log import Session
from streamrec_core.data.splits import Examples
from streamrec_core.explain.method_agreement import Badge, badge_of
from streamrec_core.explain.verified import VerifySettings, evidence_settings
from streamrec_core.models.protocol import SessionModel


def badges(
    model: SessionModel, dataset: DataSet, examples: Examples, settings: VerifySettings | None = None
) -> tuple[Badge, ...]:
    """How attention, gradients and removal agree on what each example is recommended first, in their order.

    The same as `verify_examples` says of them, at a fraction of the cost.
    """
    chosen = settings or VerifySettings()
    histories = []
    for row, end in zip(examples.sessions.tolist(), examples.ends.tolist(), strict=True):
        session = dataset.log.session(row)
        histories.append(Session(session.session_id, session.items[:end], session.engagements[:end]))
    cases = first_recommendations(model, dataset.catalogue, histories, dataset.card.filter_seen)
    evidence = gather_evidence(model, dataset.catalogue, cases, evidence_settings(model, chosen))
    return tuple(badge_of(one, chosen.badge) for one in evidence)
