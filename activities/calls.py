"""Calls to a partner over HTTP, with every way they can end sorted into the four that `workflows.ports` names.

- `RefusedError`: the partner answered 4xx with a problem; nothing happened, and asking again gives the same answer.
- `UnknownError`: an effect was asked for and no answer came (the connection broke or fell silent after sending, 500,
  502, 504): it may have taken place. Only its key can tell.
- `UnavailableError`: nothing can have happened, or the question may simply be asked again (no connection, a status of
  `NOT_NOW`, an answer that did not come from the partner). The engine tries again, under the same key.

A look-up that is refused says nothing of the effect: it is asked again, too.

Answers are read into dataclasses; members they do not name are ignored. Error messages carry codes and numbers,
never a partner's sentences: those might name people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
import structlog
from pydantic import TypeAdapter, ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.circuit import Circuit, HeldError
from activities.heartbeats import heartbeating
from workflows.ports import REFUSED, UNKNOWN

log = structlog.get_logger("activities.calls")

T = TypeVar("T")

TIMEOUT = httpx2.Timeout(12.0, connect=3.0, pool=3.0)
"""Seconds. An effect has 20 s in all: a lost answer shall be noticed here, and not by the engine giving up on us."""
KEY = "Idempotency-Key"
NOTHING_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.LocalProtocolError,
    httpx2.UnsupportedProtocol,
)
"""What goes wrong before a byte of the request has left."""
NOT_NOW = frozenset({401, 403, 407, 408, 424, 425, 429, 503})
"""Statuses that say nothing of what was asked for: the partner does not know us (401, 403, 407: a credential expired, a
gateway in between), or cannot attend to it now."""
NO_EFFECT = "no-such-effect"
"""The one refusal by which a partner says that no effect stands under a key."""
HELD_EARLY = 3
"""Attempts below this keep to their own retry policy while the partner is left alone."""
_PROBLEM_WORDS = frozenset({"type", "code", "title", "detail"})


class RefusedError(ApplicationError):
    """A definite no, with the partner's `code` and the `facts` it gave (amounts, states, names of controls)."""

    def __init__(self, partner: str, code: str, facts: Mapping[str, Any] | None = None) -> None:
        self.code, self.facts = code, dict(facts or {})
        super().__init__(f"{partner} refused: {code}", code, self.facts, type=REFUSED, non_retryable=True)


class UnknownError(ApplicationError):
    """The effect may or may not have taken place."""

    def __init__(self, partner: str, why: str) -> None:
        super().__init__(f"{partner} gave no answer: {why}", why, type=UNKNOWN, non_retryable=True)


class UnavailableError(ApplicationError):
    """Not now; asking again is safe. `after` is how long the partner wants to be left alone, `code` what it said. One
    that was held before anything was sent is no failure to anyone: the engine notes it without alarm."""

    def __init__(
        self, partner: str, why: str, after: timedelta | None = None, code: str = "", *, held: bool = False
    ) -> None:
        self.code = code
        super().__init__(
            f"{partner} is not available: {why}",
            why,
            type="Unavailable",
            next_retry_delay=after,
            category=ApplicationErrorCategory.BENIGN if held else ApplicationErrorCategory.UNSPECIFIED,
        )


class Call:
    """Calls to one partner. `name` is how errors name it; `circuit` holds calls while it does not answer."""

    def __init__(self, client: httpx2.AsyncClient, name: str, circuit: Circuit | None = None) -> None:
        self._client = client
        self.name = name
        self._circuit = circuit or Circuit(name)

    async def effect(self, path: str, body: Mapping[str, Any], key: str, answer: type[T]) -> T:
        """Bring about the effect of `key`, once. A later attempt of the activity first asks whether it stands.

        An effect that stands under the key in other words (an address changed between two attempts) is the effect:
        it is never brought about twice. Raises RefusedError, UnknownError, UnavailableError.
        """
        if activity.in_activity() and activity.info().attempt > 1:
            standing = await self.find(key, answer)
            if standing is not None:
                return standing
        try:
            return self._read(await self._send("POST", path, key=key, json=body), answer)
        except RefusedError as refused:
            standing = await self.find(key, answer) if refused.code == "key-reused" else None
            if standing is None:
                raise
            log.warning("effect-stands-in-other-words", partner=self.name, key=key)
            return standing

    async def ask(self, path: str, key: str, answer: type[T], **content: Any) -> T:
        """A question under a key, or another call that may be repeated for as long as no answer comes.

        `content` is `json`, or `data` and `files`. Raises RefusedError and UnavailableError.
        """
        return await self._repeatable("POST", path, answer, key=key, **content)

    async def put(self, path: str, answer: type[T], **content: Any) -> T:
        """State how something shall be; repeating it changes nothing. Raises RefusedError and UnavailableError."""
        return await self._repeatable("PUT", path, answer, **content)

    async def get(self, path: str, answer: type[T]) -> T | None:
        """Read; None when the partner knows nothing of the kind. Raises RefusedError and UnavailableError."""
        try:
            return await self._repeatable("GET", path, answer)
        except RefusedError as refused:
            if refused.facts.get("status") == 404:
                return None
            raise

    async def text(self, path: str) -> str:
        """Read a file. Raises RefusedError and UnavailableError."""
        try:
            return (await self._send("GET", path)).text
        except UnknownError as error:
            raise UnavailableError(self.name, str(error.details[0])) from error

    async def find(self, key: str, answer: type[T]) -> T | None:
        """What the effect of `key` was answered; None when no effect stands under it.

        Raises UnavailableError, also when the look-up itself is refused.
        """
        try:
            found = await self._repeatable("GET", f"/effects/{segment(key)}", dict[str, Any])
        except RefusedError as refused:
            if refused.code == NO_EFFECT:
                return None
            raise UnavailableError(self.name, f"a look-up was refused: {refused.code}", code=refused.code) from None
        try:
            standing: T = _reader(answer).validate_python(found.get("answer"))
        except ValidationError:
            raise UnavailableError(self.name, "an answer of another form") from None
        return standing

    async def _repeatable(self, method: str, path: str, answer: type[T], **content: Any) -> T:
        try:
            return self._read(await self._send(method, path, **content), answer)
        except UnknownError as error:
            raise UnavailableError(self.name, str(error.details[0])) from error

    async def _send(self, method: str, path: str, *, key: str | None = None, **content: Any) -> httpx2.Response:
        headers = {KEY: key} if key else None
        try:
            async with self._circuit.call() as call, heartbeating():
                try:
                    response = await self._client.request(method, path, headers=headers, **content)
                except httpx2.HTTPError as error:
                    call.fails(type(error).__name__)
                    raise
                if response.is_server_error:
                    call.fails(f"answered {response.status_code}")
                else:
                    call.answers()
        except HeldError as held:
            why = "it is left alone until it answers again"
            raise UnavailableError(self.name, why, _in_time(held.after), held=True) from None
        except NOTHING_SENT as error:
            raise UnavailableError(self.name, type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise UnknownError(self.name, type(error).__name__) from error
        self._sort(response)
        return response

    def _sort(self, response: httpx2.Response) -> None:
        """Raise what the answer means, unless it is an answer."""
        status = response.status_code
        if 200 <= status < 300:
            return
        problem = _problem(response)
        if status in NOT_NOW:
            code = str(problem["code"]) if problem else ""
            raise UnavailableError(self.name, f"answered {status}", _retry_after(response), code)
        if 400 <= status < 500 and problem is not None:
            facts = {name: value for name, value in problem.items() if name not in _PROBLEM_WORDS}
            raise RefusedError(self.name, str(problem["code"]), {**facts, "status": status})
        if status >= 500:
            raise UnknownError(self.name, f"answered {status}")
        raise UnavailableError(self.name, f"answered {status} without saying why")

    def _read(self, response: httpx2.Response, answer: type[T]) -> T:
        try:
            read: T = _reader(answer).validate_json(response.content)
        except ValidationError:
            # What the partner did answer stays out of the error: it may be personal data.
            raise UnknownError(self.name, "an answer of another form") from None
        return read


def segment(text: str) -> str:
    """`text` as one segment of a path."""
    return quote(text, safe=":")


_readers: dict[Any, TypeAdapter[Any]] = {}


def _reader(answer: Any) -> TypeAdapter[Any]:
    if answer not in _readers:
        _readers[answer] = TypeAdapter(answer)
    return _readers[answer]


def _problem(response: httpx2.Response) -> dict[str, Any] | None:
    """The answer's problem+json body; None when it has none, so that the partner itself did not say no."""
    if not response.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) and isinstance(body.get("code"), str) else None


def _in_time(after: timedelta) -> timedelta | None:
    """When a held call is made again. The first attempts keep to the policy's own short distances, which cost nothing:
    a caller who makes only a few shall know soon that the partner is away."""
    early = activity.in_activity() and activity.info().attempt < HELD_EARLY
    return None if early else after


def _retry_after(response: httpx2.Response) -> timedelta | None:
    seconds = response.headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if seconds.isdigit() else None
