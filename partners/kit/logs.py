"""One JSON line per event on stdout; calls are named by route, for a path may hold an account number."""

from __future__ import annotations

import logging
import sys
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("partners.calls")

_QUIET = frozenset({"/healthz"})


def configure(partner: str) -> None:
    """Send this process's logs, those of libraries included, to stdout as JSON lines that name `partner`."""

    def name_partner(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["process"] = f"partner-{partner}"
        return event

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_partner,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for library in ("httpx2", "httpcore2", "mail.log"):  # each would add lines with people's addresses
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class CallLog:
    """ASGI middleware that logs each call: method, route, status, milliseconds and the effect's key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _QUIET:
            return await self._app(scope, receive, send)
        began = time.perf_counter()
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            log.info(
                "call",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", None),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
                key=_effect_key(scope),
            )


def _effect_key(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"idempotency-key"), None)
