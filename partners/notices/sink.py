"""A real SMTP server on this machine that keeps what arrives instead of passing it on.

It listens on the loopback interface only, on a free port, and takes mail for any address.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.errors import MessageError

import psycopg
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from psycopg_pool import PoolTimeout

from partners.notices.mail import Arrived, read

HOST = "127.0.0.1"
LARGEST = 1_000_000
"""Bytes of the largest mail taken."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Keeper:
    """What the SMTP server does with a mail. An answer of 250 means that it is stored for good."""

    keep: Callable[[Arrived], Awaitable[None]]
    takes: Callable[[str], Awaitable[bool]]

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        try:
            if not await self.takes(address):
                return "550 5.1.1 no such mailbox"
        except (psycopg.OperationalError, PoolTimeout):
            return "451 4.3.0 cannot look it up now, try again"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            for recipient in envelope.rcpt_tos:
                await self.keep(read(raw, recipient))
        except (psycopg.OperationalError, PoolTimeout):
            log.warning("mail_not_stored", exc_info=True)
            return "451 4.3.0 cannot store it now, try again"
        except (MessageError, LookupError, ValueError):
            return "554 5.6.0 not a readable message"
        return "250 2.0.0 stored"


@asynccontextmanager
async def listening(
    keep: Callable[[Arrived], Awaitable[None]], takes: Callable[[str], Awaitable[bool]]
) -> AsyncIterator[int]:
    """Runs the SMTP server in the current loop while the block runs; gives the port. `takes` says whether there is a
    mailbox of an address."""
    loop = asyncio.get_running_loop()
    keeper = Keeper(keep, takes)

    def connection() -> SMTP:
        return SMTP(keeper, hostname="localhost", ident="thaw mailbox", data_size_limit=LARGEST, loop=loop)

    server = await loop.create_server(connection, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()  # wait_closed() would wait for idle clients, on newer Pythons for minutes
