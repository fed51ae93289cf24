"""Letters for the notice gateway, and what arrived of them."""

from __future__ import annotations

from typing import Any

import httpx2

LETTER = {
    "channel": "email",
    "to": "owner@shop.example",
    "subject": "您的终端已恢复收款",
    "text": "终端 SN0001 可以正常收款了。\n\n如有疑问，请致电客服。",
    "language": "zh",
    "case_id": "FA-20261109-ABCDEFGH",
    "notice": "released",
}
TEXT = LETTER | {"channel": "sms", "to": "+86 138 0013 8000"}


async def send(client: httpx2.AsyncClient, key: str = "FA-1:step:7", **message: Any) -> httpx2.Response:
    return await client.post("/messages", json=LETTER | message, headers={"Idempotency-Key": key})


async def arrived(client: httpx2.AsyncClient, **filters: Any) -> list[dict[str, Any]]:
    return (await client.get("/mailbox.json", params=filters)).json()["messages"]
