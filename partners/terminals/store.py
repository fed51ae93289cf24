"""Terminals in PostgreSQL: look one up, move it, block it, and say what it may do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from psycopg.types.json import Jsonb

from partners.kit import Connection, Queries, Refusal
from partners.terminals.forms import (
    STANDARD_LIMITS,
    Block,
    BlockLifted,
    BlockPlaced,
    BlockRequest,
    Limits,
    MoveMade,
    Parameters,
    Registration,
    Terminal,
    TestTransaction,
    TestTransactionRequest,
)
from partners.terminals.states import SERVING, WIPES, Move, after, possible_moves, way_to_activated

SQL = Queries(Path(__file__).with_name("queries.sql"))
Row = dict[str, Any]


async def lock(connection: Connection, sn: str) -> Row:
    """The terminal's row, held until the transaction ends; Refusal 404 `no-such-terminal`."""
    row = await (await connection.execute(SQL["lock_terminal"], {"sn": sn})).fetchone()
    return row or _refuse_unknown(sn)


async def lock_serving(connection: Connection, sn: str, what: str) -> Row:
    """As `lock`, for what only a terminal in some merchant's hands can do; else Refusal 409 `impossible-move`."""
    row = await lock(connection, sn)
    if row["state"] not in SERVING:
        refuse_move(row, what)
    return row


async def find(connection: Connection, sn: str) -> Terminal:
    """The terminal as it is; Refusal 404 `no-such-terminal`."""
    row = await (await connection.execute(SQL["find_terminal"], {"sn": sn})).fetchone()
    return (await _shown(connection, [row or _refuse_unknown(sn)]))[0]


async def of_merchant(connection: Connection, merchant_no: str) -> list[Terminal]:
    """The terminals that serve a merchant, by serial number."""
    found = await connection.execute(SQL["terminals_of_a_merchant"], {"merchant_no": merchant_no})
    return await _shown(connection, await found.fetchall())


async def moves_of(connection: Connection, sn: str) -> list[MoveMade]:
    """Every move the terminal made, in order."""
    await find(connection, sn)
    made = await connection.execute(SQL["moves_of_a_terminal"], {"sn": sn})
    return [MoveMade(**row) for row in await made.fetchall()]


async def register(connection: Connection, sn: str, registration: Registration) -> Terminal:
    """Enter a device, bind it to its merchant and activate it; a repeat changes only what differs.

    Refusal 409 `bound-elsewhere` while it serves another merchant, `impossible-move` when it is retired.
    """
    values = registration.model_dump() | {"sn": sn}
    await connection.execute(SQL["put_in_stock"], values)
    row = await lock(connection, sn)
    if row["merchant_no"] not in (None, registration.merchant_no):
        raise Refusal(409, "bound-elsewhere", "The terminal serves another merchant; unbind it there first.", sn=sn)
    way = way_to_activated(row["state"])
    if way is None:
        refuse_move(row, "be registered")
    for step in way:
        row = await _go(connection, row, step, registration.merchant_no)
    await connection.execute(SQL["describe_terminal"], values)
    return await find(connection, sn)


async def move(connection: Connection, sn: str, wanted: Move, merchant_no: str | None) -> Terminal:
    """Make one move of the state machine.

    Refusal 409 `impossible-move` when the table has none from here, `blocks-standing` for an unbinding under blocks.
    """
    row = await lock(connection, sn)
    if wanted == "unbind" and (standing := await _standing(connection, [sn])):
        controls = [block["control_id"] for block in standing]
        raise Refusal(409, "blocks-standing", "Blocks stand on the terminal; lift them first.", control_ids=controls)
    await _go(connection, row, wanted, merchant_no)
    return await find(connection, sn)


async def place_block(connection: Connection, sn: str, wanted: BlockRequest) -> BlockPlaced:
    """Place a named block; one that stands already with the same scope is left standing.

    Refusal 409 `block-differs` when it stands with another scope, `impossible-move` on a retired terminal.
    """
    row = await lock(connection, sn)
    if row["state"] == "retired":
        refuse_move(row, "be blocked")
    scope = ["all"] if "all" in wanted.scope else sorted(set(wanted.scope))
    block = await _newest_block(connection, sn, wanted.control_id)
    if block is None or block["lifted_at"] is not None:
        values = {"sn": sn, "control_id": wanted.control_id, "scope": scope, "reason": wanted.reason}
        block = await (await connection.execute(SQL["place_block"], values)).fetchone()
        assert block is not None
    elif block["scope"] != scope:
        raise Refusal(409, "block-differs", "This block stands with another scope.", scope=block["scope"])
    return BlockPlaced(**block, may_transact=False)


async def lift_block(connection: Connection, sn: str, control_id: str) -> BlockLifted:
    """Lift a named block; one that was lifted before stays lifted. Refusal 404 `no-such-block` for an unknown one."""
    row = await lock(connection, sn)
    block = await _newest_block(connection, sn, control_id)
    if block is None:
        raise Refusal(404, "no-such-block", "No block of this control was ever placed on the terminal.", sn=sn)
    already = block["lifted_at"] is not None
    if not already:
        block = await (await connection.execute(SQL["lift_block"], {"id": block["id"]})).fetchone()
        assert block is not None
    free = not await _standing(connection, [sn])
    return BlockLifted(**block, already_lifted=already, may_transact=free and _can_serve(row))


async def standing_scope(connection: Connection, sn: str) -> frozenset[str]:
    """What the standing blocks stop, all together; empty when none stands."""
    return frozenset(part for block in await _standing(connection, [sn]) for part in block["scope"])


async def merge_parameters(connection: Connection, sn: str, params: dict[str, Any]) -> Parameters:
    """Set some parameters, keep the others; the terminal must serve a merchant."""
    await lock_serving(connection, sn, "take parameters")
    row = await (await connection.execute(SQL["merge_parameters"], {"sn": sn, "params": Jsonb(params)})).fetchone()
    assert row is not None
    return Parameters(sn=sn, **row)


async def set_limits(connection: Connection, sn: str, limits: Limits) -> None:
    """Put limits in force; the terminal must serve a merchant."""
    await lock_serving(connection, sn, "take limits")
    await connection.execute(SQL["set_limits"], {"sn": sn, "limits": Jsonb(limits.model_dump())})


async def set_keys(connection: Connection, sn: str, *, live: bool) -> None:
    """Revoke the device's keys, or load new ones."""
    await connection.execute(SQL["set_keys"], {"sn": sn, "live": live})


async def set_faults(connection: Connection, sn: str, faults: Sequence[str]) -> None:
    """Break or repair parts of the device."""
    await lock(connection, sn)
    await connection.execute(SQL["set_faults"], {"sn": sn, "faults": sorted(set(faults))})


async def note_test_transaction(
    connection: Connection, sn: str, ref: str, tried: TestTransactionRequest, reason: str | None
) -> TestTransaction:
    """Keep what became of a test transaction; `reason` None means approved."""
    result = "approved" if reason is None else "declined"
    values = tried.model_dump() | {"sn": sn, "ref": ref, "result": result, "reason": reason}
    row = await (await connection.execute(SQL["note_test_transaction"], values)).fetchone()
    assert row is not None
    return TestTransaction(**row, reversed=True)


def limits_of(row: Row) -> Limits:
    """The limits in force for a terminal's row, in fen."""
    return Limits(**row["limits"]) if row["limits"] else STANDARD_LIMITS


async def _go(connection: Connection, row: Row, wanted: Move, merchant_no: str | None) -> Row:
    to_state = after(wanted, row["state"])
    if to_state is None:
        refuse_move(row, f"make the move {wanted}")
    if wanted == "bind":
        await _refuse_while_wiped(connection, row["sn"])
        await set_keys(connection, row["sn"], live=True)
    serves = (merchant_no if wanted == "bind" else row["merchant_no"]) if to_state in SERVING else None
    step = {"sn": row["sn"], "move": wanted, "from_state": row["state"], "to_state": to_state, "merchant_no": serves}
    await connection.execute(SQL["move_terminal"], step)
    await connection.execute(SQL["note_move"], step)
    return row | {"state": to_state, "merchant_no": serves}


async def _refuse_while_wiped(connection: Connection, sn: str) -> None:
    """Refusal 409 `wipe-pending`: a device that may still hold what it held serves nobody else."""
    pending = await WIPES.open_about(connection, [sn])
    if pending is not None:
        raise Refusal(409, "wipe-pending", "The device has not confirmed that it is wiped.", ref=pending.ref)


async def _newest_block(connection: Connection, sn: str, control_id: str) -> Row | None:
    found = await connection.execute(SQL["newest_block"], {"sn": sn, "control_id": control_id})
    return await found.fetchone()


async def _standing(connection: Connection, sns: Sequence[str]) -> list[Row]:
    return await (await connection.execute(SQL["standing_blocks"], {"sns": list(sns)})).fetchall()


async def _shown(connection: Connection, rows: Sequence[Row]) -> list[Terminal]:
    blocks: dict[str, list[Block]] = {}
    for block in await _standing(connection, [row["sn"] for row in rows]):
        blocks.setdefault(block["sn"], []).append(Block(**block))
    return [_show(row, blocks.get(row["sn"], [])) for row in rows]


def _show(row: Row, blocks: list[Block]) -> Terminal:
    return Terminal.model_validate(
        row
        | {
            "binding": row if row["merchant_no"] else None,
            "blocks": blocks,
            "may_transact": _can_serve(row) and not blocks,
            "limits": limits_of(row),
            "possible_moves": possible_moves(row["state"]),
        }
    )


def _can_serve(row: Row) -> bool:
    """Whether the terminal could transact if no block stood."""
    return row["state"] == "activated" and bool(row["keys_live"])


def _refuse_unknown(sn: str) -> NoReturn:
    raise Refusal(404, "no-such-terminal", "There is no terminal of this serial number.", sn=sn)


def refuse_move(row: Row, wanted: str) -> NoReturn:
    """Refusal 409 `impossible-move`: not from this state."""
    state = row["state"]
    raise Refusal(
        409,
        "impossible-move",
        f"A terminal that is {state} cannot {wanted}.",
        state=state,
        possible_moves=list(possible_moves(state)),
    )
