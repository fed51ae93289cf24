"""`thaw import`: merchants and terminals from CSV files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workers.importing.entering import Entered
    from workers.importing.table import Finding, Row


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_files)


def import_files(
    merchants: Annotated[Path, typer.Argument(help="CSV file of merchants.", dir_okay=False)],
    terminals: Annotated[Path, typer.Argument(help="CSV file of their terminals.", dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Enter merchants and terminals, all or none. Known ones are updated; the same files again change nothing.

    Exit code 0 when all stand in the registry, 1 when a line is wrong (nothing is entered), 2 when a file or the
    journal cannot be read.
    """
    from psycopg import OperationalError
    from pydantic import ValidationError

    from journal.connections import UNWRITABLE
    from journal.migrating import MigrationError

    try:
        sound, findings = _read(merchants, terminals)
        if findings:
            _tell_findings(findings, as_json=as_json)
        entered = asyncio.run(_enter(*sound))
    except OSError as error:
        raise fail(f"{error.filename}: {error.strerror}", 2, as_json=as_json) from None
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise fail(f"no settings ({missing}); is this the folder of a stack?", 2, as_json=as_json) from None
    except MigrationError as error:
        raise fail(str(error), 2, as_json=as_json) from None
    except (OperationalError, *UNWRITABLE) as error:
        raise fail(f"the journal cannot be reached or written: {error}", 2, as_json=as_json) from None
    if entered.findings:
        _tell_findings(entered.findings, as_json=as_json)
    _tell(entered, as_json=as_json)


def _read(merchants: Path, terminals: Path) -> tuple[tuple[Sequence[Row], Sequence[Row]], list[Finding]]:
    from datetime import UTC, datetime

    from domain.business_time import local_date
    from workers.importing import rules, table

    merchant_rows, bad_merchants = table.read(merchants, rules.MERCHANT_COLUMNS)
    terminal_rows, bad_terminals = table.read(terminals, rules.TERMINAL_COLUMNS)
    findings = [
        *sorted(
            [*bad_merchants, *rules.wrong_merchants(merchant_rows, local_date(datetime.now(UTC)))],
            key=lambda finding: finding.line,
        ),
        *sorted([*bad_terminals, *rules.wrong_terminals(terminal_rows)], key=lambda finding: finding.line),
    ]
    return (merchant_rows, terminal_rows), findings


async def _enter(merchants: Sequence[Row], terminals: Sequence[Row]) -> Entered:
    from journal import Journal
    from journal.vault import Vault
    from workers.importing.entering import enter
    from workers.settings import load_settings

    settings = load_settings()
    async with await Journal.open(settings.database_url) as journal:
        vault = Vault(journal.pool, settings.vault_keys())
        await vault.check()
        return await enter(journal, vault, merchants, terminals)


def _tell_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Say every mistake, and end."""
    if as_json:
        errors = [
            {"file": f.file, "line": f.line, "column": f.column, "zh": f.text.zh, "en": f.text.en} for f in findings
        ]
        print_json({"imported": False, "errors": errors})
    else:
        for finding in findings:
            err.print(f"{finding.file}:{finding.line}:{finding.column}", style="bold", markup=False)
            err.print(f"  {finding.text.zh}\n  {finding.text.en}", markup=False)
        err.print(
            f"{len(findings)} 处有误,未导入任何内容 / {len(findings)} mistakes; nothing was imported", style="red"
        )
    raise typer.Exit(1)


def _tell(entered: Entered, *, as_json: bool) -> None:
    counts = {"merchants": entered.merchants, "terminals": entered.terminals}
    told = {kind: {how: count[how] for how in ("registered", "updated", "unchanged")} for kind, count in counts.items()}
    if as_json:
        print_json({"imported": True, **told})
        return
    for kind, numbers in told.items():
        out.print(f"{kind}: " + ", ".join(f"{number} {how}" for how, number in numbers.items()))
