"""What people did to log-ins, as events of the streams `user:<name>`, form 1:

    LogInMade        {name, roles, merchant_no, d10_document_id}
    LogInShutOut     {name}
    LogInUnlocked    {name}
    SessionsEnded    {name}

`d10_document_id` is the merchant's authorization of an agent, null for others. The event's actor is who did it. No
personal data stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.stream import Draft, Head, canonical, seal
from journal import writing
from journal.registry import Act, ContendedError
from journal.requests import AppendRequest, compose
from journal.statements import Connection, load

SQL = load("logins")


def stream_of(name: str) -> str:
    """Where it stands what was done to a user's log-in."""
    return f"user:{name}"


async def note(connection: Connection, name: str, event: str, act: Act, facts: Mapping[str, Any] | None = None) -> None:
    """Appends an event within the caller's transaction; the same command again appends nothing.

    Raises ContendedError where another writer was faster.
    """
    asked = {"stream": stream_of(name), "command_id": act.command_id}
    row = await (await connection.execute(SQL["end_of"], asked)).fetchone()
    if row is not None and row[2]:
        return
    head = Head(row[0], row[1]) if row else Head()
    draft = Draft(event, 1, head.position + 1, canonical({"name": name, **(facts or {})}))
    entries = seal(
        stream_of(name), head, [draft], occurred_at=act.occurred_at, actor=act.actor, command_id=act.command_id
    )
    if not await writing.write(connection, AppendRequest.parse(compose("user", head, entries))):
        raise ContendedError(stream_of(name))
