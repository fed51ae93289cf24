"""Every setting of Thaw's processes, read from the environment (`THAW_…`); only `workers` reads it.

`thaw up` gives its children these variables and also keeps them in `.thaw/settings.env`, so that a command typed by
hand beside a running stack (`thaw case list`) finds the same desk. Elsewhere the variables come from the deployment.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CallbackSource = Literal["network", "terminals", "bank", "logistics"]

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
    mailbox_url: str = "http://127.0.0.1:8107/mailbox"

    hook_secrets: dict[CallbackSource, str] = Field(repr=False)
    """One HMAC-SHA-256 secret per source of callbacks."""
    payload_key: Hex64 = Field(repr=False)
    """AES-256-GCM key of the codec that encrypts what Temporal stores; 64 hex digits."""
    vault_key: Hex64 = Field(repr=False)
    """The key that wraps each subject's data key (AES-KW); 64 hex digits."""
    signing_key: Hex64 = Field(repr=False)
    """The Ed25519 key that signs checkpoints and dossiers; 64 hex digits."""

    metrics_address: str | None = None
    """`host:port` where a worker process serves Prometheus metrics of the engine's client; None serves none."""

    data_dir: Path = Path(".thaw")
    files_dir: Path = Path(".thaw/files")
    log_dir: Path = Path(".thaw/logs")
    checkpoints_dir: Path = Path(".thaw/checkpoints")
    """Where signed checkpoints are kept outside the database."""
    checkpoint_seconds: float = Field(default=60.0, gt=0)
    """How often the relay seals what was written since."""
    policy_version: str | None = None
    """A dated policy pack of `policies/`; None takes the newest."""


def data_dir() -> Path:
    """The stack's folder: `THAW_DATA_DIR`, else `.thaw` where we are."""
    return Path(os.environ.get(DATA_DIR_VARIABLE, ".thaw")).resolve()


def load_settings() -> Settings:
    """The settings of this process: the environment, and beside a stack on this machine what `thaw up` kept."""
    return Settings(_env_file=data_dir() / "settings.env", _env_file_encoding="utf-8")
