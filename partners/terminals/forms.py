"""What callers send to terminal management and what they read back."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from partners.kit import Fen, Name, Payload
from partners.terminals.states import Move, State

TransactionKind = Literal["debit", "credit", "qr", "refund", "preauth"]
Scope = Literal["all", "debit", "credit", "qr", "refund", "preauth"]
DeviceFault = Literal["power", "network", "printer", "reader", "firmware", "keys"]


def _as_list(scope: object) -> object:
    return [scope] if isinstance(scope, str) else scope


Scopes = Annotated[
    list[Scope],
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=6, description="Which transactions it stops; `all` stops everything."),
]


class Limits(Payload):
    """The most a terminal may take, in fen."""

    per_transaction_fen: Fen
    per_day_fen: Fen
    per_month_fen: Fen


STANDARD_LIMITS: Final = Limits(per_transaction_fen=5_000_000, per_day_fen=20_000_000, per_month_fen=300_000_000)
"""¥50,000 a transaction, ¥200,000 a day, ¥3,000,000 a month: what a terminal has unless told otherwise."""


class Registration(Payload):
    """A device and the merchant it serves."""

    tusn: Name = Field(description="The device's unique number, given by its maker (终端唯一标识).")
    terminal_id: Name = Field(description="The terminal number (终端号) the acquirer gave it.")
    model: Name
    merchant_no: Name = Field(description="The one merchant it serves (商户号).")
    deploy_address_ref: Name | None = Field(None, description="A reference to the address, never the address itself.")
    fee_plan: Name | None = Field(None, description="For example `ESIGN59` or `PERS59`.")


class BlockRequest(Payload):
    """A block to place, named after the control behind it."""

    control_id: Name
    scope: Scopes
    reason: Name | None = Field(None, description="A reason code; no personal data.")


class LiftRequest(Payload):
    """The block to lift."""

    control_id: Name


class MoveRequest(Payload):
    """A move in the life of a terminal."""

    move: Move
    merchant_no: Name | None = Field(None, description="Only with `bind`: the merchant it will serve.")

    @model_validator(mode="after")
    def _a_binding_names_its_merchant(self) -> Self:
        if (self.move == "bind") != (self.merchant_no is not None):
            raise ValueError("merchant_no: needed with the move bind, and with no other")
        return self


class ParametersRequest(Payload):
    """Parameters to set; those not named stay as they are."""

    params: dict[Name, str | int | bool] = Field(min_length=1, max_length=100)


class LimitsRequest(Payload):
    """New limits: either a part of the standard ones, or amounts."""

    factor: Annotated[int, Field(ge=1, le=100)] | None = Field(None, description="Percent of the standard limits.")
    limits: Limits | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.factor is None) == (self.limits is None):
            raise ValueError("give either factor or limits")
        return self

    def amounts(self) -> Limits:
        """The limits meant, in fen. A factor is always of the standard limits, so it does not compound."""
        if self.limits is not None:
            return self.limits
        assert self.factor is not None
        return Limits(**{name: fen * self.factor // 100 for name, fen in STANDARD_LIMITS.model_dump().items()})


class TestTransactionRequest(Payload):
    """A transaction of a fen or so, tried and taken back."""

    amount_fen: Fen = 1
    kind: TransactionKind = "debit"


class DeviceRequest(Payload):
    """What is broken on the device from now on; an empty list repairs it. For tests and demonstrations."""

    faults: list[DeviceFault] = Field(max_length=6)


class Block(BaseModel):
    """A named block on a terminal."""

    control_id: str
    scope: list[Scope]
    reason: str | None
    placed_at: datetime
    lifted_at: datetime | None


class BlockPlaced(Block):
    """A block that stands, and what that means for the terminal."""

    sn: str
    may_transact: bool


class BlockLifted(Block):
    """A block that stands no more. Others may: see `may_transact`."""

    sn: str
    already_lifted: bool = Field(description="True when an earlier call, under another key, had lifted it.")
    may_transact: bool


class Binding(BaseModel):
    """Whom a terminal serves."""

    merchant_no: str
    deploy_address_ref: str | None
    fee_plan: str | None


class Terminal(BaseModel):
    """A terminal as it is now."""

    sn: str
    tusn: str
    terminal_id: str
    model: str
    state: State
    binding: Binding | None = Field(description="Null while it serves nobody.")
    blocks: list[Block] = Field(description="The blocks that stand, oldest first.")
    may_transact: bool = Field(description="True only when activated and free of blocks, with keys that are good.")
    keys_live: bool = Field(description="False from a wipe until the next binding.")
    parameters: dict[str, Any]
    parameter_version: int = Field(description="Rises by one with every change of the parameters.")
    limits: Limits
    possible_moves: list[Move]
    registered_at: datetime
    changed_at: datetime


class MoveMade(BaseModel):
    """A move that a terminal made."""

    move: Move
    from_state: State
    to_state: State
    merchant_no: str | None
    moved_at: datetime


class Parameters(BaseModel):
    """All parameters after a change."""

    sn: str
    parameters: dict[str, Any]
    parameter_version: int


class LimitsSet(BaseModel):
    """The limits in force."""

    sn: str
    limits: Limits


class Check(BaseModel):
    """One thing the health check looked at."""

    name: DeviceFault
    ok: bool
    zh: str
    en: str


class Health(BaseModel):
    """The result of a health check of the device; blocks and states are no illness."""

    sn: str
    healthy: bool
    checks: list[Check]


class TestTransaction(BaseModel):
    """What became of a test transaction."""

    ref: str
    sn: str
    kind: TransactionKind
    amount_fen: int
    result: Literal["approved", "declined"]
    reason: str | None = Field(
        description="Why it was declined: `not-activated`, `keys-revoked`, `blocked`, `device-fault` or `over-limit`."
    )
    reversed: bool = Field(True, description="Always: a test never reaches a settlement.")
    tried_at: datetime
