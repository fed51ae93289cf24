"""Which TCP ports the stack listens on: the usual ones where they are free, and the same ones again next time.

A chosen port is claimed for as long as the process that chose it lives. The stack's own processes listen only seconds
later, and another stack of this user that starts in the same moment must not choose it meanwhile.
"""

import fcntl
import json
import os
import socket
import tempfile
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
    "network": 8108,
    "contracts": 8109,
    "logistics": 8110,
    "field": 8111,
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


_claims: dict[int, int] = {}
"""The ports this process has claimed, each with the handle that holds its lock."""


def claim(port: int) -> bool:
    """Whether the port is ours to give to a process of the stack: nobody listens on it, and no other process of this
    user has claimed it. The kernel lets go of a claim when its process ends, however it ends."""
    if not is_free(port):
        return False
    if port in _claims:
        return True
    handle = os.open(_claims_folder() / str(port), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return False
    _claims[port] = handle
    return True


def _claims_folder() -> Path:
    """Where this user's claims on the machine's ports lie. Nothing in it need be kept."""
    folder = Path(tempfile.gettempdir()) / f"thaw-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it, or set TMPDIR to a folder of your own")
    return folder


def _any_claimed(avoid: frozenset[int]) -> int:
    """A port out of all that are free, claimed."""
    while True:
        port = any_free(avoid)
        if claim(port):
            return port


def choose(kept_in: Path, usual: Mapping[str, int] = USUAL) -> dict[str, int]:
    """Choose and claim a port for each name, and keep the choice in a file.

    It is what was chosen before, else the usual one, else any that is free.

    Must be called while the stack is not running, for its own ports would seem taken.
    """
    kept: dict[str, int] = json.loads(kept_in.read_text()) if kept_in.exists() else {}
    chosen: dict[str, int] = {}
    for name, port in usual.items():
        taken = frozenset(chosen.values())
        wishes = [wish for wish in (kept.get(name), port) if wish is not None and wish not in taken]
        chosen[name] = next((wish for wish in wishes if claim(wish)), None) or _any_claimed(
            taken | frozenset(usual.values()) | frozenset(kept.values())
        )
    if chosen != kept:
        write_text(kept_in, json.dumps(chosen, indent=2))
    return chosen
