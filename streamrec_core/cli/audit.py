"""The `audit` commands: misses, attention sinks, what-if edits, mitigations, flagged cases and the audit log."""

from __future__ import annotations

import typer

from streamrec_core.cli import audit_misses, audit_mitigations, audit_records, audit_sinks, audit_whatif

app = typer.Typer(help="Find what goes wrong, and why.", no_args_is_help=True, rich_markup_mode="markdown")
for part in (audit_sinks, audit_misses, audit_whatif, audit_records, audit_mitigations):
    app.add_typer(part.app)
