"""The reasons of one policy, each row checked against the documents, proofs, sources and actions it names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

from domain.policy import CASE_KINDS, TIERS, Reason, Release, Requirement, SlaFrom
from domain.text import Text
from policies.rows import Row, by_code, one_of, rows

_COLUMNS = (
    "code title_zh title_en raised_by pcac path evidence tier sla_bd sla_from sla_minutes actions_before actions_after "
    "release instruments public_code reopenable disposable field_service fraud network case_kinds "
    "merchant_zh merchant_en"
)


def read_reasons(
    path: Path,
    *,
    documents: Collection[str],
    proofs: Collection[str],
    sources: Collection[str],
    actions: Collection[str],
) -> Mapping[str, Reason]:
    """The reasons by code; what an undisclosable one tells the merchant is its public reason's text.

    Raises PolicyError naming row and column.
    """
    every = {row.text("code"): row for row in rows(path, _COLUMNS)}
    provable = {*documents, *proofs}
    build = partial(_reason, every=every, provable=provable, documents=documents, sources=sources, actions=actions)
    return by_code(path, _COLUMNS, build)


def _reason(
    row: Row,
    *,
    every: Mapping[str, Row],
    provable: Collection[str],
    documents: Collection[str],
    sources: Collection[str],
    actions: Collection[str],
) -> Reason:
    public = _public(row, every)
    return Reason(
        code=row.text("code"),
        title=Text(row.text("title_zh"), row.text("title_en")),
        raised_by=_known(row, "raised_by", sources),
        pcac=_pcac(row),
        path=row.text("path"),
        evidence=_evidence(row, provable),
        tier=row.one_of("tier", TIERS),
        sla_bd=row.number("sla_bd"),
        sla_from=_sla_from(row),
        sla_minutes=row.number("sla_minutes"),
        actions_before=_known(row, "actions_before", actions),
        actions_after=_known(row, "actions_after", actions),
        release=_release(row),
        instruments=_known(row, "instruments", documents),
        disclosable=public is row,
        public_code=public.text("code"),
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


def _public(row: Row, every: Mapping[str, Row]) -> Row:
    """The row that merchants are shown in this one's place; itself when the reason may be told."""
    if row.optional("public_code") == row.text("code"):
        return row
    public = every[row.one_of("public_code", every)]
    if public.optional("public_code") != public.text("code"):
        raise row.wrong("public_code", f"{public.text('code')} may not be shown itself")
    for column in ("merchant_zh", "merchant_en"):
        if row.optional(column):
            raise row.wrong(column, f"must be empty: merchants are told what {public.text('code')} says")
    return public


def _evidence(row: Row, provable: Collection[str]) -> tuple[Requirement, ...]:
    """`D04,D01/D03` is two requirements, the second with two alternatives."""
    found = tuple(Requirement(tuple(each.split("/"))) for each in row.list("evidence"))
    for code in (code for requirement in found for code in requirement.any_of):
        if code not in provable:
            raise row.wrong("evidence", f"{code!r} is neither a document nor a proof")
    return found


def _release(row: Row) -> Release:
    release: Release = row.one_of("release", get_args(Release))
    if (release == "on_instrument") != bool(row.list("instruments")):
        raise row.wrong("instruments", "names documents exactly when release is on_instrument")
    return release


def _sla_from(row: Row) -> SlaFrom:
    sla_from: SlaFrom = row.one_of("sla_from", get_args(SlaFrom))
    if sla_from == "submitted" and row.number("sla_bd") is None:
        raise row.wrong("sla_bd", "is empty, but the promise counts from the submission")
    return sla_from


def _pcac(row: Row) -> tuple[str, ...]:
    """The payment-clearing association's codes, a range such as 01-47 written out."""
    codes: list[str] = []
    for part in row.list("pcac"):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise row.wrong("pcac", f"{part!r} is neither a two-digit code nor a range of them")
        codes += (f"{code:02d}" for code in range(int(first), int(last or first) + 1))
    return tuple(codes)


def _known(row: Row, column: str, known: Collection[str]) -> tuple[str, ...]:
    """The cell's values, each of which must be known."""
    for value in row.list(column):
        if value not in known:
            raise row.wrong(column, f"{value!r} is not one of {', '.join(known)}")
    return row.list(column)
