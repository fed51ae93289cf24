"""Interleaved rounds: every contender takes its turn in every round, so that a noisy minute troubles all of them.

A ratio is the median of the ratios within each round, never a ratio of medians of different minutes.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import Any

Contender = Callable[[], Awaitable[float]]
"""One turn; answers what it measured, a rate per second."""


async def in_rounds(rounds: int, contenders: Mapping[str, Contender], what: str) -> dict[str, list[float]]:
    """What each contender measured, round by round. The order turns from round to round."""
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            gc.collect()
            measured[name].append(await contenders[name]())
        say(f"{what}: round {number + 1} of {rounds}: {_brief(measured)}")
    return measured


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How many times theirs ours is, by the median round."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def beside(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """Their rate, and how many times it ours is."""
    return {"per_s": significant(median(theirs)), "ratio": round(ratio(ours, theirs), 2)}


def at_least(target: float, ours: Sequence[float], theirs: Sequence[float]) -> dict[str, Any]:
    """The same with the target for the ratio."""
    return {**beside(ours, theirs), "target": f">= {target}", "met": ratio(ours, theirs) >= target}


def at_most(target: float, ours: float, theirs: float) -> dict[str, Any]:
    """Ours beside theirs, where less is better."""
    found = ours / theirs
    return {"ratio": round(found, 2), "target": f"<= {target}", "met": found <= target}


def significant(figure: float, digits: int = 3) -> float:
    """The figure with as many digits as it deserves."""
    return float(f"{figure:.{digits}g}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def say(line: str) -> None:
    """Progress, for whoever waits."""
    print(line, file=sys.stderr, flush=True)


def _brief(measured: Mapping[str, Sequence[float]]) -> str:
    return ", ".join(f"{name} {figures[-1]:.3g}" for name, figures in measured.items())
