"""Options of `explain`: the session and the title to explain, the reader, and the sessions of `--all`."""

from __future__ import annotations

from typing import Annotated

import typer

SessionId = Annotated[str | None, typer.Option(help="Session id in the data set.")]
WrittenHistory = Annotated[
    str | None,
    typer.Option(
        help="Ids or titles separated by `;`, with `=engagement` if not a click; or a file with one per line."
    ),
]
ItemToExplain = Annotated[
    str | None, typer.Option(help="Id or title of the item to explain. Default: the first recommendation.")
]
TitleToBringIn = Annotated[
    str | None, typer.Option("--bring-in", help="Say instead what would bring this title on the list of ten.")
]
Reader = Annotated[str, typer.Option(help="Reader of the verified sentence: viewer, analyst or regulator.")]
LeastShare = Annotated[
    float,
    typer.Option(help="Share of its probability that a title must lose without a reason if it keeps its rank."),
]
EverySession = Annotated[bool, typer.Option("--all", help="Explain many sessions and write them to --out; resumable.")]
ArchiveFile = Annotated[
    str | None, typer.Option(help="With --all: file to write, .parquet, .csv or .jsonl; also s3://BUCKET/FILE.")
]
ArchiveSessions = Annotated[int | None, typer.Option(min=1, help="With --all: number of sessions.")]
ArchivePart = Annotated[str, typer.Option("--split", help="With --all: all, test, validation or train.")]
