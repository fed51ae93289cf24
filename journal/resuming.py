"""Notes of a long check, so that one that broke off goes on where it was: a line of JSON for every range checked.

They hold for the journal, the newest checkpoint and the ranges they were begun with. What is written to a range after
it was checked is a later check's business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from journal.chains import Checked, Finding, Range
from journal.signing import Signed

FORM = "thaw-verify/1"


class Notes:
    """The file of notes. Lines that broke off are passed over."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[dict[str, Any], dict[int, Checked]]:
        """What the check was begun with, and each range checked by number; nothing when there are no notes."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}, {}
        if not text.endswith("\n"):
            self._append("")  # what comes next gets a line of its own
        lines = text.splitlines()
        rows = [row for line in lines if isinstance(row := _json(line), dict)]
        if not rows or rows[0].get("form") != FORM:
            return {}, {}
        return rows[0], {row["range"]: _checked(row) for row in rows[1:] if set(row) == _ROW}

    def begin(self, header: Mapping[str, Any]) -> None:
        """Begins anew."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"form": FORM, **header}) + "\n", encoding="utf-8")

    def add(self, number: int, part: Checked) -> None:
        self._append(json.dumps({"range": number, **asdict(part)}, ensure_ascii=False))

    def _append(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def end(self) -> None:
        """The check came to its end: there is nothing to go on with."""
        self.path.unlink(missing_ok=True)


@dataclass(slots=True)
class Course:
    """The ranges of a check, and those that are done."""

    ranges: tuple[Range, ...]
    done: dict[int, Checked]
    resumed: bool
    _notes: Notes | None = field(default=None)

    @classmethod
    def begin(
        cls,
        journal: str,
        sealed: Mapping[int, Signed],
        uppers: Sequence[str],
        notes: Notes | None,
        *,
        resume: bool,
    ) -> Course:
        """A new course over ranges that end with `uppers`, or the one in the notes where it is wanted and holds."""
        if notes is not None and resume:
            header, done = notes.read()
            if header.get("journal") == journal and _stands(header, sealed):
                return cls(_ranges(header["uppers"]), done, bool(done), notes)
        number = max(sealed, default=0)
        if notes is not None:
            newest = sealed[number].hash if number else ""
            notes.begin({"journal": journal, "checkpoint": number, "hash": newest, "uppers": list(uppers)})
        return cls(_ranges(uppers), {}, False, notes)

    @property
    def left(self) -> list[tuple[int, Range]]:
        """The ranges still to check, by number."""
        return [(number, part) for number, part in enumerate(self.ranges) if number not in self.done]

    def note(self, number: int, part: Checked) -> None:
        """This range is done."""
        if self._notes is not None:
            self._notes.add(number, part)

    def end(self) -> None:
        if self._notes is not None:
            self._notes.end()


def _stands(header: Mapping[str, Any], checkpoints: Mapping[int, Signed]) -> bool:
    """Whether the newest checkpoint of then still stands as it was."""
    number = int(header["checkpoint"])
    if number == 0:
        return True
    return number in checkpoints and checkpoints[number].hash == header.get("hash")


def _ranges(uppers: Sequence[str]) -> tuple[Range, ...]:
    return tuple(Range(after, upto) for after, upto in pairwise(["", *uppers]))


_ROW = {"range", "streams", "events", "unsealed", "findings"}


def _checked(row: Mapping[str, Any]) -> Checked:
    findings = tuple(Finding(**finding) for finding in row["findings"])
    return Checked(row["streams"], row["events"], row["unsealed"], findings)


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
