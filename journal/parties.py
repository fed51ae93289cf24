"""Merchants and terminals: what is known of them in the open (`Merchant`, `Terminal`), and in full (`…Details`).

The open form holds references into the vault where the full form holds personal data. The records behind the
references have these kinds and shapes:

    merchant_identity   {name, uscc, resident_id, legal_representative: {name, resident_id} or null}
    merchant_contacts   {contacts: [{name, phone, email, preferred, language, wechat_openid}]}
    settlement_account  {holder, number, bank}
    merchant_address    {address}
    deploy_address      {address, latitude and longitude where they are known}

All of them are sealed under the subject `merchant:<merchant_no>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

MerchantType = Literal["individual", "sole_trader", "company"]


class NoSuchMerchantError(LookupError):
    """No merchant is registered under this number."""

    def __init__(self, merchant_no: str) -> None:
        super().__init__(f"no merchant {merchant_no} is registered")
        self.merchant_no = merchant_no


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a resident id card."""

    name: str
    resident_id: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to, over which channel (`email`, `sms`, `wechat`), in which language (`zh`, `en`)."""

    name: str
    phone: str | None
    email: str | None
    preferred: str
    language: str
    wechat_openid: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account that money may be paid out to."""

    holder: str
    number: str
    bank: str


@dataclass(frozen=True, slots=True)
class MerchantDetails:
    """A merchant in full. An individual has a resident id and no uscc; the others have a uscc."""

    merchant_no: str
    merchant_type: MerchantType
    name: str
    uscc: str | None
    resident_id: str | None
    legal_representative: Person | None
    contacts: tuple[Contact, ...]
    settlement_account: Account
    mcc: str
    address: str

    def __post_init__(self) -> None:
        if self.merchant_type == "individual" and (self.uscc is not None or self.resident_id is None):
            raise ValueError("an individual is known by a resident id, not by a uscc")
        if self.merchant_type != "individual" and self.uscc is None:
            raise ValueError(f"a {self.merchant_type} is known by its uscc")

    def sealed_parts(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """What goes to the vault: for each reference of `Merchant`, the record's kind and data."""
        person = self.legal_representative
        return {
            "identity_ref": (
                "merchant_identity",
                {
                    "name": self.name,
                    "uscc": self.uscc,
                    "resident_id": self.resident_id,
                    "legal_representative": asdict(person) if person else None,
                },
            ),
            "contacts_ref": ("merchant_contacts", {"contacts": [asdict(contact) for contact in self.contacts]}),
            "account_ref": ("settlement_account", asdict(self.settlement_account)),
            "address_ref": ("merchant_address", {"address": self.address}),
        }

    @classmethod
    def unsealed(cls, merchant: Merchant, parts: Mapping[str, Mapping[str, Any]]) -> Self:
        """The details from the open form and its records' data by reference."""
        identity = parts[merchant.identity_ref]
        person = identity["legal_representative"]
        return cls(
            merchant_no=merchant.merchant_no,
            merchant_type=merchant.merchant_type,
            name=identity["name"],
            uscc=identity["uscc"],
            resident_id=identity["resident_id"],
            legal_representative=Person(**person) if person else None,
            contacts=tuple(Contact(**contact) for contact in parts[merchant.contacts_ref]["contacts"]),
            settlement_account=Account(**parts[merchant.account_ref]),
            mcc=merchant.mcc,
            address=parts[merchant.address_ref]["address"],
        )


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant in the open. `version` counts its registration and updates, from 1."""

    merchant_no: str
    merchant_type: MerchantType
    mcc: str
    identity_ref: str
    contacts_ref: str
    account_ref: str
    address_ref: str
    version: int

    @property
    def subject(self) -> str:
        """Whose data key seals this merchant's data."""
        return subject_of(self.merchant_no)


@dataclass(frozen=True, slots=True)
class TerminalDetails:
    """A terminal in full, and the merchant it is bound to; `latitude` and `longitude` (degrees north and east, WGS 84)
    of where it stands, both or neither."""

    terminal_sn: str
    tusn: str
    terminal_id: str
    model: str
    merchant_no: str
    deploy_address: str
    fee_plan: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal in the open. `version` counts its registration and updates, from 1."""

    terminal_sn: str
    tusn: str
    terminal_id: str
    model: str
    merchant_no: str
    deploy_address_ref: str
    fee_plan: str
    version: int


def subject_of(merchant_no: str) -> str:
    """The vault's subject for everything about a merchant and the people behind it."""
    return f"merchant:{merchant_no}"
