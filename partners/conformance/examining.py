"""Runs a suite against a partner and says of each check whether it was passed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, cast

import httpx2

import partners
from partners.conformance import common
from partners.conformance.callbacks import Listener
from partners.conformance.caller import Caller
from partners.conformance.suite import Check, Failed, Suite

State = Literal["passed", "failed", "skipped"]
_FRAME = frozenset({"account", "caller", "callbacks", "common", "driving", "examining", "suite"})
"""Modules of this package that are no suites."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check; `why` says it of one that was not passed."""

    sentence: str
    state: State
    why: str = ""


class NoSuchKindError(LookupError):
    """There is no suite of this name; the message lists those there are."""


def kinds() -> tuple[str, ...]:
    """The kinds of partners there is a suite for, sorted."""
    names = (module.name for module in pkgutil.iter_modules([f"{path}/conformance" for path in partners.__path__]))
    return tuple(sorted(name for name in names if name not in _FRAME))


def suite_of(kind: str) -> Suite:
    """The suite of a kind of partner. Raises NoSuchKindError."""
    if kind not in kinds():
        raise NoSuchKindError(f"there is no contract for a partner {kind!r}; there are: {', '.join(kinds())}")
    return cast("Suite", importlib.import_module(f"partners.conformance.{kind}").SUITE)


async def kind_of(client: httpx2.AsyncClient) -> str | None:
    """What the partner says it is (`/healthz`); None when it does not say. Raises httpx2.HTTPError."""
    try:
        said = (await client.get("/healthz")).json()
    except ValueError:
        return None
    kind = said.get("partner") if isinstance(said, dict) else None
    return kind if isinstance(kind, str) else None


async def examine(suite: Suite, client: httpx2.AsyncClient, listener: Listener | None = None) -> AsyncIterator[Verdict]:
    """Every check's verdict, as soon as it is known: the common rules first, then the suite's own checks."""
    for check in (*common.checks(suite), *suite.checks):
        yield await _tried(check, Caller(client, listener))


async def _tried(check: Check, caller: Caller) -> Verdict:
    if check.needs_callbacks and caller.listener is None:
        return Verdict(check.sentence, "skipped", "no address was given at which callbacks can arrive")
    try:
        await check.try_out(caller)
    except Failed as failed:
        return Verdict(check.sentence, "failed", str(failed))
    except httpx2.HTTPError as error:
        return Verdict(check.sentence, "failed", f"no answer came: {type(error).__name__}")
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # The suites read answers as the contract has them: what is missing there shows as one of these.
        return Verdict(check.sentence, "failed", f"an answer has another form: {type(error).__name__} {error}")
    return Verdict(check.sentence, "passed")
