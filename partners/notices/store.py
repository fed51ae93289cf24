"""What the gateway sent and what arrived, in PostgreSQL."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from partners.kit import Connection, Queries
from partners.notices.forms import Arrival, Arrivals, Behaviour, Filter, Message, Recipient, Sent
from partners.notices.mail import Arrived

SQL = Queries(Path(__file__).with_name("queries.sql"))


async def keep(connection: Connection, arrived: Arrived) -> None:
    """Keep a message that arrived; a further copy of one that is here already is only counted."""
    await connection.execute(SQL["arrive"], asdict(arrived))


async def note_sent(connection: Connection, key: str, message: Message, message_id: str, at: datetime) -> None:
    """Write down that the message of `key` was taken."""
    values = message.model_dump() | {"key": key, "message_id": message_id, "delivered_at": at}
    await connection.execute(SQL["note_sent"], values)


async def sent_under(connection: Connection, key: str) -> Sent | None:
    """The message delivered under a key, or None."""
    row = await (await connection.execute(SQL["sent_under"], {"key": key})).fetchone()
    return Sent(**row) if row else None


async def arrivals(connection: Connection, chosen: Filter, before: int | None, limit: int) -> Arrivals:
    """A page of the mailbox, newest first, of messages numbered below `before`."""
    values = chosen.model_dump() | {"before": before, "limit": limit + 1}
    rows = await (await connection.execute(SQL["arrivals"], values)).fetchall()
    messages = [Arrival(**row) for row in rows[:limit]]
    return Arrivals(messages=messages, older_than=messages[-1].id if len(rows) > limit else None)


async def arrival(connection: Connection, number: int) -> Arrival | None:
    """One message of the mailbox, or None."""
    row = await (await connection.execute(SQL["arrival"], {"id": number})).fetchone()
    return Arrival(**row) if row else None


async def raw_mail(connection: Connection, number: int) -> bytes | None:
    """An e-mail as it came over the wire; None for other messages."""
    row = await (await connection.execute(SQL["raw_mail"], {"id": number})).fetchone()
    return bytes(row["raw"]) if row else None


async def behaviour_of(connection: Connection, channel: str, to: str) -> Behaviour:
    """How a recipient behaves."""
    row = await (await connection.execute(SQL["behaviour_of"], {"channel": channel, "to": to})).fetchone()
    found: Behaviour = row["behaviour"] if row else "takes"
    return found


async def set_behaviour(connection: Connection, recipient: Recipient) -> None:
    """Let a recipient behave like this from now on."""
    statement = "forget_behaviour" if recipient.behaviour == "takes" else "set_behaviour"
    await connection.execute(SQL[statement], recipient.model_dump())
