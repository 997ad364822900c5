"""`models`: list the models that can be explained."""

from __future__ import annotations

import typer

from streamrec_core.cli.output import JsonOption, damaged_json, in_two_lines, people, print_damaged, print_json, table

app = typer.Typer(help="List the models that can be explained.", no_args_is_help=True, rich_markup_mode="markdown")


@app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """Shipped models, the best epoch of every run in the workspace, and the models of other libraries in models.toml.

    Example: `streamrec models list --json`
    """
    from streamrec_core.adapters.models_file import list_foreign_models
    from streamrec_core.models.checkpoint import damaged_checkpoints, list_checkpoints, read_card

    foreign = list_foreign_models()
    folders, damaged = list_checkpoints(), {**damaged_checkpoints(), **foreign.damaged}
    cards = {name: read_card(folder) for name, folder in folders.items() if name not in damaged}
    if as_json:
        models = [
            {"name": name, "folder": str(folders[name])}
            | card.model_dump(include={"model", "recipe", "parameters", "epoch"})
            | {"data": card.data.name, "test": card.metrics.get("test", {})}
            for name, card in cards.items()
        ]
        unknown = {"model": "foreign", "parameters": 0, "epoch": 0, "data": "", "test": {}}
        models += [
            {"name": name, "folder": model.settings.folder, "recipe": model.settings.model_from, **unknown}
            for name, model in foreign.models.items()
        ]
        print_json({"models": models, "damaged": damaged_json(damaged)})
        return
    rows = [
        (name, f"{card.model}\n{card.recipe}", card.data.name, in_two_lines(card.metrics.get("test", {}), "hit@10"))
        for name, card in cards.items()
    ]
    rows += [(name, f"foreign\n{model.settings.model_from}", "", "") for name, model in foreign.models.items()]
    people.print(table("Models", ("name", "model", "data", "Hit@10"), rows))
    print_damaged(damaged)
    people.print("Explain with one: streamrec explain --checkpoint NAME --session ID", markup=False, highlight=False)
    if foreign.models:
        words = "With a foreign one: streamrec explain --model-from NAME --data DATA --session ID"
        people.print(words, markup=False, highlight=False)
