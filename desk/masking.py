"""Personal data as it is shown to those who may not see it whole."""

from __future__ import annotations

from typing import Any

from journal.parties import MerchantDetails

FULL_VIEW = frozenset({"officer", "supervisor", "compliance_head", "reviewer", "merchant", "agent"})
"""Who sees a merchant's name and identity as they are: those who judge papers against them, and the merchant."""


def masked(value: str | None, first: int = 0, last: int = 0) -> str | None:
    """`value` with only its first and last characters; nothing of a value that short."""
    if value is None:
        return None
    if len(value) <= first + last:
        return "*" * len(value)
    return value[:first] + "*" * (len(value) - first - last) + (value[-last:] if last else "")


def merchant_shown(details: MerchantDetails, *, whole: bool) -> dict[str, Any]:
    """A merchant for the API. Identity, phone and account numbers are shortened unless `whole`."""
    person, account = details.legal_representative, details.settlement_account

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
            }
            for contact in details.contacts
        ],
        "settlement_account": {
            "holder": name(account.holder),
            "number": masked(account.number, 0, 4),
            "bank": account.bank,
        },
        "mcc": details.mcc,
        "address": details.address if whole else masked(details.address, 3),
    }
