"""What a measurement made on its way is kept in files, so that one that was stopped goes on where it was.

A file belongs to the code that made it: what other code made is made anew.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import TypeVar

T = TypeVar("T")

HOME = Path(gettempdir()) / "thaw-bench"
"""Where they are kept; it may be removed at any time."""
ROOT = Path(__file__).parent.parent


def kept(name: str, made_by: Iterable[str], make: Callable[[], T]) -> T:
    """What `make` gives, or gave before under this name by the same files (patterns under the project's folder)."""
    place = HOME / _digest(tuple(made_by)) / f"{name}.pickle"
    if place.is_file():
        found: T = pickle.loads(place.read_bytes())
        return found
    made = make()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_suffix(".unfinished")
    unfinished.write_bytes(pickle.dumps(made))
    unfinished.replace(place)
    return made


_DIGESTS: dict[tuple[str, ...], str] = {}


def _digest(patterns: tuple[str, ...]) -> str:
    if patterns not in _DIGESTS:
        total = sha256()
        for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern)}):
            total.update(f"{path.relative_to(ROOT)}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
        _DIGESTS[patterns] = total.hexdigest()[:16]
    return _DIGESTS[patterns]
