"""Where a partner's callbacks arrive while it is tried out: they are checked as the desk would check them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from partners.conformance.suite import Failed

SECONDS_TO_WAIT = 15.0
MOST_AGE_SECONDS = 300
"""What the desk takes: a signature is no older."""
_SIGNATURE = re.compile(r"t=(\d{1,12}),\s*v1=([0-9a-f]{64})")
_MEMBERS = ("message_ref", "case_id", "step_key", "outcome", "occurred_at")


@dataclass(frozen=True, slots=True)
class Told:
    """One callback: what it says, and what is wrong with how it was sent (empty when nothing is)."""

    hook: str
    body: dict[str, Any]
    wrong: tuple[str, ...]


@dataclass(slots=True)
class Listener:
    """Takes callbacks like the desk does, under `/hooks/{hook}`; `app()` is what to serve."""

    secret: str
    _by_step: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def app(self) -> FastAPI:
        """The desk's door for callbacks, and nothing else."""
        app = FastAPI(openapi_url=None)

        @app.post("/hooks/{hook}")
        async def hear(hook: str, request: Request) -> Response:
            told = _read(hook, await request.body(), request.headers.get("Thaw-Signature", ""), self.secret)
            async with self._arrived:
                self._by_step[str(told.body.get("step_key"))].append(told)
                self._arrived.notify_all()
            return JSONResponse({"state": "accepted"})

        return app

    async def about(self, step_key: str, times: int) -> list[Told]:
        """The first `times` callbacks about a step, each sound; Failed otherwise."""
        try:
            async with asyncio.timeout(SECONDS_TO_WAIT), self._arrived:
                await self._arrived.wait_for(lambda: len(self._by_step[step_key]) >= times)
        except TimeoutError:
            came = len(self._by_step[step_key])
            raise Failed(f"{times} callbacks were expected, and {came} came within {SECONDS_TO_WAIT:.0f} s") from None
        told = self._by_step[step_key][:times]
        for each in told:
            if each.wrong:
                raise Failed(f"a callback came that the desk would not take: {'; '.join(each.wrong)}")
        return told


def _read(hook: str, raw: bytes, signature: str, secret: str) -> Told:
    wrong = []
    found = _SIGNATURE.fullmatch(signature.strip())
    if found is None:
        wrong.append("it has no Thaw-Signature of the form t=<unix>,v1=<hex>")
    else:
        mac = hmac.new(secret.encode(), found[1].encode() + b"." + raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mac, found[2]):
            wrong.append("its signature does not match its body and the secret")
        if abs(time.time() - int(found[1])) > MOST_AGE_SECONDS:
            wrong.append("its signature is more than five minutes old")
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return Told(hook, {}, (*wrong, "its body is no JSON object"))
    wrong += [f"it has no {name}" for name in _MEMBERS if not isinstance(body.get(name), str) or not body[name]]
    try:
        if datetime.fromisoformat(str(body.get("occurred_at"))).tzinfo is None:
            wrong.append("its occurred_at has no time zone")
    except ValueError:
        wrong.append("its occurred_at is no time")
    return Told(hook, body, tuple(wrong))
