"""What callers are told while something the desk cannot do without is away, full, or not to be written: 503 with
Retry-After, and a sentence that says what was not done. In each of these cases nothing of the request was kept."""

from __future__ import annotations

from psycopg import OperationalError, errors
from psycopg_pool import PoolTimeout

from desk.problems import Problem, unavailable
from domain.wire import UnknownEventError
from journal.files import StoreAwayError

OUTAGES = (OperationalError, PoolTimeout, errors.ReadOnlySqlTransaction, StoreAwayError, UnknownEventError)
"""The errors that are told as such."""

SOON, LATER = 2, 30
"""Seconds until a retry is worth while: a restart is over soon, a full disk waits for a person."""

_STORE: dict[str, tuple[str, str]] = {
    "away": (
        "材料库暂时无法连接,未保存任何内容,请稍后重试。",
        "The document store cannot be reached; nothing was kept. Try again in a while.",
    ),
    "full": (
        "材料库空间已满,未保存任何内容。请通知运维扩容后重试。",
        "The document store is full; nothing was kept. Tell operations, then try again.",
    ),
    "read-only": (
        "材料库目前只读,未保存任何内容。请通知运维后重试。",
        "The document store is read-only; nothing was kept. Tell operations, then try again.",
    ),
    "denied": (
        "材料库拒绝访问,未保存任何内容。请通知运维核对其密钥与权限。",
        "The document store lets us not in; nothing was kept. Operations must check its key and permissions.",
    ),
}
"""What is told of a document store, by what is wrong with it."""


def problem_of(error: Exception) -> Problem:
    """The problem that tells one of `OUTAGES`."""
    match error:
        case errors.DiskFull():
            return unavailable(
                "数据库磁盘已满,本次请求未保存任何内容。请联系运维清理空间后重新提交。",
                "The disk of the database is full, and nothing of this request was kept. Ask operations to make room, "
                "then send it again.",
                seconds=LATER,
            )
        case errors.ReadOnlySqlTransaction():
            return unavailable(
                "数据库目前只读:可以查询,不能提交。本次请求未保存任何内容,请稍后重新提交。",
                "The database is read-only just now: you can look, but nothing can be entered. Nothing of this request "
                "was kept; send it again later.",
                seconds=LATER,
            )
        case StoreAwayError(why=why):
            return unavailable(*_STORE[why], seconds=SOON if why == "away" else LATER)
        case UnknownEventError():
            return unavailable(
                "此案件的记录由更新版本的系统写入,本版本无法读取。请联系运维升级后再试。",
                "This case's record was written by a newer version of Thaw than this one, which cannot read it. Ask "
                "operations to upgrade, then try again.",
                seconds=LATER,
            )
        case _:
            return unavailable(seconds=SOON)
