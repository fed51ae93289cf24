"""The life of a terminal as a table: which moves there are, and from which state each is possible.

Everything that is not in the table is impossible and is refused with `impossible-move`. Blocks are not
states: a terminal stays `activated` under a block and takes no transactions until every block is lifted.
"""

from collections.abc import Mapping
from typing import Final, Literal

from partners.kit import Courses

State = Literal["in_stock", "bound", "activated", "disabled", "unbound", "retired"]
Move = Literal["bind", "activate", "disable", "enable", "unbind", "restock", "retire"]

MOVES: Mapping[Move, Mapping[State, State]] = {
    "bind": {"in_stock": "bound", "unbound": "bound"},
    "activate": {"bound": "activated"},
    "disable": {"activated": "disabled"},
    "enable": {"disabled": "activated"},
    "unbind": {"bound": "unbound", "activated": "unbound", "disabled": "unbound"},
    "restock": {"unbound": "in_stock"},
    "retire": {"in_stock": "retired", "unbound": "retired"},
}

WIPES: Final = Courses("wipe", "W", {"confirm": {"pending": "wiped"}})
"""A wipe is pending until the device itself confirms it."""

SERVING: frozenset[State] = frozenset({"bound", "activated", "disabled"})
"""States in which a terminal belongs to a merchant."""


def after(move: Move, state: State) -> State | None:
    """The state that `move` leads to from `state`; None when the move is impossible there."""
    return MOVES[move].get(state)


def possible_moves(state: State) -> tuple[Move, ...]:
    """What may be done with a terminal in `state`; empty for a retired one."""
    return tuple(move for move, ways in MOVES.items() if state in ways)


def way_to_activated(state: State) -> tuple[Move, ...] | None:
    """The moves a registration makes with a terminal of the same merchant, or of none, to see it in service.

    A terminal in service, or disabled by somebody, is left as it is: registering is no way around a
    suspension. None when there is no way (the terminal is retired).
    """
    ways: dict[State, tuple[Move, ...] | None] = {
        "in_stock": ("bind", "activate"),
        "unbound": ("bind", "activate"),
        "bound": ("activate",),
        "activated": (),
        "disabled": (),
        "retired": None,
    }
    return ways[state]
