"""A new signing key: made, introduced by the old one, and put where the desk's processes find it.

The new key is on the disk before it is introduced, so that a command that broke off is simply given again.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from domain.business_time import format_time
from journal import Journal
from journal.clock import now
from journal.key_ring import Ring
from journal.outside import Outside
from journal.sealing import Sealer
from journal.signing import SigningKey
from workers.settings import Settings
from workers.stack.files import PRIVATE, write_text
from workers.stack.place import Place
from workers.stack.secrets import keep, known_or_new

SETTING = "THAW_SIGNING_KEY"


class NowhereToKeepError(Exception):
    """Nothing here keeps keys, and it was not said where the new one shall be written."""


async def rotate(settings: Settings, place: Place, into: Path | None) -> Ring:
    """Introduces a new signing key, kept in the file `into`, or else among the secrets of the stack in `place`.

    Raises NowhereToKeepError, InvalidSigningKeyError for a file that holds something else, and what `Sealer` raises.
    """
    if into is None and not place.secrets.exists():
        raise NowhereToKeepError(
            f"there is no stack in {place.folder} to keep the new key: say with --to in which file to write it"
        )
    path = into or place.folder / "signing-key.next"
    if not path.exists():
        write_text(path, secrets.token_hex(32) + "\n", PRIVATE)
    text = path.read_text().strip()
    async with await Journal.open(settings.database_url, max_size=2) as journal:
        sealer = Sealer(journal.pool, settings.signing_key, Outside(settings.checkpoints_dir))
        ring = await sealer.rotate(SigningKey(text), format_time(now()))
    if into is None:
        _keep_in(place, text)
        path.unlink()
    return ring


def _keep_in(place: Place, key: str) -> None:
    """The stack's next start finds the new key, and so do commands typed by hand from now on."""
    keep(place.secrets, known_or_new(place.secrets).model_copy(update={"signing_key": key}))
    if place.settings.exists():
        lines = place.settings.read_text().splitlines()
        lines = [f"{SETTING}='{key}'" if line.startswith(f"{SETTING}=") else line for line in lines]
        write_text(place.settings, "\n".join(lines) + "\n", PRIVATE)
