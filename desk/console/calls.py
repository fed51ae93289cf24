"""A form's deed: a call of the desk's API in this process, with the rights of the session that sent the form.

So there is one place that checks bodies, roles, versions and keys, and the console cannot do what the API refuses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from starlette.requests import Request

from desk.access import COOKIE, CSRF_HEADER
from desk.language import Language

_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API answered: its status and body."""

    status: int
    body: Any


@dataclass(slots=True)
class RefusedError(Exception):
    """What the API refused, in the user's words; `errors` are (field, what is wrong with it)."""

    status: int
    kind: str
    title: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """It without the names that fields have in the API: a page shows what is wrong with a field beside it."""
        return " ".join(dict.fromkeys(text for _, text in self.errors)) or self.detail


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls for one session."""

    request: Request
    session_id: str
    csrf_secret: str
    language: Language

    async def post(self, path: str, body: Mapping[str, Any], *, key: str) -> Answer:
        """Posts JSON under an idempotency key. Raises RefusedError."""
        return await self._send(path, key, json=body)

    async def upload(self, path: str, content: AsyncIterator[bytes], content_type: str, *, key: str) -> Answer:
        """Passes a multipart form on as it arrives. Raises RefusedError."""
        return await self._send(path, key, content=content, headers={"content-type": content_type})

    async def _send(self, path: str, key: str, *, headers: Mapping[str, str] | None = None, **sent: Any) -> Answer:
        client = self.request.client or ("127.0.0.1", 0)
        transport = httpx2.ASGITransport(self.request.app, raise_app_exceptions=False, client=(client[0], client[1]))
        own = {
            "cookie": f"{COOKIE}={self.session_id}",
            CSRF_HEADER: self.csrf_secret,
            "accept-language": self.language,
            "idempotency-key": key,
            **(headers or {}),
        }
        base = f"{self.request.url.scheme}://{self.request.url.netloc}"
        async with httpx2.AsyncClient(transport=transport, base_url=base, trust_env=False, timeout=_TIMEOUT) as client_:
            answer = await client_.post(path, headers=own, **sent)
        body = answer.json() if answer.content else None
        if answer.status_code >= 400:
            raise _refused(answer.status_code, body if isinstance(body, dict) else {})
        return Answer(answer.status_code, body)


def _refused(status: int, body: Mapping[str, Any]) -> RefusedError:
    title = str(body.get("title") or status)
    return RefusedError(
        status=status,
        kind=str(body.get("type", "")).removeprefix("urn:thaw:"),
        title=title,
        detail=str(body.get("detail") or title),
        errors=tuple((str(e["field"]), str(e["detail"])) for e in body.get("errors", ())),
        facts=body.get("facts", {}),
    )
