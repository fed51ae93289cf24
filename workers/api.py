"""A client of the desk's own API, for the command line and the robot: it can do what its user may do, and no more.

Beside a stack on this machine the address and the users' tokens are in `stack.json`; elsewhere `THAW_DESK_URL` and
`THAW_TOKEN` say them.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from workers.settings import data_dir

URL_VARIABLE = "THAW_DESK_URL"
TOKEN_VARIABLE = "THAW_TOKEN"  # noqa: S105 — the variable's name
TIMEOUT = httpx2.Timeout(30.0, connect=3.0)


class NoAccessError(Exception):
    """Nothing here says where the desk is, or who asks."""


class ApiError(Exception):
    """What the desk answered instead: its problem's title and detail, and for wrong fields their names."""

    def __init__(self, status: int, title: str, detail: str, code: str = "", fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status, self.title, self.detail, self.code, self.fields = status, title, detail, code, fields


@dataclass(frozen=True, slots=True)
class Access:
    """Where the desk is, and the token of who asks."""

    url: str
    token: str = field(repr=False)


def access_of(user: str, folder: Path | None = None) -> Access:
    """The access of a user of this machine's stack (`folder` is its folder). Raises NoAccessError."""
    url, token = os.environ.get(URL_VARIABLE), os.environ.get(TOKEN_VARIABLE)
    if url and token:
        return Access(url, token)
    path = (folder or data_dir()) / "stack.json"
    try:
        stack = json.loads(path.read_text())
    except (OSError, ValueError):
        raise NoAccessError(
            f"no stack here ({path}): run this beside one, or set {URL_VARIABLE} and {TOKEN_VARIABLE}"
        ) from None
    if user not in stack["users"]:
        raise NoAccessError(f"there is no user {user!r} here; there are {', '.join(stack['users'])}")
    return Access(url or stack["desk"], token or stack["users"][user]["token"])


class Api:
    """Calls under `/api/v1`, as JSON. Each raises ApiError for anything but success."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **params: Any) -> Any:
        """Parameters that are None are left out."""
        return await self._call("GET", path, params=_without_none(params))

    async def text(self, path: str, **params: Any) -> str:
        """The answer as it is."""
        return (await self._sent("GET", path, params=_without_none(params))).text

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None, **params: Any
    ) -> Any:
        """The answer, or None when there is nothing (204). Under one `key` it is done once, however often it is asked;
        without one every call is another."""
        return await self._call("POST", path, key=key, params=_without_none(params), json=body)

    async def upload(self, path: str, form: Mapping[str, str], file: Path) -> Any:
        """Sends a file with a form."""
        with file.open("rb") as content:
            return await self._call("POST", path, data=dict(form), files={"file": (file.name, content)})

    async def download(self, path: str, body: Mapping[str, Any]) -> bytes:
        """A file that a POST answers with."""
        return (await self._sent("POST", path, json=body)).content

    async def _call(self, method: str, path: str, **more: Any) -> Any:
        response = await self._sent(method, path, **more)
        return response.json() if response.content else None

    async def _sent(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx2.Response:
        headers = {"Idempotency-Key": key or str(uuid4())} if method == "POST" else {}
        try:
            response = await self._client.request(method, f"/api/v1{path}", headers=headers, **more)
        except httpx2.HTTPError as error:
            raise ApiError(
                0, "The desk cannot be reached", f"{self._client.base_url} ({type(error).__name__})"
            ) from None
        if response.is_success:
            return response
        raise _error(response)


@asynccontextmanager
async def open_api(access: Access, language: str | None = None) -> AsyncIterator[Api]:
    """The API as this user sees it; `language` (zh or en) is that of its messages, by default the terminal's."""
    headers = {"Authorization": f"Bearer {access.token}", "Accept-Language": language or _language()}
    async with httpx2.AsyncClient(base_url=access.url, headers=headers, timeout=TIMEOUT, trust_env=False) as client:
        yield Api(client)


def _error(response: httpx2.Response) -> ApiError:
    try:
        problem = response.json()
        code = str(problem.get("code") or str(problem.get("type", "")).rpartition(":")[2])
        fields = tuple(str(each["field"]) for each in problem.get("errors", ()))
        return ApiError(response.status_code, str(problem["title"]), str(problem.get("detail", "")), code, fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(response.status_code, f"HTTP {response.status_code}", response.text[:200])


def _language() -> str:
    return "zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en"


def _without_none(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
