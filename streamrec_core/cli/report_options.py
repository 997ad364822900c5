"""Options of `report`: the pack that is built or checked, its samples, and its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CaseSessions = Annotated[
    list[str] | None,
    typer.Option(help="Ids of the cases, comma-separated or repeated. Default: three selected by rules."),
]
PackFolder = Annotated[Path | None, typer.Option(help="Folder of the pack. Default: one in the workspace.")]
WeighedSessions = Annotated[int, typer.Option(help="Test sessions for the main parameters.")]
HeadSessions = Annotated[int, typer.Option(help="Test sessions for the attention heads.")]
ExplainedSessions = Annotated[int, typer.Option(help="Test sessions for the checks of explanations.")]
SampleSeed = Annotated[int, typer.Option(help="Seed of these samples.")]
ModelBefore = Annotated[
    str | None,
    typer.Option(help="The model in use before, to report what changed: checkpoint, run or module:function."),
]
PrintPdf = Annotated[bool, typer.Option("--pdf/--no-pdf", help="Also print a PDF, if Chromium is installed.")]
SigningKey = Annotated[
    Path | None,
    typer.Option(
        help="Sign the pack with this Ed25519 private key (PEM); `report-key` makes one. "
        "Default: the key in STREAMREC_REPORT_KEY, where it is set."
    ),
]
PackToCheck = Annotated[Path | None, typer.Option(help="Check this pack instead of building one.")]
PublicKey = Annotated[Path | None, typer.Option(help="With --check: the signer's public key (PEM).")]
