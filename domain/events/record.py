"""Events that only record: notices, messages, partners' repeats and contradictions, refusals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoticeSent:
    """A notice was handed over: to whom by which channel, and the gateway's receipt."""

    key: str
    notice: str
    channel: str
    receipt: str
    delivered_at: str


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """Someone wrote in the case; the text is in the vault."""

    audience: str
    text_ref: str


@dataclass(frozen=True, slots=True)
class CallbackIgnored:
    """A partner's message came again, or came late and changes nothing."""

    source: str
    message_ref: str
    step_key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class DiscrepancyFound:
    """A partner contradicts what is recorded; a person looks at it."""

    source: str
    message_ref: str
    step_key: str
    recorded: str
    claimed: str


@dataclass(frozen=True, slots=True)
class DiscrepancyResolved:
    """What a partner had refused took place after all, once someone had put right what stood in its way."""

    source: str
    step_key: str


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A command that could not be answered at once (a signal, or one stored while the engine was away) was refused.
    `author` is `role:name`, empty where it was not written down."""

    command: str
    code: str
    author: str
