"""The forms an event's body has had: each older one is lifted, form by form, to the newest.

A shipped form never changes. An event that needs another shape gets the next form, and the lift from the last one, in
`domain.wire.FORMS`; a golden example of the old form stays in `tests/domain/golden/` and must still be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
Lift = Callable[[Body], Body]
"""Makes a body of the next form of one that was read; it may change the one it is given."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The lifts by event and the form they start from. Raises ValueError when there is a gap: every form before an
    event's newest must have its lift."""

    lifts: Mapping[tuple[str, int], Lift]
    _newest: dict[str, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, form in sorted(self.lifts):
            if form != self.newest(name):
                raise ValueError(f"{name}: form {self.newest(name)} has no lift to the next, but form {form} has one")
            self._newest[name] = form + 1

    def newest(self, name: str) -> int:
        """The number of the form in which an event is written now."""
        return self._newest.get(name, 1)

    def lifted(self, name: str, form: int, body: Body) -> Body:
        """A body that was written in `form`, in the newest form."""
        for old in range(form, self.newest(name)):
            body = self.lifts[name, old](body)
        return body
