"""Study creation: choose cases by running the model, freeze their texts, write the file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from streamrec_core.data.dataset import DataSet
from streamrec_core.data.splits import Split, split
from streamrec_core.models.protocol import SessionModel
from streamrec_core.permissions import require_permission
from streamrec_core.study.cases import cases_hash, find_cases
from streamrec_core.study.plan import StudyPlan
from streamrec_core.study.store import StudyCard, check_name, write_study


def create_study(
    plan: StudyPlan,
    model: SessionModel,
    dataset: DataSet,
    weights_sha256: str,
    divided: Split | None = None,
    report: Callable[[int, int], None] = lambda cases, quota: None,
) -> StudyCard:
    """Choose the cases of a study and write it; from then on it needs neither data nor model.

    Parameters
    ----------
    plan : StudyPlan
    model : SessionModel
    dataset : DataSet
    weights_sha256 : str
        Of the model, for the study's card.
    divided : Split or None
        Whose test sessions to take; by default the data set's own split.
    report : callable
        Called after each session with the number of cases found and of all cases.

    Returns
    -------
    StudyCard

    Raises
    ------
    BadInput
        The name is taken, or too few sessions fit.
    Refused
        The dashboard is read-only.

    Examples
    --------
    >>> plan = StudyPlan(name="pilot", arms=("generic", "verified"), cases=8)
    >>> create_study(plan, model, dataset, weights_sha256="unknown")  # doctest: +SKIP
    >>> invite("pilot", raters=6)                                     # doctest: +SKIP
    >>> results("pilot").enough   # once six raters have met both arms  # doctest: +SKIP
    """
    require_permission("creating a study")
    check_name(plan.name)
    search = find_cases(model, dataset, divided or split(dataset), plan, report)
    card = StudyCard(
        **plan.model_dump(),
        created=date.today().isoformat(),
        data=dataset.name,
        catalogue_hash=dataset.card.hashes["catalogue"],
        events_hash=dataset.card.hashes["events"],
        model=model.name,
        weights_sha256=weights_sha256,
        looked_at=search.looked_at,
        worded=search.worded,
        cases_sha256=cases_hash(search.cases),
        noun=dataset.catalogue.words.noun,
    )
    write_study(card, search.cases)
    return card
