"""What a merchant may name as its webhook: a plain https address whose host is no address of a house.

The gateway looks again, at the addresses the name stands for, whenever it sends; this is the early word.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

import httpx2

from domain.text import Text

INNER = ("localhost", "internal", "local", "lan", "home", "corp", "intranet", "arpa")
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*", re.IGNORECASE)


def fault_of(text: str) -> Text | None:
    """What is wrong with the URL of a webhook; None for nothing that can be seen in it."""
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return Text("不是有效的网址", "This is not a URL")
    host = url.host.rstrip(".").lower()
    if url.scheme != "https" or not host:
        return Text("须以 https:// 开头", "It must begin with https://")
    if url.userinfo:
        return Text("网址中不能含用户名或密码", "It must not carry a user name or a password")
    if _is_inner(host):
        return Text("不能指向内部地址", "It must not lead to an inner address")
    return None


def _is_inner(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in INNER or _NUMBERS.fullmatch(host) is not None
