"""Which TCP ports the stack listens on: the usual ones where they are free, and the same ones again next time."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

from workers.stack.files import write_text

LOOPBACK = "127.0.0.1"
USUAL: Mapping[str, int] = {
    "desk": 8080,
    "temporal": 7233,
    "temporal_http": 7243,
    "temporal_ui": 8233,
    "temporal_metrics": 9233,
    "postgres": 55432,
    "ledger": 8101,
    "terminals": 8102,
    "bank": 8103,
    "risk": 8104,
    "status": 8105,
    "documents": 8106,
    "notices": 8107,
}


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now. Connections that are only fading out do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free(avoid: frozenset[int] = frozenset()) -> int:
    """A port nobody listens on and that is not among `avoid`."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in avoid:
            return port


def choose(kept_in: Path, usual: Mapping[str, int] = USUAL) -> dict[str, int]:
    """Choose a port for each name and keep the choice in a file: what was chosen before, else the usual, else any free.

    Must be called while the stack is not running, for its own ports would seem taken.
    """
    kept: dict[str, int] = json.loads(kept_in.read_text()) if kept_in.exists() else {}
    chosen: dict[str, int] = {}
    for name, port in usual.items():
        taken = frozenset(chosen.values())
        wishes = [wish for wish in (kept.get(name), port) if wish is not None and wish not in taken]
        chosen[name] = next((wish for wish in wishes if is_free(wish)), None) or any_free(
            taken | frozenset(usual.values()) | frozenset(kept.values())
        )
    if chosen != kept:
        write_text(kept_in, json.dumps(chosen, indent=2))
    return chosen
