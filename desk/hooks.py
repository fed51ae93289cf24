"""Partners' callbacks: signed, fresh, each message once; what contradicts our record goes to the discrepancy queue.

A callback is stored together with the command it leads to before it is answered, so no partner's word is lost when
the engine is away. The case's workflow has the last word on what it means; it journals repeats and contradictions.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from desk import problems
from desk.bodies import Id, Line
from desk.context import Desk
from desk.delivery import deliver_stored, message_of
from desk.histories import Told, tell
from desk.problems import Problem
from domain import agreement, field
from domain.actors import Actor
from domain.business_time import format_time
from domain.case import Case
from domain.commands import AnswerAgreement, AnswerPayout, AnswerVisit
from domain.events import DiscrepancyFound
from domain.release import answer_payout
from journal.callbacks import Discrepancy, Received, note, receive
from journal.inbox import put
from journal.statements import Connection
from workflows.messages import CommandOrder

Source = Literal["network", "terminals", "bank", "logistics", "notices", "contracts", "field"]
WINDOW = timedelta(minutes=5)
CASELESS = ("BC-", "PR-", "CB-")
"""How the names begin that notices about no case bear in place of a case's: a notice to all, a promise, a call-back."""
MOST_REPEATS = 20
"""Repeats of one message that are still told to the case; a partner that goes on is only counted."""

_SIGNATURE = re.compile(r"t=(?P<t>[0-9]{1,12}),\s*v1=(?P<v1>[0-9a-f]{64})")


class Callback(BaseModel):
    """What every callback says; sources add fields of their own."""

    model_config = ConfigDict(extra="allow")

    message_ref: Line
    case_id: Line
    step_key: Line
    outcome: Line
    occurred_at: AwareDatetime
    reason: Annotated[str, Field(max_length=500)] = ""


class BankCallback(Callback):
    """The bank's word on a payout."""

    outcome: Literal["confirmed", "bounced"]
    step_key: Id


class Slot(BaseModel):
    """An appointment."""

    ends: AwareDatetime


class FieldCallback(Callback):
    """Field service's word on a visit."""

    outcome: Literal["assigned", "no_show", "cancelled", "done"]
    step_key: Id
    visit_ref: Line | None = None
    result: Literal["done", "beyond_repair", "swapped"] | None = None
    slot: Slot | None = None


class ContractsCallback(Callback):
    """Contract signing's word on an agreement."""

    outcome: Literal["signed", "declined", "withdrawn", "expired"]
    step_key: Id
    signature_ref: Annotated[str, Field(max_length=500)] = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a callback: accepted, duplicate or discrepancy."""

    message_ref: str
    state: str


def check_signature(secret: str | None, header: str, body: bytes, now: datetime) -> None:
    """Raises the 401 problem unless `header` signs `body` with `secret` within the last five minutes."""
    found = _SIGNATURE.fullmatch(header.strip())
    if secret is None or found is None:
        raise _forged("缺少有效的 Thaw-Signature 签名。", "Send Thaw-Signature: t=<unix>,v1=<HMAC-SHA-256>.")
    expected = hmac.new(secret.encode(), found["t"].encode() + b"." + body, sha256).hexdigest()
    if not hmac.compare_digest(expected, found["v1"]):
        raise _forged("签名与内容不符。", "The signature does not match the body.")
    if abs(now.timestamp() - int(found["t"])) > WINDOW.total_seconds():
        raise _forged("签名已过期(超过 5 分钟)。请重新签名发送。", "The signature is older than 5 minutes; sign anew.")


def _forged(zh: str, en: str) -> Problem:
    return problems.unauthenticated(zh, en)


def read(source: Source, body: bytes) -> Callback:
    """The callback in a body that was signed. Raises the 422 problem."""
    try:
        text = body.decode()
        json.loads(text)
        if "\\u0000" in text:
            raise ValueError("it holds the character U+0000")
        return KINDS.get(source, Callback).model_validate_json(text)
    except ValidationError as error:
        raise problems.of_validation(error.errors()) from None
    except (ValueError, RecursionError) as error:
        raise problems.of_validation((), str(error)) from None


KINDS: Mapping[Source, type[Callback]] = {
    "bank": BankCallback, "field": FieldCallback, "contracts": ContractsCallback,
}  # fmt: skip
"""The sources whose messages say what becomes of a case, and their form."""


async def hear(desk: Desk, source: Source, callback: Callback) -> Heard:
    """Takes a callback in: stored, with what follows from it, in one transaction."""
    told = await tell(desk, callback.case_id)
    said = callback.model_dump(mode="json")
    async with desk.pool.connection() as connection, connection.transaction():
        received = await receive(connection, source, callback.message_ref, said)
        found = _contradiction(source, callback, told, received)
        if found is not None:
            await note(connection, found)
        command_id = await _pass_on(connection, source, callback, told, received)
    if command_id is not None:
        desk.soon(deliver_stored(desk, command_id), "deliver a callback")
    if found is not None:
        return Heard(callback.message_ref, "discrepancy")
    return Heard(callback.message_ref, "accepted" if received.times == 1 else "duplicate")


async def _pass_on(
    connection: Connection, source: Source, callback: Callback, told: Told | None, received: Received
) -> str | None:
    """Puts the word of a source that cases wait for, repeats too, into the case's inbox; other sources' messages are
    only kept for now."""
    said = _word(callback)
    if said is None or told is None or told.case.finished or received.times > MOST_REPEATS:
        return None
    command_id = f"callback:{source}:{callback.message_ref}:{received.times}"
    partner = Actor(source, ("partner",))
    await put(
        connection,
        message_of(
            CommandOrder(_COMMANDS[type(said)], json.dumps(asdict(said), ensure_ascii=False), command_id, partner)
        ),
        callback.case_id,
    )
    return command_id


def _contradiction(source: Source, callback: Callback, told: Told | None, received: Received) -> Discrepancy | None:
    """What the callback says against what we hold, if it does."""
    if told is None:
        about_no_case = source == "notices" and callback.case_id.startswith(CASELESS)
        return None if about_no_case else _found(source, callback, "no such case")
    if not received.same and received.body.get("outcome") != callback.outcome:
        return _found(source, callback, str(received.body.get("outcome")))
    recorded = _recorded_against(told.case, _word(callback))
    return _found(source, callback, recorded) if recorded is not None else None


_Word = AnswerPayout | AnswerVisit | AnswerAgreement
_COMMANDS: Mapping[type[Any], str] = {
    AnswerPayout: "answer_payout", AnswerVisit: "answer_visit", AnswerAgreement: "answer_agreement",
}  # fmt: skip


def _recorded_against(case: Case, said: _Word | None) -> str | None:
    """What the case holds against a partner's word."""
    match said:
        case AnswerVisit():
            return field.contradicted(case, said)
        case AnswerAgreement():
            return agreement.contradicted(case, said)
        case AnswerPayout():
            events = answer_payout(case, said)
            return next((event.recorded for event in events if isinstance(event, DiscrepancyFound)), None)
        case None:
            return None


def _word(callback: Callback) -> _Word | None:
    """What a message says to its case; None from sources that no case waits for."""
    at = format_time(callback.occurred_at)
    match callback:
        case BankCallback():
            return AnswerPayout(callback.step_key, callback.outcome, callback.message_ref, callback.reason)
        case FieldCallback():
            return AnswerVisit(
                step_key=callback.step_key,
                outcome=callback.outcome,
                message_ref=callback.message_ref,
                happened_at=at,
                visit_ref=callback.visit_ref or "",
                result=callback.result or "",
                slot_ends=format_time(callback.slot.ends) if callback.slot else "",
            )
        case ContractsCallback():
            return AnswerAgreement(
                callback.step_key, callback.outcome, callback.message_ref, at, callback.signature_ref
            )
        case _:
            return None


def _found(source: Source, callback: Callback, recorded: str) -> Discrepancy:
    return Discrepancy(source, callback.message_ref, callback.case_id, callback.step_key, recorded, callback.outcome)


def shown(heard: Heard) -> Mapping[str, Any]:
    return {"message_ref": heard.message_ref, "state": heard.state}
