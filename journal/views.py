"""The asynchronous views: what each is made of, and how a page of events goes into it.

A view is a table made from the journal's events alone. Its statements are in `journal/sql/view_<name>.sql`; what
several views share, in `view_parts.sql`. A build of a view is one such table, `views.<name>_<build>`; readers use
`views.<name>`, which always shows the live build.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from journal.statements import Connection, load
from journal.turns import Turns, fold

PARTS = load("view_parts")
Part = Literal["filled", "paged"]
Words = Mapping[str, Mapping[str, str]]
"""What codes are called, for whoever searches: `reasons`, `statuses` and `kinds`, each by code, in all languages."""


@dataclass(frozen=True, slots=True)
class View:
    """A view by its name. `whole`: it looks at whole cases, so that an event makes what it says of its case anew;
    otherwise every event is added once. `folded`: the rules fold some cases for it (see `journal.turns`). `worded`:
    it holds what codes are called."""

    name: str
    whole: bool = False
    folded: bool = False
    worded: bool = False

    @property
    def statements(self) -> Mapping[str, bytes]:
        return load(f"view_{self.name}")

    def version(self, words: Words) -> str:
        """Names what the view's rows depend on, its statements and words: another version is made anew. What comments
        say does not count."""
        source = [_bare(statement) for statement in (*self.statements.values(), *PARTS.values())]
        if self.worded:
            source.append(json.dumps(words, sort_keys=True).encode())
        return hashlib.sha256(b"\n".join(source)).hexdigest()[:16]

    def table(self, build: int) -> str:
        """The table of a build."""
        return f"views.{self.name}_{build}"

    def statement(self, name: str, build: int, part: Part = "paged") -> bytes:
        """A statement of the view's for one of its builds, reading a fill's events or a page's."""
        return (
            self.statements[name]
            .replace(b"{events}", PARTS[f"{part}_cases" if self.whole else part])
            .replace(b"{status}", PARTS["status"])
            .replace(b"{table}", self.table(build).encode())
        )

    async def apply(
        self, connection: Connection, build: int, part: Part, bounds: Mapping[str, Any], words: Words
    ) -> None:
        """Takes a fill's or a page's events into a build, within the caller's transaction."""
        turns = await _turns(connection, part, bounds) if self.folded else Turns()
        asked = {**bounds, "turned": turns.standings_json, "moves": turns.moves_json, "words": json.dumps(words)}
        await connection.execute(self.statement("apply", build, part), asked, prepare=False)


VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View("search", whole=True, folded=True, worded=True),
        View("statistics"),
        View("ageing", whole=True, folded=True),
        View("workload"),
        View("outcomes", whole=True, folded=True),
        View("held_money", whole=True, folded=True),
    )
}


async def _turns(connection: Connection, part: Part, bounds: Mapping[str, Any]) -> Turns:
    turned = PARTS["turned"].replace(b"{streams}", PARTS[f"{part}_streams"])
    rows = await (await connection.execute(turned, bounds, prepare=False)).fetchall()
    return await fold(connection, [stream for (stream,) in rows])


def _bare(statement: bytes) -> bytes:
    return re.sub(rb"\s+", b" ", re.sub(rb"(?m)^\s*--.*$", b"", statement)).strip()
