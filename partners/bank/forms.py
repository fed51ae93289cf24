"""What the bank takes and answers. Amounts are integer fen, currency is CNY."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints

from partners.kit import Currency, Fen, Name, Payload


def _without_spaces(value: object) -> object:
    return value.replace(" ", "") if isinstance(value, str) else value


AccountNumber = Annotated[
    str,
    BeforeValidator(_without_spaces),
    StringConstraints(pattern=r"^[0-9A-Za-z-]{4,40}$"),
    Field(description="the account's number; spaces are ignored", examples=["6222020200112233445"]),
]


AccountState = Literal["open", "closed"]
Difference = Literal["holder", "resident_id", "uscc", "phone"]
BounceReason = Literal["account_closed", "holder_mismatch"]


class AccountFile(Payload):
    """An account as the bank shall know it."""

    holder: Name
    bank: Name | None = None
    state: AccountState = "open"


class AccountBody(BaseModel):
    """An account as the bank knows it."""

    number: str
    holder: str
    bank: str | None
    state: AccountState


class AccountCheck(Payload):
    """Whether an account is whose it is said to be; what is given is compared."""

    holder: Name
    number: AccountNumber
    bank: Name | None = None
    resident_id: Name | None = None
    uscc: Name | None = None
    phone: Name | None = None


class AccountCheckBody(BaseModel):
    """`match` is yes when nothing differs; `differs` names what does, not how."""

    match: Literal["yes", "no"]
    state: AccountState
    differs: list[Difference]


class MicroDeposit(Payload):
    """Send a few fen to an account, to be told back by its holder."""

    number: AccountNumber
    holder: Name


class MicroDepositBody(BaseModel):
    """A micro-deposit; its amount shows on the account's statement only."""

    deposit_ref: str
    state: Literal["pending", "confirmed", "failed"]
    tries_left: int
    expires_at: datetime


class Told(Payload):
    """The amount the holder says has arrived."""

    amount_fen: Fen


class Movement(BaseModel):
    """A credit on an account."""

    at: datetime
    kind: Literal["payout", "micro_deposit"]
    amount_fen: int
    ref: str


class AccountStatement(BaseModel):
    """An account's latest movements, newest first."""

    number: str
    movements: list[Movement]


class PayoutAccount(Payload):
    """Where a payout goes."""

    holder: Name
    number: AccountNumber
    bank: Name | None = None


class Payout(Payload):
    """Money to be sent to an account."""

    case_id: Name
    amount_fen: Fen
    account: PayoutAccount
    currency: Currency = "CNY"


class PayoutBody(BaseModel):
    """A payout; its key is the Idempotency-Key it was made under. `reason` is set once it bounced."""

    payout_key: str
    payout_ref: str
    case_id: str
    amount_fen: int
    currency: Currency
    state: Literal["accepted", "confirmed", "bounced"]
    reason: BounceReason | None
    accepted_at: datetime
    settled_at: datetime | None


class RecordedTransaction(Payload):
    """A transaction as the switch recorded it; `last4` are the last digits of the card."""

    ref: Name
    merchant_no: Name
    terminal_id: Name
    kind: Literal["sale", "refund", "reversal"] = "sale"
    amount_fen: Fen
    at: AwareDatetime
    last4: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class TransactionBatch(Payload):
    """Transactions to be recorded."""

    transactions: Annotated[list[RecordedTransaction], Field(min_length=1, max_length=500)]


class TransactionList(BaseModel):
    """Recorded transactions, oldest first."""

    transactions: list[RecordedTransaction]
