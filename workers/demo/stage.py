"""Where the demo plays: a running stack, the people in it, its partners, and its processes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx2

from workers.api import Access, Api, ApiError, access_of, open_api
from workers.demo.telling import Telling, UnexpectedError
from workers.stack.place import Place
from workers.stack.state import read_states

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds in which whatever is waited for must happen; a busy machine is slow."""
POLL_SECONDS = 0.25
_DIGITS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(slots=True)
class Stage:
    """The stack as a script sees it. `run` names this run: serial numbers and references made with it are new."""

    place: Place
    stack: Mapping[str, Any]
    http: httpx2.AsyncClient
    people: AsyncExitStack
    telling: Telling
    run: str
    papers: Path
    _apis: dict[str, Api] = field(default_factory=dict)

    async def as_(self, user: str) -> Api:
        """The API as one of the stack's users sees it."""
        if user not in self._apis:
            self._apis[user] = await self.people.enter_async_context(open_api(access_of(user, self.place.folder)))
        return self._apis[user]

    async def admit(self, user: str, token: str) -> None:
        """Someone given a log-in just now."""
        access = Access(self.stack["desk"], token)
        self._apis[user] = await self.people.enter_async_context(open_api(access))

    async def partner(self, name: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A call to a partner's own API; effects get a key. Raises UnexpectedError for anything but success."""
        headers = {"Idempotency-Key": f"demo:{uuid4()}"} if method == "POST" else {}
        url = f"{self.stack['partners'][name]}{path}"
        response = await self.http.request(method, url, json=body, headers=headers)
        if not response.is_success:
            raise UnexpectedError(f"{name} answered {response.status_code} to {method} {path}: {response.text[:200]}")
        return response.json()

    async def fault(self, partner: str, **faults: Any) -> None:
        """Sets what goes wrong at a partner; nothing named means nothing does."""
        await self.partner(partner, "PUT", "/faults", faults)

    async def callback(self, source: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """A partner's signed callback."""
        content = json.dumps(body).encode()
        at = str(int(time.time()))
        secret: str = self.stack["hook_secrets"][source]
        signature = hmac.new(secret.encode(), at.encode() + b"." + content, hashlib.sha256).hexdigest()
        headers = {"Thaw-Signature": f"t={at},v1={signature}", "Content-Type": "application/json"}
        response = await self.http.post(f"{self.stack['desk']}/hooks/{source}", content=content, headers=headers)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def pid(self, process: str) -> int | None:
        """The process id of a part of the stack while it runs."""
        _, states = read_states(self.place.states)
        return next((state.pid for state in states if state.name == process and state.state == "running"), None)

    def kill(self, process: str) -> int:
        """kill -9, without warning; its process id. Raises UnexpectedError when it does not run."""
        pid = self.pid(process)
        if pid is None:
            raise UnexpectedError(f"{process} does not run")
        os.kill(pid, signal.SIGKILL)
        return pid


@asynccontextmanager
async def open_stage(place: Place, telling: Telling) -> AsyncIterator[Stage]:
    """The running stack of this folder."""
    stack = json.loads(place.description.read_text())
    papers = place.folder / "demo"
    papers.mkdir(exist_ok=True)
    async with (
        AsyncExitStack() as people,
        httpx2.AsyncClient(timeout=httpx2.Timeout(30.0, connect=3.0), trust_env=False) as http,
    ):
        yield Stage(place, stack, http, people, telling, new_run(), papers)


def new_run() -> str:
    """A name of seven characters that no earlier run had: the time in tenths of seconds."""
    rest, name = int(time.time() * 10), ""
    while len(name) < 7:
        rest, digit = divmod(rest, len(_DIGITS))
        name = _DIGITS[digit] + name
    return name


async def until(ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], what: str, seconds: float = PATIENCE) -> T:
    """What `ask` gives once it is good. Raises UnexpectedError when that takes too long. A desk that cannot be reached
    or is not ready meanwhile is asked again."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = found = await ask()
            if good(found):
                return found
        except ApiError as error:
            if error.status not in {0, 404, 503}:
                raise
            last = error
        except (httpx2.HTTPError, UnexpectedError) as error:
            last = error
        await asyncio.sleep(POLL_SECONDS)
    raise UnexpectedError(f"{what}: not within {seconds:.0f} s; last: {str(last)[:400]}")


def expect(holds: bool, what: str) -> None:
    """Raises UnexpectedError unless it holds."""
    if not holds:
        raise UnexpectedError(what)


async def refused(asking: Awaitable[Any], status: int, *codes: str) -> ApiError:
    """The refusal that `asking` must end in. Raises UnexpectedError when it ends otherwise."""
    try:
        answer = await asking
    except ApiError as error:
        expect(
            error.status == status and (not codes or error.code in codes),
            f"expected {status} {' or '.join(codes)}, got {error.status} {error.code}: {error}",
        )
        return error
    raise UnexpectedError(f"expected {status} {' or '.join(codes)}, but it was granted: {str(answer)[:200]}")
