"""Runs one partner as a process of its own: `run("ledger", "127.0.0.1", 8101)`."""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from typing import cast

import uvicorn
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


def run(name: str, host: str, port: int) -> None:
    """Serve partner `name` until told to stop (SIGTERM or SIGINT); SystemExit with a sentence if it cannot start.

    Reads THAW_PARTNER_DATABASE_URL, THAW_DESK_URL, THAW_HOOK_SECRETS and the partner's own THAW_<NAME>_… variables.
    """
    try:
        app = factory(name)(Settings.from_environment(name, os.environ))
    except (UnknownPartner, MissingSetting) as error:
        raise SystemExit(str(error)) from error
    logs.configure(name)
    uvicorn.run(app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5)
