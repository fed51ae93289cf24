"""How a stand-in acts by itself: what it decides, after how long, or whether it waits to be driven move by move."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, le=366 * 24 * 3600)]


class Behaviour(BaseModel):
    """What the stand-in does from now on; each partner adds its own. What was begun before goes on as planned."""

    model_config = ConfigDict(extra="forbid")

    acts: bool = Field(True, description="false: it does nothing by itself, every move is asked for (`…/moves`)")
    after_seconds: Seconds = Field(2.0, description="how long each of its own moves takes, by its clock")


def behaviour_routes(behaviour: Behaviour) -> APIRouter:
    """`GET` and `PUT /behaviour` over `behaviour`, which is changed in place."""
    routes = APIRouter(tags=["behaviour"])
    kind: Any = type(behaviour)

    @routes.get("/behaviour", response_model=kind, summary="How it acts by itself")
    async def read() -> Behaviour:
        return behaviour

    async def write(body: Any) -> Behaviour:
        for name in kind.model_fields:
            setattr(behaviour, name, getattr(body, name))
        return behaviour

    write.__annotations__["body"] = kind
    summary = "Set how it acts by itself; what is not named is as at the start"
    routes.put("/behaviour", response_model=kind, summary=summary)(write)
    return routes
