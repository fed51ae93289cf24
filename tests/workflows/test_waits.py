"""What waits with a time-out goes on after the same number of turns on every Python, as it did under 3.11."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.worker import _workflow_instance

from workflows import waits

Wait = Callable[[Any, float | None], Awaitable[Any]]

COURSES: dict[str, tuple[float | None, str, int, str]] = {
    "what comes in time": (60, "comes", 2, "result None"),
    "what is called off meanwhile": (60, "is called off", 2, "CancelledError"),
    "what comes where no time was set": (None, "comes", 1, "result None"),
    "what never comes": (60, "time is up", 3, "TimeoutError"),
}
"""By name: the time-out, what happens, after how many turns of the loop the wait is over, and how."""


async def course(wait: Wait, seconds: float | None, deed: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """After how many turns since the deed, or since the time was up, the wait was over, and how."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    over: list[str] = []
    ring: list[Callable[[], Any]] = []

    def call_later(_: float, callback: Callable[..., Any], *args: Any) -> asyncio.Handle:
        ring.append(lambda: callback(*args))
        return asyncio.Handle(callback, args, loop)

    async def waiter() -> None:
        try:
            over.append(f"result {await wait(future, seconds)}")
        except (TimeoutError, asyncio.CancelledError) as error:
            over.append(type(error).__name__)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "call_later", call_later)
        task = asyncio.create_task(waiter())
        await asyncio.sleep(0)
        deeds: dict[str, Callable[[], Any]] = {
            "comes": lambda: future.set_result(None),
            "is called off": future.cancel,
            "time is up": ring[0] if ring else future.cancel,
        }
        deeds[deed]()
        for turn in range(1, 20):
            await asyncio.sleep(0)
            if over:
                await task
                return turn, over[0]
    raise AssertionError("it waits for ever")


@pytest.mark.parametrize("name", COURSES)
async def test_a_wait_is_over_after_as_many_turns_as_ever(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    timeout, deed, *expected = COURSES[name]
    assert await course(waits.wait_for, timeout, deed, monkeypatch) == tuple(expected)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 wrote it anew, which is why we have our own")
@pytest.mark.parametrize("name", COURSES)
async def test_it_is_the_course_of_python_3_11(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    timeout, deed, *expected = COURSES[name]
    assert await course(asyncio.wait_for, timeout, deed, monkeypatch) == tuple(expected)


async def test_a_wait_that_is_cancelled_calls_off_what_it_waited_for() -> None:
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(waits.wait_for(future, 60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert future.cancelled()


async def test_no_time_at_all_is_over_at_once() -> None:
    with pytest.raises(TimeoutError):
        await waits.wait_for(asyncio.get_running_loop().create_future(), 0)


def test_the_engine_waits_our_way() -> None:
    assert vars(_workflow_instance)["asyncio"].wait_for is waits.wait_for
    assert vars(_workflow_instance)["asyncio"].Future is asyncio.Future
