"""What the ledger takes and answers. Amounts are integer fen, currency is CNY."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from partners.kit import Currency, Fen, Name, Payload
from partners.kit.payloads import Day, FenOrZero

MerchantNo = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9-]{1,40}$"),
    Field(description="the merchant's number", examples=["898310154110001"]),
]
Side = Literal["debit", "credit"]
Outcome = Literal["confirmed", "bounced"]


class Settlement(Payload):
    """A day's takings the card network owes, credited to the merchant; a refund or reversal takes some back.

    With `terminal_sn` they count towards that terminal's volume. `booked_on` is a day that is over and not yet closed,
    today where it is missing.
    """

    merchant_no: MerchantNo
    amount_fen: Fen
    ref: Name
    kind: Literal["sale", "refund", "reversal"] = "sale"
    terminal_sn: Name | None = None
    booked_on: Day | None = None
    currency: Currency = "CNY"


class Hold(Payload):
    """Money kept from a merchant under one control. What is held of a terminal's takings is no part of its volume."""

    merchant_no: MerchantNo
    case_id: Name
    control_id: Name
    amount_fen: Fen
    terminal_sn: Name | None = None
    currency: Currency = "CNY"


class Reservation(Payload):
    """Held money of these controls to set aside for one release; taken from the controls in the order given."""

    merchant_no: MerchantNo
    case_id: Name
    amount_fen: Fen
    control_ids: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]
    currency: Currency = "CNY"

    @model_validator(mode="after")
    def _each_control_once(self) -> Self:
        if len(set(self.control_ids)) < len(self.control_ids):
            raise ValueError("a control is named twice")
        return self


class Cancellation(Payload):
    """Gives a reservation's money back to its controls."""

    reservation_key: Name


class Release(Payload):
    """What becomes of reserved money: to the merchant, and kept as penalty, claims or the network's penalty."""

    merchant_no: MerchantNo
    case_id: Name
    reservation_key: Name
    release_fen: FenOrZero
    penalty_fen: FenOrZero = 0
    claims_fen: FenOrZero = 0
    network_penalty_fen: FenOrZero = 0
    currency: Currency = "CNY"

    @property
    def total_fen(self) -> int:
        """All that leaves the hold."""
        return self.release_fen + self.penalty_fen + self.claims_fen + self.network_penalty_fen

    @model_validator(mode="after")
    def _moves_something(self) -> Self:
        if self.total_fen == 0:
            raise ValueError("a release moves more than 0 fen")
        return self


class Payout(Payload):
    """Money sent from a merchant's payable balance to its bank account."""

    merchant_no: MerchantNo
    case_id: Name
    amount_fen: Fen
    currency: Currency = "CNY"


class PayoutOutcome(Payload):
    """What the bank said of a payout in transit."""

    payout_key: Name
    outcome: Outcome


class Resend(Payload):
    """Sends a bounced payout once more."""

    payout_key: Name


class Reversal(Payload):
    """Undoes one posting by its opposite."""

    posting_id: Name
    reason: Name


class PenaltyReversal(Payload):
    """Gives a penalty of a case back to the merchant."""

    merchant_no: MerchantNo
    case_id: Name
    amount_fen: Fen
    currency: Currency = "CNY"


class LineBody(BaseModel):
    """One side of a posting; `account` is `bank` or `merchant_payable:<merchant_no>`."""

    account: str
    side: Side
    amount_fen: int


class PostingBody(BaseModel):
    """A posting as it stands in the books."""

    posting_id: str
    kind: str
    merchant_no: str | None
    case_id: str | None
    key: str
    ref: str | None
    posted_at: datetime
    booked_on: date
    reverses: str | None = None
    reversed_by: str | None = None
    lines: list[LineBody]


class MerchantBody(BaseModel):
    """A merchant's accounts and what they hold; `reserved_fen` is the part of merchant_held set aside."""

    merchant_no: str
    balances: dict[str, int] = Field(examples=[{"merchant_payable": 200_000_000, "merchant_held": 0}])
    reserved_fen: int


class PartBody(BaseModel):
    """What one control gives to a reservation."""

    control_id: str
    amount_fen: int


class ReservationBody(BaseModel):
    """A reservation; its key is the Idempotency-Key it was made under."""

    reservation_key: str
    merchant_no: str
    case_id: str
    amount_fen: int
    state: Literal["open", "cancelled", "released"]
    parts: list[PartBody]


class PayoutState(BaseModel):
    """A payout as it stands; its key is the Idempotency-Key it was first sent under."""

    payout_key: str
    merchant_no: str
    case_id: str
    amount_fen: int
    state: Literal["in_transit", "confirmed", "bounced"]


class PayoutBody(PayoutState):
    """A payout and the posting just made for it."""

    posting: PostingBody


class ControlBody(BaseModel):
    """What one control holds: held = released + penalty + claims + network_penalty + remaining, of which reserved."""

    control_id: str
    merchant_no: str
    case_id: str
    held_fen: int
    released_fen: int
    penalty_fen: int
    claims_fen: int
    network_penalty_fen: int
    reserved_fen: int
    remaining_fen: int
    terminal_sn: str | None


class HoldsBody(BaseModel):
    """The holds of a case."""

    case_id: str
    holds: list[ControlBody]


class PostingsBody(BaseModel):
    """The postings of a case, oldest first."""

    case_id: str
    postings: list[PostingBody]


class PostingsOfDay(BaseModel):
    """A page of the postings booked on a day, oldest first; `next` continues after it, null at the end."""

    day: date
    postings: list[PostingBody]
    next: str | None


class StatementLine(BaseModel):
    """One movement on one of a merchant's accounts."""

    posting_id: str
    kind: str
    case_id: str | None
    ref: str | None
    posted_at: datetime
    booked_on: date
    account: str
    side: Side
    amount_fen: int


class StatementBody(BaseModel):
    """A page of a merchant's movements, oldest first; `next` continues after it, null at the end.

    `opening` and `closing` are what each of its accounts held before and after the page.
    """

    merchant_no: str
    opening: dict[str, int]
    closing: dict[str, int]
    lines: list[StatementLine]
    next: str | None


class ChartLine(BaseModel):
    """A kind of account."""

    code: str
    nature: Literal["asset", "liability", "income"]
    per_merchant: bool
    name_zh: str
    name_en: str


class Chart(BaseModel):
    """The chart of accounts."""

    accounts: list[ChartLine]


class AccountBody(BaseModel):
    """An account's totals; `balance_fen` is on the side where such an account grows."""

    account: str
    merchant_no: str | None
    nature: Literal["asset", "liability", "income"]
    debit_fen: int
    credit_fen: int
    balance_fen: int


class TrialBalance(BaseModel):
    """All accounts at one moment, with what was booked through a day (null: everything); the difference is always 0."""

    through: date | None

    debit_fen: int
    credit_fen: int
    difference_fen: int
    accounts: list[AccountBody]
