"""A desk over a real, migrated journal, and everyone who may call it through its HTTP interface."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from argon2 import PasswordHasher
from fastapi import FastAPI

import journal as journals
from desk.app import serve_from, with_routes
from desk.config import Oidc
from desk.context import Desk
from desk.seed import seed
from journal.keys import Keyring

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
MERCHANT_NO = "898310058120001"
ROLES = {
    "officer1": ("officer",),
    "reviewer1": ("reviewer",),
    "reviewer2": ("reviewer",),
    "supervisor1": ("supervisor",),
    "compliance1": ("compliance_head",),
    "auditor1": ("auditor",),
    "engineer1": ("engineer",),
    "robot1": ("robot",),
    "merchant1": ("merchant",),
    "agent1": ("agent",),
}


@dataclass(frozen=True)
class Config:
    """The desk's settings for a test."""

    database_url: str
    files_dir: Path
    temporal_address: str = "127.0.0.1:1"  # nothing listens there
    temporal_namespace: str = "default"
    temporal_ui_url: str = "http://127.0.0.1:8233"
    notices_url: str = "http://127.0.0.1:1"
    documents_url: str = "http://127.0.0.1:1"
    desk_url: str = "http://127.0.0.1:8080"
    payload_key: str = "22" * 32
    payload_key_old: str | None = None
    vault_key: str = "11" * 32
    signing_key: str = "33" * 32
    requests_per_minute: int = 100_000
    staff_passwords: bool = True
    provider: Oidc | None = None
    policy_version: str | None = None
    hook_secrets: dict[str, str] = field(
        default_factory=lambda: {name: f"{name}-secret" for name in ("bank", "contracts", "network", "notices")}
    )

    @property
    def checkpoints_dir(self) -> Path:
        return self.files_dir.parent / "checkpoints"

    def oidc(self) -> Oidc | None:
        return self.provider

    @property
    def payload_keys(self) -> tuple[str, ...]:
        return tuple(key for key in (self.payload_key, self.payload_key_old) if key)

    def vault_keys(self) -> Keyring:
        return Keyring(self.vault_key)

    def file_store(self) -> Path:
        return self.files_dir


USERS = {
    name: {
        "roles": roles,
        "password": f"password of {name}",
        "token": f"token-{name}",
        "merchant_no": MERCHANT_NO if {"merchant", "agent"} & set(roles) else None,
    }
    for name, roles in ROLES.items()
}


@dataclass
class Caller:
    """Someone with a token, and what the desk answers them."""

    client: httpx2.AsyncClient
    headers: dict[str, str]

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.client.get(path, headers=self.headers, **more)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> httpx2.Response:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {}), **more.pop("headers", {})}
        sent = {"json": body} if body is not None else {}
        return await self.client.post(path, headers=headers, **sent, **more)

    async def command(self, case_id: str, name: str, **fields: Any) -> httpx2.Response:
        """Gives the command; without `version` in `fields` on the version that stands."""
        if "version" not in fields:
            fields["version"] = (await self.get(f"/api/v1/cases/{case_id}")).json()["version"]
        return await self.post(f"/api/v1/cases/{case_id}/commands/{name}", fields)

    async def upload(self, case_id: str, type_: str, content: bytes, name: str, **more: Any) -> httpx2.Response:
        files = {"file": (name, content, more.pop("content_type", "application/octet-stream"))}
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.client.post(
            f"/api/v1/cases/{case_id}/documents", headers=headers, data={"type": type_}, files=files, timeout=60
        )


@dataclass
class House:
    """An open desk and everyone who may call it."""

    desk: Desk
    client: httpx2.AsyncClient
    config: Config
    app: Any

    def __getattr__(self, name: str) -> Caller:
        if name not in USERS:
            raise AttributeError(name)
        return self.caller(USERS[name]["token"])

    @property
    def nobody(self) -> Caller:
        return Caller(self.client, {})

    def caller(self, token: str, **headers: str) -> Caller:
        return Caller(self.client, {"Authorization": f"Bearer {token}", "Accept-Language": "en", **headers})

    async def events(self) -> int:
        """How many case events stand in the journal."""
        async with self.desk.pool.connection() as connection:
            row = await (
                await connection.execute("select count(*) from journal.events where stream like 'FA-%'")
            ).fetchone()
            return int(row[0])

    def files(self) -> list[Path]:
        """What lies in the document store."""
        return [path for path in self.config.files_dir.rglob("*") if path.is_file()]


_closed: list[FastAPI] = []
"""Applications whose desk is closed, for the next one: making one anew takes most of a test's time."""


@asynccontextmanager
async def opened(config: Config, **more: Any) -> AsyncIterator[House]:
    """A desk over `config`, its lifespan run."""
    app = _closed.pop() if _closed else with_routes()
    serve_from(app, config, **more)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app, client=("127.0.0.1", 50000), raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            yield House(app.state.desk, client, config, app)
    _closed.append(app)


async def prepared(database: str, folder: Path) -> Config:
    """A migrated database with the demo users, merchant and terminal."""
    await journals.migrate(database)
    config = Config(database, folder / "files")
    await seed(config, USERS, hasher=CHEAP)
    return config


def problem(answer: httpx2.Response) -> dict[str, Any]:
    """The problem an answer tells."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    told: dict[str, Any] = json.loads(answer.text)
    assert told["title"]
    assert told["detail"]
    return told


async def written(desk: Desk, statement: bytes, *values: Any) -> None:
    """Change a row behind the desk's back: what no command leads to."""
    async with desk.pool.connection() as connection:
        await connection.execute(statement, values)
