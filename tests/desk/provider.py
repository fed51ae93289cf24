"""A real OpenID Connect provider in a process of its own, and someone who consents there."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2


@asynccontextmanager
async def open_provider() -> AsyncIterator[str]:
    """The provider's address, once it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    issuer = f"http://127.0.0.1:{port}"
    try:
        async with httpx2.AsyncClient(trust_env=False) as client:
            for _ in range(200):
                try:
                    if (await client.get(f"{issuer}/.well-known/openid-configuration")).status_code == 200:
                        break
                except httpx2.HTTPError:
                    await asyncio.sleep(0.1)
            else:
                raise AssertionError("the provider did not come up")
        yield issuer
    finally:
        process.kill()
        await process.wait()


async def enter(issuer: str, subject: str, **claims: str) -> None:
    """Someone whom the provider knows, and by which claims."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.put(f"{issuer}/users/{subject}", json=claims)
        assert answer.status_code < 300, answer.text


async def consent(page: str, subject: str, *, deny: bool = False) -> tuple[str, dict[str, str]]:
    """What a browser does with our page that leads there: logs in as `subject`, and comes back with this query."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert found, page
    address = unescape(found.group(1))
    async with httpx2.AsyncClient(trust_env=False) as client:
        form = {"action": "deny"} if deny else {"sub": subject}
        answer = await client.post(address, data=form)
    assert answer.status_code in (302, 303), answer.text
    back = urlsplit(answer.headers["location"])
    return back.path, {name: values[0] for name, values in parse_qs(back.query).items()}
