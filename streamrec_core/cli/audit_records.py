"""`audit cases` lists flagged cases; `audit log` lists who did what, and checks the list."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from streamrec_core.cli.output import JsonOption, people, print_json, table
from streamrec_core.errors import BadInput

app = typer.Typer()


@app.command("cases")
def cases_command(as_json: JsonOption = False) -> None:
    """List the cases that were flagged on the Debug page, with their notes."""
    from streamrec_core.diagnosis.flagged_cases import flagged_cases

    cases = flagged_cases()
    if as_json:
        print_json([asdict(case) for case in cases])
        return
    rows = [(f"{case.number}", case.marked, case.kind, case.title, case.note) for case in cases]
    people.print(table(f"{len(cases)} flagged cases", ("number", "flagged (UTC)", "kind", "title", "note"), rows))


@app.command("log")
def log_command(
    check: Annotated[bool, typer.Option("--check", help="Recompute the chain and compare it with every pack.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List who imported, trained, deleted and reported what, or check that nothing in the list was changed.

    Example: `streamrec audit log --check`
    """
    from streamrec_core.audit_log import audit_file, chain_faults, entries
    from streamrec_core.report.pack import list_packs

    chain = entries()
    heads = {f"pack {pack.name}": pack.manifest.audit for pack in list_packs() if pack.manifest.audit is not None}
    faults = chain_faults(chain, heads) if check else ()
    if as_json:
        document: dict[str, Any] = {"entries": [asdict(entry) for entry in chain]}
        if check:
            document |= {"sound": not faults, "faults": list(faults), "packs": len(heads)}
        print_json(document)
    elif not check:
        rows = [(str(entry.number), entry.moment, entry.actor, entry.action, entry.subject) for entry in chain]
        people.print(table("Audit log", ("entry", "time (UTC)", "who", "action", "of"), rows))
    if faults and not as_json:
        raise BadInput(f": the audit log was changed: {'; '.join(faults)}", path=audit_file())
    if check and not as_json:
        people.print(f"{len(chain):,} entries, unbroken; {len(heads):,} packs agree with it", highlight=False)
    if faults:
        raise typer.Exit(2)
