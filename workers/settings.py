"""Every setting of Thaw's processes, read from the environment (`THAW_…`); only `workers` reads it.

`thaw up` gives its children these variables and also keeps them in `.thaw/settings.env`, so that a command typed by
hand beside a running stack (`thaw case list`) finds the same desk. Elsewhere the variables come from the deployment.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from obstore.store import ObjectStore
from pydantic import Field, StringConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from desk.config import Oidc
from journal.keys import Keyring
from workers.file_store import BucketUrl, bucket

Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CallbackSource = Literal["network", "terminals", "bank", "logistics", "notices", "contracts", "field"]

BUCKET_VARIABLES = tuple(
    f"THAW_FILES_{name}" for name in ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
)
VAULT_KEY_VARIABLES = ("THAW_VAULT_KEY", "THAW_VAULT_KEY_NEXT")
DATA_DIR_VARIABLE = "THAW_DATA_DIR"


class Settings(BaseSettings):
    """Where everything is, and the keys. Errors: pydantic's ValidationError names each missing or wrong setting."""

    model_config = SettingsConfigDict(env_prefix="THAW_", extra="ignore", frozen=True, hide_input_in_errors=True)

    database_url: str = Field(repr=False)
    partner_database_url: str | None = Field(default=None, repr=False)

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui_url: str = "http://127.0.0.1:8233"

    desk_url: str = "http://127.0.0.1:8080"
    desk_host: str = "127.0.0.1"
    desk_port: int = 8080

    ledger_url: str = "http://127.0.0.1:8101"
    terminals_url: str = "http://127.0.0.1:8102"
    bank_url: str = "http://127.0.0.1:8103"
    risk_url: str = "http://127.0.0.1:8104"
    status_url: str = "http://127.0.0.1:8105"
    documents_url: str = "http://127.0.0.1:8106"
    notices_url: str = "http://127.0.0.1:8107"
    network_url: str = "http://127.0.0.1:8108"
    contracts_url: str = "http://127.0.0.1:8109"
    logistics_url: str = "http://127.0.0.1:8110"
    field_url: str = "http://127.0.0.1:8111"
    mailbox_url: str = "http://127.0.0.1:8107/mailbox"

    requests_per_minute: int = Field(default=6000, gt=0)
    """How many requests one caller may make of the desk."""
    staff_passwords: bool = True
    """Whether staff may log in with a password; an identity provider makes it dispensable."""
    oidc_issuer: str | None = None
    """The address of the OpenID Connect provider by which staff log in; None has none."""
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = Field(default=None, repr=False)
    oidc_claim: str = "preferred_username"
    """The claim that holds the name a user has at this desk."""
    oidc_label: str = "SSO"
    """What the log-in page calls the provider."""
    trusted_proxies: str | None = None
    """The addresses of the proxies in front of the desk, with commas between; what they say of a caller's address and
    scheme is believed. None believes nobody."""

    hook_secrets: dict[CallbackSource, str] = Field(repr=False)
    """One HMAC-SHA-256 secret per source of callbacks."""
    payload_key: Hex64 = Field(repr=False)
    """AES-256-GCM key of the codec that encrypts what Temporal stores; 64 hex digits."""
    payload_key_old: Hex64 | None = Field(default=None, repr=False)
    """The key that was in its place: what was written under it can still be read."""
    vault_key: Hex64 = Field(repr=False)
    """The key that wraps each subject's data key (AES-KW); 64 hex digits."""
    signing_key: Hex64 = Field(repr=False)
    """The Ed25519 key that signs checkpoints and dossiers; 64 hex digits."""
    vault_key_next: Hex64 | None = Field(default=None, repr=False)
    """The key that is to take its place; set only while `thaw privacy rotate-key` changes from one to the other."""

    metrics_address: str | None = None
    """`host:port` where a worker process serves Prometheus metrics of the engine's client; None serves none."""

    data_dir: Path = Path(".thaw")
    files_dir: Path = Path(".thaw/files")
    """The folder of the documents, unless they are in a bucket."""
    files_bucket: BucketUrl | None = None
    """`s3://bucket/prefix`: the documents are in a bucket of an S3 service."""
    files_endpoint: str | None = None
    """Where that service is (`https://…`); None is Amazon's."""
    files_region: str = "us-east-1"
    files_access_key_id: str | None = Field(default=None, repr=False)
    files_secret_access_key: str | None = Field(default=None, repr=False)
    """The bucket's key; without it the machine's own role opens the bucket."""
    log_dir: Path = Path(".thaw/logs")
    checkpoints_dir: Path = Path(".thaw/checkpoints")
    """Where signed checkpoints are kept outside the database."""
    checkpoint_seconds: float = Field(default=60.0, gt=0)
    """How often the relay seals what was written since."""
    starts_per_second: float | None = Field(default=None, gt=0)
    """How many cases the relay starts a second at most, also when the engine has lost them all; None starts as many as
    the engine takes."""
    policy_version: str | None = None
    """A dated policy pack of `policies/`; None takes the newest."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_none(cls, given: dict[str, object]) -> dict[str, object]:
        """An optional setting that is given as an empty text is one that is not given."""
        optional = {name for name, field in cls.model_fields.items() if field.default is None}
        return {name: value for name, value in given.items() if value != "" or name not in optional}

    @model_validator(mode="after")
    def _a_key_has_two_parts(self) -> Self:
        if (self.files_access_key_id is None) != (self.files_secret_access_key is None):
            raise ValueError("files_access_key_id and files_secret_access_key go together: set both, or neither")
        return self

    @model_validator(mode="after")
    def _a_provider_has_three_parts(self) -> Self:
        given = {self.oidc_issuer is None, self.oidc_client_id is None, self.oidc_client_secret is None}
        if len(given) > 1:
            raise ValueError("oidc_issuer, oidc_client_id and oidc_client_secret go together: set all, or none")
        if self.oidc_issuer is None and not self.staff_passwords:
            raise ValueError("without staff_passwords staff need an identity provider to log in: set oidc_issuer")
        return self

    def oidc(self) -> Oidc | None:
        """The identity provider by which staff log in."""
        if self.oidc_issuer is None or self.oidc_client_id is None or self.oidc_client_secret is None:
            return None
        return Oidc(self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret, self.oidc_claim, self.oidc_label)

    @property
    def payload_keys(self) -> tuple[str, ...]:
        """The keys of the codec: the one that encrypts, then the one before it."""
        return tuple(key for key in (self.payload_key, self.payload_key_old) if key)

    def vault_keys(self) -> Keyring:
        """The key-encryption keys of the vault; in doubt, what the stack beside us has written down since is read."""
        given = [key for key in (self.vault_key, self.vault_key_next) if key]
        return Keyring(*given, more=_vault_keys_written_down)

    def file_store(self) -> Path | ObjectStore:
        """Where documents are kept."""
        if self.files_bucket is None:
            return self.files_dir
        return bucket(
            self.files_bucket,
            endpoint=self.files_endpoint,
            region=self.files_region,
            key_id=self.files_access_key_id,
            secret=self.files_secret_access_key,
        )


def data_dir() -> Path:
    """The stack's folder: `THAW_DATA_DIR`, else `.thaw` where we are."""
    return Path(os.environ.get(DATA_DIR_VARIABLE, ".thaw")).resolve()


def settings_file() -> Path:
    """What `thaw up` kept."""
    return data_dir() / "settings.env"


def load_settings() -> Settings:
    """The settings of this process: the environment, and beside a stack on this machine what `thaw up` kept."""
    return Settings(_env_file=settings_file(), _env_file_encoding="utf-8")


def _vault_keys_written_down() -> Iterator[str]:
    kept = dotenv_values(settings_file(), interpolate=False)
    yield from (key for name in VAULT_KEY_VARIABLES if (key := kept.get(name)))
