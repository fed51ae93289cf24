"""Events of the freeze and its controls."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events.values import Due, PlacedControl, QuestionedTransaction


@dataclass(frozen=True, slots=True)
class TerminalFrozen:
    """A control opened the case. Everything later is judged under `policy_version`."""

    case_id: str
    terminal_sn: str
    merchant_no: str
    merchant_type: str
    policy_version: str
    control: PlacedControl
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ControlAttached:
    """A further control of the same kind of case was placed on the terminal."""

    control: PlacedControl
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class ControlEnforced:
    """A control took effect outside: its money is held at the ledger, or its block stands at the terminal system."""

    control_id: str
    effect: str


@dataclass(frozen=True, slots=True)
class HoldRefused:
    """The ledger could not hold the amount; `available_fen` was what the merchant had."""

    control_id: str
    available_fen: int


@dataclass(frozen=True, slots=True)
class TransactionsQuestioned:
    """Risk control named the transactions a control is about."""

    control_id: str
    transactions: tuple[QuestionedTransaction, ...]


@dataclass(frozen=True, slots=True)
class HoldRejustifyDue:
    """A hold has stood `day` days and must be justified anew by a reviewer of `tier`."""

    control_id: str
    day: int
    tier: str
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class HoldRejustified:
    """Someone other than its placer found that the hold must go on."""

    control_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DisposalDue:
    """A hold has reached its longest time: it is to be disposed of at L3."""

    control_id: str
    day: int
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class FreezeNoticeLate:
    """The merchant was not told of the freeze within its time."""

    due: str
