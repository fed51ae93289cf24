"""Checkpoints outside the database: one small file each, and the key ring, in a folder of their own.

Whoever rules the database does not rule these files. A file that stands is never written over with other words.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from journal.key_ring import Ring
from journal.signing import Signed, UnreadableStatementError

NAME = re.compile(r"^([0-9]{8,})\.json$")
KEYS = "keys.json"


class OutsideError(Exception):
    """The files and the database do not fit together, or a file cannot be read; the message says what to do."""


class Outside:
    """The folder of checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def numbers(self) -> list[int]:
        """Which checkpoints stand here, in order; none when there is no folder."""
        if not self.folder.is_dir():
            return []
        return sorted(int(found[1]) for path in self.folder.iterdir() if (found := NAME.match(path.name)))

    def has(self, number: int) -> bool:
        return self._path(number).exists()

    def read(self, number: int) -> Signed:
        """A checkpoint. Raises OutsideError for a file that is none, FileNotFoundError for no file."""
        return read_signed(self._path(number))

    def write(self, number: int, signed: Signed) -> None:
        """Keeps a checkpoint. Raises OutsideError when another stands under its number, OSError when it cannot."""
        if self.has(number):
            if self.read(number) != signed:
                raise OutsideError(
                    f"{self._path(number)} holds another checkpoint {number} than the database: run `thaw journal "
                    "verify`; nothing was written over it"
                )
            return
        _write(self._path(number), json.dumps(signed.row(), indent=1, sort_keys=True))

    def ring(self) -> Ring:
        """The key ring; an empty one when there is no file. Raises OutsideError."""
        path = self.folder / KEYS
        try:
            rows = json.loads(path.read_bytes())
            return Ring(tuple(Signed.of_row(row) for row in rows))
        except FileNotFoundError:
            return Ring()
        except (ValueError, TypeError) as error:
            raise OutsideError(f"{path} is no key ring ({error}): put back the file that stood there") from None

    def write_ring(self, ring: Ring) -> None:
        """Keeps the ring. Raises OutsideError unless it continues the one that stands here."""
        standing = self.ring().statements
        if ring.statements[: len(standing)] != standing:
            raise OutsideError(
                f"{self.folder / KEYS} names other keys than the database: run `thaw journal verify`; nothing was "
                "written over it"
            )
        if ring.statements != standing:
            rows: Iterable[object] = [signed.row() for signed in ring.statements]
            _write(self.folder / KEYS, json.dumps(rows, indent=1, sort_keys=True))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.json"


def read_signed(path: Path) -> Signed:
    """The checkpoint in a file. Raises OutsideError for a file that is none, FileNotFoundError for no file."""
    try:
        return Signed.of_row(json.loads(path.read_bytes()))
    except (UnreadableStatementError, ValueError, TypeError) as error:
        raise OutsideError(f"{path} is no checkpoint: {error}") from None


def _write(path: Path, text: str) -> None:
    """In one step, and on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, 0o644)
            file.write(text + "\n")
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
