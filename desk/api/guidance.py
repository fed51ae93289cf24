"""What merchants are advised to keep to, so that a terminal is not restricted (again)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter

from desk.access import Caller
from desk.api.cases import TheCase
from desk.routes import DeskRoute
from policies import guidance
from policies.guidance import Advice

router = APIRouter(prefix="/api/v1", tags=["guidance"], route_class=DeskRoute)


@router.get("/guidance", summary="The advice to merchants, topic by topic")
async def get_guidance(_: Caller) -> dict[str, Any]:
    """`reasons` are the public reasons that a piece of advice keeps away; those of the topic `always` name none."""
    return {"items": _shown(guidance.every())}


@router.get("/cases/{case_id}/guidance", summary="What keeps a case's reason from coming up again")
async def get_case_guidance(told: TheCase) -> dict[str, Any]:
    """By the reason the merchant is told, for whoever asks; what is true for every merchant where nothing in particular
    helps against it."""
    public = told.policy.public_reason(told.case.reason_code)
    return {"items": _shown(guidance.against(public.code))}


def _shown(advice: Iterable[Advice]) -> list[dict[str, Any]]:
    return [
        {"topic": one.topic, "reasons": list(one.reasons), "text_zh": one.text.zh, "text_en": one.text.en}
        for one in advice
    ]
