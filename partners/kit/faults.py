"""The fault switch: makes a partner slow, broken, absent or forgetful on request, so that callers can be tested."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partners.kit.problems import problem

_ALWAYS = frozenset({"/faults"})
"""Answered in an outage, too: otherwise it could not be ended."""
_WATCHED = frozenset({"/faults", "/healthz", "/openapi.json"})
"""Not slowed and not counted as calls: a health check must not use up the errors meant for a caller."""


class Faults(BaseModel):
    """What goes wrong from now on. Counters fall as they are used; all zero and false is a healthy partner."""

    model_config = ConfigDict(extra="forbid")

    latency_ms: int = Field(0, ge=0, le=600_000, description="every call is answered this much later")
    errors: int = Field(0, ge=0, description="the next calls that are answered 500 before any effect")
    outage: bool = Field(False, description="every call but /faults is answered 503")
    lose_answers: int = Field(0, ge=0, description="the next effect calls that take effect and are answered 504")
    duplicate_callbacks: int = Field(0, ge=0, description="the next callbacks that are delivered twice")
    contradict_callbacks: int = Field(
        0,
        ge=0,
        description="the next callbacks that are followed by one of the same message_ref saying the contrary",
    )
    silent_callbacks: int = Field(0, ge=0, description="the next callbacks that are never sent")


def fault_routes(faults: Faults) -> APIRouter:
    """`GET` and `PUT /faults` over `faults`, which is changed in place."""
    routes = APIRouter(tags=["faults"])

    @routes.get("/faults", response_model=Faults, summary="What is set to go wrong")
    async def read() -> Faults:
        return faults

    @routes.put("/faults", response_model=Faults, summary="Set what goes wrong; what is not named goes right")
    async def write(body: Faults) -> Faults:
        for name in Faults.model_fields:
            setattr(faults, name, getattr(body, name))
        return faults

    return routes


class FaultSwitch:
    """ASGI middleware that lets the faults happen to every call around `app`."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            return await self._app(scope, receive, send)
        faults = self._faults
        if faults.outage:
            return await problem(503, "outage", "This partner is down.")(scope, receive, send)
        if scope["path"] in _WATCHED:
            return await self._app(scope, receive, send)
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        if faults.errors:
            faults.errors -= 1
            return await problem(500, "broken", "This partner fails before it acts.")(scope, receive, send)
        if faults.lose_answers and _asks_for_an_effect(scope):
            return await self._lose_answer(scope, receive, send)
        return await self._app(scope, receive, send)

    async def _lose_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call take effect and keep its answer back; a refusal had no effect and is passed on."""
        lost = False

        async def keep_back(message: Message) -> None:
            nonlocal lost
            if message["type"] == "http.response.start" and message["status"] < 400 and self._faults.lose_answers:
                self._faults.lose_answers -= 1
                lost = True
            if not lost:
                await send(message)

        await self._app(scope, receive, keep_back)
        if lost:
            await problem(504, "answer-lost", "The answer was lost on its way.")(scope, receive, send)


def _asks_for_an_effect(scope: Scope) -> bool:
    return scope["method"] == "POST" and any(name == b"idempotency-key" for name, _ in scope["headers"])
