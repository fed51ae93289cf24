"""What only this stack knows, made once and kept in `.thaw/secrets.json` (mode 0600): keys, passwords, tokens."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from workers.settings import CallbackSource, Hex64
from workers.stack.files import PRIVATE, write_text

DEMO_MERCHANT_NO = "898310058120001"

ROLES: Mapping[str, tuple[str, ...]] = {
    "officer1": ("officer",),
    "reviewer1": ("reviewer",),
    "reviewer2": ("reviewer",),
    "reviewer3": ("reviewer",),
    "supervisor1": ("supervisor",),
    "compliance1": ("compliance_head",),
    "compliance2": ("compliance_head",),
    "auditor1": ("auditor",),
    "engineer1": ("engineer",),
    "robot1": ("robot",),
    "merchant1": ("merchant",),
    "agent1": ("agent",),
}
"""The demo users. There are two compliance heads, as who entered a legal order decides nothing else in its case.
Merchant and agent belong to one merchant; the seeding step registers it."""

SOURCES: tuple[CallbackSource, ...] = ("network", "terminals", "bank", "logistics", "notices", "contracts", "field")


class User(BaseModel):
    """A demo user's log-in; `merchant_no` only for those who belong to a merchant."""

    model_config = ConfigDict(frozen=True)
    roles: tuple[str, ...]
    password: str = Field(repr=False)
    token: str = Field(repr=False)
    merchant_no: str | None = None


class Secrets(BaseModel):
    """Everything that must not be guessed."""

    model_config = ConfigDict(frozen=True)
    database_password: str = Field(repr=False)
    payload_key: Hex64 = Field(repr=False)
    payload_key_old: Hex64 | None = Field(default=None, repr=False)
    """The one before it, as long as something that was written under it must be read."""
    vault_key: Hex64 = Field(repr=False)
    vault_key_next: Hex64 | None = Field(default=None, repr=False)
    """Only while the vault's key is being changed."""
    signing_key: Hex64 = Field(default_factory=lambda: secrets.token_hex(32), repr=False)
    hook_secrets: dict[CallbackSource, str] = Field(repr=False)
    users: Annotated[dict[str, User], Field(repr=False)]


def known_or_new(path: Path) -> Secrets:
    """The secrets kept in the file, made up first when there is none; what was added since, users too, is made now."""
    kept = Secrets.model_validate_json(path.read_text()) if path.exists() else None
    made = Secrets(
        database_password=kept.database_password if kept else secrets.token_hex(16),
        payload_key=kept.payload_key if kept else secrets.token_hex(32),
        payload_key_old=kept.payload_key_old if kept else None,
        vault_key=kept.vault_key if kept else secrets.token_hex(32),
        signing_key=kept.signing_key if kept else secrets.token_hex(32),
        vault_key_next=kept.vault_key_next if kept else None,
        hook_secrets={source: secrets.token_hex(24) for source in SOURCES} | (kept.hook_secrets if kept else {}),
        users={name: _new_user(name) for name in ROLES} | (kept.users if kept else {}),
    )
    keep(path, made)
    return made


def keep(path: Path, known: Secrets) -> None:
    """Writes the secrets into their file, if it says anything else."""
    text = json.dumps(known.model_dump(mode="json", exclude_none=True), indent=2)
    if not path.exists() or path.read_text() != text:
        write_text(path, text, PRIVATE)


def _new_user(name: str) -> User:
    roles = ROLES[name]
    return User(
        roles=roles,
        password=secrets.token_urlsafe(9),
        token=f"thaw_{name}_{secrets.token_urlsafe(24)}",
        merchant_no=DEMO_MERCHANT_NO if {"merchant", "agent"} & set(roles) else None,
    )
