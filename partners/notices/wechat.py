"""The WeChat official account: template messages to followers, known by their openid.

WeChat answers HTTP 200 with `errcode` in the body, also when the follower left. Without settings the account is a
stand-in in this process; with THAW_NOTICES_WECHAT_URL, _APP_ID, _SECRET and _TEMPLATE_ID it is WeChat itself.
Source: WeChat's documentation of `cgi-bin/token` and `cgi-bin/message/template/send`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx2

from partners.notices.answers import Answer, judge, judge_body
from partners.notices.forms import Message

TIMEOUT_S = 5.0
LEFT = {"errcode": 43004, "errmsg": "require subscribe"}
TAKEN = {"errcode": 0, "errmsg": "ok"}
WRONG_TOKEN = frozenset({40001, 40014, 42001})
EARLY_S = 300.0
"""A token is renewed this long before it ends."""


class Account(Protocol):
    """An official account that can write to its followers."""

    async def send(self, message: Message) -> Answer:
        """Sends a template message to the follower `message.to`."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """The stand-in: who `follows` gets the message."""

    follows: Callable[[str], Awaitable[bool]]

    async def send(self, message: Message) -> Answer:
        return judge_body(TAKEN if await self.follows(message.to) else LEFT)


@dataclass(slots=True)
class Remote:
    """WeChat's own interface. The access token is fetched when it is first needed and when it has run out."""

    http: httpx2.AsyncClient
    url: str
    app_id: str
    secret: str
    template_id: str
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    async def send(self, message: Message) -> Answer:
        """A token that WeChat no longer takes is renewed once."""
        try:
            answer = await self._send(message)
            if answer.code in WRONG_TOKEN:
                self._token = ""
                answer = await self._send(message)
        except httpx2.HTTPError as error:
            return Answer("unknown", type(error).__name__)
        return answer

    async def _send(self, message: Message) -> Answer:
        if not self._token or time.monotonic() > self._until:
            refused = await self._renew()
            if refused is not None:
                return refused
        response = await self.http.post(
            f"{self.url}/cgi-bin/message/template/send",
            params={"access_token": self._token},
            json=body_of(message, self.template_id),
            timeout=TIMEOUT_S,
        )
        return judge(response)

    async def _renew(self) -> Answer | None:
        """Gets a token. What WeChat refuses about the account itself is no fault of the follower's: busy."""
        response = await self.http.get(
            f"{self.url}/cgi-bin/token",
            params={"grant_type": "client_credential", "appid": self.app_id, "secret": self.secret},
            timeout=TIMEOUT_S,
        )
        answer = judge(response)
        if answer.verdict != "taken":
            return Answer("busy", answer.detail, answer.code)
        told = response.json()
        self._token, self._until = told["access_token"], time.monotonic() + told["expires_in"] - EARLY_S
        return None


def body_of(message: Message, template_id: str) -> dict[str, Any]:
    """The template message: its subject, the case, and its text."""
    return {
        "touser": message.to,
        "template_id": template_id,
        "data": {
            "first": {"value": message.subject},
            "keyword1": {"value": message.case_id},
            "remark": {"value": message.text},
        },
    }
