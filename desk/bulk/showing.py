"""Bulk actions and their items as people and scripts see them, in the caller's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from desk import problems
from desk.context import Desk
from desk.language import Language
from desk.refusals import refuse
from desk.runs import run_link
from domain.business_time import format_time
from domain.text import Text
from journal.bulk import BulkAction, BulkItem, BulkStateError, State
from journal.steering import WorkOf

STATES: Mapping[State, Text] = {
    "foreseen": Text("尚未确认", "only foreseen"),
    "running": Text("正在执行", "running"),
    "stopped": Text("已暂停", "stopped"),
    "done": Text("已完成", "done"),
}


def wrong_state(error: BulkStateError) -> problems.Problem:
    """The problem of an action that is in another state than the caller thought."""
    state = STATES[error.state]
    return problems.refused(refuse("bulk-wrong-state", state_zh=state.zh, state_en=state.en))


def sentence(refusal: Mapping[str, Any] | None, language: Language) -> str | None:
    """A kept refusal in words."""
    return refuse(refusal["code"], **refusal["facts"]).text.of(language) if refusal else None


def item_shown(item: BulkItem, language: Language) -> dict[str, Any]:
    """`changed`: it went otherwise than was foreseen."""
    moved = item.outcome == "moved"
    return {
        "number": item.number,
        "case_id": item.case_id,
        "task_id": item.task_id,
        "would_move": item.foreseen is None,
        "foreseen_code": item.foreseen["code"] if item.foreseen else None,
        "foreseen_why": sentence(item.foreseen, language),
        "outcome": item.outcome,
        "code": item.refusal["code"] if item.refusal else None,
        "why": sentence(item.refusal, language),
        "changed": item.outcome is not None and moved != (item.foreseen is None),
        "settled_at": format_time(item.settled_at) if item.settled_at else None,
    }


async def bulk_shown(desk: Desk, bulk: BulkAction) -> dict[str, Any]:
    """An action and how far it came, without its items."""
    workflow_id = f"bulk:{bulk.bulk_id}"
    return {
        "bulk_id": bulk.bulk_id,
        "action": bulk.action,
        "fields": bulk.fields,
        "chosen": bulk.chosen,
        "state": bulk.state,
        "foreseen_by": bulk.foreseen_by,
        "foreseen_at": format_time(bulk.foreseen_at),
        "confirmed_by": bulk.confirmed_by,
        "confirmed_at": format_time(bulk.confirmed_at) if bulk.confirmed_at else None,
        "reason": bulk.reason,
        "ended_at": format_time(bulk.ended_at) if bulk.ended_at else None,
        "total": bulk.total,
        "would_move": bulk.would_move,
        "would_skip": bulk.total - bulk.would_move,
        "moved": bulk.moved,
        "skipped": bulk.skipped,
        "failed": bulk.failed,
        "left": bulk.left,
        "links": {"temporal_ui": await run_link(desk, workflow_id)} if bulk.confirmed_at else {},
    }


def work_shown(one: WorkOf, now: datetime) -> dict[str, Any]:
    """A task that hangs on someone: `held` by a lease that still runs, `movable` to someone else."""
    times = {name: getattr(one, name) for name in ("due_at", "held_until", "put_off_until")}
    return {
        "task_id": one.task_id,
        "case_id": one.case_id,
        "kind": one.kind,
        "tier": one.level,
        "amount_fen": one.amount_fen,
        "held": one.held_until is not None and one.held_until > now,
        "only_theirs": one.only_theirs,
        "movable": one.held_until is not None or one.put_off_until is not None,
        **{name: format_time(at) if at else None for name, at in times.items()},
    }
