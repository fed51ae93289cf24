"""Whether another merchant has sent the same paper: the same bytes, or another picture of the same thing.

What makes a paper the same are the fields that no second one shares (a licence's code and name, a slip's sale, an
account), or, of a photograph, how it looks. Kept are only their SHA-256, and the 64 bits of a picture's look.
The same bytes fail; the same fields or a like look go to a person, for one owner may run two shops.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from partners.documents.checks import LEGIBLE, Check, Field
from partners.documents.layout import plain
from partners.documents.ocr import Page
from partners.kit import Connection, Queries

SQL = Queries(Path(__file__).with_name("queries.sql"))

IDENTITY: dict[str, tuple[str, ...]] = {
    "D01": ("uscc", "name"),
    "D03": ("number",),
    "D04": ("number",),
    "D05": ("number", "period"),
    "D06": ("terminal_id", "card_last4", "at", "amount"),
    "D07": ("number", "total"),
    "D11": ("terminal_sn",),
    "D13": ("address", "period"),
    "D17": ("number",),
    "D18": ("number",),
    "D20": ("permit_no",),
    "D22": ("number",),
    "D23": ("ticket",),
}
"""The fields that together make a paper of a type the same paper."""
PHOTOS = frozenset({"D12"})
"""Types told by their look."""
LIKE = 6
"""Bits of 64 by which two pictures of one scene may differ."""


@dataclass(frozen=True, slots=True)
class Before:
    """The merchant who sent the paper first, and when."""

    merchant_no: str
    first_seen: datetime


def identity_of(doc_type: str, fields: Sequence[Field]) -> str | None:
    """The fingerprint of what was read; None where not all of it was read with confidence."""
    names = IDENTITY.get(doc_type)
    read = {field.name: field for field in fields}
    if names is None or any(name not in read or read[name].confidence < LEGIBLE for name in names):
        return None
    said = "\n".join(plain(read[name].value).replace(" ", "").upper() for name in names)
    return hashlib.sha256(f"{doc_type}\n{said}".encode()).hexdigest()


async def note(
    connection: Connection, doc_type: str, merchant_no: str, fields: Sequence[Field], pages: Sequence[Page]
) -> list[Check]:
    """Remember what was read as this merchant's, and say whether another merchant's was the same or alike."""
    identity = identity_of(doc_type, fields)
    checks = []
    if identity is not None:
        values: dict[str, Any] = {"identity": identity, "merchant_no": merchant_no, "doc_type": doc_type}
        await connection.execute(SQL["one_identity_at_a_time"], values)
        await connection.execute(SQL["note_identity"], values)
        row = await (await connection.execute(SQL["identity_elsewhere"], values)).fetchone()
        checks.append(_judged(row is not None))
    looks = [page.look for page in pages if page.look is not None] if doc_type in PHOTOS else []
    if looks:
        checks.append(_judged_look(await _seen_alike(connection, looks, merchant_no)))
    return checks


async def _seen_alike(connection: Connection, looks: Sequence[int], merchant_no: str) -> bool:
    alike = False
    await connection.execute(SQL["looks_one_at_a_time"])
    for look in looks:
        values = {"look": f"{look:064b}", "merchant_no": merchant_no, "like": LIKE}
        alike = await (await connection.execute(SQL["look_elsewhere"], values)).fetchone() is not None or alike
        await connection.execute(SQL["note_look"], values)
    return alike


def _judged(elsewhere: bool) -> Check:
    if elsewhere:
        return Check(
            "content_not_used_elsewhere",
            "unsure",
            "另一商户已提交过内容相同的材料，需人工查看",
            "Another merchant has sent a paper that says the same; a person must look",
        )
    return Check(
        "content_not_used_elsewhere",
        "pass",
        "未见其他商户提交内容相同的材料",
        "No other merchant has sent a paper that says the same",
    )


def _judged_look(alike: bool) -> Check:
    if alike:
        return Check(
            "look_not_used_elsewhere",
            "unsure",
            "另一商户已提交过极为相似的照片，需人工查看",
            "Another merchant has sent a picture that looks nearly the same; a person must look",
        )
    return Check(
        "look_not_used_elsewhere", "pass", "未见其他商户提交相似照片", "No other merchant has sent a picture like it"
    )
