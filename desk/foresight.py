"""What a command would lead to, told before anyone gives it: the case as it would stand, and the letters it would send.

Nothing is appended, claimed or delivered. The rules and the wording are those of the real thing, so what is shown is
what would happen; only a deadline may come out later when the command is given later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from desk import problems
from desk.histories import Told
from desk.language import Language
from domain.actors import Actor
from domain.case import Case
from domain.commands import Asked
from domain.events import Event
from domain.fold import Moment, evolve
from domain.freeze_appeal import decide
from domain.policy import MerchantType
from domain.refusals import Refused
from domain.wire import command_of
from wording import LANGUAGES, Letter, Places, Wording
from workflows.orders import for_notice


@cache
def letters(desk_url: str) -> Wording:
    """The wording of the notices that are really sent; a one-time password in them is hidden."""
    return Wording(Places(f"{desk_url}/portal", desk_url, None))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The case before and after, the events between, and the merchant's letters in each language."""

    before: Case
    after: Case
    events: tuple[Event, ...]
    letters: tuple[Mapping[Language, Letter], ...]


def foresee(wording: Wording, actor: Actor, told: Told, name: str, fields: Mapping[str, Any], at: str) -> Foreseen:
    """What the command would lead to at the moment `at`. Raises the problem of its refusal."""
    before = told.case
    command = command_of(name, json.dumps(fields, ensure_ascii=False))
    decision = decide(before, command, Asked("foreseen", actor, at, before.version), told.policy)
    if isinstance(decision, Refused):
        raise problems.refused(decision)
    after = before
    for position, event in enumerate(decision, start=told.history.head.position + 1):
        after = evolve(after, event, Moment(position, at, actor.name))
    known = {owed.key for owed in before.owed}
    orders = [
        for_notice(after, owed, told.policy)
        for owed in after.owed
        if owed.audience == "merchant" and owed.key not in known
    ]
    merchant_type: MerchantType = before.merchant_type  # type: ignore[assignment]
    written = tuple({one: wording.notice(order, one, merchant_type) for one in LANGUAGES} for order in orders)
    return Foreseen(before, after, decision, written)
