"""Effects that happen once per key: the effect and its key's row commit in one transaction.

Two calls under one key at the same time meet at the key's row: the second waits for the first to commit and then
answers with what the first answered, or does the work itself if the first was refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from partners.kit.database import Connection
from partners.kit.payloads import Name
from partners.kit.problems import Refusal, refusals

if TYPE_CHECKING:
    from partners.kit.app import Partner

Answer = BaseModel | Mapping[str, Any]
Work = Callable[[Connection], Awaitable[Answer]]

_TAKE_KEY = b"""INSERT INTO effects (key, kind, request_hash) VALUES (%s, %s, %s) ON CONFLICT (key) DO NOTHING"""
_KEEP_ANSWER = b"""UPDATE effects SET status = %s, answer = %s WHERE key = %s"""
_FIND = b"""SELECT key, kind, request_hash, status, answer, at FROM effects WHERE key = %s"""

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="names the effect; the same key and body get the same answer and no second effect",
    ),
]


class EffectRecord(BaseModel):
    """An effect that stands: what it was, what was answered, and when."""

    key: str
    kind: str
    answer: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class EffectCall:
    """One call that asks for an effect under `key`."""

    partner: Partner
    key: str
    path: str

    async def once(
        self, kind: str, body: BaseModel | Mapping[str, Any] | bytes, work: Work, *, status: int = 201
    ) -> Response:
        """Do `work` in one transaction with the key's row and answer with what it returns.

        A repeat (same key, path and body) does nothing and gets the first answer with `Idempotent-Replay: true`.
        Raises Refusal 409 `key-reused` for another body; whatever `work` raises undoes the key's row as well.
        """
        request_hash = _hash(kind, self.path, body)
        async with self.partner.connection() as connection:
            taken = await connection.execute(_TAKE_KEY, [self.key, kind, request_hash])
            if taken.rowcount == 0:
                return await self._repeat(connection, request_hash)
            answer = _json(await work(connection))
            await connection.execute(_KEEP_ANSWER, [status, answer, self.key])
        self.partner.wake()
        return _response(answer, status)

    async def _repeat(self, connection: Connection, request_hash: bytes) -> Response:
        row = await (await connection.execute(_FIND, [self.key])).fetchone()
        assert row is not None, "the key's row was there a moment ago, and rows are never deleted"
        if bytes(row["request_hash"]) != request_hash:
            raise Refusal(409, "key-reused", "This Idempotency-Key was used for another request.")
        return _response(row["answer"], row["status"], {"Idempotent-Replay": "true"})


async def effect_call(request: Request, key: IdempotencyKey) -> EffectCall:
    """The dependency behind `Effect`: takes the key from the call's header."""
    return EffectCall(request.app.state.partner, key, request.url.path)


Effect = Annotated[EffectCall, Depends(effect_call)]


def effect_routes() -> APIRouter:
    """`GET /effects/{key}`: for a caller who lost the answer."""
    routes = APIRouter(tags=["effects"])

    @routes.get(
        "/effects/{key:path}",
        response_model=EffectRecord,
        responses=refusals(404),
        summary="Whether the effect of a key stands, and its answer",
    )
    async def find(request: Request, key: Name) -> EffectRecord:
        partner: Partner = request.app.state.partner
        async with partner.connection() as connection:
            row = await (await connection.execute(_FIND, [key])).fetchone()
        if row is None:
            raise Refusal(404, "no-such-effect", "No effect stands under this key.")
        return EffectRecord(key=row["key"], kind=row["kind"], answer=json.loads(row["answer"]), at=row["at"])

    return routes


def _json(answer: Answer) -> str:
    if isinstance(answer, BaseModel):
        return answer.model_dump_json()
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _hash(kind: str, path: str, body: BaseModel | Mapping[str, Any] | bytes) -> bytes:
    if isinstance(body, BaseModel):
        body = body.model_dump(mode="json")
    if not isinstance(body, bytes):
        body = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(b"\0".join([kind.encode(), path.encode(), body])).digest()


def _response(answer: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(answer, status_code=status, media_type="application/json", headers=headers)
