"""Proof of packs on the command line: `report --check`, and the command `report-key` that makes a pair of keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from streamrec_core.cli.output import JsonOption, people, print_json

app = typer.Typer()


@app.command("report-key")
def report_key_command(
    path: Annotated[Path, typer.Argument(help="File of the private key, such as `report.pem`.")],
    as_json: JsonOption = False,
) -> None:
    """Make the pair of keys that signs packs: the private key, which nobody else may read, and the public key.

    Example: `python -m streamrec_core report-key report.pem`
    """
    from streamrec_core.report.signature import write_key_pair

    public, number = write_key_pair(path)
    if as_json:
        print_json({"private": str(path), "public": str(public), "fingerprint": number})
        return
    for line in (
        f"{path}: the private key; keep it secret, and sign with: streamrec report --sign {path}",
        f"{public}: the public key; give it to whoever checks your packs",
        f"fingerprint {number}",
    ):
        people.print(line, markup=False, highlight=False, soft_wrap=True)


def check_command(folder: Path, key: Path | None, as_json: bool) -> NoReturn:
    """Verify a pack, print what was checked and what was not, and end with the exit code of the answer.

    Parameters
    ----------
    folder : Path
        The pack.
    key : Path or None
        File of the signer's public key.
    as_json : bool
    """
    from streamrec_core.report.signature import read_public_key
    from streamrec_core.report.verification import verify_pack

    verification = verify_pack(folder, None if key is None else read_public_key(key))
    if as_json:
        document = {
            "folder": str(folder),
            "sound": verification.answer == "sound",
            "answer": verification.answer,
            "faults": list(verification.faults),
            "signature": verification.signature,
            "signer": verification.signer,
            "checked": list(verification.checked),
            "not_checked": list(verification.not_checked),
        }
        print_json(document)
        raise typer.Exit(verification.exit_code)
    if verification.faults:
        typer.echo(f"error: {folder}: {'; '.join(verification.faults)}", err=True)
    else:
        people.print(f"{folder}: sound", markup=False, highlight=False, soft_wrap=True)
    for title, sentences in (("Checked:", verification.checked), ("Not checked:", verification.not_checked)):
        if sentences:
            people.print(title, markup=False, highlight=False)
        for sentence in sentences:
            people.print(f"  {sentence}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(verification.exit_code)
