"""Posts over HTTP: to the chat robots of colleagues (WeCom, DingTalk), and to merchants' own systems, signed.

The message id travels as `Idempotency-Key`, so that a receiver which knows it takes a repeat once.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import httpx2

from partners.kit.callbacks import SIGNATURE_HEADER, signature
from partners.notices.answers import Answer, judge
from partners.notices.forms import Message
from partners.notices.outgoing import NotAllowedError, Resolve, UnknownHostError, by_name_service, look_at

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to URLs that others named; `inside` are the receivers in this house that may be posted to."""

    http: httpx2.AsyncClient
    inside: frozenset[str] = frozenset()
    resolve: Resolve = by_name_service

    async def robot(self, message: Message, message_id: str) -> Answer:
        """Tells a chat robot the subject and the text."""
        body = {"msgtype": "text", "text": {"content": f"{message.subject}\n{message.text}"}}
        return await self._post(message, message_id, _json(body), {})

    async def webhook(self, message: Message, message_id: str) -> Answer:
        """Posts the message as data, signed with its recipient's secret: `Thaw-Signature: t=<unix>,v1=<hex HMAC-SHA-256
        of "t.body">`."""
        told = message.model_dump(include={"notice", "case_id", "subject", "text", "language"})
        body = _json({"message_id": message_id, **told})
        return await self._post(
            message, message_id, body, {SIGNATURE_HEADER: signature(message.secret or "", body, int(time.time()))}
        )

    async def _post(self, message: Message, message_id: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            target = await look_at(message.to, self.inside, self.resolve)
            response = await self.http.post(
                target.url,
                content=body,
                headers={
                    "Content-Type": "application/json",
                    "Idempotency-Key": message_id,
                    **headers,
                    **target.headers,
                },
                extensions=target.extensions,
                timeout=TIMEOUT_S,
                follow_redirects=False,
            )
        except NotAllowedError as error:
            return Answer("refused", str(error))
        except UnknownHostError as error:
            return Answer("unknown", str(error))
        except httpx2.HTTPError as error:
            return Answer("unknown", type(error).__name__)
        return judge(response)


def _json(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
