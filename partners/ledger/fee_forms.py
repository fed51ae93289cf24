"""What the calls about activation fees and deposits take and answer."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from partners.kit import Currency, Fen, Name, Payload
from partners.ledger.forms import MerchantNo, PostingBody

Kind = Literal["activation_fee", "deposit", "purchase"]
State = Literal["agreed", "charged", "refunded", "kept", "returned"]


class Fee(Payload):
    """A terminal's plan: an activation fee goes back when its volume target is reached, a deposit with the device,
    the price of a purchase never. What each plan costs is the caller's rule."""

    merchant_no: MerchantNo
    terminal_sn: Name
    plan: Annotated[Name, Field(examples=["PERS59"])]
    kind: Kind
    amount_fen: Fen
    volume_target_fen: Fen | None = None
    currency: Currency = "CNY"

    @model_validator(mode="after")
    def _a_target_for_an_activation_fee(self) -> Self:
        if (self.kind == "activation_fee") != (self.volume_target_fen is not None):
            raise ValueError("an activation fee has a volume_target_fen, and nothing else has one")
        return self


class FeeRefund(Payload):
    """Sends a charged fee back to the merchant's bank account."""

    fee_key: Name
    case_id: Name


class FeeEnd(Payload):
    """Keeps a charged fee for good, or gives a kept one back by agreement."""

    fee_key: Name
    reason: Name


class FeeBody(BaseModel):
    """A fee as it stands; its key is the Idempotency-Key it was agreed under.

    `volume_fen` is the terminal's volume so far: takings less refunds, reversals and what is held. `posting` is the one
    this call has made, if any.
    """

    fee_key: str
    merchant_no: str
    terminal_sn: str
    plan: str
    kind: Kind
    amount_fen: int
    volume_target_fen: int | None
    volume_fen: int
    state: State
    posting: PostingBody | None = None

    @property
    def reached(self) -> bool:
        """Whether the volume that gives the fee back has been made; true where none is asked for."""
        return self.volume_target_fen is None or self.volume_fen >= self.volume_target_fen
