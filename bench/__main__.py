"""`python -m bench [append|case|recover|verify|views|pages|documents|all] [--quick]`

JSON on stdout, progress on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import uvloop

from bench import append, case, documents, pages, recover, verify, views

MEASUREMENTS = ("append", "case", "recover", "verify", "views", "pages", "documents")


async def measure(names: Sequence[str], *, quick: bool) -> dict[str, Any]:
    """The figures of the named measurements, in one run."""
    found: dict[str, Any] = {}
    for name in names:
        match name:
            case "append":
                found[name] = await append.measure(append.QUICK if quick else append.Amount())
            case "case":
                found[name] = await case.measure(case.QUICK if quick else case.Amount())
            case "documents":
                found[name] = await documents.measure(documents.QUICK if quick else documents.Amount())
            case "recover":
                found[name] = await recover.measure(recover.QUICK if quick else recover.Amount())
            case "verify":
                found[name] = await verify.measure(verify.QUICK if quick else verify.Amount())
            case "views":
                found[name] = await views.measure(views.QUICK if quick else views.Amount())
            case "pages":
                found[name] = await pages.measure(pages.QUICK if quick else pages.Amount())
    return found


def surroundings() -> dict[str, Any]:
    """Where the figures were taken; they are worth comparing only with others of the same run."""
    packages = ("temporalio", "psycopg", "eventsourcing", "dbos")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=(*MEASUREMENTS, "all"))
    parser.add_argument("--quick", action="store_true", help="a few tiny rounds, to see that it works")
    asked = parser.parse_args(arguments)
    names = MEASUREMENTS if asked.what == "all" else (asked.what,)
    document = {"measured": surroundings(), **uvloop.run(measure(names, quick=asked.quick))}
    print(json.dumps(document, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
