"""The events that carry each main parameter of a model, and the named term that stands for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from streamrec_core.attribution.case import Case
from streamrec_core.data.catalogue import Catalogue

Content = npt.NDArray[np.int64]
EventChoice = Callable[[Case, Content, Catalogue], Content]


def _last(case: Case, content: Content, catalogue: Catalogue) -> Content:
    return content[-1:]


def _first(case: Case, content: Content, catalogue: Catalogue) -> Content:
    return content[:1]


def _of_category(case: Case, content: Content, catalogue: Catalogue) -> Content:
    category = catalogue.category_of[case.candidate]
    return content[catalogue.category_of[case.history.items[content]] == category]


def _repeated_later(case: Case, content: Content, catalogue: Catalogue) -> Content:
    items = case.history.items[content].tolist()
    return content[[item in items[at + 1 :] for at, item in enumerate(items)]]


EVENTS_OF: dict[str, EventChoice] = {
    "recency": _last,
    "category": _of_category,
    "opening": _first,
    "repeats": _repeated_later,
}
"""Which events of a history belong to a parameter; those of `category` share that of the recommended title."""
OF_TERM = {
    "recency": "recency",
    "same category": "category",
    "opening": "opening",
    "repeat": "repeats",
    "same series": "series",
    "time gap": "time",
    "engagement": "engagement",
}
"""The parameter that each named term measures."""
