"""Rules, questioned transactions, limits and watches in PostgreSQL."""

from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

from partners.kit import Connection, Queries, Refusal
from partners.risk.forms import (
    Hit,
    HitRequest,
    LiftRequest,
    Limit,
    LimitRequest,
    Monitoring,
    Questioned,
    QuestionedList,
    ReinstateRequest,
    Rule,
    RuleChange,
    RuleLifted,
    RuleOnTerminal,
    RuleReinstated,
    RuleRequest,
    RuleSet,
    Watch,
    WatchRequest,
)

SQL = Queries(Path(__file__).with_name("queries.sql"))
Row = dict[str, Any]


async def set_rule(connection: Connection, wanted: RuleRequest) -> RuleSet:
    """Let a rule bite on a terminal; one that was lifted there bites again."""
    row = await _one(connection, "set_rule", wanted.model_dump())
    await _note(connection, row, "set", effective=True)
    return RuleSet(**row)


async def lift(connection: Connection, wanted: LiftRequest) -> RuleLifted:
    """Lift a rule on a terminal. One never heard of is entered and lifted; one lifted before stays as it is."""
    values = wanted.model_dump()
    await connection.execute(SQL["hear_of_rule"], values)
    row = await _one(connection, "lock_rule", values)
    already = row["state"] == "lifted"
    if not already:
        row = await _one(connection, "lift_rule", values)
    await _note(connection, row, "lifted", wanted, effective=not already)
    return RuleLifted(**row, already_lifted=already)


async def reinstate(connection: Connection, wanted: ReinstateRequest) -> RuleReinstated:
    """Take back what lifting for this control did; another control's lifting stands.

    Refusal 404 `no-such-rule` for a reference never heard of.
    """
    values = wanted.model_dump()
    rows = await _all(connection, "lock_rules", values)
    if not rows:
        _refuse_unknown(wanted.external_ref)
    mine = [row for row in rows if row["lifted_by"] == wanted.control_id]
    for row in mine:
        await connection.execute(SQL["reinstate_rule"], values | {"terminal_sn": row["terminal_sn"]})
        await _note(connection, row, "reinstated", wanted, effective=True)
    still_lifted = all(row["state"] == "lifted" for row in rows) and not mine
    return RuleReinstated(
        external_ref=wanted.external_ref,
        state="lifted" if still_lifted else "on",
        reinstated_on=[row["terminal_sn"] for row in mine],
    )


async def find_rule(connection: Connection, external_ref: str) -> Rule:
    """A rule wherever it bites, with its history; Refusal 404 `no-such-rule`."""
    values = {"external_ref": external_ref}
    terminals = [RuleOnTerminal(**row) for row in await _all(connection, "rules_of", values)]
    if not terminals:
        _refuse_unknown(external_ref)
    return Rule(
        external_ref=external_ref,
        state="lifted" if all(each.state == "lifted" for each in terminals) else "on",
        terminals=terminals,
        changes=[RuleChange(**row) for row in await _all(connection, "changes_of", values)],
    )


async def question(connection: Connection, external_ref: str, listed: QuestionedList) -> None:
    """Put this list in the place of the one before."""
    name = {"external_ref": external_ref}
    await connection.execute(SQL["one_writer_of_questioned"], name)
    await connection.execute(SQL["forget_questioned"], name)
    if listed.transactions:
        rows = [name | {"place": place} | each.model_dump() for place, each in enumerate(listed.transactions)]
        await connection.cursor().executemany(SQL["keep_questioned"], rows)


async def questioned(connection: Connection, external_ref: str) -> QuestionedList:
    """The transactions a control questions; an empty list when it questions none."""
    rows = await _all(connection, "questioned_by", {"external_ref": external_ref})
    return QuestionedList(transactions=[Questioned(**row) for row in rows])


async def set_limit(connection: Connection, wanted: LimitRequest) -> Limit:
    """Set a merchant's limits for a case; the case's newest word counts."""
    return Limit(**await _one(connection, "set_limit", wanted.model_dump()))


async def limit_of(connection: Connection, merchant_no: str) -> Limit:
    """The lowest limits any case asks for; 100 percent for a merchant nobody ever limited."""
    rows = await _all(connection, "limit_of", {"merchant_no": merchant_no})
    return Limit(**rows[0]) if rows else Limit(merchant_no=merchant_no, case_id=None, factor_percent=100, set_at=None)


async def start_watch(connection: Connection, wanted: WatchRequest) -> Watch:
    """Begin to watch a merchant."""
    values = wanted.model_dump() | {"watch_ref": f"W-{uuid4().hex[:12]}"}
    return Watch(**await _one(connection, "start_watch", values))


async def note_hit(connection: Connection, watch_ref: str, wanted: HitRequest) -> Hit:
    """Enter what a watch saw. Refusal 404 `no-such-watch`, 409 `watch-over` for a hit after its end."""
    watches = await _all(connection, "find_watch", {"watch_ref": watch_ref})
    if not watches:
        raise Refusal(404, "no-such-watch", "There is no watch of this reference.")
    if wanted.at > watches[0]["until"]:
        raise Refusal(409, "watch-over", "The watch had ended before this.", until=watches[0]["until"].isoformat())
    values = wanted.model_dump() | {"watch_ref": watch_ref, "hit_ref": f"H-{uuid4().hex[:12]}"}
    return Hit(**await _one(connection, "note_hit", values))


async def monitoring_of(connection: Connection, case_id: str) -> Monitoring:
    """What is and was watched for a case, and what was seen."""
    values = {"case_id": case_id}
    return Monitoring(
        watches=[Watch(**row) for row in await _all(connection, "watches_of_a_case", values)],
        hits=[Hit(**row) for row in await _all(connection, "hits_of_a_case", values)],
    )


async def _note(
    connection: Connection,
    row: Row,
    change: str,
    asked: LiftRequest | ReinstateRequest | None = None,
    *,
    effective: bool,
) -> None:
    values = {
        "external_ref": row["external_ref"],
        "terminal_sn": row["terminal_sn"],
        "change": change,
        "control_id": asked.control_id if asked else None,
        "case_id": asked.case_id if asked else None,
        "effective": effective,
    }
    await connection.execute(SQL["note_change"], values)


async def _one(connection: Connection, query: str, values: Row) -> Row:
    row = await (await connection.execute(SQL[query], values)).fetchone()
    assert row is not None, f"{query} always gives a row"
    return row


async def _all(connection: Connection, query: str, values: Row) -> list[Row]:
    return await (await connection.execute(SQL[query], values)).fetchall()


def _refuse_unknown(external_ref: str) -> NoReturn:
    raise Refusal(404, "no-such-rule", "Risk control knows no rule of this reference.", external_ref=external_ref)
