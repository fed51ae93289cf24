"""`thaw privacy`: the key of personal data, what may be erased and erasing it, and what is held about someone."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from journal.rotation import Rotated
    from workers.settings import Settings

app = typer.Typer(help="Personal data: keys, retention, erasure, reports.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="privacy")


@app.command("rotate-key")
def rotate_key(as_json: Json = False) -> None:
    """Wrap every person's data key with a new key-encryption key. The desk may stay open; what was cut off goes on when
    this is called again.

    Beside a stack the new key is made here and takes the old one's place in its secrets. Elsewhere it is the setting
    THAW_VAULT_KEY_NEXT, which every process must have been started with.

    Exit code 0 when nothing is under the old key any more, 1 for a wrong or missing key (nothing was changed), 2 when
    the journal cannot be reached.
    """
    from psycopg import OperationalError
    from pydantic import ValidationError

    from journal.keys import InvalidKekError, WrongKekError
    from journal.migrating import MigrationError
    from journal.rotation import RetiredKekError, SameKekError
    from workers.settings import load_settings

    try:
        rotated = _rotate(load_settings(), as_json=as_json)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
        raise fail(f"settings are missing or malformed: {wrong}; a key is 64 hex digits", as_json=as_json) from None
    except (InvalidKekError, WrongKekError, SameKekError, RetiredKekError) as error:
        raise fail(str(error), as_json=as_json) from None
    except (OperationalError, MigrationError) as error:
        raise fail(f"the journal cannot be reached; call this again: {error}", 2, as_json=as_json) from None
    if as_json:
        print_json(asdict(rotated))
    else:
        out.print(f"{rotated.wrapped} data keys wrapped anew: {rotated.old} gave way to {rotated.new}")


def _rotate(settings: Settings, *, as_json: bool) -> Rotated:
    from workers.settings import data_dir
    from workers.stack import new_vault_key
    from workers.stack.place import Place

    place = Place(data_dir())
    if not place.secrets.exists():
        if settings.vault_key_next is None:
            raise fail(
                "there is no new key: set THAW_VAULT_KEY_NEXT to 64 fresh hex digits for every process, restart them, "
                "and call this again",
                as_json=as_json,
            )
        return asyncio.run(_wrap_all(settings.database_url, settings.vault_key, settings.vault_key_next, as_json))
    known = new_vault_key.begin(place)
    assert known.vault_key_next is not None
    rotated = asyncio.run(_wrap_all(settings.database_url, known.vault_key, known.vault_key_next, as_json))
    new_vault_key.finish(place)
    return rotated


async def _wrap_all(url: str, old: str, new: str, as_json: bool) -> Rotated:
    from rich.progress import Progress as Bar

    from journal import Journal
    from journal.rotation import rotate

    async with await Journal.open(url, max_size=1) as journal:
        if as_json:
            return await rotate(journal.pool, old, new)
        with Bar(console=err, transient=True) as bar:
            task = bar.add_task("wrapping data keys", total=None)
            return await rotate(
                journal.pool, old, new, progress=lambda done, total: bar.update(task, completed=done, total=total)
            )
