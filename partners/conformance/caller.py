"""Whoever tries out a partner: calls with fresh keys and names, and words for what is expected of an answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import httpx2

from partners.conformance.callbacks import Listener, Told
from partners.conformance.suite import Failed

PROBLEM = "application/problem+json"
MOST_SHOWN = 200
"""Characters of an unexpected answer that are shown."""


class Caller:
    """Calls one partner. `listener` receives its callbacks, where any can arrive."""

    def __init__(self, client: httpx2.AsyncClient, listener: Listener | None = None) -> None:
        self.client = client
        self.listener = listener

    def new(self, prefix: str) -> str:
        """A name that nobody used before, in letters, digits and a dash."""
        return f"{prefix}-{secrets.token_hex(6).upper()}"

    def new_key(self) -> str:
        """An Idempotency-Key that nobody used before."""
        return f"CHECK-{secrets.token_hex(8)}:step:1"

    async def effect(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> httpx2.Response:
        """Ask for an effect, under a new key unless one is given."""
        return await self.post(path, {"json": body or {}}, key=key or self.new_key())

    async def post(self, path: str, content: Mapping[str, Any], *, key: str | None) -> httpx2.Response:
        """POST `content` (`json`, or `data` and `files`), without a key if it is None."""
        return await self.client.post(path, headers={"Idempotency-Key": key} if key else None, **content)

    async def get(self, path: str, **params: str) -> httpx2.Response:
        return await self.client.get(path, params=params)

    async def put(self, path: str, body: Mapping[str, Any] | None = None) -> httpx2.Response:
        return await self.client.put(path, json=body or {})

    async def told(self, step_key: str, *, times: int = 1) -> list[Told]:
        """The first `times` callbacks about `step_key`, as they arrived; Failed when they do not come."""
        assert self.listener is not None, "a check that waits for callbacks is skipped where none can arrive"
        return await self.listener.about(step_key, times)


def answered(response: httpx2.Response, *statuses: int) -> Any:
    """The JSON of an answer with one of these statuses (200 if none is named)."""
    wanted = statuses or (200,)
    if response.status_code not in wanted:
        raise Failed(f"{_call(response)} was to be answered {_either(wanted)}, but was answered {_shown(response)}")
    try:
        return response.json()
    except ValueError:
        raise Failed(f"{_call(response)} was to be answered in JSON, but was answered {_shown(response)}") from None


def refused(response: httpx2.Response, status: int, code: str | None = None) -> Mapping[str, Any]:
    """The problem of a refusal with this status, and this code if one is named."""
    if response.status_code != status:
        raise Failed(f"{_call(response)} was to be refused with {status}, but was answered {_shown(response)}")
    if not response.headers.get("content-type", "").startswith(PROBLEM):
        raise Failed(f"{_call(response)} was refused without saying why: {PROBLEM} with a code was expected")
    problem = answered(response, status)
    if not isinstance(problem, dict) or not isinstance(problem.get("code"), str):
        raise Failed(f"{_call(response)} was refused without a code: {_shown(response)}")
    if code is not None and problem["code"] != code:
        raise Failed(f"{_call(response)} was to be refused with the code {code}, but came with {problem['code']}")
    return problem


def equal(seen: object, wanted: object, what: str) -> None:
    """Failed unless `seen` is what is wanted; `what` names it."""
    if seen != wanted:
        raise Failed(f"{what} was to be {wanted!r}, but is {seen!r}")


def holds(truth: object, otherwise: str) -> None:
    """Failed with this sentence unless `truth` holds."""
    if not truth:
        raise Failed(otherwise)


def _call(response: httpx2.Response) -> str:
    return f"{response.request.method} {response.request.url.path}"


def _either(statuses: tuple[int, ...]) -> str:
    return " or ".join(map(str, statuses))


def _shown(response: httpx2.Response) -> str:
    text = " ".join(response.text.split())
    return f"{response.status_code} {text[:MOST_SHOWN]}{'…' if len(text) > MOST_SHOWN else ''}"
