"""The dated policies: every rule number of the desk, as data.

One folder per version, named by the day from which new cases use it. A folder that was shipped is never edited
(`shipped.csv` records its digest); changed rules are a new folder. A case keeps the version it opened under.

Some numbers may be moved while the desk is open (`levers.csv`). What comes of it is a version as well, which spells
out what was moved: `2026-11-01+3(tiers.l2_from_fen=6000000,timers.evidence_bd=12)` is the folder of 2026-11-01 after
the third change. So a version that stands in a case's opening event says everything, and needs nothing looked up.

A workflow imports this package passed through (with `domain`) and loads the version its opening event names.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from domain.levers import revised
from domain.policy import Policy
from policies.folder import read
from policies.rows import PolicyError

__all__ = ["PolicyError", "load", "newest", "read", "versions"]

_HOME = Path(__file__).parent
_REVISION = re.compile(r"([^+]+)\+[1-9][0-9]*\([^()]+\)")


@cache
def versions() -> tuple[str, ...]:
    """The versions at hand, oldest first."""
    return tuple(sorted(folder.name for folder in _HOME.glob("[0-9]*-[0-9]*-[0-9]*") if folder.is_dir()))


def newest() -> str:
    """The version that new cases use. For intake only: a workflow that asked would see another answer on replay."""
    return versions()[-1]


@cache
def load(version: str) -> Policy:
    """The policy of this version, read once. Raises PolicyError for an unknown version or an unsound file."""
    if found := _REVISION.fullmatch(version):
        return _revised(version, load(found[1]))
    if version not in versions():
        raise PolicyError(f"there is no policy {version!r}; the versions are {', '.join(versions())}")
    return read(_HOME / version)


def _revised(version: str, base: Policy) -> Policy:
    try:
        return revised(base, version)
    except KeyError as error:
        raise PolicyError(f"policy {version}: {base.version} has no lever {error.args[0]!r}") from None
    except ValueError as error:
        raise PolicyError(f"policy {version}: {error}") from None
