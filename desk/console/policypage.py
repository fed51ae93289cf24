"""The policy's levers for people: where each stands, proposing to move one, and the second person's word."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk import problems
from desk.access import allow
from desk.api.policy import READERS, get_history, get_policy, get_preview
from desk.console import formats, pages
from desk.console.calls import RefusedError
from desk.console.visits import CONSOLE, Form, PageRoute, SentForm, TheVisit
from desk.console.words import word
from desk.console.yuan import NotAnAmountError, fen_of, typed
from domain.policy_changes import LEADS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

DONE = frozenset({"proposed", "confirm", "drop"})
DEEDS = frozenset({"confirm", "drop"})


@router.get("/policy")
async def get_levers(visit: TheVisit, done: str = "") -> Response:
    allow(visit.actor, "see the policy's levers", *READERS)
    return await _levers_page(visit, done=done if done in DONE else "")


@router.get("/policy/levers/{key}")
async def get_lever(visit: TheVisit, key: str) -> Response:
    allow(visit.actor, "move the policy's levers", *LEADS)
    return await _lever_page(visit, key, None)


@router.post("/policy/levers/{key}")
async def post_lever(visit: TheVisit, form: SentForm, key: str) -> Response:
    """Proposes what was typed; or, asked to, only says what it would touch."""
    allow(visit.actor, "move the policy's levers", *LEADS)
    one = await _lever(visit, key)
    try:
        new = _typed(form.one("new"), one["unit"])
        if form.one("look"):
            return await _lever_page(visit, key, form)
        body = {"lever": key, "old": _seen(form), "new": new, "reason": form.one("reason")}
        body["effective"] = form.one("effective")
        await visit.calls.post("/api/v1/policy/changes", body, key=form.one("key") or secrets.token_urlsafe(12))
    except NotAnAmountError:
        wrong = {"new": word("policy", "not_an_amount").of(visit.language)}
        return await _lever_page(visit, key, form, wrong=wrong, status=422)
    except RefusedError as refused:
        return await _lever_page(
            visit, key, form, wrong=dict(refused.errors), status=refused.status,
            message="" if refused.errors else refused.detail,
        )  # fmt: skip
    return RedirectResponse(f"{CONSOLE}/policy?done=proposed", 303)


@router.post("/policy/changes/{change_id}/{deed}")
async def post_deed(visit: TheVisit, form: SentForm, change_id: str, deed: str) -> Response:
    """Confirms a change, or drops it; a refusal is told on the page it came from, with what was typed."""
    if deed not in DEEDS:
        raise problems.not_found("没有此页面。", "There is no such page.")
    body = {"reason": form.one("reason")} if deed == "drop" else {}
    try:
        await visit.calls.post(
            f"/api/v1/policy/changes/{change_id}/{deed}", body, key=form.one("key") or secrets.token_urlsafe(12)
        )
    except RefusedError as refused:
        allow(visit.actor, "see the policy's levers", *READERS)
        return await _levers_page(visit, status=refused.status, message=refused.detail, about=change_id, typed=form)
    return RedirectResponse(f"{CONSOLE}/policy?done={deed}", 303)


async def _levers_page(visit: TheVisit, *, status: int = 200, **facts: Any) -> Response:
    told = await get_policy(visit.actor, visit.desk)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in told["levers"]:
        groups.setdefault(one["group"], []).append(one)
    given: dict[str, Any] = {"done": "", "message": "", "about": "", "typed": Form({}), **facts}
    return pages.page(
        visit.request, visit, "policy.html", status=status, here_full=f"{CONSOLE}/policy",
        policy=told,
        groups=groups,
        history=[one for one in (await get_history(visit.actor, visit.desk))["items"] if one["state"] != "proposed"],
        moves=visit.may(*LEADS),
        value=lambda value, unit: _value(value, unit, visit.language),
        new_key=lambda: secrets.token_urlsafe(12),
        **given,
    )  # fmt: skip


async def _lever_page(
    visit: TheVisit,
    key: str,
    form: Form | None,
    *,
    wrong: dict[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response:
    """The form of one lever, with what was typed and what of it cannot be; and what the change would touch."""
    one, wrong = await _lever(visit, key), wrong or {}
    new = ""
    if form is not None and "new" not in wrong:
        new = str(_typed(form.one("new"), one["unit"]))
    return pages.page(
        visit.request, visit, "lever.html", status=status,
        one=one,
        touched=await get_preview(visit.actor, visit.desk, key, new or None),
        typed_new=form.one("new") if form else "",
        standing=_plain(one["value"]),
        standing_typed=_typed_form(one["value"], one["unit"]),
        today=visit.desk.policies.today.isoformat(),
        effective=form.one("effective") if form else visit.desk.policies.today.isoformat(),
        reason=form.one("reason") if form else "",
        wrong=wrong,
        message=message,
        looked=bool(form and form.one("look") and new),
        value=lambda value, unit: _value(value, unit, visit.language),
        new_key=secrets.token_urlsafe(12),
    )  # fmt: skip


async def _lever(visit: TheVisit, key: str) -> dict[str, Any]:
    told = await get_policy(visit.actor, visit.desk)
    found: dict[str, Any] | None = next((one for one in told["levers"] if one["key"] == key), None)
    if found is None:
        raise problems.not_found(f"没有可调项 {key}。", f"There is no lever {key}.")
    return found


def _seen(form: Form) -> int | str:
    return int(old) if (old := form.one("old")).isdecimal() else old


def _typed(text: str, unit: str) -> int | str:
    """What was typed as the API takes it: yuan become fen. Raises NotAnAmountError."""
    if unit == "fen":
        return fen_of(text)
    return int(text) if text.isascii() and text.isdecimal() else text


def _typed_form(value: Any, unit: str) -> str:
    return typed(value) if unit == "fen" else _plain(value)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(value: Any, unit: str, language: str) -> str:
    """`10 business days`, `¥50,000.00`, `21:00`, `3, 1 business days`."""
    if unit == "fen":
        return formats.money(value)
    if unit in {"clock", "percent"}:
        return f"{value}%" if unit == "percent" else str(value)
    return word("unit", f"{unit}_1" if value == 1 else unit).of(language).format(_plain(value))
