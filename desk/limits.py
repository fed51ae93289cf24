"""How often something may be tried: enough to stop guessing, held in memory of this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta


class Tries:
    """Failed tries by key: at most `most` within `window`. Remembers up to `room` keys, the latest ones."""

    def __init__(self, most: int, window: timedelta, clock: Callable[[], datetime], *, room: int = 10_000) -> None:
        self._most, self._window, self._clock, self._room = most, window, clock, room
        self._failed: OrderedDict[str, list[datetime]] = OrderedDict()

    def wait_seconds(self, key: str) -> int:
        """How long `key` has to wait before the next try; 0 when it need not."""
        since = self._clock() - self._window
        recent = [at for at in self._failed.get(key, []) if at > since]
        if len(recent) < self._most:
            return 0
        return max(1, int((recent[-self._most] - since).total_seconds()) + 1)

    def failed(self, key: str) -> None:
        """Another failed try of `key`."""
        since = self._clock() - self._window
        kept = [at for at in self._failed.pop(key, []) if at > since][-self._most :]
        self._failed[key] = [*kept, self._clock()]
        if len(self._failed) > self._room:
            self._failed.popitem(last=False)
