"""`thaw document`: file documents from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workers.asking import AsMerchant, ask
from workers.commands.case import CaseId
from workers.console import Json, out, print_json

app = typer.Typer(help="File documents.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="document")


@app.callback()
def document() -> None:
    """File documents."""


@app.command()
def add(
    case_id: CaseId,
    doc_type: Annotated[str, typer.Argument(help="What it is: D01, D03, …")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="An image or a PDF.")],
    user: AsMerchant = "merchant1",
    as_json: Json = False,
) -> None:
    """File a document in a case."""
    filed = ask(user, lambda api: api.upload(f"/cases/{case_id}/documents", {"type": doc_type}, file), as_json=as_json)
    if as_json:
        print_json(filed)
    else:
        out.print(f"{filed['document_id']}: {filed['state']} ({doc_type}, sha256 {filed['sha256'][:16]}…)")
