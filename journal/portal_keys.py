"""Links and one-time codes that let a merchant's contact into the portal, each once and for a short time.

A code has six digits, so it is kept as an HMAC under a key of ours, and guesses at it are bounded (`journal.tries`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from journal.clock import now
from journal.people import User
from journal.statements import Pool, load, reading

SQL = load("portal_keys")
HOLDS_FOR = timedelta(minutes=15)
DIGITS = 6


@dataclass(frozen=True, slots=True)
class PortalKey:
    """What is sent to the contact: the token of a link, or the code beside the case's number."""

    token: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LetIn:
    """Whom a link or code lets in, about which case, and where it had been sent (a reference into the vault)."""

    case_id: str
    user: User
    address_ref: str | None = None


class PortalKeys:
    """The keys that hold. `key` (64 hex digits) is a secret of the desk."""

    def __init__(self, pool: Pool, key: str, clock: Callable[[], datetime] = now) -> None:
        self._pool, self._clock = pool, clock
        self._key = hashlib.sha256(b"thaw: portal codes" + bytes.fromhex(key)).digest()

    async def make(self, case_id: str, merchant_no: str) -> PortalKey:
        """A new key about a case; one made before no longer counts."""
        made = PortalKey(secrets.token_urlsafe(32), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}")
        moment = self._clock()
        row = {
            "case_id": case_id,
            "merchant_no": merchant_no,
            "token": _sha256(made.token),
            "code": self._hashed(case_id, made.code),
            "holds_until": moment + HOLDS_FOR,
            "now": moment,
        }
        async with reading(self._pool) as connection:
            await connection.execute(SQL["purge"], row)
            await connection.execute(SQL["put"], row)
        return made

    async def sent_to(self, case_id: str, key: PortalKey, ref: str) -> None:
        """Notes the address that took the letter with the key."""
        async with reading(self._pool) as connection:
            await connection.execute(SQL["sent_to"], {"case_id": case_id, "token": _sha256(key.token), "ref": ref})

    async def use_code(self, case_id: str, code: str) -> LetIn | None:
        """Whom the code lets in; None for a wrong, used or old one."""
        return await self._use("use_code", {"case_id": case_id, "code": self._hashed(case_id, code)})

    async def use_token(self, token: str) -> LetIn | None:
        """Whom the link lets in; None for a wrong, used or old one."""
        return await self._use("use_token", {"token": _sha256(token)})

    async def _use(self, statement: str, values: dict[str, Any]) -> LetIn | None:
        moment = self._clock()
        async with self._pool.connection() as connection, connection.transaction():
            row = await (await connection.execute(SQL[statement], {**values, "now": moment})).fetchone()
            if row is None:
                return None
            case_id, merchant_no, address_ref = row
            user = User(f"portal-{merchant_no}", f"portal-{merchant_no}", frozenset({"merchant"}), merchant_no)
            await connection.execute(SQL["put_contact"], {"name": user.name, "merchant_no": merchant_no, "now": moment})
        return LetIn(case_id, user, address_ref)

    def _hashed(self, case_id: str, code: str) -> bytes:
        return hmac.new(self._key, f"{case_id} {code}".encode(), hashlib.sha256).digest()


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
