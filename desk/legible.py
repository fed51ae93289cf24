"""Can a paper be read? Asked of document verification while whoever took the picture can still take a better one.

It is a courtesy: a service that is away or busy says nothing, and the paper is checked later all the same.
"""

from __future__ import annotations

from typing import Literal, cast

import httpx2
import structlog

from desk.context import Desk

LOG = structlog.stdlib.get_logger()
PATIENCE = 6.0
"""Seconds; nobody waits longer to hear that a file has arrived."""
NOT_PRINTED = frozenset({"D12"})
"""Photographs of places: there is nothing to read."""
Hindrance = Literal["dark", "blurred", "no_print", "unclear"]
HINDRANCES: tuple[Hindrance, ...] = ("dark", "blurred", "no_print", "unclear")


async def hindrance_to(desk: Desk, doc_type: str, content: bytes) -> Hindrance | None:
    """What keeps a paper from being read; None when nothing does, or when nobody could say."""
    if doc_type in NOT_PRINTED:
        return None
    url = f"{desk.config.documents_url.rstrip('/')}/legibility"
    try:
        async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.post(url, files={"file": ("paper", content, "application/octet-stream")})
        said = answer.json().get("hindrance") if answer.is_success else None
    except (httpx2.HTTPError, ValueError, AttributeError) as error:
        LOG.info("nobody says whether a paper can be read", why=type(error).__name__)
        return None
    return cast("Hindrance", said) if said in HINDRANCES else None
