"""What a suite is made of: checks with a sentence each, and the example effect that the common rules are tried on."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partners.conformance.caller import Caller


class Failed(Exception):  # noqa: N818 - named after what a check did
    """A check that was not passed; the message says what was expected and what came instead."""


Trial = Callable[["Caller"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a partner must do. `sentence` is for people; `try_out` raises Failed when it does not."""

    sentence: str
    try_out: Trial
    needs_callbacks: bool = False
    """Whether it can only be tried where callbacks can be received."""


@dataclass(frozen=True, slots=True)
class Example:
    """An effect that a sound partner brings about: `content` is what is posted to `path`, `other` the same call with
    another content, `status` what is answered."""

    path: str
    content: Mapping[str, Any]
    other: Mapping[str, Any]
    status: int = 201


class Suite:
    """The checks of one kind of partner, in the order in which they are tried.

    `example` prepares what the example effect needs and says what to post; the rules that all partners keep are tried
    on it before the suite's own checks.
    """

    def __init__(self, kind: str, example: Callable[[Caller], Awaitable[Example]]) -> None:
        self.kind = kind
        self.example = example
        self.checks: list[Check] = []

    def check(self, try_out: Trial) -> Trial:
        """Add a check; its docstring is its sentence."""
        self._add(try_out, needs_callbacks=False)
        return try_out

    def check_with_callbacks(self, try_out: Trial) -> Trial:
        """Add a check that receives callbacks: it is skipped where none can arrive."""
        self._add(try_out, needs_callbacks=True)
        return try_out

    def _add(self, try_out: Trial, *, needs_callbacks: bool) -> None:
        sentence = " ".join((inspect.getdoc(try_out) or "").split())
        if not sentence:
            raise ValueError(f"the check {try_out!r} of {self.kind} does not say what it is about")
        self.checks.append(Check(sentence, try_out, needs_callbacks))
