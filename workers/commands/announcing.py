"""`thaw announce` and `thaw announcements`: notices of policy to all merchants."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from workers.asking import AsAuditor, AsSupervisor, ask, when
from workers.console import Json, fail, out, print_json


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(announce)
    app.command()(announcements)


def announce(
    zh: Annotated[Path, typer.Argument(help="A text file in Chinese: its first line is the subject.")],
    en: Annotated[Path, typer.Argument(help="The same in English.")],
    user: AsSupervisor = "supervisor1",
    again: Annotated[bool, typer.Option("--again", help="Publish the same words a second time.")] = False,
    as_json: Json = False,
) -> None:
    """Publish a notice of policy to all merchants. It cannot be called back; see how far it is with announcements.

    The same words are one notice: given again, because the answer was lost, the command says how far it is.
    """
    try:
        body = {"zh": _letter(zh), "en": _letter(en)}
    except (OSError, ValueError) as error:
        raise fail(str(error), 2, as_json=as_json) from None
    key = None if again else f"announce-{hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}"
    told = ask(user, lambda api: api.post("/broadcasts", body, key=key), as_json=as_json)
    if as_json:
        print_json(told)
        return
    out.print(f"{told['broadcast_id']}: to {told['merchants']} merchants, {told['sent']} told so far", markup=False)


def _letter(path: Path) -> dict[str, str]:
    subject, _, text = path.read_text(encoding="utf-8").strip().partition("\n")
    if not text.strip():
        raise ValueError(f"{path}: write the subject in the first line and the text below it")
    return {"subject": subject.strip(), "text": text.strip()}


def announcements(user: AsAuditor = "auditor1", as_json: Json = False) -> None:
    """List notices of policy, the newest first, and how many merchants each has reached."""
    told = ask(user, lambda api: api.get("/broadcasts"), as_json=as_json)
    if as_json:
        print_json(told)
        return
    for one in told:
        state = f"finished {when(one['finished_at'])}" if one["finished_at"] else "going out"
        counts = ", ".join(f"{one[name]} {name.replace('_', ' ')}" for name in ("sent", "held_back", "unreachable"))
        subject = one["letters"]["en"]["subject"]
        out.print(f"{one['broadcast_id']}  {subject}: {one['merchants']} merchants, {counts}; {state}", markup=False)
