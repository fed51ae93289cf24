"""Keeping the asynchronous views: the live ones take in what is written, moments later; one that is not there, or that
other code made, is made anew beside it.

Any number may run: each page of a view is taken in by one of them, and one makes a view anew.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

import uvloop
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from journal import Journal
from journal.projecting import Projector
from journal.rebuilding import BeingRebuiltError, rebuild
from journal.statements import Pool
from journal.views import VIEWS, View, Words
from journal.waking import wakes
from workers.database import open_journal
from workers.duties import Later, brief, until_told
from workers.logs import announce_ready, logger
from workers.settings import Settings, load_settings
from workers.vocabulary import vocabulary

AWAY = (OperationalError, PoolTimeout)
IDLE_SECONDS = 1.0
"""How long news may lie when its notification was lost."""
LOOK_AGAIN_SECONDS = 30.0
"""How often it is looked whether a view must be made anew."""


@dataclass
class ViewsProcess:
    """The duties over one journal."""

    pool: Pool
    words: Words
    failed: Later = field(default_factory=lambda: Later(1.0, 60.0))

    def __post_init__(self) -> None:
        self._projector = Projector(self.pool, self.words)
        self._away = False

    async def take_all(self) -> None:
        """Takes in everything there is. A view that cannot take its page is tried again later; the others go on."""
        busy = list(VIEWS.values())
        while busy:
            busy = [view for view in busy if view.name not in self.failed.held and await self._take(view)]

    async def _take(self, view: View) -> bool:
        try:
            more = await self._projector.take_page(view)
        except AWAY as error:
            if not self._away:
                logger().warning("the views wait: the database is away", error=brief(error))
            self._away = True
            return False
        except Exception:
            self.failed.hold(view.name)
            logger().exception("a view cannot take its page in; it is tried again", view=view.name)
            return False
        self._away = False
        self.failed.free(view.name)
        return more

    async def make_outdated(self) -> None:
        """Makes anew what is not there or was made by other code."""
        for view in await self._projector.outdated():
            try:
                made = await rebuild(self.pool, view, self.words)
            except BeingRebuiltError:
                logger().info("a view is being made by another process", view=view.name)
            else:
                logger().info(
                    "a view was made anew", view=view.name, build=made.build, streams=made.streams,
                    seconds=round(made.seconds, 1),
                )  # fmt: skip

    async def keep_made(self) -> None:
        """Looks for outdated views, for ever."""
        while True:
            try:
                await self.make_outdated()
            except AWAY as error:
                logger().warning("making views waits: the database is away", error=brief(error))
            except Exception:
                logger().exception("a view cannot be made; it is tried again")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def keep_up(self, url: str) -> None:
        """Takes in what is written, for ever."""
        async with aclosing(wakes(url, at_least_every=IDLE_SECONDS)) as woken:
            async for _ in woken:
                await self.take_all()


def main() -> None:
    """Keep the views until SIGTERM or SIGINT."""
    settings = load_settings()
    uvloop.run(until_told(lambda _: _serve(settings), grace_seconds=0))


async def _serve(settings: Settings) -> None:
    journal: Journal
    async with await open_journal(settings.database_url, max_size=3) as journal:
        views = ViewsProcess(journal.pool, vocabulary(settings.policy_version))
        async with asyncio.TaskGroup() as group:
            group.create_task(views.keep_made())
            group.create_task(views.keep_up(settings.database_url))
            announce_ready()
