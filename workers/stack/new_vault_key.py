"""The stack's vault key while it is changed: what is written down holds every key that may be needed, at every moment.

First the next key is made and written beside the old one. When nothing is wrapped with the old key any more, the next
one takes its place and the old one is gone. Processes that began before read what is written here when they meet a key
they do not know, so the desk may stay open.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from workers.settings import VAULT_KEY_VARIABLES
from workers.stack.files import PRIVATE, write_text
from workers.stack.place import Place
from workers.stack.secrets import Secrets, keep

VAULT_KEY, VAULT_KEY_NEXT = VAULT_KEY_VARIABLES


def begin(place: Place) -> Secrets:
    """The secrets with a next vault key; one that an earlier, unfinished change made is kept."""
    known = _known(place)
    if known.vault_key_next is None:
        known = known.model_copy(update={"vault_key_next": secrets.token_hex(32)})
        keep(place.secrets, known)
    _write_settings(place.settings, known)
    return known


def finish(place: Place) -> Secrets:
    """The next vault key is the only one."""
    known = _known(place)
    if known.vault_key_next is not None:
        known = known.model_copy(update={"vault_key": known.vault_key_next, "vault_key_next": None})
        _write_settings(place.settings, known)  # first: a process that looks now still finds the key it needs
        keep(place.secrets, known)
    return known


def _known(place: Place) -> Secrets:
    return Secrets.model_validate_json(place.secrets.read_text())


def _write_settings(path: Path, known: Secrets) -> None:
    """The lines of the vault's keys anew, every other line as it was."""
    keys = {VAULT_KEY: known.vault_key, VAULT_KEY_NEXT: known.vault_key_next}
    others = [line for line in path.read_text().splitlines() if line.partition("=")[0] not in keys]
    ours = [f"{name}='{key}'" for name, key in keys.items() if key]
    write_text(path, "".join(f"{line}\n" for line in (*others, *ours)), PRIVATE)
