"""Opens a stack and stays with it until it is told to stop: the lock, the clearing up, the supervisor, the signals."""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from workers.stack.child import Stage
from workers.stack.lock import AlreadyRunning, StackLock
from workers.stack.logbook import Logbook, coloured
from workers.stack.place import Place
from workers.stack.state import clear_leftovers
from workers.stack.supervisor import StartFailed, Supervisor

Message = dict[str, Any]
"""News of the start. `kind` is cleared {pid}, plan {stages}, process {its state}, and last ready {}, running {pid} (it
runs already) or failed {name, why, last_words}."""

STOPPED, FAILED, ALREADY_RUNNING = 0, 1, 3


def open_stack(
    place: Place,
    plan: Callable[[], Sequence[Stage]],
    tell: Callable[[Message], None],
    follow: Callable[[str], None] | None = None,
) -> int:
    """Run the planned stages until SIGINT, SIGTERM or SIGHUP; the exit code.

    `plan` is called when nothing of an earlier run is left. `tell` hears how the start goes; once everything is ready,
    `follow` gets every log line, coloured.
    """
    place.make()
    try:
        with StackLock(place.lock):
            for pid in clear_leftovers(place.states):
                tell({"kind": "cleared", "pid": pid})
            return asyncio.run(_supervise(place, plan(), tell, follow))
    except AlreadyRunning as running:
        tell({"kind": "running", "pid": running.pid})
        return ALREADY_RUNNING


async def _supervise(
    place: Place,
    stages: Sequence[Stage],
    tell: Callable[[Message], None],
    follow: Callable[[str], None] | None,
) -> int:
    logbook = Logbook(place.logs)
    supervisor = Supervisor(
        stages, logbook, place.states, watch=lambda state: tell({**asdict(state), "kind": "process"})
    )
    for urge in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(urge, supervisor.request_stop)

    def ready() -> None:
        logbook.say("info", "everything is running")
        tell({"kind": "ready"})
        if follow:
            logbook.follow = lambda line: follow(coloured(line))

    tell({"kind": "plan", "stages": [[stage.title, [part.name for part in stage.parts]] for stage in stages]})
    logbook.say("info", "starting", supervisor=os.getpid())
    try:
        await supervisor.run(ready)
    except StartFailed as failure:
        logbook.say("error", str(failure))
        tell({"kind": "failed", "name": failure.name, "why": failure.why, "last_words": list(failure.last_words)})
        return FAILED
    finally:
        logbook.say("info", "stopped")
        logbook.close()
    return STOPPED
