"""`thaw partners`: whether a partner's system keeps the contract that Thaw relies on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from workers.console import Json, fail, out, print_json

if TYPE_CHECKING:
    from partners.conformance import Verdict
    from partners.conformance.callbacks import Listener

STYLES = {"passed": "green", "failed": "red", "skipped": "yellow"}

app = typer.Typer(help="Check partners' systems against their contracts.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="partners")


@app.callback()
def partners() -> None:
    """Check partners' systems against their contracts."""


@app.command()
def check(
    url: Annotated[str, typer.Argument(help="Where the partner's system is: http(s)://host:port")],
    partner: Annotated[
        str | None, typer.Option("--partner", metavar="KIND", help="What it is, if it does not say so itself.")
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="HOST:PORT", help="Where it sends its callbacks while it is checked."),
    ] = None,
    secret: Annotated[
        str, typer.Option(envvar="THAW_CHECK_SECRET", help="What its callbacks are signed with (with --listen).")
    ] = "",
    as_json: Json = False,
) -> None:
    """Try out a partner's system, check by check. It is left with made-up cases: point this at a system for tests.

    Exit code 0 when every check is passed, 1 when one is not, 2 when it cannot be checked at all.
    """
    try:
        kind, verdicts = asyncio.run(_checked(url, partner, listen, secret, quiet=as_json))
    except _CannotCheckError as error:
        raise fail(str(error), 2, as_json=as_json) from None
    failed = [verdict for verdict in verdicts if verdict.state == "failed"]
    if as_json:
        checks = [{"check": v.sentence, "state": v.state, "why": v.why} for v in verdicts]
        print_json({"partner": kind, "passed": not failed, "checks": checks})
    else:
        skipped = sum(verdict.state == "skipped" for verdict in verdicts)
        more = f", {skipped} skipped" if skipped else ""
        out.print(f"{len(verdicts) - len(failed) - skipped} passed, {len(failed)} failed{more}", style="bold")
    if failed:
        raise typer.Exit(1)


class _CannotCheckError(Exception):
    """Why a partner cannot be checked at all."""


async def _checked(
    url: str, partner: str | None, listen: str | None, secret: str, *, quiet: bool
) -> tuple[str, list[Verdict]]:
    """The kind of the partner and every verdict; unless `quiet` each is printed as soon as it is known."""
    import httpx2

    from partners.conformance import examine, kind_of, kinds, suite_of
    from partners.conformance.examining import NoSuchKindError

    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, timeout=30, trust_env=False))
            kind = partner or await kind_of(client)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _CannotCheckError(f"{url} cannot be reached: {type(error).__name__} {error}") from None
        if kind is None:
            raise _CannotCheckError(f"{url} does not say what it is; name it with --partner ({', '.join(kinds())})")
        try:
            suite = suite_of(kind)
        except NoSuchKindError as error:
            raise _CannotCheckError(str(error)) from None
        listener = await stack.enter_async_context(_listening(listen, secret)) if listen else None
        verdicts = []
        async for verdict in examine(suite, client, listener):
            verdicts.append(verdict)
            if not quiet:
                _print(verdict)
        return kind, verdicts


@asynccontextmanager
async def _listening(address: str, secret: str) -> AsyncIterator[Listener]:
    """A desk's door for callbacks at `address`, for as long as the block runs."""
    import uvicorn

    from partners.conformance.callbacks import Listener

    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise _CannotCheckError(f"--listen takes HOST:PORT, not {address}")
    if not secret:
        raise _CannotCheckError("--listen needs --secret: what the partner signs its callbacks with")
    listener = Listener(secret)
    server = uvicorn.Server(uvicorn.Config(listener.app(), host=host, port=int(port), log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if serving.done():
                raise _CannotCheckError(f"{address} cannot be listened at")
            await asyncio.sleep(0.02)
        yield listener
    finally:
        server.should_exit = True
        await asyncio.wait({serving})


def _print(verdict: Verdict) -> None:
    out.print(f"{verdict.state:<8}", style=STYLES[verdict.state], end="", markup=False)
    out.print(verdict.sentence, markup=False)
    if verdict.why:
        out.print(f"        {verdict.why}", style="dim", markup=False)
