"""What the device itself answers: its health, and whether a test transaction goes through."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from partners.terminals.forms import Check, DeviceFault, Health, TestTransactionRequest
from partners.terminals.store import limits_of

CHECKS: Final[Mapping[DeviceFault, tuple[str, str, str, str]]] = {
    "power": ("供电正常", "供电异常", "power is fine", "power fails"),
    "network": ("网络连通", "网络不通", "connected", "not connected"),
    "printer": ("打印机正常", "打印机故障", "printer works", "printer fails"),
    "reader": ("读卡器正常", "读卡器故障", "card reader works", "card reader fails"),
    "firmware": (
        "固件为批准版本",
        "固件异常",
        "firmware is approved",
        "firmware is not approved",
    ),
    "keys": ("密钥有效，未触发防拆", "密钥失效或触发防拆", "keys valid, not tampered with", "keys invalid or tampered"),
}
"""Each part of the device, with what the check says when it is sound and when it is not (zh, en)."""

STOPPING: Final[frozenset[DeviceFault]] = frozenset({"power", "network", "reader", "keys"})
"""Faults that keep a transaction from being made; with a broken printer the slip is only missing."""


def examine(sn: str, faults: Sequence[str]) -> Health:
    """The health check of a device with these faults."""
    checks = [_check(name, broken=name in faults) for name in CHECKS]
    return Health(sn=sn, healthy=all(check.ok for check in checks), checks=checks)


def _check(name: DeviceFault, *, broken: bool) -> Check:
    zh_ok, zh_bad, en_ok, en_bad = CHECKS[name]
    return Check(name=name, ok=not broken, zh=zh_bad if broken else zh_ok, en=en_bad if broken else en_ok)


def why_declined(row: Mapping[str, Any], blocked: frozenset[str], tried: TestTransactionRequest) -> str | None:
    """Why the terminal in `row` declines a transaction under blocks of this scope; None when it approves."""
    if row["state"] != "activated":
        return "not-activated"
    if not row["keys_live"]:
        return "keys-revoked"
    if blocked & {"all", tried.kind}:
        return "blocked"
    if STOPPING & set(row["faults"]):
        return "device-fault"
    if tried.amount_fen > limits_of(dict(row)).per_transaction_fen:
        return "over-limit"
    return None
