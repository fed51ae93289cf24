"""The institution's statement file: what was booked on one day, as CSV with counterparties masked."""

from __future__ import annotations

import csv
import io
from datetime import date
from zoneinfo import ZoneInfo

from partners.bank.accounts import SQL
from partners.kit import Connection

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = (
    "booked_at",
    "kind",
    "side",
    "amount_fen",
    "amount_yuan",
    "currency",
    "ref",
    "key",
    "case_id",
    "counterparty",
    "account_last4",
    "reason",
)


async def statement_file(connection: Connection, day: date) -> str:
    """One line per booking of `day` (Asia/Shanghai), oldest first, under a header line."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    async for row in await connection.execute(SQL["booked_on_day"], {"day": day}):
        writer.writerow(
            (
                row["at"].astimezone(SHANGHAI).isoformat(timespec="milliseconds"),
                row["kind"],
                row["side"],
                row["amount_fen"],
                f"{row['amount_fen'] // 100}.{row['amount_fen'] % 100:02d}",
                "CNY",
                row["ref"],
                row["key"],
                row["case_id"],
                row["holder"][0] + "*" * (len(row["holder"]) - 1),
                row["number"][-4:],
                row["reason"],
            )
        )
    return file.getvalue()
