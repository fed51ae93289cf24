"""One case's history as it is written down: sealed entries, each chained to the one before.

A stream is a list of entries. Position counts them from 1 without gaps. Version is the case's business version,
which rises only with some events. Every entry carries SHA-256 over the previous entry's hash and its own
canonical bytes, so the writer, who holds the head, can chain without asking the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import orjson

GENESIS = "00" * 32


def canonical(body: Mapping[str, Any] | Sequence[Any]) -> str:
    """The one JSON text of `body`: sorted keys, no spaces, no floats (money is integer fen).

    TypeError for what has no such form: dates, bytes, numbers beyond 64 bits, text that is no Unicode.
    """
    return orjson.dumps(body, option=_CANONICAL).decode()


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends: how many entries it has, and the hash of the last."""

    position: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Draft:
    """An event about to be written: its literal name, form number, business version after it, and canonical body."""

    type: str
    form: int
    version: int
    data: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as written down.

    `occurred_at` is RFC 3339 in UTC with microseconds; `actor` is `role:name`; `data` is canonical JSON.
    """

    stream: str
    position: int
    version: int
    type: str
    form: int
    occurred_at: str
    actor: str
    command_id: str
    data: str
    previous_hash: str
    hash: str

    def row(self) -> dict[str, str | int]:
        """The entry as a JSON object."""
        return dict(zip(_FIELDS, _values_of(self), strict=True))


_FIELDS = tuple(field.name for field in fields(Entry))
_values_of = attrgetter(*_FIELDS)


def digest(
    previous_hash: str,
    *,
    stream: str,
    position: int,
    version: int,
    type: str,  # noqa: A002 — the entry's own field name
    form: int,
    occurred_at: str,
    actor: str,
    command_id: str,
    data: str,
) -> str:
    """Hex SHA-256 over the previous hash's bytes and the entry's canonical bytes."""
    text = orjson.dumps([stream, position, version, type, form, occurred_at, actor, command_id, data])
    return hashlib.sha256(bytes.fromhex(previous_hash) + text).hexdigest()


def seal(
    stream: str, head: Head, drafts: Iterable[Draft], *, occurred_at: str, actor: str, command_id: str
) -> tuple[Entry, ...]:
    """The drafts as entries that continue `head`."""
    entries: list[Entry] = []
    position, previous = head.position, head.hash
    for draft in drafts:
        position += 1
        own = digest(
            previous,
            stream=stream,
            position=position,
            version=draft.version,
            type=draft.type,
            form=draft.form,
            occurred_at=occurred_at,
            actor=actor,
            command_id=command_id,
            data=draft.data,
        )
        entries.append(
            Entry(
                stream,
                position,
                draft.version,
                draft.type,
                draft.form,
                occurred_at,
                actor,
                command_id,
                draft.data,
                previous,
                own,
            )
        )
        previous = own
    return tuple(entries)


def end_of(entries: tuple[Entry, ...]) -> Head:
    """The head after `entries` (the genesis head when there are none)."""
    return Head(entries[-1].position, entries[-1].hash) if entries else Head()


def first_break(entries: Iterable[Entry], head: Head | None = None) -> str | None:
    """What is wrong with a chain, in words, or None when every entry follows from the one before."""
    at = head or Head()
    for entry in entries:
        if entry.position != at.position + 1:
            return f"{entry.stream}: position {entry.position} follows {at.position}"
        if entry.previous_hash != at.hash:
            return f"{entry.stream}@{entry.position}: does not continue the entry before it"
        own = digest(
            entry.previous_hash,
            stream=entry.stream,
            position=entry.position,
            version=entry.version,
            type=entry.type,
            form=entry.form,
            occurred_at=entry.occurred_at,
            actor=entry.actor,
            command_id=entry.command_id,
            data=entry.data,
        )
        if own != entry.hash:
            return f"{entry.stream}@{entry.position}: its content does not match its hash"
        at = Head(entry.position, entry.hash)
    return None
