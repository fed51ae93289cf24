"""The one-time password that a merchant enters to reset a log-in: the same for everyone who knows key and case.

It is computed, never stored: the notice carries it, the desk computes it again and compares. Six digits by the dynamic
truncation of RFC 4226, section 5.3, over HMAC-SHA-256 of the case's id.
"""

from __future__ import annotations

import hashlib
import hmac

DIGITS = 6


def one_time_key(secret: str) -> bytes:
    """The key of all one-time passwords, from a secret setting: no key is used in two ways."""
    return hmac.new(secret.encode(), b"thaw: one-time passwords", hashlib.sha256).digest()


def one_time_password(key: bytes, case_id: str) -> str:
    """The case's one-time password, six digits."""
    digest = hmac.new(key, case_id.encode(), hashlib.sha256).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def is_one_time_password(key: bytes, case_id: str, told: str) -> bool:
    """Whether `told` is the case's password; compared in constant time, spaces around it do not count."""
    return hmac.compare_digest(one_time_password(key, case_id).encode(), told.strip().encode())
