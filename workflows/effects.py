"""How a procedure reaches its partners: each call on its partner's queue, with its time-outs and retries.

Nothing here decides. A refusal or an unknown answer comes out as the activity's error; `refused` and `available_fen`
read it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.commands import CheckedDocument
    from domain.events import QuestionedTransaction
    from domain.policy import Timers
    from workflows import ports

QUICK = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)
"""A few tries, to find out whether a partner is there."""
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
"""For as long as it takes."""

_HEARTBEAT = timedelta(seconds=10)
_ONE_CALL = timedelta(seconds=20)
_NEXT_TRY = timedelta(hours=1)

T = TypeVar("T")


async def effect(name: str, order: ports.Order, timers: Timers, summary: str) -> ports.Receipt:
    """Have an effect done, retried under its key for as long as nothing can have happened."""
    receipt: ports.Receipt = await workflow.execute_activity(
        name,
        order,
        result_type=ports.Receipt,
        task_queue=ports.EFFECTS[name],
        start_to_close_timeout=timedelta(seconds=timers.step_timeout_seconds),
        heartbeat_timeout=_HEARTBEAT,
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1),
            maximum_interval=timedelta(seconds=timers.step_backoff_most_seconds),
        ),
        summary=summary,
    )
    return receipt


async def look_up(name: str, order: ports.Order) -> ports.Receipt | None:
    """What became of an effect nobody answered for, by its key; None when it never took place."""
    queue = ports.EFFECTS[name]
    receipt: ports.Receipt | None = await workflow.execute_activity(
        f"{queue}.look_up",
        order,
        result_type=ports.Receipt | None,  # type: ignore[arg-type]  # the converter reads unions
        task_queue=queue,
        start_to_close_timeout=_ONE_CALL,
        retry_policy=PATIENT,
        summary=f"what became of {order.key}",
    )
    return receipt


async def insist(name: str, order: ports.Order, timers: Timers, summary: str) -> ports.Receipt:
    """An effect that must come about: an unknown answer is asked for until it is known. Raises when refused."""
    while True:
        try:
            return await effect(name, order, timers, summary)
        except ActivityError as error:
            if refused(error) is not None or is_cancelled_exception(error):
                raise
            found = await learn(name, order, timers)
            if found:
                return found
            await workflow.sleep(timers.step_backoff_first_seconds, summary=f"before {summary} is tried again")


async def learn(name: str, order: ports.Order, timers: Timers) -> ports.Receipt | None:
    """What became of an effect, asked until the partner says. (A run in which a look-up was refused before that told
    nothing goes on with the refusal.)"""
    while True:
        try:
            return await look_up(name, order)
        except ActivityError as error:
            if is_cancelled_exception(error) or not refused_look_up_says_nothing():
                raise
        await workflow.sleep(timers.step_backoff_first_seconds, summary=f"before {order.key} is asked for again")


def refused_look_up_says_nothing() -> bool:
    """Whether a look-up that a partner refuses leaves its effect unknown; asked only when one was refused."""
    return workflow.patched("a-refused-look-up-says-nothing")


async def until_answered(call: Callable[[], Awaitable[T]], why: str) -> T:
    """The answer of a call that ends in an error only where a person must put something right; it is tried hourly."""
    while True:
        try:
            return await call()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
        await in_an_hour(why)


async def in_an_hour(why: str) -> None:
    """Wait before something is tried again that a person must put right."""
    await workflow.sleep(_NEXT_TRY, summary=f"{why}; it is tried again")


async def needed_in_an_hour(needed: Callable[[], bool], why: str) -> bool:
    """The same, unless it is no longer needed before."""
    try:
        await workflow.wait_condition(
            lambda: not needed(), timeout=_NEXT_TRY, timeout_summary=f"{why}; it is tried again"
        )
    except TimeoutError:
        return True
    return False


async def verify(order: ports.VerifyOrder, retry: RetryPolicy) -> CheckedDocument:
    """Have the machine read one document."""
    verified: ports.Verified = await workflow.execute_activity(
        ports.DOCUMENTS_VERIFY,
        order,
        result_type=ports.Verified,
        task_queue="documents",
        start_to_close_timeout=timedelta(minutes=5),
        heartbeat_timeout=timedelta(seconds=15),
        retry_policy=retry,
        summary=f"read {order.doc_type}",
    )
    return CheckedDocument(order.document_id, verified.outcome, verified.findings, verified.valid_until, verified.owed)


async def questions(order: ports.Order) -> tuple[QuestionedTransaction, ...]:
    """Which transactions risk control questions."""
    asked = await _ask(ports.RISK_QUESTIONS, order, ports.Questions, "risk", "which transactions are questioned")
    return tuple(QuestionedTransaction(t.ref, t.amount_fen, t.at, t.last4, t.terminal_id) for t in asked.transactions)


async def payout_state(order: ports.Order) -> ports.PayoutState:
    """What the bank says of a payout, asked by its key."""
    return await _ask(ports.BANK_PAYOUT, order, ports.PayoutState, "bank", "ask the bank about the payout")


async def check_account(order: ports.Order) -> ports.AccountCheck:
    """Whether a new payout account is the merchant's own."""
    return await _ask(ports.BANK_CHECK_ACCOUNT, order, ports.AccountCheck, "bank", "check the new account")


async def visit_state(order: ports.Order) -> ports.VisitState:
    """What field service says of a visit."""
    return await _ask(ports.FIELD_VISIT, order, ports.VisitState, "field", "ask field service about the visit")


async def agreement_state(order: ports.Order) -> ports.AgreementState:
    """What contract signing says of an agreement."""
    return await _ask(
        ports.CONTRACTS_AGREEMENT, order, ports.AgreementState, "contracts", "ask contract signing about the agreement"
    )


async def _ask(name: str, order: ports.Order, answer: type[T], queue: str, summary: str) -> T:
    """A question that changes nothing, asked for as long as it takes."""
    told: T = await workflow.execute_activity(
        name,
        order,
        result_type=answer,
        task_queue=queue,
        start_to_close_timeout=_ONE_CALL,
        retry_policy=PATIENT,
        summary=summary,
    )
    return told


async def note_visit(note: ports.VisitNote) -> None:
    """Have it kept among the merchant's contacts what was promised, kept, or missed."""
    await workflow.execute_activity(
        ports.FIELD_NOTE,
        note,
        task_queue="field",
        start_to_close_timeout=_ONE_CALL,
        retry_policy=PATIENT,
        summary=f"visit {note.what}",
    )


async def notify(order: ports.NoticeOrder) -> ports.Delivered:
    """Have a notice delivered, once under its key."""
    delivered: ports.Delivered = await workflow.execute_activity(
        ports.NOTICES_SEND,
        order,
        result_type=ports.Delivered,
        task_queue="notices",
        start_to_close_timeout=_ONE_CALL,
        heartbeat_timeout=_HEARTBEAT,
        retry_policy=PATIENT,
        summary=f"{order.notice} to {order.audience}",
    )
    return delivered


def quiet(error: ActivityError) -> timedelta | None:
    """How long the merchant must not be rung up, when that is why a notice did not go out."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type == ports.QUIET:
        return timedelta(seconds=float(cause.details[0]))
    return None


def refused(error: ActivityError) -> str | None:
    """The partner's code when it refused for good, else None."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type == ports.REFUSED:
        return str(cause.details[0]) if cause.details else "refused"
    return None


def available_fen(error: ActivityError) -> int | None:
    """What the ledger said the merchant had (fen) when it refused a hold; None when it refused for another reason."""
    cause = error.cause
    facts = cause.details[1] if isinstance(cause, ApplicationError) and len(cause.details) > 1 else {}
    available = facts.get("available_fen") if isinstance(facts, dict) else None
    return None if available is None else int(available)


def cause_of(error: ActivityError) -> str:
    """One word for why no answer came."""
    cause = error.cause
    return (cause.type if isinstance(cause, ApplicationError) else type(cause).__name__) or "unknown"
