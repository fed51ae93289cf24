"""Personal data as it is shown to those who may not see it whole, and who may ask to.

Staff see a merchant masked; whoever needs more of it to do their work unmasks it, for a purpose that is journaled.
Engineers and robots cannot: neither needs to know who anyone is. The merchant's own people see their own.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from journal.parties import MerchantDetails

UNMASKERS = ("officer", "reviewer", "supervisor", "compliance_head", "auditor")
"""Who may see a merchant's data whole, for a purpose."""
FULL_VIEW = frozenset({"officer", "supervisor", "compliance_head", "reviewer", "merchant", "agent"})
"""Who judges papers against what is registered, and the merchant."""


def masked(value: str | None, first: int = 0, last: int = 0) -> str | None:
    """`value` with only its first and last characters; nothing of a value that short."""
    if value is None:
        return None
    if len(value) <= first + last:
        return "*" * len(value)
    return value[:first] + "*" * (len(value) - first - last) + (value[-last:] if last else "")


def merchant_shown(
    details: MerchantDetails, *, whole: bool, account: bool = False, reached: Collection[tuple[str, str]] = ()
) -> dict[str, Any]:
    """A merchant for the API. Names and numbers are shortened unless `whole`, the account's number unless `account`.
    `reached` are the channels and addresses at which it is known to be reached."""
    person, payee = details.legal_representative, details.settlement_account

    def number(value: str | None) -> str | None:
        return value if whole else masked(value, 3, 4)

    def name(value: str) -> str | None:
        return value if whole else masked(value, 1)

    return {
        "merchant_no": details.merchant_no,
        "merchant_type": details.merchant_type,
        "name": details.name if whole else masked(details.name, 2),
        "uscc": number(details.uscc),
        "resident_id": number(details.resident_id),
        "legal_representative": person and {"name": name(person.name), "resident_id": number(person.resident_id)},
        "contacts": [
            {
                "name": name(contact.name),
                "phone": number(contact.phone),
                "email": contact.email if whole else masked(contact.email, 1, 3),
                "preferred": contact.preferred,
                "language": contact.language,
                "verified": [
                    channel
                    for channel, to in (
                        ("email", contact.email),
                        ("sms", contact.phone),
                        ("wechat", contact.wechat_openid),
                    )
                    if to and (channel, to) in reached
                ],
            }
            for contact in details.contacts
        ],
        "settlement_account": {
            "holder": name(payee.holder),
            "number": payee.number if account else masked(payee.number, 0, 4),
            "bank": payee.bank,
        },
        "mcc": details.mcc,
        "address": details.address if whole else masked(details.address, 3),
        "masked": not whole,
    }
