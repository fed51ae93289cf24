"""What travels to a case's workflow: its journal to start from, and commands; and how a refusal travels back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio.exceptions import ApplicationError

from domain.actors import Actor
from domain.business_time import format_time
from domain.commands import Asked, Command
from domain.refusals import Refused
from domain.wire import Answer, command_of

INVALID = "invalid"
"""The error type of a command whose name or body makes no sense."""


@dataclass(frozen=True, slots=True)
class CaseInput:
    """The case's journal so far, as `domain.wire.entries_json`: what a run starts from and continues with.

    `continue_after` continues a run once its own history has so many events, for tests of long histories; otherwise
    the engine says when.
    """

    entries: str
    continue_after: int | None = None


@dataclass(frozen=True, slots=True)
class CommandOrder:
    """A command on its way to a case: its name and JSON body, who asks, under which id, having seen which version."""

    name: str
    body: str
    command_id: str
    by: Actor
    seen: int | None = None


def command_in(order: CommandOrder) -> Command:
    """The command an order carries. Raises an ApplicationError of type INVALID for one that makes no sense."""
    try:
        return command_of(order.name, order.body)
    except ValueError as error:
        raise ApplicationError(str(error), type=INVALID, non_retryable=True) from error


def asked_in(order: CommandOrder, now: datetime) -> Asked:
    return Asked(order.command_id, order.by, format_time(now), order.seen)


def refusal_error(refused: Refused) -> ApplicationError:
    """A refusal as the caller of an update gets it: its type is the code, its details are status, zh and en."""
    details = (refused.status, refused.text.zh, refused.text.en)
    return ApplicationError(refused.text.en, *details, type=refused.code, non_retryable=True)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was refused, in words for its author. `status` is the HTTP status class."""

    code: str
    status: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command that was delivered late: its answer, or its refusal."""

    answer: Answer | None = None
    refused: Refusal | None = None


def refusal_of(refused: Refused) -> Refusal:
    return Refusal(refused.code, refused.status, refused.text.zh, refused.text.en)


def error_of(refusal: Refusal) -> ApplicationError:
    """The same of a refusal in words."""
    return ApplicationError(refusal.en, refusal.status, refusal.zh, refusal.en, type=refusal.code, non_retryable=True)


def senseless(error: Exception) -> Refusal:
    """The refusal of an order that carries no command, or none that can be written down."""
    return Refusal(INVALID, 422, "指令内容无法识别,请重新提交。", f"The command makes no sense: {error}")


def refused_before(code: str) -> Refusal:
    """The refusal of an order that was refused, and the refusal journaled, in an earlier run."""
    return Refusal(code, 409, f"该指令此前已被拒绝({code})。", f"This command was refused before: {code}.")
