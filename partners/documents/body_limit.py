"""Turns away a request whose body is larger than any file that is taken, before it is spooled to disk."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partners.kit.problems import problem


class BodyLimit:
    """ASGI middleware: 422 `too-large` for a body of more than `most` bytes, announced or not."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if announced.isdigit() and int(announced) > self._most:
            await self._refuse(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(413)  # ends the parsing of the form; the answer to it is replaced below
            return message

        async def unless_too_large(message: Message) -> None:
            if taken <= self._most:
                await send(message)

        await self._app(scope, counted, unless_too_large)
        if taken > self._most:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"The request is larger than {self._most // 1024 // 1024} MB."
        await problem(422, "too-large", detail)(scope, receive, send)
