"""One policy folder read and checked as a whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from domain.business_time import Calendar
from domain.policy import (
    CASE_KINDS,
    MERCHANT_TYPES,
    TIERS,
    DocumentType,
    Limits,
    MerchantType,
    Policy,
    QueueRules,
    Reason,
    Release,
    Requirement,
    RobotRule,
    SlaFrom,
    StandIn,
    Tier,
    TierRules,
    Timers,
)
from domain.text import Text
from policies.rows import PolicyError, Row, by_code, one_of, rows, table, toml

_REASON_COLUMNS = (
    "code title_zh title_en raised_by pcac path evidence tier sla_bd sla_from sla_minutes actions_before actions_after "
    "release instruments public_code reopenable disposable field_service fraud network case_kinds "
    "merchant_zh merchant_en"
)
_DOCUMENT_COLUMNS = "code title_zh title_en name checks machine_read never_listed expires reusable"
_ROLES = ("officer", "reviewer", "supervisor", "compliance_head", "robot")


def read(folder: Path) -> Policy:
    """The policy in `folder`, whose name is its version. Raises PolicyError naming file, row and column or key."""
    documents = by_code(folder / "documents.csv", _DOCUMENT_COLUMNS, _document)
    proofs = _names(folder / "proofs.csv")
    sources = _names(folder / "sources.csv")
    actions = _names(folder / "actions.csv")
    reasons = _reasons(folder, {*documents, *proofs}, documents, sources, actions)
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


def _reasons(
    folder: Path,
    provable: Collection[str],
    documents: Collection[str],
    sources: Collection[str],
    actions: Collection[str],
) -> Mapping[str, Reason]:
    """The reasons; what an undisclosable one tells the merchant is its public reason's text."""
    path = folder / "reasons.csv"
    texts = {row.text("code"): row for row in rows(path, _REASON_COLUMNS)}

    def reason(row: Row) -> Reason:
        public = texts[row.one_of("public_code", texts)]
        disclosable = public.text("code") == row.text("code")
        if not disclosable and (row.optional("merchant_zh") or row.optional("merchant_en")):
            raise row.wrong("merchant_zh", f"must be empty: the merchant is told what {public.text('code')} says")
        if public.text("public_code") != public.text("code"):
            raise row.wrong("public_code", f"{public.text('code')} may not be shown itself")
        release: Release = row.one_of("release", get_args(Release))
        if (release == "on_instrument") != bool(row.list("instruments")):
            raise row.wrong("instruments", "names the freeing documents exactly when release is on_instrument")
        evidence = tuple(Requirement(tuple(each.split("/"))) for each in row.list("evidence"))
        _all_known(row, "evidence", [code for each in evidence for code in each.any_of], provable)
        sla_from: SlaFrom = row.one_of("sla_from", get_args(SlaFrom))
        tier: Tier = row.one_of("tier", TIERS)
        return Reason(
            code=row.text("code"),
            title=Text(row.text("title_zh"), row.text("title_en")),
            raised_by=_all_known(row, "raised_by", row.list("raised_by"), sources),
            pcac=_pcac(row),
            path=row.text("path"),
            evidence=evidence,
            tier=tier,
            sla_bd=row.number("sla_bd"),
            sla_from=sla_from,
            sla_minutes=row.number("sla_minutes"),
            actions_before=_all_known(row, "actions_before", row.list("actions_before"), actions),
            actions_after=_all_known(row, "actions_after", row.list("actions_after"), actions),
            release=release,
            instruments=_all_known(row, "instruments", row.list("instruments"), documents),
            disclosable=disclosable,
            public_code=row.text("public_code"),
            reopenable=row.yes("reopenable"),
            disposable=row.yes("disposable"),
            field_service=row.yes("field_service"),
            fraud=row.yes("fraud"),
            network=row.yes("network"),
            case_kinds=tuple(
                one_of(kind, CASE_KINDS, f"{row.place}, column case_kinds") for kind in row.list("case_kinds")
            ),
            merchant_text=Text(public.text("merchant_zh"), public.text("merchant_en")),
        )

    return by_code(path, _REASON_COLUMNS, reason)


def _pcac(row: Row) -> tuple[str, ...]:
    """The payment-clearing association's codes, a range such as 01-47 written out."""
    codes: list[str] = []
    for part in row.list("pcac"):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise row.wrong("pcac", f"{part!r} is neither a two-digit code nor a range of them")
        codes += (f"{code:02d}" for code in range(int(first), int(last or first) + 1))
    return tuple(codes)


def _all_known(row: Row, column: str, values: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    for value in values:
        if value not in known:
            raise row.wrong(column, f"{value!r} is not known")
    return tuple(values)


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
    return table(QueueRules, content, place, tier_boost_minutes=MappingProxyType(boosts))


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
