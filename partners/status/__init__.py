"""Status reporting (a stand-in): what the acquirer tells the network and the risk-information system."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from partners.kit import Connection, Effect, Here, Name, Payload, Queries, Refusal, Settings, partner_app, refusals

DESCRIPTION = """
A stand-in for the interface over which an acquirer reports the state of a merchant or a terminal to the card network
and to the industry's risk-information system. A report is never changed or withdrawn: a later one takes its place.
"""

FOLDER = Path(__file__).parent
SQL = Queries(FOLDER / "queries.sql")

Subject = Literal["merchant", "terminal"]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")]


class ReportRequest(Payload):
    """The state of a merchant or a terminal, from now on."""

    subject: Subject
    id: Name = Field(description="A merchant number or a terminal's serial number.")
    state: Word = Field(description="For example `frozen`, `normal`, `suspended`.")
    reason_code: Word
    case_id: Name


class Receipt(BaseModel):
    """That and when a report was accepted."""

    report_ref: str
    accepted_at: datetime


class Report(BaseModel):
    """An accepted report."""

    report_ref: str
    subject: Subject
    id: str
    state: str
    reason_code: str
    case_id: str
    accepted_at: datetime


routes = APIRouter(tags=["reports"])


@routes.post("/reports", status_code=201, response_model=Receipt, responses=refusals(409), summary="Report a state")
async def accept(body: ReportRequest, effect: Effect) -> Response:
    """Accepted at once; the receipt names the report."""

    async def work(connection: Connection) -> Receipt:
        values = body.model_dump() | {"report_ref": f"SR-{uuid4().hex[:16]}"}
        row = await (await connection.execute(SQL["accept"], values)).fetchone()
        assert row is not None
        return Receipt(**row)

    return await effect.once("report", body, work)


@routes.get("/reports", response_model=list[Report], summary="The reports of a case")
async def reports(case_id: Annotated[Name, Query()], here: Here) -> list[Report]:
    """Oldest first; empty when there are none."""
    async with here.connection() as connection:
        found = await connection.execute(SQL["reports_of_a_case"], {"case_id": case_id})
        return [Report(**row) for row in await found.fetchall()]


@routes.get(
    "/subjects/{subject}/{id}", response_model=Report, responses=refusals(404), summary="What was last reported"
)
async def newest(subject: Subject, id: Name, here: Here) -> Report:  # noqa: A002  the path's own word
    """The state the outside world knows of a merchant or a terminal."""
    async with here.connection() as connection:
        found = await connection.execute(SQL["newest_of_a_subject"], {"subject": subject, "id": id})
        row = await found.fetchone()
    if row is None:
        raise Refusal(404, "never-reported", "Nothing was reported of this merchant or terminal.")
    return Report(**row)


def app(settings: Settings) -> FastAPI:
    """The status partner."""
    return partner_app(
        "status",
        settings,
        title="Status reporting",
        description=DESCRIPTION,
        schema=FOLDER / "schema.sql",
        routes=routes,
    )
