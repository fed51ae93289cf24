"""Callbacks to the desk: queued in the transaction of what they tell, signed, and sent until they are taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import structlog

from partners.kit.database import Connection, Pool
from partners.kit.faults import Faults
from partners.kit.rounds import IDLE_SECONDS

log = structlog.get_logger("partners.kit")

SIGNATURE_HEADER = "Thaw-Signature"
PAGE = 16
"""Callbacks sent at once."""
LEASE_SECONDS = 30
"""For how long a taken callback is left to whoever took it; a crash meanwhile means it is sent again."""
LONGEST_BACK_OFF_SECONDS = 30.0

_QUEUE = b"""
INSERT INTO callbacks (message_ref, hook, body, contrary, due_at)
VALUES (%s, %s, %s, %s, now() + make_interval(secs => %s))
"""
_TAKE_DUE = b"""
UPDATE callbacks SET due_at = now() + make_interval(secs => %s), attempts = attempts + 1
WHERE message_ref IN (SELECT message_ref FROM callbacks WHERE delivered_at IS NULL AND due_at <= now()
                      ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING message_ref, hook, body, contrary, attempts
"""
_DELIVERED = b"""UPDATE callbacks SET delivered_at = now(), last_error = NULL WHERE message_ref = %s"""
_KEPT_BACK = b"""
UPDATE callbacks SET delivered_at = now(), last_error = 'kept back on purpose' WHERE message_ref = %s
"""
_FAILED = b"""
UPDATE callbacks SET due_at = now() + make_interval(secs => %s), last_error = %s WHERE message_ref = %s
"""
_SECONDS_TO_NEXT = b"""
SELECT extract(epoch FROM min(due_at) - now())::float8 AS seconds FROM callbacks WHERE delivered_at IS NULL
"""


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of `Thaw-Signature` for `body` sent at the Unix second `at`."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


@dataclass(frozen=True, slots=True)
class _Callback:
    message_ref: str
    hook: str
    body: str
    contrary: str | None
    attempts: int


class CallbackOutbox:
    """A partner's callbacks: `put` queues one, `send_due` is the round that sends them."""

    def __init__(self, pool: Pool, hook: str, desk_url: str, secrets: Mapping[str, str], faults: Faults) -> None:
        self._pool = pool
        self._hook = hook
        self._desk_url = desk_url.rstrip("/")
        self._secrets = secrets
        self._faults = faults

    async def put(
        self,
        connection: Connection,
        *,
        case_id: str,
        step_key: str,
        outcome: str,
        occurred_at: datetime | None = None,
        hook: str | None = None,
        after: float = 0,
        contrary: str | None = None,
        **more: Any,
    ) -> str:
        """Queue a callback in `connection`'s transaction, to be sent `after` seconds; its `message_ref`.

        It is sent right after an effect commits; after any other transaction call the partner's `wake`. `contrary` is
        the outcome that would contradict it, for a partner that is asked to contradict itself.
        """
        message_ref = str(uuid.uuid4())
        told = {
            "message_ref": message_ref,
            "case_id": case_id,
            "step_key": step_key,
            "outcome": outcome,
            "occurred_at": (occurred_at or datetime.now(UTC)).isoformat(),
        }
        body = _dumps(more | told)
        await connection.execute(_QUEUE, [message_ref, hook or self._hook, body, contrary, after])
        return message_ref

    async def send_due(self, client: httpx2.AsyncClient) -> float:
        """Send one page of due callbacks; the seconds until more may be due. Without a desk they are only kept."""
        if not self._desk_url:
            return IDLE_SECONDS
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_TAKE_DUE, [LEASE_SECONDS, PAGE])).fetchall()
        await asyncio.gather(*(self._send(client, _Callback(**row)) for row in rows))
        if len(rows) == PAGE:
            return 0
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_SECONDS_TO_NEXT)).fetchone()
        seconds = row["seconds"] if row else None
        return IDLE_SECONDS if seconds is None else max(seconds, 0.01)

    async def _send(self, client: httpx2.AsyncClient, callback: _Callback) -> None:
        if self._uses("silent_callbacks"):
            async with self._pool.connection() as connection:
                await connection.execute(_KEPT_BACK, [callback.message_ref])
            return
        bodies = [callback.body]
        if self._uses("duplicate_callbacks"):
            bodies.append(callback.body)
        if callback.contrary is not None and self._uses("contradict_callbacks"):
            bodies.append(_dumps(json.loads(callback.body) | {"outcome": callback.contrary}))
        failure: str | None = None
        for body in bodies:
            failure = await self._post(client, callback.hook, body) or failure
        async with self._pool.connection() as connection:
            if failure is None:
                await connection.execute(_DELIVERED, [callback.message_ref])
                return
            back_off = min(0.25 * 2 ** min(callback.attempts, 10), LONGEST_BACK_OFF_SECONDS)
            await connection.execute(_FAILED, [back_off, failure, callback.message_ref])
        log.warning("callback-not-taken", message_ref=callback.message_ref, hook=callback.hook, why=failure)

    def _uses(self, fault: str) -> bool:
        """Whether this callback is one of those a fault was set for; it then counts one less."""
        left: int = getattr(self._faults, fault)
        if left:
            setattr(self._faults, fault, left - 1)
        return left > 0

    async def _post(self, client: httpx2.AsyncClient, hook: str, body: str) -> str | None:
        """Send once; None when it was taken, otherwise why not."""
        secret = self._secrets.get(hook)
        if secret is None:
            return f"no secret for hook {hook}"
        raw = body.encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: signature(secret, raw, int(time.time())),
        }
        try:
            answer = await client.post(f"{self._desk_url}/hooks/{hook}", content=raw, headers=headers)
        except httpx2.HTTPError as error:
            return type(error).__name__
        return None if answer.is_success else f"answered {answer.status_code}"


def _dumps(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
