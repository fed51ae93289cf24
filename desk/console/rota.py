"""The rota for leads: what the queue gives to whom, how much, and who is away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from desk.access import allow
from desk.api.rota import LEADS, READERS, get_rota
from desk.console import pages
from desk.console.calls import RefusedError
from desk.console.cases import SHOWN_AGAIN, fresh_key
from desk.console.choices import of_words
from desk.console.visits import CONSOLE, Form, PageRoute, SentForm, TheVisit, Visit
from desk.console.words import word
from domain.business_time import local_date
from domain.policy import TIERS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

DONE = frozenset({"share", "absence", "ended"})


@router.get("/rota")
async def get_page(visit: TheVisit, person: str = "", done: str = "") -> Response:
    return await _page(visit, person, done=done if done in DONE else "")


async def _page(
    visit: Visit, person: str, *, done: str = "", typed: Form | None = None, refusal: RefusedError | None = None
) -> Response:
    """The rota, with the forms for one person; after a refusal as they were typed."""
    allow(visit.actor, "see the rota", *READERS)
    rota = await get_rota(visit.actor, visit.desk)
    chosen = next((one for one in rota["items"] if one["name"] == person), None)
    return pages.page(
        visit.request,
        visit,
        "rota.html",
        status=refusal.status if refusal else 200,
        here_full=f"{CONSOLE}/rota",
        people=rota["items"],
        kinds=of_words("task", rota["kinds"], visit.language),
        levels=[(tier, tier) for tier in TIERS],
        families=_families(visit, rota["families"]),
        chosen=chosen,
        values=_typed(typed) if typed else _standing(chosen),
        errors=dict(refusal.errors) if refusal else {},
        refusal=refusal,
        today=local_date(visit.desk.clock()).isoformat(),
        leads=visit.may(*LEADS),
        done=done,
        fresh_key=fresh_key,
    )


def _families(visit: Visit, letters: Iterable[str]) -> list[tuple[str, str]]:
    """The families of reasons, each with the codes in it: `R01–R11`."""
    codes = sorted(visit.desk.policy.reasons)
    of_letter = {letter: [code for code in codes if code.rstrip("0123456789") == letter] for letter in letters}
    return [(letter, "–".join(dict.fromkeys((own[0], own[-1])))) for letter, own in of_letter.items()]


def _standing(person: dict[str, Any] | None) -> dict[str, Any]:
    """What stands in the forms before anyone types."""
    share = {name: (person or {}).get(name) or () for name in ("kinds", "levels", "families")}
    return {**share, "most_claims": (person or {}).get("most_claims") or "", "first_day": "", "last_day": ""}


def _typed(form: Form) -> dict[str, Any]:
    chosen = {name: form.all(name) for name in ("kinds", "levels", "families")}
    return {**chosen, **{name: form.one(name) for name in ("most_claims", "first_day", "last_day")}}


@router.post("/rota/{name}")
async def post_share(visit: TheVisit, form: SentForm, name: str) -> Response:
    """Sets what someone is given; of what nothing is ticked, everything."""
    most = form.one("most_claims")
    body: dict[str, Any] = {key: list(form.all(key)) or None for key in ("kinds", "levels", "families")}
    body["most_claims"] = int(most) if most.isdecimal() else most or None
    return await _sent(visit, form, name, "", body, "share")


@router.post("/rota/{name}/absences")
async def post_absence(visit: TheVisit, form: SentForm, name: str) -> Response:
    body = {"first_day": form.one("first_day"), "last_day": form.one("last_day") or form.one("first_day")}
    return await _sent(visit, form, name, "/absences", body, "absence")


@router.post("/rota/{name}/absences/{number}/end")
async def post_end_absence(visit: TheVisit, form: SentForm, name: str, number: int) -> Response:
    return await _sent(visit, form, name, f"/absences/{number}/end", {}, "ended")


async def _sent(visit: Visit, form: Form, name: str, where: str, body: dict[str, Any], done: str) -> Response:
    try:
        await visit.calls.post(f"/api/v1/rota/{quote(name)}{where}", body, key=form.one("key") or fresh_key())
    except RefusedError as refusal:
        if refusal.status not in SHOWN_AGAIN:
            raise
        return await _page(visit, name, typed=form, refusal=refusal)
    return RedirectResponse(f"{CONSOLE}/rota?person={quote(name)}&done={done}", 303)


def why_nothing(why: str, language: str) -> str:
    """Why “next” gave nothing, in words."""
    return word("rota", f"nothing_{why}" if why in {"away", "full"} else "nothing_free").of(language)
