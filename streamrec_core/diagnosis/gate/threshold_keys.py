"""What thresholds may bound: the measured figures of one model and of a pair, by key, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Bound = Literal["at_least", "at_most"]
Needs = Literal["", "explanations", "sinks", "parameters"]
BOOTSTRAP = "95% bootstrap over sessions"
PAIRED = "95% paired bootstrap over sessions"
WILSON = "95% Wilson interval over sessions"
COUNT = "count, no interval"
INDEPENDENT = "95% intervals of both models added in quadrature"


@dataclass(frozen=True)
class ThresholdKey:
    """A figure that a threshold can be set for.

    Attributes
    ----------
    title : str
        For people.
    bound : str
        What a bare number means: at_least or at_most.
    test : str
        How the figure's interval is made.
    needs : str
        What has to be measured for it beside the lists.
    """

    title: str
    bound: Bound
    test: str
    needs: Needs = ""


MODEL_KEYS: dict[str, ThresholdKey] = {
    "hit_at_10": ThresholdKey("Hit@10", "at_least", BOOTSTRAP),
    "ndcg_at_10": ThresholdKey("NDCG@10", "at_least", BOOTSTRAP),
    "mrr": ThresholdKey("MRR", "at_least", BOOTSTRAP),
    "coverage": ThresholdKey("Coverage of the catalogue", "at_least", f"jackknife values, {BOOTSTRAP}"),
    "diversity": ThresholdKey("Diversity within lists", "at_least", BOOTSTRAP),
    "novelty": ThresholdKey("Novelty, bits", "at_least", BOOTSTRAP),
    "serendipity": ThresholdKey("Serendipity", "at_least", BOOTSTRAP),
    "popularity": ThresholdKey("Popularity of what is listed", "at_most", BOOTSTRAP),
    "exposure_gini": ThresholdKey("Gini coefficient of exposure", "at_most", f"jackknife values, {BOOTSTRAP}"),
    "explanations_failed": ThresholdKey("Explanations that fail their check", "at_most", WILSON, "explanations"),
    "explanations_verified": ThresholdKey("Explanations with a confirmed reason", "at_least", WILSON, "explanations"),
}
"""What can be required of one model."""
PAIR_KEYS: dict[str, ThresholdKey] = {
    "hit_at_10_drop": ThresholdKey("Loss of Hit@10", "at_most", PAIRED),
    "ndcg_at_10_drop": ThresholdKey("Loss of NDCG@10", "at_most", PAIRED),
    "mrr_drop": ThresholdKey("Loss of MRR", "at_most", PAIRED),
    "lists_changed": ThresholdKey("Titles of the list that changed (1 − Jaccard at 10)", "at_most", BOOTSTRAP),
    "order_changed": ThresholdKey("Lists changed, top first (1 − rank-biased overlap at 10)", "at_most", BOOTSTRAP),
    "first_title_changed": ThresholdKey("Sessions whose first title changed", "at_most", WILSON),
    "coverage_drop": ThresholdKey("Loss of coverage", "at_most", PAIRED),
    "diversity_drop": ThresholdKey("Loss of diversity", "at_most", PAIRED),
    "novelty_drop": ThresholdKey("Loss of novelty, bits", "at_most", PAIRED),
    "serendipity_drop": ThresholdKey("Loss of serendipity", "at_most", PAIRED),
    "popularity_rise": ThresholdKey("Rise of popularity", "at_most", PAIRED),
    "exposure_gini_rise": ThresholdKey("Rise of the Gini coefficient of exposure", "at_most", PAIRED),
    "explanations_failed_rise": ThresholdKey("Rise of explanations that fail", "at_most", PAIRED, "explanations"),
    "parameter_moved": ThresholdKey("Largest change of a main parameter, nats", "at_most", INDEPENDENT, "parameters"),
    "new_attention_sinks": ThresholdKey("New attention sinks", "at_most", COUNT, "sinks"),
}
"""What can be required of a model beside the one that it replaces."""
KEYS = MODEL_KEYS | PAIR_KEYS
