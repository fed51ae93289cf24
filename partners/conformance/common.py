"""The rules that every partner keeps, tried on its example effect: once per key, refusals that say why, health."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from partners.conformance.caller import Caller, answered, equal, holds, refused
from partners.conformance.suite import Check, Example, Failed, Suite

AT_ONCE = 8
"""Calls that are made under one key at the same time."""

Trial = Callable[[Caller, Example], Awaitable[None]]


def checks(suite: Suite) -> list[Check]:
    """The common checks, on the suite's example effect."""
    return [
        Check("It answers /healthz with its name and that it is ready.", _is_ready),
        *map(_on_example(suite), RULES),
    ]


def _on_example(suite: Suite) -> Callable[[tuple[str, Trial]], Check]:
    """Makes a rule into a check of the suite, with a fresh example each time."""

    def made(rule: tuple[str, Trial]) -> Check:
        sentence, trial = rule

        async def try_out(partner: Caller) -> None:
            await trial(partner, await suite.example(partner))

        return Check(sentence, try_out)

    return made


async def _is_ready(partner: Caller) -> None:
    health = answered(await partner.get("/healthz"))
    holds(isinstance(health.get("partner"), str), "/healthz was to say which partner it is")
    equal(health.get("ready"), True, "ready")


async def _is_repeated(partner: Caller, example: Example) -> None:
    key = partner.new_key()
    first = answered(await partner.post(example.path, example.content, key=key), example.status)
    again = await partner.post(example.path, example.content, key=key)
    equal(answered(again, example.status), first, "the answer to the repeat")
    equal(again.headers.get("Idempotent-Replay"), "true", "the repeat's header Idempotent-Replay")


async def _is_asked_at_once(partner: Caller, example: Example) -> None:
    key = partner.new_key()
    calls = (partner.post(example.path, example.content, key=key) for _ in range(AT_ONCE))
    answers = [answered(each, example.status) for each in await asyncio.gather(*calls)]
    holds(
        all(each == answers[0] for each in answers), f"{AT_ONCE} calls at once under one key were answered differently"
    )


async def _keeps_its_key(partner: Caller, example: Example) -> None:
    key = partner.new_key()
    answered(await partner.post(example.path, example.content, key=key), example.status)
    refused(await partner.post(example.path, example.other, key=key), 409, "key-reused")


async def _is_found(partner: Caller, example: Example) -> None:
    key = partner.new_key()
    refused(await partner.get(f"/effects/{key}"), 404)
    answer = answered(await partner.post(example.path, example.content, key=key), example.status)
    equal(answered(await partner.get(f"/effects/{key}"))["answer"], answer, "the answer kept under the key")


async def _needs_a_key(partner: Caller, example: Example) -> None:
    response = await partner.post(example.path, example.content, key=None)
    refused(response, 422)


async def _takes_no_nonsense(partner: Caller, example: Example) -> None:
    key = partner.new_key()
    for body in (b"{", b'{"no": "thing"}'):
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        refused(await partner.client.post(example.path, headers=headers, content=body), 422)
    if (await partner.get(f"/effects/{key}")).status_code != 404:
        raise Failed("a call that was refused left an effect under its key")
    answered(await partner.post(example.path, example.content, key=key), example.status)


RULES: tuple[tuple[str, Trial], ...] = (
    ("A repeat under the same key gets the same answer, marked as a repeat.", _is_repeated),
    ("Calls made at once under one key have one effect and one answer.", _is_asked_at_once),
    ("A key that was used for another request is refused (key-reused).", _keeps_its_key),
    ("An effect is found by its key, and one that never was is not (GET /effects/{key}).", _is_found),
    ("An effect without an Idempotency-Key is refused.", _needs_a_key),
    (
        "Nonsense is refused as a problem with a code, leaves nothing, and the key may be used again.",
        _takes_no_nonsense,
    ),
)
