"""`thaw worker`, `partner`, `desk`, `relay`, `views`, `migrate`, `seed`: what a desk consists of, one by one."""

import asyncio
import inspect
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from workers.console import Json, fail, print_json

Host = Annotated[str, typer.Option(help="The address to listen on.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (worker, partner, desk, relay, views, migrate, seed):
        app.command()(command)


def worker(
    name: Annotated[
        str, typer.Argument(help="cases (the procedures), hands (the calls to all partners), or one partner's name.")
    ],
    as_json: Json = False,
) -> None:
    """Run one kind of worker until told to stop. It logs JSON in any case."""
    del as_json  # its log lines are JSON in any case
    _configure(f"worker-{name}")
    from journal.migrating import MigrationError
    from workers.run_worker import NoSuchWorkerError, main

    try:
        main(name)
    except NoSuchWorkerError as error:
        raise fail(str(error)) from None
    except MigrationError as error:
        raise fail(str(error), 2) from None


def partner(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME…",
            help="ledger, terminals, bank, risk, status, documents, notices, network, contracts, logistics or field; "
            "several run in one process.",
        ),
    ],
    host: Host = "127.0.0.1",
    ports: Annotated[list[int] | None, typer.Option("--port", help="The port of each, in the same order.")] = None,
    as_json: Json = False,
) -> None:
    """Run partners' stand-ins until told to stop. They log JSON in any case."""
    del as_json  # its log lines are JSON in any case
    from partners.kit.serve import run
    from workers.stack.ports import USUAL, any_free

    if ports and len(ports) != len(names):
        raise fail("name a port for each partner, or for none", 2)
    run(dict(zip(names, ports or [USUAL.get(name) or any_free() for name in names], strict=True)), host)


def desk(as_json: Json = False) -> None:
    """Run the desk (API, console, portal, codec server) until told to stop. It logs JSON in any case."""
    del as_json  # its log lines are JSON in any case
    _configure("desk")
    from desk.serve import serve
    from workers.settings import load_settings

    settings = load_settings()
    serve(settings, settings.desk_host, settings.desk_port, settings.trusted_proxies)


def relay(as_json: Json = False) -> None:
    """Run the relay, which starts the workflow of each new case and delivers commands, until told to stop."""
    del as_json  # its log lines are JSON in any case
    _configure("relay")
    from journal.migrating import MigrationError
    from workers.relay_process import main

    try:
        main()
    except MigrationError as error:
        raise fail(str(error), 2) from None


def views(as_json: Json = False) -> None:
    """Keep the asynchronous views (search and the figures) up to date until told to stop. It logs JSON in any case."""
    del as_json  # its log lines are JSON in any case
    _configure("views")
    from workers.views_process import main

    main()


def migrate(
    create: Annotated[bool, typer.Option("--create", help="Create the databases if they do not exist.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the journal's tables up to date. Safe to run several times, also at the same time.

    Exit code 0 when they are, 2 when the journal is newer than this version, or cannot be reached or written.
    """
    from psycopg import Error

    import journal
    from journal.migrating import MigrationError
    from workers.settings import load_settings

    settings = load_settings()
    try:
        if create:
            from workers.stack.databases import create_database

            for uri in filter(None, (settings.database_url, settings.partner_database_url)):
                create_database(uri)
        _finish(journal.migrate(settings.database_url))
    except MigrationError as error:
        raise fail(str(error), 2, as_json=as_json) from None
    except Error as error:
        raise fail(f"the journal was left as it was: {error}", 2, as_json=as_json) from None
    print_json({"migrated": True}) if as_json else typer.echo("the journal's tables are up to date")


def seed(
    as_json: Json = False,
    outside: Annotated[
        bool, typer.Option("--outside", help="Enter what the registry and the acquirer know of the sample merchants.")
    ] = False,
) -> None:
    """Enter the demo users of this stack into the journal; those it has already keep what they have."""
    from workers.settings import load_settings
    from workers.stack.place import Place
    from workers.stack.secrets import known_or_new

    settings = load_settings()
    if outside:
        _seed_outside(settings, as_json=as_json)
        return
    users = known_or_new(Place(settings.data_dir).secrets).users
    there = find_spec("desk.seed") is not None
    if there:
        from desk.seed import seed as enter

        _finish(enter(settings, {name: user.model_dump(exclude_none=True) for name, user in users.items()}))
    told = f"{len(users)} users are entered" if there else "no users entered: this desk has no seeding step"
    print_json({"seeded": there, "users": list(users)}) if as_json else typer.echo(told)


def _seed_outside(settings: Any, *, as_json: bool) -> None:
    """A desk opens without it, too: then papers about sales and registrations are doubts."""
    import httpx2

    from workers.demo.outside import tell

    try:
        known = asyncio.run(tell(settings))
    except httpx2.HTTPError as error:
        typer.echo(f"the partners did not take the samples; the desk opens without them: {error}", err=True)
        return
    print_json({"sales": known}) if as_json else typer.echo(f"the acquirer knows {known} sample sales")


def _configure(process: str) -> None:
    from workers.logs import configure_logs

    configure_logs(process)


def _finish(result: Any) -> None:
    """Run a coroutine to its end; anything else has ended already."""
    if inspect.iscoroutine(result):
        asyncio.run(result)
