"""Evaluations, intervals, lifts and slices for the Compare page; cached by the rules of `pages/ui/cached.py`."""

from __future__ import annotations

from collections.abc import Callable

from pages.ui import cached as ui_cached
from pages.ui.shared_cache import shared_cache
from pages.ui.workbench import HASH_FUNCS
from streamrec_core.data.catalogue_columns import item_groups
from streamrec_core.data.dataset import DataSet
from streamrec_core.evaluation import paired, slices, slicings
from streamrec_core.evaluation.beyond_accuracy.beside_floors import measured_floors
from streamrec_core.evaluation.beyond_accuracy.exposure import GroupExposure, exposure
from streamrec_core.evaluation.beyond_accuracy.measure import MeasuredLists, measure_lists
from streamrec_core.evaluation.beyond_accuracy.measures import ListContext, list_context
from streamrec_core.evaluation.compare import ModelMetrics, baselines
from streamrec_core.evaluation.evaluate import Evaluation, evaluate
from streamrec_core.models.protocol import SessionModel


@shared_cache(max_entries=3, show_spinner="Fitting the simple rules …", hash_funcs=HASH_FUNCS)
def simple_rules(dataset: DataSet) -> dict[str, SessionModel]:
    """The models that need no training, by name."""
    return {rule.name: rule for rule in baselines(dataset)}


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def evaluation(key: str, dataset: DataSet, _open: Callable[[], SessionModel]) -> Evaluation:
    """Ranks of one model or rule on the test sessions; the page shows the progress."""
    return evaluate(_open(), dataset, ui_cached.ranked_split(dataset))


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def metrics_row(key: str, dataset: DataSet, _evaluation: Evaluation) -> ModelMetrics:
    """All metrics of one model with their intervals."""
    return ModelMetrics(_evaluation.model, _evaluation.metrics())


@shared_cache(max_entries=256, show_spinner=False, hash_funcs=HASH_FUNCS)
def lift(keys: tuple[str, str], dataset: DataSet, metric: str, _first: Evaluation, _second: Evaluation) -> paired.Lift:
    """How much better the first model is than the second."""
    return paired.lift(_first, _second, metric)


@shared_cache(max_entries=16, show_spinner=False, hash_funcs=HASH_FUNCS)
def slicing(name: str, dataset: DataSet) -> slicings.Slicing:
    """The test sessions divided into slices by one property."""
    return slicings.slicing(name, dataset, ui_cached.ranked_split(dataset))


@shared_cache(max_entries=256, show_spinner=False, hash_funcs=HASH_FUNCS)
def slice_scores(
    key: str, dataset: DataSet, name: str, metric: str, _evaluation: Evaluation, _parts: slicings.Slicing
) -> tuple[slices.SliceScore, ...]:
    """One model on every slice of the slicing called `name`, all sessions first."""
    return slices.slice_scores(_evaluation, _parts, metric)


@shared_cache(max_entries=256, show_spinner=False, hash_funcs=HASH_FUNCS)
def slice_differences(
    keys: tuple[str, str],
    dataset: DataSet,
    view: tuple[str, str],
    _pair: tuple[Evaluation, Evaluation],
    _parts: slicings.Slicing,
) -> tuple[slices.SliceScore, ...]:
    """The first minus the second on every slice, all sessions first; `view` is (slicing, metric)."""
    return slices.slice_differences(*_pair, _parts, view[1])


@shared_cache(max_entries=16, show_spinner=False, hash_funcs=HASH_FUNCS)
def slice_ceilings(
    dataset: DataSet, name: str, _evaluation: Evaluation, _parts: slicings.Slicing
) -> tuple[slices.SliceScore, ...]:
    """The expected metric of the best possible list on every slice; empty where it is unknown."""
    return slices.slice_ceilings(_evaluation, _parts)


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def measured_lists(key: str, dataset: DataSet, _evaluation: Evaluation) -> MeasuredLists | None:
    """One model's lists beyond accuracy; None where it recommends nothing."""
    lists = _evaluation.lists
    if lists is None or not (lists >= 0).any():
        return None
    return measure_lists(_evaluation.model, lists, _context(dataset))


@shared_cache(max_entries=3, show_spinner="Counting titles …", hash_funcs=HASH_FUNCS)
def _context(dataset: DataSet) -> ListContext:
    """The training part, counted once for the lists of all models."""
    divided = ui_cached.ranked_split(dataset)
    return list_context(dataset, divided.train, divided.test)


@shared_cache(max_entries=3, show_spinner="Measuring lists without a model …", hash_funcs=HASH_FUNCS)
def list_floors(dataset: DataSet) -> tuple[MeasuredLists, ...]:
    """Random lists, popularity lists and the log itself, on the test sessions."""
    divided = ui_cached.ranked_split(dataset)
    return measured_floors(dataset, divided, "test", dataset.card.filter_seen, _context(dataset))


@shared_cache(max_entries=64, show_spinner=False, hash_funcs=HASH_FUNCS)
def exposed(key: str, dataset: DataSet, column: str, _evaluation: Evaluation) -> tuple[GroupExposure, ...]:
    """How often one model recommends each group of items; empty where it recommends nothing."""
    lists = _evaluation.lists
    if lists is None or not (lists >= 0).any():
        return ()
    return exposure(lists, item_groups(dataset, column), _context(dataset))
