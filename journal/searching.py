"""What is asked of a search, taken apart into what the view's indexes can answer.

Words are separated by blanks and all of them must be found, each anywhere in what a case says, in any letter case or
width. Chinese is found by single characters and neighbouring pairs, numbers by five characters in a row, anything else
by trigrams. A Latin word of one or two characters is found as a whole word only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import errors

from journal.statements import Connection, Pool, load

SQL = load("cases")
MOST_WORDS = 8
FIRST_WINDOW = 1000
OFTEN = 0.005
"""A word said by more cases than this share of the newest is looked for among them, not by the index."""
CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
SHORT = re.compile(r"[a-z0-9]{1,2}")
LATIN = re.compile(r"[a-z0-9]{3}")
NUMBER = re.compile(r"[a-z-]*[0-9][a-z0-9-]*")
FIVE = 5


@dataclass(frozen=True, slots=True)
class Sought:
    """`parts` are anywhere in the words of a case, `short` are whole words of it; all `grams` are among its grams."""

    parts: tuple[str, ...]
    short: tuple[str, ...]
    grams: tuple[str, ...]

    @property
    def spelt(self) -> str:
        """As SQL over the words of `v`, one case after the other."""
        conditions = [f"strpos(v.words, %(part_{number})s) > 0" for number in range(len(self.parts))]
        conditions += [f"v.words ~ %(short_{number})s" for number in range(len(self.short))]
        return " and ".join(conditions or ["false"])

    @property
    def indexed(self) -> str:
        """As SQL that the index of `v` answers. A part with grams of its own needs no trigrams; Chinese has none."""
        latin = [n for n, part in enumerate(self.parts) if LATIN.search(part) and not _grams(part)]
        conditions = [f"v.words like %(pattern_{number})s" for number in latin]
        conditions += ["views.grams(v.words) @> %(grams)s::text[]"] * bool(self.grams)
        return " and ".join([*conditions, self.spelt])

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters of both."""
        return {
            "grams": list(self.grams),
            **{f"part_{number}": part for number, part in enumerate(self.parts)},
            **{f"pattern_{number}": part_of(part) for number, part in enumerate(self.parts)},
            **{f"short_{number}": f"(?<![a-z0-9]){word}(?![a-z0-9])" for number, word in enumerate(self.short)},
        }


async def search(pool: Pool, text: str, asked: Mapping[str, Any]) -> tuple[str, ...]:
    """The newest cases that say `text`, by id; `asked` has the other parameters of `cases.sql`, `limit` among them.

    A word that many cases say is found by looking through the newest ones, a rare one by the index: each would be slow
    where the other is quick, and which it is shows in the first thousand. Nothing while the view is not built.
    """
    looked_for = sought(text)
    asked = {**asked, **looked_for.asked}
    async with pool.connection() as connection:
        try:
            window, found = FIRST_WINDOW, await _newest(connection, looked_for, asked, FIRST_WINDOW)
            while len(found) < asked["limit"] and len(found) >= window * OFTEN:
                window *= 8
                found = await _newest(connection, looked_for, asked, window)
            if len(found) < asked["limit"]:
                found = await _ids(connection, _statement("anywhere", looked_for), asked)
        except (errors.UndefinedTable, errors.UndefinedColumn):
            return ()  # not there yet, or made by other code and made anew just now
    return found


async def _newest(connection: Connection, looked_for: Sought, asked: Mapping[str, Any], window: int) -> tuple[str, ...]:
    return await _ids(connection, _statement("newest", looked_for), {**asked, "window": window})


async def _ids(connection: Connection, statement: bytes, asked: Mapping[str, Any]) -> tuple[str, ...]:
    cursor = await connection.execute(statement, asked, prepare=False)
    return tuple(case_id for (case_id,) in await cursor.fetchall())


def _statement(name: str, looked_for: Sought) -> bytes:
    return (
        SQL[name]
        .replace(b"{spelt}", looked_for.spelt.encode())
        .replace(b"{sought}", looked_for.indexed.encode())
        .replace(b"{filters}", SQL["filters"])
    )


def sought(text: str) -> Sought:
    """What to look for. More than eight words are not looked for: the first eight are."""
    parts, short, grams = list[str](), list[str](), dict[str, None]()
    for word in unicodedata.normalize("NFKC", text).lower().split()[:MOST_WORDS]:
        if SHORT.fullmatch(word):
            short.append(word)
            grams[word] = None
            continue
        parts.append(word)
        grams.update(dict.fromkeys(_grams(word)))
    return Sought(tuple(parts), tuple(short), tuple(grams))


def _grams(part: str) -> list[str]:
    """What of a part `views.grams` finds in every case that says it."""
    found = list[str]()
    for run in CHINESE.findall(part):
        found += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
    for run in NUMBER.findall(part):
        found += [run[i : i + FIVE] for i in range(len(run) - FIVE + 1)]
    return found


def part_of(text: str) -> str:
    """A LIKE pattern for `text` anywhere."""
    return f"%{_escaped(text)}%"


def _escaped(word: str) -> str:
    """The word with LIKE's own characters taken for what they are."""
    return re.sub(r"([\\%_])", r"\\\1", word)
