"""Looks through everything that was written for what must be nowhere in clear: values in every spelling that a byte
might lie in."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ahocorasick_rs import BytesAhoCorasick

CHUNK = 8 * 1024 * 1024
SHORTEST = 6
"""Bytes. Anything shorter turns up by chance among a hundred megabytes of sealed data, so only in text."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A value that was found, and how it was spelled."""

    where: str
    value: str
    spelling: str


def spellings(value: str) -> dict[str, bytes]:
    """The value as bytes, by the name of the spelling."""
    found: dict[str, bytes] = {
        "json": value.encode("unicode_escape").replace(b"\\x", b"\\u00"),
        "percent": quote(value, safe="").encode(),
        "utf-16-le": value.encode("utf-16-le"),
        "utf-16-be": value.encode("utf-16-be"),
    }
    for encoding in ("utf-8", "gbk"):
        plain = value.encode(encoding)
        found[encoding] = plain
        found[f"{encoding} hex"] = plain.hex().encode()
        found[f"{encoding} HEX"] = plain.hex().upper().encode()
        for shift in range(3):
            coded = _base64_at(plain, shift)
            found[f"{encoding} base64+{shift}"] = coded
            found[f"{encoding} base64url+{shift}"] = coded.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def _base64_at(plain: bytes, shift: int) -> bytes:
    """What of the Base64 text depends on `plain` alone when it begins `shift` bytes into a group of three."""
    coded = base64.b64encode(bytes(shift) + plain)
    return coded[-(-shift * 8 // 6) : (shift + len(plain)) * 8 // 6]


class Search:
    """Searches files and texts for values."""

    def __init__(self, values: Iterable[str]) -> None:
        needles: dict[bytes, tuple[str, str]] = {}
        for value in sorted(set(values)):
            for spelling, needle in spellings(value).items():
                needles.setdefault(needle, (value, spelling))
        self._short = {needle for needle in needles if len(needle) < SHORTEST}
        self._needles: Mapping[bytes, tuple[str, str]] = needles
        self._order = list(needles)
        self._automaton = BytesAhoCorasick(self._order)
        self._overlap = max(map(len, self._order)) - 1

    def files(self, folder: Path, but: Iterable[Path] = ()) -> Iterator[Leak]:
        """Leaks in a folder's files, except those that are, or lie in, one of `but`."""
        excepted = list(but)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(each) for each in excepted):
                yield from self._chunks(str(path.relative_to(folder)), _read(path))

    def text(self, where: str, text: bytes) -> Iterator[Leak]:
        """Leaks in a text, where short values count too."""
        yield from self._found(where, text, short=True)

    def _chunks(self, where: str, chunks: Iterable[bytes]) -> Iterator[Leak]:
        kept = b""
        for chunk in chunks:
            data = kept + chunk
            yield from self._found(where, data, short=False)
            kept = data[-self._overlap :]

    def _found(self, where: str, data: bytes, *, short: bool) -> Iterator[Leak]:
        seen = {number for number, _, _ in self._automaton.find_matches_as_indexes(data, overlapping=True)}
        for number in seen:
            needle = self._order[number]
            if short or needle not in self._short:
                yield Leak(where, *self._needles[needle])


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except FileNotFoundError:
        return  # a database removes its files as it likes
