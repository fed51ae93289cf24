"""Held money: placed per control, set aside for a release, released.

For every control held = released + penalty + claims + network_penalty + remaining, and what is set aside never
exceeds what remains. A release takes money out of a reservation only, so two releases cannot spend the same fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from partners.kit import Connection, Refusal
from partners.ledger.books import (
    Entry,
    credit,
    debit,
    lock_merchant,
    of_merchant,
    one,
    post,
    require_balance,
    rows,
    run,
)
from partners.ledger.forms import (
    Cancellation,
    ControlBody,
    Hold,
    PartBody,
    PostingBody,
    Release,
    Reservation,
    ReservationBody,
)


async def place_hold(connection: Connection, key: str, body: Hold) -> PostingBody:
    """Dr merchant_payable / Cr merchant_held. Refusals: insufficient-payable, already-held (one hold per control)."""
    await lock_merchant(connection, body.merchant_no)
    if await one(connection, "find_hold", control_id=body.control_id) is not None:
        raise Refusal(409, "already-held", f"Control {body.control_id} already has its hold.")
    await require_balance(connection, "merchant_payable", body.merchant_no, body.amount_fen)
    payable, held = (of_merchant(code, body.merchant_no) for code in ("merchant_payable", "merchant_held"))
    lines = [debit(payable, body.amount_fen), credit(held, body.amount_fen)]
    posting = await post(
        connection, Entry("hold", body.merchant_no, body.case_id, key, lines=lines, ref=body.control_id)
    )
    await run(
        connection,
        "place_hold",
        control_id=body.control_id,
        merchant_no=body.merchant_no,
        case_id=body.case_id,
        posting_id=posting.posting_id,
        amount_fen=body.amount_fen,
        terminal_sn=body.terminal_sn,
    )
    return posting


async def reserve(connection: Connection, key: str, body: Reservation) -> ReservationBody:
    """Set held money aside; Refusal 409 `insufficient-held` when the controls' free money does not suffice."""
    await lock_merchant(connection, body.merchant_no)
    found = await rows(
        connection, "controls_of_merchant", merchant_no=body.merchant_no, control_ids=list(body.control_ids)
    )
    free = [(control.control_id, control.remaining_fen - control.reserved_fen) for control in map(control_body, found)]
    available = sum(fen for _, fen in free)
    if available < body.amount_fen:
        raise Refusal(
            409,
            "insufficient-held",
            f"{body.amount_fen} fen asked of controls with {available} fen free.",
            available_fen=available,
            asked_fen=body.amount_fen,
        )
    parts = [PartBody(control_id=pot, amount_fen=fen) for _, pot, fen in split([("all", body.amount_fen)], free)]
    await run(
        connection,
        "reserve",
        key=key,
        merchant_no=body.merchant_no,
        case_id=body.case_id,
        amount_fen=body.amount_fen,
    )
    await run(
        connection,
        "reserve_parts",
        key=key,
        control_ids=[part.control_id for part in parts],
        amounts=[part.amount_fen for part in parts],
    )
    return ReservationBody(
        reservation_key=key,
        merchant_no=body.merchant_no,
        case_id=body.case_id,
        amount_fen=body.amount_fen,
        state="open",
        parts=parts,
    )


async def cancel_reservation(connection: Connection, body: Cancellation) -> ReservationBody:
    """Give the money back to its controls; Refusal 409 `reservation-not-open` once cancelled or released."""
    reservation = await find_reservation(connection, body.reservation_key, lock=True)
    _require_open(reservation)
    await run(connection, "close_reservation", reservation_key=body.reservation_key, state="cancelled")
    return reservation.model_copy(update={"state": "cancelled"})


async def release(connection: Connection, key: str, body: Release) -> PostingBody:
    """Dr merchant_held / Cr merchant_payable, penalty_income, claims_payable, network_penalty_payable.

    Consumes the reservation: what it set aside beyond this release is free again under its controls.
    """
    reservation = await find_reservation(connection, body.reservation_key, lock=True)
    if (reservation.merchant_no, reservation.case_id) != (body.merchant_no, body.case_id):
        raise Refusal(409, "other-reservation", "This reservation belongs to another merchant or case.")
    _require_open(reservation)
    if body.total_fen > reservation.amount_fen:
        raise Refusal(
            409,
            "exceeds-reservation",
            f"{body.total_fen} fen to be released of {reservation.amount_fen} fen reserved.",
            available_fen=reservation.amount_fen,
            asked_fen=body.total_fen,
        )
    posting = await post(connection, _release_entry(key, body))
    amounts = [
        ("release", body.release_fen),
        ("penalty", body.penalty_fen),
        ("claims", body.claims_fen),
        ("network_penalty", body.network_penalty_fen),
    ]
    moves = list(split(amounts, [(part.control_id, part.amount_fen) for part in reservation.parts]))
    await run(
        connection,
        "move_held",
        posting_id=posting.posting_id,
        went_to=[went_to for went_to, _, _ in moves],
        control_ids=[control_id for _, control_id, _ in moves],
        amounts=[fen for _, _, fen in moves],
    )
    await run(connection, "close_reservation", reservation_key=body.reservation_key, state="released")
    return posting


def _release_entry(key: str, body: Release) -> Entry:
    lines = [
        debit(of_merchant("merchant_held", body.merchant_no), body.total_fen),
        credit(of_merchant("merchant_payable", body.merchant_no), body.release_fen),
        credit("penalty_income", body.penalty_fen),
        credit(of_merchant("claims_payable", body.merchant_no), body.claims_fen),
        credit("network_penalty_payable", body.network_penalty_fen),
    ]
    return Entry("release", body.merchant_no, body.case_id, key, lines=lines, ref=body.reservation_key)


async def find_reservation(connection: Connection, reservation_key: str, *, lock: bool = False) -> ReservationBody:
    """The reservation, with its merchant locked if asked for; Refusal 404 `no-such-reservation`."""
    row = await one(connection, "find_reservation", reservation_key=reservation_key)
    if row is not None and lock:
        # Read again under the lock: it may have been closed while we waited for it.
        await lock_merchant(connection, row["merchant_no"])
        row = await one(connection, "find_reservation", reservation_key=reservation_key)
    if row is None:
        raise Refusal(404, "no-such-reservation", f"There is no reservation {reservation_key}.")
    parts = await rows(connection, "parts_of_reservation", reservation_key=reservation_key)
    return ReservationBody(**row, parts=[PartBody(**part) for part in parts])


def _require_open(reservation: ReservationBody) -> None:
    if reservation.state != "open":
        raise Refusal(
            409,
            "reservation-not-open",
            f"Reservation {reservation.reservation_key} is {reservation.state}.",
            state=reservation.state,
        )


def control_body(row: dict[str, Any]) -> ControlBody:
    """A row of `control_balances` with what remains under the control."""
    gone = sum(row[name] for name in ("released_fen", "penalty_fen", "claims_fen", "network_penalty_fen"))
    return ControlBody(**row, remaining_fen=row["held_fen"] - gone)


def split(wants: Iterable[tuple[str, int]], pots: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str, int]]:
    """Fill the wants, in order, from the pots, in order: (want, pot, fen) of each part, none of 0 fen.

    The pots together must hold at least what is wanted.
    """
    pot_of, left = "", 0
    source = iter(pots)
    for want, amount in wants:
        missing = amount
        while missing:
            while not left:
                pot_of, left = next(source)
            part = min(missing, left)
            missing, left = missing - part, left - part
            yield want, pot_of, part
