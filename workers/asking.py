"""What the commands that ask the desk's API share: who asks, how an error is told, how money and times are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from workers.console import err, fail, print_json

if TYPE_CHECKING:
    from workers.api import Api

T = TypeVar("T")


def as_user(default: str) -> Any:
    """The option that says in whose name a command asks."""
    return Annotated[str, typer.Option("--as", metavar="USER", help=f"Who asks: a user of the stack ({default}).")]


AsOfficer = as_user("officer1")
AsAuditor = as_user("auditor1")
AsReviewer = as_user("reviewer1")
AsSupervisor = as_user("supervisor1")
AsCompliance = as_user("compliance1")
AsMerchant = as_user("merchant1")


def ask(user: str, work: Callable[[Api], Awaitable[T]], *, as_json: bool) -> T:
    """What `work` brings back from the API. An error ends the command with 1, told as title and detail."""
    from workers.api import ApiError, NoAccessError, access_of, open_api

    async def asked() -> T:
        async with open_api(access_of(user)) as api:
            return await work(api)

    try:
        return asyncio.run(asked())
    except NoAccessError as error:
        raise fail(str(error), as_json=as_json) from None
    except ApiError as error:
        raise _told(error, as_json=as_json) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _told(error: Any, *, as_json: bool) -> typer.Exit:
    if as_json:
        print_json({"error": str(error), "status": error.status, "code": error.code, "fields": list(error.fields)})
    else:
        err.print(error.title, style="bold red", markup=False)
        if error.detail and error.detail != error.title:
            err.print(error.detail, markup=False)
    return typer.Exit(1)


def yuan(fen: int | None) -> str:
    """An amount for people."""
    from domain.money import yuan as written

    return "" if fen is None else written(fen)


def when(at: str | None) -> str:
    """A time in Shanghai, to the minute."""
    from domain.business_time import local_time

    return local_time(datetime.fromisoformat(at)) if at else ""


def due(at: str | None) -> str:
    """A deadline in Shanghai; one at midnight is the end of the day before."""
    from domain.business_time import due_time

    return due_time(datetime.fromisoformat(at)).en if at else ""
