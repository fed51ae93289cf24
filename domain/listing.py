"""What the desk's lists show of a case: its row, the tasks it has for people, its controls, and who may do what now.

Written in the same transaction as the events they follow from, so a reviewer sees their own act at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from domain import agreement, field
from domain.actors import MERCHANT_SIDE, Actor
from domain.business_time import parse_time
from domain.case import Case, Control, Status
from domain.commands import PEOPLES
from domain.controls import blocks_terminal, rejustify_roles, tier_of
from domain.four_eyes import barred, level_of, part_of
from domain.policy import Policy
from domain.ranking import Standing, held_since, ranked
from domain.review import reopenable
from domain.waiting import waiting_on

TASK_KINDS = ("review_1", "review_2", "account_check", "hold_rejustify")
"""The decisions that cases have for people."""
_WAITING = {"due_at", "waiting_on", "waiting_since", "sentence_zh", "sentence_en"}
_NOT_KNOWN = object()


def summary(case: Case, policy: Policy) -> dict[str, Any]:
    """The case's row of the case list. `live` says whether work or watching remains."""
    waiting = waiting_on(case, policy)
    return {
        "version": case.version,
        "status": case.status.value,
        "open": case.is_open,
        "live": not case.finished,
        "merchant_no": case.merchant_no,
        "terminal_sn": case.terminal_sn,
        "reason_code": case.reason_code,
        "public_reason_code": policy.reasons[case.reason_code].public_code,
        "tier": tier_of(case, policy),
        "held_fen": case.remaining_fen,
        "opened_at": case.opened_at,
        "due_at": waiting.until,
        "waiting_on": waiting.who,
        "waiting_since": waiting.since,
        "sentence_zh": waiting.sentence.zh,
        "sentence_en": waiting.sentence.en,
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be written of the row `after` where `before` stands (empty: not known): nothing, what the case waits
    for, or the whole row. (Not any set of columns: the journal prepares a statement for each.) The version is
    written with every event."""
    changed = {name for name in after if before.get(name, _NOT_KNOWN) != after[name]} - {"version"}
    if not changed <= _WAITING:
        return dict(after)
    return {name: after[name] for name in _WAITING} if changed else {}


def tasks(case: Case, policy: Policy, now: str) -> list[dict[str, Any]]:
    """Every decision the case has for a person, with who may take it and how urgent it is now."""
    found = []
    tier = tier_of(case, policy)
    if case.status in {Status.IN_REVIEW_1, Status.IN_REVIEW_2}:
        level = level_of(case)
        kind = f"review_{level}"
        name = f"{case.case_id}:{kind}:{_digits(case.since)}:{case.review.overdue}"
        roles = policy.tiers.roles(tier, level)  # type: ignore[arg-type]
        found.append(_task(case, policy, name, kind, tier, roles, barred(case, level), "review", now))
    if case.status is Status.POST_ACTIONS and case.release.payout == "account_checked":
        first = case.release.account_first
        out = barred(case, 2 if first else 1) | ({first} if first else frozenset())
        name = f"{case.case_id}:account_check:{case.release.bounces}:{'2' if first else '1'}"
        roles = policy.tiers.roles("L2", 2 if first else 1)
        found.append(_task(case, policy, name, "account_check", "L2", roles, out, "review", now))
    found += [_hold_task(case, policy, control, now) for control in case.standing_controls if control.rejustify_tier]
    return found


def _hold_task(case: Case, policy: Policy, control: Control, now: str) -> dict[str, Any]:
    deadline = f"hold:{control.control_id}"
    name = f"{case.case_id}:hold:{control.control_id}:{_digits(case.dues[deadline].due)}"
    placer = frozenset({control.placed.placed_by})
    tier = control.rejustify_tier or "L2"
    return _task(case, policy, name, "hold_rejustify", tier, rejustify_roles(control, policy), placer, deadline, now)


def _task(
    case: Case,
    policy: Policy,
    task_id: str,
    kind: str,
    tier: str,
    roles: Iterable[str],
    excluded: frozenset[str],
    deadline: str,
    now: str,
) -> dict[str, Any]:
    due = case.dues.get(deadline)
    standing = Standing(
        since=parse_time(case.since),
        due_at=parse_time(due.due) if due else None,
        tier=tier,  # type: ignore[arg-type]
        amount_fen=case.remaining_fen,
        held_since=held_since(case),
        opened_at=parse_time(case.opened_at),
    )
    return {
        "task_id": task_id,
        "kind": kind,
        "level": tier,
        "roles": sorted(roles),
        "excluded": sorted(excluded),
        "since": case.since,
        "due_at": due.due if due else None,
        "amount_fen": case.remaining_fen,
        **ranked(standing, policy.queue, case.policy_version, parse_time(now)),
    }


def _digits(at: str) -> str:
    return re.sub(r"\D", "", at)[:20]


def control_rows(case: Case) -> list[dict[str, Any]]:
    """The case's controls as the terminal's page shows them."""
    return [
        {
            "control_id": control.control_id,
            "terminal_sn": control.placed.terminal_sn,
            "merchant_no": case.merchant_no,
            "kind": control.placed.kind,
            "reason_code": control.placed.reason_code,
            "scope": list(control.placed.scope),
            "held_fen": control.remaining_fen,
            "blocking": blocks_terminal(control.placed.kind, control.placed.held_fen),
            "source": control.placed.source,
            "external_ref": control.placed.external_ref,
            "placed_by": control.placed.placed_by,
            "placed_at": control.placed.placed_at,
            "state": "lifted" if control.lifted else "on",
        }
        for control in case.controls
    ]


def allowed_commands(case: Case, actor: Actor, policy: Policy) -> list[str]:
    """The commands this caller may give now: by role, by status, and by the part they took in the case."""
    if actor.merchant_no != case.merchant_no and set(actor.roles) <= MERCHANT_SIDE:
        return []
    turns = (
        name
        for name, turn in PEOPLES.items()
        if name != "add_document" and actor.has(*turn.roles) and case.status in turn.when
    )
    return [name for name in turns if _open_to(case, name, actor, policy)]


_REVIEWS = frozenset({"approve", "reject", "return_review", "judge_document", "waive", "request_supplement"})


def _open_to(case: Case, name: str, actor: Actor, policy: Policy) -> bool:
    if name in _REVIEWS and case.status is not Status.SUSPENDED_LEGAL:
        level = level_of(case)
        roles = policy.tiers.roles(tier_of(case, policy), level)  # type: ignore[arg-type]
        return actor.has(*roles) and part_of(case, actor, level) is None
    match name:
        case "rejustify":
            due = [c for c in case.standing_controls if c.rejustify_tier]
            return any(actor.has(*rejustify_roles(c, policy)) and actor.name != c.placed.placed_by for c in due)
        case "new_account":
            return case.release.payout in {"account_needed", "account_named", "account_checked"}
        case "approve_account":
            first = case.release.account_first
            open_to = actor.name != first and part_of(case, actor, 2 if first else 1) is None
            return case.release.payout == "account_checked" and open_to
        case "sign_agreement":
            wanted = set(policy.reasons[case.reason_code].actions_after) - case.actions_done
            return agreement.ACTION in wanted
        case "renew_agreement":
            return agreement.may_ask_anew(case, policy)
        case "reopen":
            return "reopen" in case.dues and bool(case.standing_controls) and reopenable(case, policy)
        case "extend_evidence":
            return not case.evidence.extended
        case "dispatch_field":
            return field.may_dispatch(case, policy)
        case "approve":
            return case.release.past_pivot and case.release.payout == "none"
        case _:
            return True
