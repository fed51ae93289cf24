"""What a message gateway's answer means: these say yes or no in the body, whatever the HTTP status.

WeChat, WeCom, DingTalk and Feishu answer HTTP 200 also when they refuse a message, and put an error code in the body:
`errcode` (WeChat, WeCom, DingTalk), `code` or `StatusCode` (Feishu). 0, or a body without any of them, is a yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import httpx2

CODES = ("errcode", "code", "StatusCode")
TEXTS = ("errmsg", "msg", "StatusMessage")

BUSY = frozenset({-1, 130101, 410100, 45009, 45033, 9499, 11232})
"""Codes that mean "not now": system busy (-1), too fast (DingTalk 130101, 410100; WeChat and WeCom 45009, 45033;
Feishu 9499, 11232). Every other code refuses the message for good."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. `unknown` is also "no answer": the message may have arrived."""

    verdict: Literal["taken", "refused", "busy", "unknown"]
    detail: str = ""
    code: int | None = None


def judge(response: httpx2.Response) -> Answer:
    """Reads an answer: first the HTTP status, then the code in the body."""
    if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
        return Answer("busy", "HTTP 429")
    if response.is_server_error:
        return Answer("unknown", f"HTTP {response.status_code}")
    if not response.is_success:
        return Answer("refused", f"HTTP {response.status_code}")
    try:
        body = response.json()
    except ValueError:
        return Answer("taken")  # not one of these gateways: the status is all it says
    return judge_body(body)


def judge_body(body: Any) -> Answer:
    """Reads the code in a body."""
    if not isinstance(body, dict):
        return Answer("taken")
    said = next((body[name] for name in CODES if name in body), 0)
    if said in (0, "0", None):
        return Answer("taken")
    text = next((str(body[name]) for name in TEXTS if name in body), "")
    code = _number(said)
    return Answer("busy" if code in BUSY else "refused", f"code {said} {text}".strip()[:200], code)


def _number(code: object) -> int | None:
    try:
        return int(str(code))
    except ValueError:
        return None
