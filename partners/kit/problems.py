"""Errors as application/problem+json: 4xx is a definite refusal, 5xx says nothing about whether it happened."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import psycopg
import psycopg_pool
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from partners.kit.payloads import CURRENCY_NOT_KEPT

MEDIA_TYPE = "application/problem+json"
_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}

log = structlog.get_logger("partners.kit")


class ProblemBody(BaseModel):
    """The body of every error answer."""

    type: str
    code: str
    title: str
    detail: str


class Refusal(Exception):  # noqa: N818 — a refusal is an answer, not a fault
    """A definite no: `status` (4xx), a stable `code`, a sentence for people, and `more` members for programs."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more


def problem(status: int, code: str, detail: str, more: dict[str, Any] | None = None) -> Response:
    """A problem+json answer; its `type` is `urn:partner:<code>`."""
    body = {"type": f"urn:partner:{code}", "code": code, "title": phrase(status), "detail": detail}
    # ASCII, because a refused field's name may hold what UTF-8 cannot.
    content = json.dumps(body | (more or {}), ensure_ascii=True).encode()
    return Response(content, status_code=status, media_type=MEDIA_TYPE)


def phrase(status: int) -> str:
    """A status in the words of RFC 9110, which Python has since 3.13."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may answer with these error statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": phrase(status), "content": content} for status in statuses}


def describe_problems(app: FastAPI) -> None:
    """Have the OpenAPI document say once what a problem looks like, where `refusals` point to."""
    without = app.openapi

    def openapi() -> dict[str, Any]:
        described = without()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault("ProblemBody", ProblemBody.model_json_schema())
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's own documentation does


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem(error.status, error.code, error.detail, error.more)


async def _invalid(_: Request, error: Exception) -> Response:
    # The values themselves stay out of the answer: they may be personal data.
    assert isinstance(error, RequestValidationError)
    errors = [{"field": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
    for each in error.errors():
        if each["type"] == CURRENCY_NOT_KEPT:
            return problem(422, CURRENCY_NOT_KEPT, each["msg"], {"errors": errors})
    return problem(422, "invalid", "The request is not what this call takes; see errors.", {"errors": errors})


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a body that is not even text: garbage like any other
        return problem(422, "invalid", "The body cannot be read as what this call takes.")
    code = phrase(error.status_code).lower().replace(" ", "-")
    return problem(error.status_code, code, str(error.detail))


async def _bad_data(_: Request, __: Exception) -> Response:
    return problem(422, "invalid", "The request holds a value the records cannot take.")


async def _database_away(_: Request, error: Exception) -> Response:
    log.warning("database-away", error=type(error).__name__)
    return problem(503, "unavailable", "The records cannot be reached; ask again under the same key.")


async def _broken(_: Request, __: Exception) -> Response:
    return problem(500, "broken", "This partner made a mistake; ask again under the same key.")


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem+json answer."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(psycopg.DataError, _bad_data)
    app.add_exception_handler(psycopg.OperationalError, _database_away)
    app.add_exception_handler(psycopg_pool.PoolTimeout, _database_away)
    app.add_exception_handler(psycopg_pool.PoolClosed, _database_away)
    app.add_exception_handler(Exception, _broken)
