"""`audit sinks`: items that draw much attention and have no effect."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streamrec_core.cli.model_choice import ModelChoice, takes_model
from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.defaults import SINK_SESSION_SHARE, SINK_SESSIONS

if TYPE_CHECKING:
    from streamrec_core.diagnosis.attention_sinks import AttentionSinks, SinkTest


app = typer.Typer()


@app.command("sinks")
@app.command("magnets", hidden=True)
@takes_model
def sinks_command(
    choice: ModelChoice,
    sessions: Annotated[int, typer.Option(help="Test sessions to sample.")] = SINK_SESSIONS,
    share: Annotated[
        float, typer.Option(help="Test items that occur in at least this share of them.")
    ] = SINK_SESSION_SHARE,
    as_json: JsonOption = False,
) -> None:
    """Find attention sinks: items that draw much attention and have no effect, corrected for multiple testing.

    Example: `python -m streamrec_core audit sinks --json`
    """
    from streamrec_core.data.splits import split
    from streamrec_core.diagnosis.attention_sinks import SinkSettings, find_attention_sinks

    settings = SinkSettings.parse({"sessions": sessions, "session_share": share}, "audit sinks")
    model, dataset, kind = choice.open()
    sinks = find_attention_sinks(model, dataset, settings, split(dataset, kind))
    if as_json:
        subject = {"model": model.name, "data": dataset.name, **choice.warning_field()}
        print_json({**subject, **sinks_as_plain(sinks)})
        return
    for line in _sink_lines(sinks):
        people.print(line, markup=False, highlight=False)
    rows = [
        (
            item.title,
            f"{item.session_share:.1%}",
            _span(item.attention_lift, item.attention_lift_interval),
            _span(item.removal_effect, item.removal_effect_interval),
            item.verdict,
        )
        for item in sinks.items[:15]
    ]
    people.print(
        table("Frequent items", ("item", "sessions", "attention,\n× uniform", "effect,\nnats", "verdict"), rows)
    )


def sinks_as_plain(sinks: AttentionSinks) -> dict[str, Any]:
    """Attention sinks under the names that scripts rely on."""
    return {
        "sessions": sinks.sessions,
        "settings": sinks.settings.model_dump(),
        "flagged": [_item(item) for item in sinks.flagged],
        "tested": [_item(item) for item in sinks.items],
    }


def _item(item: SinkTest) -> dict[str, Any]:
    plain = asdict(item)
    return {name: value for name, value in plain.items() if name != "row"} | {"flagged": item.flagged}


def _sink_lines(sinks: AttentionSinks) -> list[str]:
    if not sinks.flagged:
        return [f"No attention sink among {len(sinks.items)} frequent items ({sinks.sessions:,} test sessions)."]
    return [
        f"{item.title} is an attention sink: in {item.session_share:.0%} of sessions it takes "
        f"{item.attention_share:.0%} of the attention ({item.attention_lift:.1f} × uniform), and removing it changes "
        f"the log-probability of the first recommendation by {item.removal_effect:.3f} nats."
        for item in sinks.flagged
    ]


def _span(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:.2f}\n{bounds[0]:.2f}–{bounds[1]:.2f}"
