"""Attribution methods: the one table of what each is called, what it measures for an event, and in which unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """An attribution method in words.

    Attributes
    ----------
    title : str
    measures : str
        What its number tells of an event.
    unit : str
        To follow a number.
    signed : bool
        Whether negative numbers speak against the candidate; else numbers are sizes alone.
    """

    title: str
    measures: str
    unit: str = "nats"
    signed: bool = True


METHODS: dict[str, Method] = {
    "contribution": Method("Contribution", "what all heads add to the score because of the event", "to the score"),
    "value": Method("Number", "what the event is worth in nats, by the best fit to removals"),
    "attention": Method(
        "Attention", "where the heads looked, the mean of all heads", unit="of attention", signed=False
    ),
    "integrated_gradients": Method("Gradients", "integrated gradients, in nats"),
    "gradient_input": Method("Gradient x input", "gradient x input, in nats"),
    "removal": Method("Removal", "what the log-probability loses without the event, in nats"),
}
"""In the order of tables; the last one runs the model without the event, and the others are tested against it."""
REFERENCE = "removal"
