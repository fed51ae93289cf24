"""Closing a month: from then on nothing is booked in it, and what was wrong in it is put right in the open month.

The database keeps the rule itself: a posting on a closed day is refused to anyone.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from partners.kit import Connection, Refusal
from partners.ledger.books import one, rows
from partners.ledger.period_forms import Close, PeriodBody, Periods


async def close(connection: Connection, key: str, body: Close) -> PeriodBody:
    """Close a month, and every month before it that is still open.

    Waits for what is being posted. Refusals: 409 `period-not-over`, `period-closed`.
    """
    year, month = map(int, body.period.split("-"))
    first_day, last_day = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    state = await one(connection, "closed_through")
    assert state is not None
    if last_day >= state["today"]:
        raise Refusal(409, "period-not-over", f"{body.period} ends on {last_day} and is not over.")
    if await one(connection, "close_through", last_day=last_day) is None:
        raise Refusal(
            409,
            "period-closed",
            f"The books are closed through {state['closed_through']}.",
            closed_through=state["closed_through"].isoformat(),
        )
    row = await one(connection, "keep_period", period=body.period, key=key, first_day=first_day, last_day=last_day)
    assert row is not None
    return PeriodBody(**row)


async def periods(connection: Connection) -> Periods:
    """The closed months, oldest first, and the day through which the books are closed."""
    state = await one(connection, "closed_through")
    assert state is not None
    return Periods(
        closed_through=state["closed_through"],
        periods=[PeriodBody(**row) for row in await rows(connection, "periods")],
    )


async def require_open(connection: Connection, day: date | None) -> None:
    """Refusals 409 `period-closed` for a closed day, `day-not-come` for one in the future."""
    if day is None:
        return
    state = await one(connection, "closed_through")
    assert state is not None
    if day <= state["closed_through"]:
        raise Refusal(
            409,
            "period-closed",
            f"Nothing is booked on {day}: the books are closed through {state['closed_through']}. "
            "Correct it in the open period.",
            closed_through=state["closed_through"].isoformat(),
        )
    if day > state["today"]:
        raise Refusal(409, "day-not-come", f"Nothing is booked on {day}, which has not come.")
