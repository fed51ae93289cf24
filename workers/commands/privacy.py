"""`thaw privacy`: the key of personal data, what may be erased and erasing it, and what is held about someone."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from workers.asking import AsCompliance, ask
from workers.console import Json, err, fail, out, print_json

if TYPE_CHECKING:
    from journal.rotation import Rotated
    from workers.settings import Settings

Subject = Annotated[str, typer.Argument(help="A merchant's number, or merchant:<number>.")]
Reference = Annotated[str, typer.Option(help="The number of the order or request.")]
PurposeOption = Annotated[
    str,
    typer.Option(
        help="case_work, caller_check, contact, correction, subject_request, audit or legal_order; it is journaled."
    ),
]
NoteOption = Annotated[str, typer.Option(help="What for, in your own words; it is journaled, sealed.")]

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


@app.command()
def due(user: AsCompliance = "compliance1", as_json: Json = False) -> None:
    """List whose personal data may be erased now, and since when."""
    listed = ask(user, lambda api: api.get("/privacy/due"), as_json=as_json)
    if as_json:
        print_json(listed)
        return
    for item in listed["items"]:
        out.print(f"{item['subject']}  since {item['due_since']}", markup=False)
    how = "they are erased by the relay" if listed["erasing"] == "automatic" else "erase them: thaw privacy erase"
    count = len(listed["items"])
    err.print(f"{count} due by schedule {listed['schedule']}" + (f"; {how}" if count else ""), style="dim")


@app.command()
def show(subject: Subject, user: AsCompliance = "compliance1", as_json: Json = False) -> None:
    """Show until when someone's personal data is kept, and what stands in the way of erasing it."""
    found = ask(user, lambda api: api.get(f"/privacy/{quote(subject)}"), as_json=as_json)
    if as_json:
        print_json(found)
        return
    out.print(f"{found['subject']}: {found['state']}", style="bold", markup=False)
    if found["erased_at"]:
        out.print(f"erased at {found['erased_at']}", markup=False)
    else:
        out.print(f"no period runs from {found['due_on']} (schedule {found['schedule']})", markup=False)
    for obstacle in found["obstacles"]:
        out.print(f"- {obstacle['zh']}\n  {obstacle['en']}", markup=False)
    for hold in found["holds"]:
        out.print(f"hold {hold['hold_id']} by {hold['basis']} {hold['reference']} since {hold['since']}", markup=False)


@app.command()
def hold(
    subject: Subject,
    basis: Annotated[str, typer.Option(help="court, regulator, police, dispute or audit.")],
    reference: Reference,
    user: AsCompliance = "compliance1",
    as_json: Json = False,
) -> None:
    """Set a legal hold: nothing of someone's personal data is erased until it is ended."""
    body = {"basis": basis, "reference": reference}
    made = ask(user, lambda api: api.post(f"/privacy/{quote(subject)}/holds", body), as_json=as_json)
    print_json(made) if as_json else out.print(f"hold {made['hold_id']} stands", markup=False)


@app.command("end-hold")
def end_hold(
    subject: Subject,
    hold_id: Annotated[str, typer.Argument(help="The hold's id: thaw privacy show SUBJECT.")],
    reference: Reference,
    user: AsCompliance = "compliance1",
    as_json: Json = False,
) -> None:
    """End a legal hold."""
    path = f"/privacy/{quote(subject)}/holds/{quote(hold_id)}/end"
    ended = ask(user, lambda api: api.post(path, {"reference": reference}), as_json=as_json)
    print_json(ended) if as_json else out.print(f"hold {hold_id} ended", markup=False)


@app.command()
def erase(
    subject: Subject,
    ground: Annotated[str, typer.Option(help="retention-ended or subject-request.")] = "retention-ended",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    user: AsCompliance = "compliance1",
    as_json: Json = False,
) -> None:
    """Erase someone's personal data for good: the key is destroyed, every copy removed; the journal still verifies.

    Refused with every reason while a case is open, a control or legal hold stands, or a period of retention runs. To
    make sure of backups from before, too: thaw privacy rotate-key, and destroy the old key.
    """
    if not yes and not typer.confirm(f"Erase everything held about {subject}? This cannot be undone.", err=True):
        raise fail("nothing was erased", as_json=as_json)
    path = f"/privacy/{quote(subject)}/erase"
    erased = ask(user, lambda api: api.post(path, {"ground": ground}), as_json=as_json)
    if as_json:
        print_json(erased)
    else:
        when = "was erased before, at" if erased["erased_before"] else "erased at"
        size = f"{erased['records']} records, {erased['documents']} documents"
        out.print(f"{erased['subject']} {when} {erased['erased_at']}: {size}", markup=False)


@app.command()
def export(
    subject: Subject,
    out_file: Annotated[Path, typer.Option("--out", dir_okay=False, writable=True, help="The zip file to write.")],
    note: NoteOption,
    purpose: PurposeOption = "subject_request",
    internal: Annotated[bool, typer.Option(help="Also what the person must not be told.")] = False,
    user: AsCompliance = "compliance1",
    as_json: Json = False,
) -> None:
    """Write everything held about someone into a zip file, as JSON and as a page in Chinese and English."""
    body = {"purpose": purpose, "note": note, "internal": internal}
    content = ask(user, lambda api: api.download(f"/privacy/{quote(subject)}/export", body), as_json=as_json)
    try:
        _write_private(out_file, content)
    except OSError as error:
        raise fail(f"{out_file} cannot be written: {error.strerror}", as_json=as_json) from None
    told = {"subject": subject, "file": str(out_file), "bytes": len(content)}
    print_json(told) if as_json else out.print(f"{len(content)} bytes in {out_file}", markup=False)


@app.command()
def unmask(
    merchant_no: Annotated[str, typer.Argument(help="The merchant's number.")],
    note: NoteOption,
    purpose: PurposeOption,
    user: AsCompliance = "compliance1",
    as_json: Json = False,
) -> None:
    """Show a merchant's personal data whole."""
    body = {"purpose": purpose, "note": note}
    shown = ask(user, lambda api: api.post(f"/merchants/{quote(merchant_no)}/unmask", body), as_json=as_json)
    if as_json:
        print_json(shown)
    else:
        for name, value in shown.items():
            out.print(f"{name}: {_told(value)}", markup=False)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(each)}" for name, each in value.items() if each is not None)
    return "; ".join(map(_told, value)) if isinstance(value, list) else str(value)


def _write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner reads, whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
