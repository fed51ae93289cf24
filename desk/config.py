"""What the desk must be told to run; `workers.settings.Settings` has all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from obstore.store import ObjectStore

from journal.keys import Keyring


@dataclass(frozen=True, slots=True)
class Oidc:
    """The institution's identity provider: its issuer's address, what we are called there, the claim that holds the
    user's name here, and what the log-in page calls it."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str
    label: str


class DeskConfig(Protocol):
    """Where everything is, and the keys. Keys are 64 hex digits."""

    @property
    def database_url(self) -> str: ...
    @property
    def temporal_address(self) -> str: ...
    @property
    def temporal_namespace(self) -> str: ...
    @property
    def temporal_ui_url(self) -> str: ...
    @property
    def desk_url(self) -> str: ...
    @property
    def notices_url(self) -> str:
        """The notice gateway."""

    @property
    def documents_url(self) -> str:
        """Document verification."""

    @property
    def hook_secrets(self) -> Mapping[Any, str]:
        """One HMAC-SHA-256 secret per source of callbacks."""

    @property
    def requests_per_minute(self) -> int:
        """How many requests one caller may make; more are told to wait."""

    @property
    def payload_key(self) -> str: ...
    @property
    def payload_keys(self) -> tuple[str, ...]:
        """The keys of the payload codec: the one that encrypts, then older ones that still decrypt."""

    @property
    def vault_key(self) -> str: ...
    @property
    def signing_key(self) -> str:
        """Signs checkpoints and dossiers."""

    @property
    def checkpoints_dir(self) -> Path:
        """Where checkpoints are kept outside the database."""

    @property
    def policy_version(self) -> str | None:
        """The policy under which cases are opened; None takes the newest."""

    @property
    def staff_passwords(self) -> bool:
        """Whether staff may log in with a password."""

    def oidc(self) -> Oidc | None:
        """The identity provider by which staff log in; None for none."""

    def vault_keys(self) -> Keyring:
        """The vault's key-encryption keys: `vault_key`, and while it is being changed the next one."""

    def file_store(self) -> Path | ObjectStore:
        """Where documents are kept: a folder or a bucket."""
