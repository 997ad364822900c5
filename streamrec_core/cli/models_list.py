"""`models`: list the models that can be explained."""

from __future__ import annotations

import typer

from streamrec_core.cli.output import JsonOption, damaged_json, in_two_lines, people, print_damaged, print_json, table

app = typer.Typer(help="List the models that can be explained.", no_args_is_help=True, rich_markup_mode="markdown")


@app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """Shipped models, and the best epoch of every run in the workspace.

    Example: `streamrec models list --json`
    """
    from streamrec_core.models.checkpoint import damaged_checkpoints, list_checkpoints, read_card

    folders, damaged = list_checkpoints(), damaged_checkpoints()
    cards = {name: read_card(folder) for name, folder in folders.items() if name not in damaged}
    if as_json:
        models = [
            {"name": name, "folder": str(folders[name])}
            | card.model_dump(include={"model", "recipe", "parameters", "epoch"})
            | {"data": card.data.name, "test": card.metrics.get("test", {})}
            for name, card in cards.items()
        ]
        print_json({"models": models, "damaged": damaged_json(damaged)})
        return
    rows = [
        (name, f"{card.model}\n{card.recipe}", card.data.name, in_two_lines(card.metrics.get("test", {}), "hit@10"))
        for name, card in cards.items()
    ]
    people.print(table("Models", ("name", "model", "data", "Hit@10"), rows))
    print_damaged(damaged)
    people.print("Explain with one: streamrec explain --checkpoint NAME --session ID", markup=False, highlight=False)
