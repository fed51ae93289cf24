"""A notice gateway that listens, keeps what it is handed, and refuses what it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Gateway:
    """What was handed over, in order, and which addresses it does not take. It also says of every paper what keeps it
    from being read."""

    url: str = ""
    letters: list[dict[str, Any]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    hindrance: str | None = None

    async def take(self, request: Request) -> Response:
        letter = await request.json()
        if letter["to"] in self.refuses:
            return JSONResponse({"code": "address-refused"}, 422)
        self.letters.append(letter)
        return JSONResponse({"message_id": "m", "delivered_at": "2026-11-27T00:00:00Z"}, 201)

    async def look(self, request: Request) -> Response:
        return JSONResponse({"legibility": 0.1, "hindrance": self.hindrance, "zh": "", "en": ""})

    async def letter(self) -> dict[str, Any]:
        """The one that comes next."""
        for _ in range(100):
            if self.letters:
                return self.letters.pop(0)
            await asyncio.sleep(0.05)
        raise AssertionError("no letter came")


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are pytest's


@asynccontextmanager
async def open_gateway() -> AsyncIterator[Gateway]:
    """A gateway on a free port."""
    gateway = Gateway()
    routes = [("/messages", gateway.take), ("/legibility", gateway.look)]
    app = Starlette(routes=[Route(path, answer, methods=["POST"]) for path, answer in routes])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        gateway.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = _Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield gateway
        finally:
            server.should_exit = True
            await serving
