"""What an append is asked and what it answers, as the JSON texts that travel between processes.

AppendRequest: `{stream, kind, expected_position, expected_head, command_id, entries, summary, tasks, controls}`.
`entries` continue the expected head under one command. `summary` is the case's row of the list after them (null for
a stream that is no case): the whole row of a case that is new, opens or closes; of others the columns that may have
changed, if any. `tasks` and `controls` are each null (unchanged) or the case's whole new set.

AppendAnswer: `{outcome, entries}`, where the entries are those the writer lacks:
- `ok`: written;
- `duplicate`: this command already stands in the stream, and nothing was written;
- `conflict`: the stream does not end where the writer expected, and nothing was written. Without entries the writer
  holds more than the journal does, or something else: its memory is wrong, and it should read from the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import orjson

from domain.stream import GENESIS, Entry, Head, canonical

Outcome = Literal["ok", "duplicate", "conflict"]
OK = '{"outcome":"ok","entries":[]}'
_WITH_OPEN = frozenset({"live", "closed_at"})


class InvalidRequestError(ValueError):
    """An append that no stream could take: the message names what does not hold together."""


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """An AppendRequest as it was read."""

    stream: str
    kind: str
    expected: Head
    command_id: str
    entries: Sequence[Mapping[str, Any]]
    summary: Mapping[str, Any] | None
    tasks: Sequence[Mapping[str, Any]] | None
    controls: Sequence[Mapping[str, Any]] | None

    @property
    def size(self) -> int:
        """How many events it writes."""
        return len(self.entries)

    @property
    def head(self) -> str:
        """Which piece of `append.sql` moves or makes the stream's head."""
        return f"{'continue' if self.expected.position else 'create'}_{'stream' if self.summary is None else 'case'}"

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the case list that it sets, beside the head."""
        given = frozenset(self.summary or ())
        return given | _WITH_OPEN if "open" in given else given

    def values(self) -> dict[str, bytes | None]:
        """The values of the statement's parameters by name, each as the text PostgreSQL reads. InvalidRequestError for
        one that it would cut short."""
        first = self.entries[0]
        values: dict[str, Any] = {
            "stream": self.stream,
            "kind": self.kind,
            "position": self.expected.position,
            "hash_0": f"\\x{self.expected.hash}",
            "command_id": self.command_id,
            "occurred_at": first["occurred_at"],
            "actor": first["actor"],
            "version": self.entries[-1]["version"],
        }
        for n, entry in enumerate(self.entries, 1):
            values[f"version_{n}"] = entry["version"]
            values[f"type_{n}"] = entry["type"]
            values[f"form_{n}"] = entry["form"]
            values[f"data_{n}"] = entry["data"]
            values[f"hash_{n}"] = f"\\x{entry['hash']}"
        if self.summary is not None:
            values |= {"live": self.summary.get("open"), **self.summary}
        for name, rows in (("tasks", self.tasks), ("controls", self.controls)):
            if rows is not None:
                values[name] = canonical(rows)
        texts = {name: None if value is None else str(value).encode() for name, value in values.items()}
        if b"\0" in b"".join(filter(None, texts.values())):  # PostgreSQL's library would read it as the text's end
            name = next(name for name, text in texts.items() if text and b"\0" in text)
            raise InvalidRequestError(f"{self.stream}: {name} contains a NUL, which no column can hold")
        return texts

    @classmethod
    def parse(cls, text: str) -> Self:
        """The request in `text`. InvalidRequestError when its entries do not follow from the head it expects."""
        try:
            body = orjson.loads(text)
            expected = Head(body["expected_position"], body["expected_head"])
            _check_chain(body["stream"], body["command_id"], expected, body["entries"])
            return cls(
                body["stream"],
                body["kind"],
                expected,
                body["command_id"],
                body["entries"],
                body["summary"],
                body["tasks"],
                body["controls"],
            )
        except InvalidRequestError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidRequestError(f"not an append request: {error!r}") from error


def _check_chain(stream: str, command_id: str, head: Head, entries: Sequence[Mapping[str, Any]]) -> None:
    """That the entries are this command's, in this stream, each after the one before (their digests are not redone)."""
    if not entries:
        raise InvalidRequestError(f"{stream}: an append without entries")
    if head.position == 0 and head.hash != GENESIS:
        raise InvalidRequestError(f"{stream}@0: a new stream continues nothing")
    position, hash_ = head.position, head.hash
    for entry in entries:
        position += 1
        if entry["stream"] != stream or entry["command_id"] != command_id:
            raise InvalidRequestError(f"{stream}@{position}: an entry of another stream or command")
        if entry["position"] != position or entry["previous_hash"] != hash_:
            raise InvalidRequestError(f"{stream}@{position}: the entries do not follow from the expected head")
        hash_ = entry["hash"]


def compose(
    kind: str,
    expected: Head,
    entries: Sequence[Entry],
    *,
    summary: Mapping[str, Any] | None = None,
    tasks: Sequence[Mapping[str, Any]] | None = None,
    controls: Sequence[Mapping[str, Any]] | None = None,
) -> str:
    """The AppendRequest that writes `entries`, sealed under one command, after `expected`."""
    if not entries:
        raise InvalidRequestError("an append without entries")
    return canonical(
        {
            "stream": entries[0].stream,
            "kind": kind,
            "expected_position": expected.position,
            "expected_head": expected.hash,
            "command_id": entries[0].command_id,
            "entries": [entry.row() for entry in entries],
            "summary": summary,
            "tasks": tasks,
            "controls": controls,
        }
    )


@dataclass(frozen=True, slots=True)
class AppendAnswer:
    """What became of an append, and the entries its writer lacks."""

    outcome: Outcome
    entries: tuple[Entry, ...] = ()

    def to_json(self) -> str:
        return canonical({"outcome": self.outcome, "entries": [entry.row() for entry in self.entries]})

    @classmethod
    def from_json(cls, text: str) -> Self:
        body = orjson.loads(text)
        return cls(body["outcome"], entries_of(body["entries"]))


def entries_of(bodies: Iterable[Mapping[str, Any]]) -> tuple[Entry, ...]:
    """Entries from their JSON form."""
    return tuple(Entry(**body) for body in bodies)
