"""What the generated OpenAPI document says beyond the endpoints themselves: problems, and the idempotency key."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from desk.problems import MEDIA_TYPE

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:thaw:refused:stale-version"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "facts": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}

_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body give the same answer; the same key with another body gives 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _problem("urn:thaw:unauthenticated"),
    403: _problem("urn:thaw:refused:<code>: not for this caller"),
    404: _problem("urn:thaw:not-found"),
    409: _problem("urn:thaw:refused:<code>: the rules, or another's act, stand against it"),
    410: _problem("urn:thaw:erased: it went with the personal data it belonged to"),
    413: _problem("urn:thaw:too-large"),
    422: _problem("urn:thaw:invalid, with `errors` naming the fields"),
    429: _problem("urn:thaw:rate-limited"),
    503: _problem("urn:thaw:unavailable, with Retry-After"),
}


def describe(app: FastAPI) -> None:
    """Has the document made once, with the idempotency key on every POST of the API."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            for path, calls in made["paths"].items():
                if path.startswith("/api/") and "post" in calls:
                    calls["post"].setdefault("parameters", []).append(_KEY)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to have another document
