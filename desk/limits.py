"""How many requests a caller may make: as many as a busy person or robot needs, and not so many that others wait.

Held in memory of this process: what it guards is this process. (Guessing is bounded elsewhere: `journal.tries`.)
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

ROOM = 10_000
"""Callers remembered, the latest ones."""


class Rates:
    """A bucket per caller that holds a minute's requests and fills evenly."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = per_minute, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> int:
        """Takes a request from the caller's bucket and answers 0; from an empty one the seconds to wait."""
        moment = self._clock()
        left, filled_at = self._buckets.pop(caller, (float(self._most), moment))
        left = min(float(self._most), left + (moment - filled_at) * self._most / 60)
        wait = 0 if left >= 1 else int((1 - left) * 60 / self._most) + 1
        self._buckets[caller] = (left if wait else left - 1, moment)
        if len(self._buckets) > ROOM:
            self._buckets.popitem(last=False)
        return wait
