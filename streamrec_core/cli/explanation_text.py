"""An explanation as text and tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from streamrec_core.cli.explanation_json import special_share
from streamrec_core.cli.output import people, table

if TYPE_CHECKING:
    from streamrec_core.data.dataset import DataSet
    from streamrec_core.explain.record import Explanation


def print_explanation(explanation: Explanation, dataset: DataSet, checks: dict[str, Any]) -> None:
    """Print the verified sentence, the first look, the list of ten, and tables of events and heads.

    Parameters
    ----------
    explanation : Explanation
        The first look.
    dataset : DataSet
    checks : dict of str to Any
        As `plain_checks` gives them.
    """
    _print_checks(checks)
    people.print(f"First look: {explanation.sentence}", markup=False, highlight=False)
    people.print(f"({explanation.status})", style="dim", markup=False)
    for reason in explanation.reasons:
        if reason.note:
            people.print(f"- {reason.phrase}: {reason.note}", markup=False)
    rows = [
        (f"{item.rank}. {item.title}", item.category, f"{item.probability:.1%}") for item in explanation.recommendations
    ]
    noun = dataset.catalogue.words.noun
    people.print(table(_after(explanation), (noun, "category", "probability"), rows))
    if explanation.target is not None:
        people.print(f"Next item in the log: {explanation.target.title} (rank {explanation.target.rank})", markup=False)
    if checks["evidence"]:
        people.print(_events_table(checks["evidence"], noun))
    if explanation.heads:
        people.print(_heads_table(explanation, dataset))
    if explanation.attention_note:
        people.print(explanation.attention_note, markup=False, highlight=False)
    if explanation.contributions is not None:
        base, heads = float(explanation.contributions.base[0]), float(explanation.contributions.values.sum())
        line = f"Popularity and start {base:+.2f}, all heads {heads:+.2f}: score {explanation.score:+.2f}"
        people.print(line, markup=False, highlight=False)


def _after(explanation: Explanation) -> str:
    """How many events the recommendations follow, and which of them the model read."""
    history = explanation.history
    if not history.start:
        return f"Recommended after {len(history)} events"
    return (
        f"Recommended after {len(explanation.every_event):,} events, of which this model reads the last {len(history)}"
    )


def _events_table(evidence: list[dict[str, Any]], noun: str) -> Table:
    """Each event's value and, for an additive model, the contribution of all heads."""
    from streamrec_core.attribution.event_value import VALUE_METHOD

    names = {"value": "value", "contribution": "contribution", "removal": "removal", "masked": "hidden in place"}
    shown = {name: column for name, column in names.items() if name in evidence[0]}
    rows = [
        (f"{event['position'] + 1}. {event['title']}", *(f"{event[name]:+.2f}" for name in shown)) for event in evidence
    ]
    title = f"Events; value: {VALUE_METHOD}, in nats, + for the {noun}, - against it"
    return table(title, ("event", *shown.values()), rows)


def _print_checks(checks: dict[str, Any]) -> None:
    """The verified sentence with its confirmed reasons, and the rejected ones."""
    people.print(checks["explanation"], style="bold", markup=False, highlight=False)
    people.print(f"({VERIFIED_STATUS[checks['verified_status']]})", style="dim", markup=False)
    for reason in checks["reasons"]:
        people.print(f"- {reason['label']}. {reason['detail']}", markup=False, highlight=False)
    for reason in checks["dropped"]:
        line = f"- rejected: {reason['label']}. {reason['text']}"
        people.print(line, style="dim", markup=False, highlight=False)
    if checks["counterfactual"] is not None:
        people.print(checks["counterfactual"]["text"], markup=False, highlight=False)
    if checks["agreement"] is not None:
        warning = checks["agreement"]["warning"] or ""
        people.print(f"{checks['agreement']['words']}. {warning}".rstrip(), markup=False)
    people.print()


def _heads_table(explanation: Explanation, dataset: DataSet) -> Table:
    from streamrec_core.attention.special_positions import is_shown

    added = None if explanation.contributions is None else explanation.contributions.by_head[0]
    on_no_event = is_shown(explanation.special_shares)
    rows = [
        (
            f"L{head.layer}H{head.head}",
            head.type,
            head.type_under_uniform,
            f"{head.measures.entropy:.2f} {head.measures.recency_correlation:+.2f} "
            f"{head.measures.same_category_weight:.2f}",
            *(() if added is None else (f"{added[head.layer, head.head]:+.2f}",)),
            *(f"{share:.1%}" for share in special_share(explanation, head).values() if on_no_event),
            dataset.catalogue.titles[explanation.history.items[head.top_positions[0]]],
        )
        for head in explanation.heads
    ]
    columns = (
        "head",
        "type",
        "type if uniform",
        "measures",
        *(() if added is None else ("adds",)),
        *(("on no event",) if on_no_event else ()),
        "most attention on",
    )
    title = "Attention heads; measures: entropy, recency correlation, same-category weight"
    return table(title if added is None else f"{title}; adds: contribution to the score", columns, rows)


VERIFIED_STATUS = {
    "verified": "verified by removing and replacing events",
    "no reason holds": "checked: no reason confirmed",
    "not on the list": "not in the top ten, so no reason is given",
    "cannot be recommended": "nothing to verify",
}
