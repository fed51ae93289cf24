"""Runs partners as a process: `run({"ledger": 8101}, "127.0.0.1")`, one or several small ones together."""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import signal
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import cast

import uvicorn
import uvloop
from fastapi import FastAPI

import partners
from partners.kit import logs
from partners.kit.settings import MissingSetting, Settings

Factory = Callable[[Settings], FastAPI]

_NO_PARTNERS = frozenset({"kit", "conformance"})
"""Packages beside the partners that are none."""


class UnknownPartner(LookupError):  # noqa: N818 — named after what is wrong
    """There is no partner of this name; the message lists those there are."""


def names() -> tuple[str, ...]:
    """The names of all partners, sorted."""
    modules = pkgutil.iter_modules(partners.__path__)
    return tuple(sorted(module.name for module in modules if module.ispkg and module.name not in _NO_PARTNERS))


def factory(name: str) -> Factory:
    """The `app` factory of partner `name`; UnknownPartner when there is none."""
    if name not in names():
        raise UnknownPartner(f"there is no partner {name!r}; there are: {', '.join(names())}")
    return cast("Factory", importlib.import_module(f"partners.{name}").app)


def run(served: Mapping[str, int], host: str) -> None:
    """Serve partners, each on its port, until told to stop (SIGTERM or SIGINT); SystemExit with a sentence if one
    cannot start. Several share one process, and with it the time a process takes to start; each has its own tables.

    Reads THAW_PARTNER_DATABASE_URL, THAW_DESK_URL, THAW_HOOK_SECRETS and the partners' own THAW_<NAME>_… variables.
    """
    try:
        apps = {name: factory(name)(Settings.from_environment(name, os.environ)) for name in served}
    except (UnknownPartner, MissingSetting) as error:
        raise SystemExit(str(error)) from error
    logs.configure(next(iter(served)) if len(served) == 1 else "services")
    servers = [_Server(_config(app, host, served[name])) for name, app in apps.items()]
    uvloop.run(_serve_all(servers))


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs several of them."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5)


async def _serve_all(servers: Sequence[uvicorn.Server]) -> None:
    """Serve until a signal comes, or one of them cannot go on; then none of them does."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    serving = [asyncio.create_task(_serve(server)) for server in servers]
    await asyncio.wait(serving, return_when=asyncio.FIRST_COMPLETED)
    stop()
    await asyncio.gather(*serving)
    if not all(server.started for server in servers):
        raise SystemExit("a partner could not be served; its log says why")


async def _serve(server: uvicorn.Server) -> None:
    """Serve until told to stop. A server that cannot start asks for the end of the process: the others stop first."""
    with suppress(SystemExit):
        await server.serve()
