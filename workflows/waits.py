"""Waiting with a time-out takes the same number of turns on every Python.

The engine's `wait_condition` waits by `asyncio.wait_for`, which Python 3.12 wrote anew: who waits resumes a turn of the
loop earlier than before. With several tasks awake at once that changes the order of a workflow's commands, so that a
case begun under one Python could not be replayed under another. Here is the course of 3.11, under which the first cases
began, and the engine takes it on every Python.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from temporalio.worker import _workflow_instance

T = TypeVar("T")


async def wait_for(awaited: asyncio.Future[T], timeout: float | None) -> T:  # noqa: ASYNC109  # as asyncio has it
    """The future's result. Raises TimeoutError after `timeout` seconds (None: never), having cancelled the future."""
    if timeout is None:
        return await awaited
    if timeout <= 0:
        return await asyncio.wait_for(awaited, timeout)  # this has always been one course
    woken, wake = _alarm()
    timer = asyncio.get_running_loop().call_later(timeout, wake)
    awaited.add_done_callback(wake)
    try:
        try:
            await woken
        except asyncio.CancelledError:
            if not awaited.done():
                await _called_off(awaited, wake)
                raise
        if not awaited.done():
            await _called_off(awaited, wake)
            raise TimeoutError
        return awaited.result()
    finally:
        timer.cancel()


def _alarm() -> tuple[asyncio.Future[None], Callable[..., None]]:
    """A future, and what ends it."""
    woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(_: object = None) -> None:
        if not woken.done():
            woken.set_result(None)

    return woken, wake


async def _called_off(awaited: asyncio.Future[T], wake: Callable[..., None]) -> None:
    awaited.remove_done_callback(wake)
    ended, end = _alarm()
    awaited.add_done_callback(end)
    awaited.cancel()
    await ended


class _SteadyAsyncio(ModuleType):
    """asyncio, but for `wait_for`."""

    wait_for = staticmethod(wait_for)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def steady() -> None:
    """From now on workflows of this process wait the same way on every Python. Calling it again changes nothing."""
    vars(_workflow_instance)["asyncio"] = _SteadyAsyncio("asyncio")
