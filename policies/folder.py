"""One policy folder read and checked as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from domain.business_time import Calendar
from domain.policy import (
    MERCHANT_TYPES,
    TIERS,
    DocumentType,
    Limits,
    MerchantType,
    Policy,
    QueueRules,
    Reason,
    RobotRule,
    StandIn,
    Tier,
    TierRules,
    Timers,
)
from domain.text import Text
from policies.reasons import read_reasons
from policies.rows import PolicyError, Row, by_code, one_of, rows, table, toml

_DOCUMENT_COLUMNS = "code title_zh title_en name checks machine_read never_listed expires reusable"
_ROLES = ("officer", "reviewer", "supervisor", "compliance_head", "robot")


def read(folder: Path) -> Policy:
    """The policy in `folder`, whose name is its version. Raises PolicyError naming file, row and column or key."""
    documents = by_code(folder / "documents.csv", _DOCUMENT_COLUMNS, _document)
    proofs = _names(folder / "proofs.csv")
    sources = _names(folder / "sources.csv")
    actions = _names(folder / "actions.csv")
    reasons = read_reasons(folder / "reasons.csv", documents=documents, proofs=proofs, sources=sources, actions=actions)
    return Policy(
        version=folder.name,
        digest=digest(folder),
        calendar=_calendar(folder),
        timers=table(Timers, toml(folder / "timers.toml"), _place(folder, "timers.toml")),
        tiers=_tiers(folder),
        queue=_queue(folder),
        limits=table(Limits, toml(folder / "limits.toml"), _place(folder, "limits.toml")),
        reasons=reasons,
        documents=documents,
        proofs=proofs,
        sources=sources,
        actions=actions,
        stand_ins=_stand_ins(folder, documents),
        robot_rules=_robot_rules(folder, reasons, documents),
    )


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of the folder's files, in the order of their names."""
    total = sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".csv", ".toml"}):
        total.update(f"{path.name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _calendar(folder: Path) -> Calendar:
    edition = toml(folder / "calendar.toml")
    place = _place(folder, "calendar.toml")
    kinds: dict[Any, str] = {}
    for row in rows(folder / "calendar.csv", "date type"):
        day, kind = row.date("date"), row.one_of("type", ("holiday", "workday"))
        if day in kinds:
            raise row.wrong("date", f"{day} stands there twice")
        if kind == "workday" and day.weekday() < 5:
            raise row.wrong("type", f"{day} is a weekday and needs no make-up row")
        kinds[day] = kind
    calendar = table(
        Calendar,
        edition,
        place,
        version=folder.name,
        holidays=frozenset(day for day, kind in kinds.items() if kind == "holiday"),
        makeup_days=frozenset(day for day, kind in kinds.items() if kind == "workday"),
    )
    if outside := sorted(day for day in kinds if not calendar.is_known(day)):
        raise PolicyError(f"{place}: {outside[0]} of calendar.csv is not between known_from and known_until")
    if calendar.day_end <= calendar.day_start:
        raise PolicyError(f"{place}, key day_end: the working day must end after it starts")
    return calendar


def _document(row: Row) -> DocumentType:
    return DocumentType(
        code=row.text("code"),
        title=Text(row.text("title_zh"), row.text("title_en")),
        name=row.text("name"),
        checks=row.text("checks"),
        machine_read=row.yes("machine_read"),
        never_listed=row.yes("never_listed"),
        expires=row.yes("expires"),
        reusable=row.yes("reusable"),
    )


def _names(path: Path) -> Mapping[str, Text]:
    return by_code(path, "code zh en", lambda row: Text(row.text("zh"), row.text("en")))


def _tiers(folder: Path) -> TierRules:
    content, place = toml(folder / "tiers.toml"), _place(folder, "tiers.toml")
    reviewers = content.get("reviewers", {})
    if set(reviewers) != set(TIERS):
        raise PolicyError(f"{place}, table reviewers: needs exactly the keys {', '.join(TIERS)}")
    roles: dict[Tier, tuple[tuple[str, ...], ...]] = {}
    for tier in TIERS:
        where = f"{place}, table reviewers, key {tier}"
        if len(reviewers[tier]) != (1 if tier in ("L0", "L1") else 2):
            raise PolicyError(f"{where}: L0 and L1 have one review, L2 and L3 two")
        roles[tier] = tuple(tuple(one_of(role, _ROLES, where) for role in review) for review in reviewers[tier])
    return table(TierRules, content.get("raises"), f"{place}, table raises", reviewers=MappingProxyType(roles))


def _queue(folder: Path) -> QueueRules:
    content, place = toml(folder / "queue.toml"), _place(folder, "queue.toml")
    boosts = content.pop("tier_boost_minutes", {})
    if set(boosts) != set(TIERS) or not all(type(minutes) is int for minutes in boosts.values()):
        raise PolicyError(f"{place}, table tier_boost_minutes: needs a whole number for each of {', '.join(TIERS)}")
    steps = dict.fromkeys({"money_days_boosts", "age_boosts"} - content.keys(), ())  # not in the oldest folders
    return table(QueueRules, content, place, tier_boost_minutes=MappingProxyType(boosts), **steps)


def _stand_ins(folder: Path, documents: Collection[str]) -> Mapping[MerchantType, StandIn]:
    place = _place(folder, "merchants.toml")
    found: dict[MerchantType, StandIn] = {}
    for name, values in toml(folder / "merchants.toml").items():
        where = f"{place}, table {name}"
        stand_in = table(StandIn, values, where)
        for code in (*stand_in.not_applicable, *stand_in.instead):
            one_of(code, documents, where)
        found[one_of(name, MERCHANT_TYPES, place)] = stand_in
    return MappingProxyType(found)


def _robot_rules(
    folder: Path, reasons: Mapping[str, Reason], documents: Mapping[str, DocumentType]
) -> tuple[RobotRule, ...]:
    place = _place(folder, "robot.toml")
    found: list[RobotRule] = []
    for number, values in enumerate(toml(folder / "robot.toml").get("rule", []), start=1):
        where = f"{place}, rule {number}"
        words = Text(values.pop("zh", ""), values.pop("en", ""))
        rule = table(RobotRule, values, where, text=words)
        if not words.zh or not words.en:
            raise PolicyError(f"{where}: zh and en say in words when the robot decides; one is missing")
        one_of(rule.reason, reasons, f"{where}, key reason")
        for code in rule.documents_passed:
            if not documents[one_of(code, documents, f"{where}, key documents_passed")].machine_read:
                raise PolicyError(f"{where}, key documents_passed: {code} is not read by machine")
        found.append(rule)
    return tuple(found)


def _place(folder: Path, name: str) -> str:
    return f"policies/{folder.name}/{name}"
