"""`thaw privacy rotate-key`: beside a stack its secrets follow; elsewhere the settings say both keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from journal import Journal
from journal.keys import Kek
from journal.vault import Vault
from workers.cli import build
from workers.settings import load_settings
from workers.stack import new_vault_key
from workers.stack.desk import Desk
from workers.stack.place import Place

OLD, NEW = "11" * 32, "22" * 32


@pytest.fixture
async def ref(database: str) -> str:
    """A record sealed under the old key."""
    async with await Journal.open(database) as journal:
        return await Vault(journal.pool, OLD).put("merchant:1", "note", {"text": "保密"})


@pytest.fixture
def thaw(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the command with the settings of a deployment; None leaves a setting out."""
    monkeypatch.setenv("THAW_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("THAW_DATABASE_URL", database)
    monkeypatch.setenv("THAW_HOOK_SECRETS", "{}")
    monkeypatch.setenv("THAW_PAYLOAD_KEY", "ab" * 32)
    monkeypatch.setenv("THAW_SIGNING_KEY", "cd" * 32)

    async def run(**keys: str | None) -> Result:
        for name, key in ({"vault_key": OLD, "vault_key_next": NEW} | keys).items():
            monkeypatch.setenv(f"THAW_{name.upper()}", key or "")
        return await asyncio.to_thread(CliRunner().invoke, build(), ["privacy", "rotate-key", "--json"])

    return run


async def opened_with(database: str, ref: str, key: str) -> Any:
    async with await Journal.open(database) as journal:
        return await Vault(journal.pool, key).get(ref)


async def test_elsewhere_both_keys_are_settings(thaw: Callable[..., Any], ref: str, database: str) -> None:
    done = await thaw()
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == {"old": Kek(OLD).id, "new": Kek(NEW).id, "wrapped": 1}
    assert await opened_with(database, ref, NEW) == {"text": "保密"}


@pytest.mark.parametrize(("keys", "says"), [
    ({"vault_key_next": None}, "THAW_VAULT_KEY_NEXT"),
    ({"vault_key_next": "22" * 31}, "vault_key_next"),
    ({"vault_key": None}, "vault_key"),
    ({"vault_key": "44" * 32}, Kek(OLD).id),
])  # fmt: skip
async def test_a_wrong_missing_or_malformed_key_is_told_and_changes_nothing(
    thaw: Callable[..., Any], ref: str, database: str, keys: dict[str, str | None], says: str
) -> None:
    refused = await thaw(**keys)
    assert refused.exit_code == 1
    assert says in json.loads(refused.output)["error"]
    assert not any(key in refused.output for key in (OLD, NEW, "22" * 31, "44" * 32))
    assert await opened_with(database, ref, OLD) == {"text": "保密"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The folder of a stack that was opened once."""
    place = Place(tmp_path)
    place.make()
    Desk.at(place).write_down()
    return place


async def test_beside_a_stack_its_secrets_follow(
    place: Place, thaw: Callable[..., Any], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Desk.at(place).secrets.vault_key
    async with await Journal.open(database) as journal:
        ref = await Vault(journal.pool, old).put("merchant:1", "note", {"text": "保密"})
    done = await thaw(vault_key=old, vault_key_next=None)
    assert done.exit_code == 0, done.output

    new = Desk.at(place).secrets.vault_key
    assert json.loads(done.output) == {"old": Kek(old).id, "new": Kek(new).id, "wrapped": 1}
    assert Desk.at(place).secrets.vault_key_next is None
    assert old not in place.secrets.read_text() + place.settings.read_text()
    assert (place.secrets.stat().st_mode & 0o777, place.settings.stat().st_mode & 0o777) == (0o600, 0o600)
    assert await opened_with(database, ref, new) == {"text": "保密"}
    monkeypatch.setenv("THAW_VAULT_KEY", old)  # a process of the stack that began with the old key
    assert load_settings().vault_keys().get(Kek(new).id)


async def test_until_it_is_done_both_keys_stand_in_the_secrets(place: Place) -> None:
    before = Desk.at(place).secrets
    begun = new_vault_key.begin(place)
    again = new_vault_key.begin(place)
    assert begun == again
    assert begun.vault_key == before.vault_key
    assert begun.vault_key_next not in {None, before.vault_key}
    settings = Desk.at(place).settings()
    assert (settings["THAW_VAULT_KEY"], settings["THAW_VAULT_KEY_NEXT"]) == (begun.vault_key, begun.vault_key_next)
    assert begun.vault_key_next in place.settings.read_text()
    assert "THAW_DATABASE_URL" in place.settings.read_text()
    assert new_vault_key.finish(place) == new_vault_key.finish(place)
    assert Desk.at(place).secrets.vault_key == begun.vault_key_next
