"""What Thaw relies on in risk control: rules lifted for a control and taken back by it alone, limits, watches."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.suite import Example, Suite


def lifting(risk: Caller, **other: str) -> dict[str, str]:
    """A rule nobody heard of, to be lifted on a terminal."""
    return {
        "external_ref": risk.new("RISK"), "control_id": risk.new("C"), "case_id": risk.new("FA"),
        "terminal_sn": risk.new("SN"),
    } | other  # fmt: skip


def reinstating(lift: dict[str, str], **other: str) -> dict[str, str]:
    return {name: lift[name] for name in ("external_ref", "control_id", "case_id")} | other


async def example(risk: Caller) -> Example:
    lift = lifting(risk)
    return Example("/rules/lift", {"json": lift}, {"json": lift | {"terminal_sn": risk.new("SN")}}, 200)


SUITE = Suite("risk", example)


async def state(risk: Caller, lift: dict[str, str]) -> Any:
    return answered(await risk.get(f"/rules/{lift['external_ref']}"))["state"]


@SUITE.check
async def a_rule_is_lifted_and_stays_so(risk: Caller) -> None:
    """A rule is lifted on a terminal; lifting it again under another key changes nothing."""
    lift = lifting(risk)
    body = {"external_ref": lift["external_ref"], "terminal_sn": lift["terminal_sn"], "kind": "velocity"}
    answered(await risk.effect("/rules", body), 201)
    equal(await state(risk, lift), "on", "the state of a rule that bites")
    for already in (False, True):
        equal(answered(await risk.effect("/rules/lift", lift))["already_lifted"], already, "already_lifted")
    equal(await state(risk, lift), "lifted", "the state of the lifted rule")


@SUITE.check
async def only_its_own_control_takes_a_lifting_back(risk: Caller) -> None:
    """A lifting is taken back by the control it was done for, and by no other."""
    lift = lifting(risk)
    answered(await risk.effect("/rules/lift", lift))
    other = reinstating(lift, control_id=risk.new("C"))
    equal(answered(await risk.effect("/rules/reinstate", other))["reinstated_on"], [], "what another control took back")
    equal(await state(risk, lift), "lifted", "the state after that")
    back = answered(await risk.effect("/rules/reinstate", reinstating(lift)))
    equal((back["state"], back["reinstated_on"]), ("on", [lift["terminal_sn"]]), "what its own control took back")
    again = answered(await risk.effect("/rules/reinstate", reinstating(lift)))
    equal(again["reinstated_on"], [], "what is taken back the second time")


@SUITE.check
async def an_unknown_rule_is_refused(risk: Caller) -> None:
    """Taking back a rule nobody heard of is refused (no-such-rule)."""
    refused(await risk.effect("/rules/reinstate", reinstating(lifting(risk))), 404, "no-such-rule")


@SUITE.check
async def the_questioned_transactions_are_told(risk: Caller) -> None:
    """The transactions a control questions are told in their order; there are none where nobody named any."""
    ref = risk.new("RISK")
    equal(answered(await risk.get(f"/questioned/{ref}"))["transactions"], [], "the transactions of an unknown alert")
    named = [
        {"ref": f"T{number}", "amount_fen": 100 * number, "at": "2026-11-02T10:00:00+08:00", "last4": "4242",
         "terminal_id": "10000001"}
        for number in (2, 1)
    ]  # fmt: skip
    answered(await risk.put(f"/questioned/{ref}", {"transactions": named}))
    told = answered(await risk.get(f"/questioned/{ref}"))["transactions"]
    equal([(each["ref"], each["amount_fen"]) for each in told], [("T2", 200), ("T1", 100)], "the transactions")


@SUITE.check
async def the_lowest_limit_counts(risk: Caller) -> None:
    """Of all cases' limits the lowest counts for a merchant, and each case takes back its own."""
    merchant_no, first, second = risk.new("M"), risk.new("FA"), risk.new("FA")
    for case_id, percent, in_force in ((first, 50, 50), (second, 30, 30), (second, 100, 50), (first, 100, 100)):
        body = {"merchant_no": merchant_no, "case_id": case_id, "factor_percent": percent}
        answered(await risk.effect("/limits", body), 201)
        known = answered(await risk.get(f"/limits/{merchant_no}"))
        equal(known["factor_percent"], in_force, "the limit in force, in percent")


@SUITE.check
async def a_case_is_watched(risk: Caller) -> None:
    """A merchant is watched for a case, and the watch is found with the case."""
    body = {"merchant_no": risk.new("M"), "case_id": risk.new("FA"), "until": "2199-01-01T00:00:00+08:00"}
    watch = answered(await risk.effect("/monitoring", body), 201)
    found = answered(await risk.get("/monitoring", case_id=body["case_id"]))["watches"]
    equal([each["watch_ref"] for each in found], [watch["watch_ref"]], "the watches of the case")
