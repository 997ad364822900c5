"""Results of a study so far, cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from pages.ui.shared_cache import shared_cache
from streamrec_core.study.rating import answers_stamp
from streamrec_core.study.results import results
from streamrec_core.study.results_record import Results


def study_results(name: str) -> Results:
    """Results of a study so far; raises `StreamRecError` if there is no such study or it is damaged."""
    return _study_results(name, answers_stamp(name))


@shared_cache(max_entries=16, show_spinner=False)
def _study_results(name: str, stamp: tuple[str, int, int]) -> Results:
    return results(name)
