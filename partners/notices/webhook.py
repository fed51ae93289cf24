"""Chat robots (DingTalk, WeCom, Feishu): a POST whose true answer stands in the body.

These gateways answer HTTP 200 also when they refuse a message, and put an error code in the body:
`errcode` (DingTalk, WeCom), `code` or `StatusCode` (Feishu). 0, or a body without any of them, is a yes.
"""

from dataclasses import dataclass
from typing import Literal

import httpx2

from partners.notices.forms import Message

CODES = ("errcode", "code", "StatusCode")
TEXTS = ("errmsg", "msg", "StatusMessage")

BUSY = frozenset({-1, 130101, 410100, 45009, 45033, 9499, 11232})
"""Codes that mean "not now": system busy (-1), too fast (DingTalk 130101, 410100; WeCom 45009, 45033;
Feishu 9499, 11232). Every other code refuses the message for good."""

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the robot's gateway said. `unknown` is also "no answer": the message may have arrived."""

    verdict: Literal["taken", "refused", "busy", "unknown"]
    detail: str = ""


async def post(client: httpx2.AsyncClient, message: Message, message_id: str) -> Answer:
    """Posts a notice to the robot at `message.to` and reads the body of the answer.

    The message id travels as `Idempotency-Key`, so that a receiver which knows it takes a repeat once.
    """
    body = {"msgtype": "text", "text": {"content": f"{message.subject}\n{message.text}"}}
    try:
        response = await client.post(
            message.to, json=body, headers={"Idempotency-Key": message_id}, timeout=TIMEOUT_S, follow_redirects=False
        )
    except httpx2.HTTPError as error:
        return Answer("unknown", type(error).__name__)
    return judge(response)


def judge(response: httpx2.Response) -> Answer:
    """Reads an answer: first the HTTP status, then the code in the body."""
    if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        return Answer("busy", "HTTP 429")
    if response.is_server_error:
        return Answer("unknown", f"HTTP {response.status_code}")
    if not response.is_success:
        return Answer("refused", f"HTTP {response.status_code}")
    return _judge_body(response)


def _judge_body(response: httpx2.Response) -> Answer:
    try:
        body = response.json()
    except ValueError:
        return Answer("taken")  # not one of these gateways: the status is all it says
    if not isinstance(body, dict):
        return Answer("taken")
    code = next((body[name] for name in CODES if name in body), 0)
    if code in (0, "0", None):
        return Answer("taken")
    text = next((str(body[name]) for name in TEXTS if name in body), "")
    detail = f"code {code} {text}".strip()[:200]
    return Answer("busy" if _number(code) in BUSY else "refused", detail)


def _number(code: object) -> int | None:
    try:
        return int(str(code))
    except ValueError:
        return None
