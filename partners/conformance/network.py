"""What Thaw relies on in the card network: blocks lifted only by approval, one answer per submission, one binding."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.driving import begun, driven, impossible, moved, one_at_a_time
from partners.conformance.suite import Example, Suite

APPROVE = {"move": "approve", "instructions": {"re_enable": True, "test_transaction": True, "penalty_fen": 50_000}}
REJECT = {"move": "reject", "reason": "the plan names no owner"}
ASK = {"move": "ask", "reason": "proof of the new address"}


async def blocked(network: Caller, sn: str | None = None) -> Any:
    """The notice of a terminal that was just blocked."""
    body = {"terminal_sn": sn or network.new("SN"), "merchant_no": network.new("M"), "reason_code": "U01"}
    return answered(await network.effect("/blocks", body), 201)


def submission(network: Caller, notice_id: str) -> dict[str, Any]:
    item = {
        "what": "replace the terminal's firmware", "owner_ref": "vault:3", "due_on": "2026-12-01T18:00:00+08:00",
        "proof_sha256": "7a" * 32,
    }  # fmt: skip
    return {"case_id": network.new("NR"), "notice_id": notice_id, "items": [item]}


async def example(network: Caller) -> Example:
    body = submission(network, (await blocked(network))["notice_id"])
    return Example("/submissions", {"json": body}, {"json": body | {"statement": "more"}}, 202)


SUITE = Suite("network", example)


@SUITE.check
async def notices_are_read_in_order(network: Caller) -> None:
    """Notices are read in order, from the last one that was read."""
    first, second = await blocked(network), await blocked(network)
    later = answered(await network.get("/notices", after=first["notice_id"]))
    equal(later[0], second, "the notice after the first")
    equal(second["lifted_at"], None, "lifted_at of a block that stands")


@SUITE.check
async def only_approval_lifts_a_block(network: Caller) -> None:
    """Neither silence, chasing, a question nor a rejection lifts a block; approval does, with instructions."""
    async with driven(network):
        notice_id = (await blocked(network))["notice_id"]
        for decision, state in ((ASK, "info_requested"), (REJECT, "rejected"), (APPROVE, "approved")):
            made = answered(await network.effect("/submissions", submission(network, notice_id)), 202)
            where = f"/submissions/{made['ref']}"
            chased = answered(await network.effect(f"{where}/chase"))
            equal((chased["state"], chased["facts"]["chased"]), ("pending", 1), "the submission after it was chased")
            equal(answered(await network.get(f"/notices/{notice_id}"))["lifted_at"], None, "lifted_at before")
            decided = await moved(network, where, state, **decision)
            await impossible(network, where, **REJECT)
        equal(decided["facts"]["instructions"]["penalty_fen"], 50_000, "the penalty in fen")
        lifted = answered(await network.get(f"/notices/{notice_id}"))["lifted_at"]
        equal(lifted is not None, True, "that the block is lifted")
        refused(await network.effect("/submissions", submission(network, notice_id)), 409, "block-lifted")


@SUITE.check
async def one_submission_is_pending(network: Caller) -> None:
    """About one notice there is one pending submission at a time (already-open)."""
    async with driven(network):
        await one_at_a_time(network, await example(network))


@SUITE.check
async def three_rejections_are_the_end(network: Caller) -> None:
    """After the third rejection the network takes no further submission (no-more-submissions)."""
    async with driven(network):
        notice_id = (await blocked(network))["notice_id"]
        for _ in range(3):
            made = answered(await network.effect("/submissions", submission(network, notice_id)), 202)
            await moved(network, f"/submissions/{made['ref']}", "rejected", **REJECT)
        refused(await network.effect("/submissions", submission(network, notice_id)), 409, "no-more-submissions")


@SUITE.check
async def a_terminal_has_one_binding(network: Caller) -> None:
    """A terminal is registered for one merchant; for another only after it was taken off the first."""
    sn, binding = network.new("SN"), {"acquirer_code": "48471000", "owner_ref": "v:1", "account_ref": "v:2"}
    mine = binding | {"merchant_no": network.new("M"), "deploy_address_ref": "v:3"}
    other = mine | {"merchant_no": network.new("M")}
    refused(await network.get(f"/bindings/{sn}"), 404, "no-such-binding")
    answered(await network.put(f"/bindings/{sn}", mine))
    answered(await network.put(f"/bindings/{sn}", mine | {"deploy_address_ref": "v:4"}))
    refused(await network.put(f"/bindings/{sn}", other), 409, "bound-elsewhere")
    gone = answered(await network.effect(f"/bindings/{sn}/deregister"))
    equal(gone["state"], "deregistered", "the state of the binding")
    refused(await network.effect(f"/bindings/{sn}/deregister"), 409, "impossible-move")
    answered(await network.put(f"/bindings/{sn}", other))
    listed = answered(await network.get("/bindings", merchant_no=other["merchant_no"]))
    equal([each["terminal_sn"] for each in listed], [sn], "the merchant's terminals")


@SUITE.check
async def a_blocked_terminal_keeps_its_binding(network: Caller) -> None:
    """A terminal that the network blocks is neither taken off its merchant nor registered (block-standing)."""
    sn = network.new("SN")
    binding = {
        "acquirer_code": "48471000", "merchant_no": network.new("M"), "owner_ref": "v:1", "account_ref": "v:2",
        "deploy_address_ref": "v:3",
    }  # fmt: skip
    answered(await network.put(f"/bindings/{sn}", binding))
    await blocked(network, sn)
    refused(await network.effect(f"/bindings/{sn}/deregister"), 409, "block-standing")
    refused(await network.put(f"/bindings/{sn}", binding), 409, "block-standing")


@SUITE.check
async def an_unknown_notice_is_refused(network: Caller) -> None:
    """A submission about a notice that never was is refused (no-such-notice)."""
    refused(await network.effect("/submissions", submission(network, network.new("UP"))), 404, "no-such-notice")


@SUITE.check_with_callbacks
async def the_decision_is_told(network: Caller) -> None:
    """The decision is told by a signed callback under the submission's key, with the instructions of an approval."""
    key = network.new_key()
    async with driven(network):
        made = await begun(network, await example(network), key=key)
        await moved(network, f"/submissions/{made['ref']}", "approved", **APPROVE)
        (told,) = await network.told(key)
    equal((told.hook, told.body["outcome"]), ("network", "approved"), "the hook and the outcome told")
    equal(told.body["instructions"]["penalty_fen"], 50_000, "the penalty told of, in fen")
