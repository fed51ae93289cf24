"""The network's register: which terminal serves which merchant (五要素). A terminal serves one at a time."""

from partners.kit import Connection, Refusal
from partners.network.forms import Binding, BindingRequest
from partners.network.submissions import SQL


async def register(connection: Connection, sn: str, body: BindingRequest) -> Binding:
    """Enter or correct a binding; repeating it changes nothing more.

    Refusals 409: `bound-elsewhere` while the terminal serves another merchant or acquirer; `block-standing`.
    """
    await _refuse_under_block(connection, sn)
    values = body.model_dump() | {"terminal_sn": sn}
    row = await (await connection.execute(SQL["register"], values)).fetchone()
    if row is None:
        raise Refusal(409, "bound-elsewhere", "The terminal serves another merchant; it must be deregistered first.")
    return Binding(**row)


async def deregister(connection: Connection, sn: str) -> Binding:
    """Take a terminal off its merchant.

    Refusals: 404 `no-such-binding`; 409 `impossible-move` when it is off already, `block-standing`.
    """
    row = await (await connection.execute(SQL["lock_binding"], {"terminal_sn": sn})).fetchone()
    if row is None:
        raise Refusal(404, "no-such-binding", "The network does not know this terminal.")
    if row["state"] == "deregistered":
        raise Refusal(409, "impossible-move", "The terminal is off its merchant already.", state=row["state"])
    await _refuse_under_block(connection, sn)
    gone = await (await connection.execute(SQL["deregister"], {"terminal_sn": sn})).fetchone()
    assert gone is not None, "the row is locked"
    return Binding(**gone)


async def find(connection: Connection, sn: str) -> Binding:
    """A terminal's binding, past ones too; Refusal 404 `no-such-binding`."""
    row = await (await connection.execute(SQL["find_binding"], {"terminal_sn": sn})).fetchone()
    if row is None:
        raise Refusal(404, "no-such-binding", "The network does not know this terminal.")
    return Binding(**row)


async def of_merchant(connection: Connection, merchant_no: str) -> list[Binding]:
    """The terminals that serve a merchant, by serial number."""
    rows = await (await connection.execute(SQL["bindings_of_merchant"], {"merchant_no": merchant_no})).fetchall()
    return [Binding(**row) for row in rows]


async def _refuse_under_block(connection: Connection, sn: str) -> None:
    standing = await (await connection.execute(SQL["standing_on"], {"terminal_sn": sn})).fetchall()
    if standing:
        numbers = [row["notice_id"] for row in standing]
        raise Refusal(409, "block-standing", "The network blocks this terminal.", notice_ids=numbers)
