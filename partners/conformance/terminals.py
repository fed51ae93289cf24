"""What Thaw relies on in terminal management: blocks lifted by name, and moves that are possible or refused."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.suite import Example, Suite


async def registered(terminals: Caller) -> str:
    """The serial number of a new terminal in some merchant's hands."""
    sn = terminals.new("SN")
    body = {"tusn": f"T-{sn}", "terminal_id": sn[-8:], "model": "P100", "merchant_no": terminals.new("M")}
    answered(await terminals.put(f"/terminals/{sn}", body))
    return sn


async def read(terminals: Caller, sn: str) -> Any:
    return answered(await terminals.get(f"/terminals/{sn}"))


async def example(terminals: Caller) -> Example:
    sn = await registered(terminals)
    block = {"control_id": "C1", "scope": ["all"]}
    return Example(f"/terminals/{sn}/blocks", {"json": block}, {"json": block | {"control_id": "C2"}})


SUITE = Suite("terminals", example)


@SUITE.check
async def a_registration_is_repeatable(terminals: Caller) -> None:
    """A registered terminal is bound, activated and may transact; registering it again changes nothing."""
    sn = await registered(terminals)
    first = await read(terminals, sn)
    equal((first["state"], first["may_transact"], first["blocks"]), ("activated", True, []), "the new terminal")
    body = {name: first[name] for name in ("tusn", "terminal_id", "model")}
    answered(await terminals.put(f"/terminals/{sn}", body | {"merchant_no": first["binding"]["merchant_no"]}))
    equal(await read(terminals, sn), first, "the terminal after the same registration")


@SUITE.check
async def a_terminal_serves_one_merchant(terminals: Caller) -> None:
    """A terminal that serves a merchant is not bound to another (bound-elsewhere)."""
    sn = await registered(terminals)
    body = {"tusn": f"T-{sn}", "terminal_id": sn[-8:], "model": "P100", "merchant_no": terminals.new("M")}
    refused(await terminals.put(f"/terminals/{sn}", body), 409, "bound-elsewhere")


@SUITE.check
async def blocks_are_lifted_by_name(terminals: Caller) -> None:
    """Each block is lifted by the name of its control, and the terminal transacts only when none is left."""
    sn = await registered(terminals)
    for control in ("C1", "C2"):
        body = {"control_id": control, "scope": ["all"]}
        placed = answered(await terminals.effect(f"/terminals/{sn}/blocks", body), 201)
        equal(placed["may_transact"], False, "may_transact under a block")
    first = answered(await terminals.effect(f"/terminals/{sn}/blocks/lift", {"control_id": "C1"}))
    equal(first["may_transact"], False, "may_transact while the other block stands")
    last = answered(await terminals.effect(f"/terminals/{sn}/blocks/lift", {"control_id": "C2"}))
    equal(last["may_transact"], True, "may_transact once no block stands")
    equal((await read(terminals, sn))["blocks"], [], "the blocks left")


@SUITE.check
async def lifting_twice_changes_nothing(terminals: Caller) -> None:
    """Lifting a block again under another key leaves it lifted; one that never was is refused (no-such-block)."""
    sn = await registered(terminals)
    lift = {"control_id": "C1"}
    refused(await terminals.effect(f"/terminals/{sn}/blocks/lift", lift), 404, "no-such-block")
    answered(await terminals.effect(f"/terminals/{sn}/blocks", lift | {"scope": ["all"]}), 201)
    for already in (False, True):
        lifted = answered(await terminals.effect(f"/terminals/{sn}/blocks/lift", lift))
        equal(lifted["already_lifted"], already, "already_lifted")


@SUITE.check
async def impossible_moves_are_refused(terminals: Caller) -> None:
    """A move that the terminal's state does not allow is refused (impossible-move), and it stays as it was."""
    sn = await registered(terminals)
    for move in ("activate", "enable", "restock", "retire"):
        refused(await terminals.effect(f"/terminals/{sn}/moves", {"move": move}), 409, "impossible-move")
    equal((await read(terminals, sn))["state"], "activated", "the state")
    for move, state in (("disable", "disabled"), ("enable", "activated"), ("unbind", "unbound"), ("retire", "retired")):
        moved = answered(await terminals.effect(f"/terminals/{sn}/moves", {"move": move}), 201)
        equal(moved["state"], state, f"the state after {move}")


@SUITE.check
async def a_blocked_terminal_is_not_unbound(terminals: Caller) -> None:
    """A terminal under a block cannot leave its merchant (blocks-standing)."""
    sn = await registered(terminals)
    answered(await terminals.effect(f"/terminals/{sn}/blocks", {"control_id": "C1", "scope": ["all"]}), 201)
    refused(await terminals.effect(f"/terminals/{sn}/moves", {"move": "unbind"}), 409, "blocks-standing")


@SUITE.check
async def a_test_transaction_tells_the_truth(terminals: Caller) -> None:
    """A test transaction is approved on a free terminal, declined under a block, and always reversed."""
    sn = await registered(terminals)
    for result in ("approved", "declined"):
        tried = answered(await terminals.effect(f"/terminals/{sn}/test-transactions", {"amount_fen": 1}), 201)
        equal((tried["result"], tried["reversed"]), (result, True), "the test transaction")
        answered(await terminals.effect(f"/terminals/{sn}/blocks", {"control_id": "C1", "scope": ["all"]}), 201)


@SUITE.check
async def an_unknown_terminal_is_refused(terminals: Caller) -> None:
    """A terminal nobody registered is refused (no-such-terminal): then Thaw registers it and asks again."""
    sn = terminals.new("SN")
    refused(await terminals.get(f"/terminals/{sn}"), 404, "no-such-terminal")
    lift = {"control_id": "C1"}
    refused(await terminals.effect(f"/terminals/{sn}/blocks/lift", lift), 404, "no-such-terminal")


@SUITE.check
async def a_wipe_revokes_the_keys_and_waits_for_the_device(terminals: Caller) -> None:
    """A wipe revokes the keys at once; while the device is offline it stays pending, and no one else gets it."""
    sn = await registered(terminals)
    answered(await terminals.put(f"/terminals/{sn}/device", {"faults": ["network"]}))
    wipe = answered(await terminals.effect(f"/terminals/{sn}/wipes", {"case_id": terminals.new("UB")}), 202)
    equal((wipe["state"], (await read(terminals, sn))["keys_live"]), ("pending", False), "the wipe, and the keys")
    declined = answered(await terminals.effect(f"/terminals/{sn}/test-transactions", {"amount_fen": 1}), 201)
    equal((declined["result"], declined["reason"]), ("declined", "keys-revoked"), "a transaction without keys")
    refused(await terminals.effect(f"/terminals/{sn}/wipes", {"case_id": terminals.new("UB")}), 409, "already-open")
    answered(await terminals.effect(f"/terminals/{sn}/moves", {"move": "unbind"}), 201)
    bind = {"move": "bind", "merchant_no": terminals.new("M")}
    refused(await terminals.effect(f"/terminals/{sn}/moves", bind), 409, "wipe-pending")


@SUITE.check_with_callbacks
async def a_wiped_device_is_told_of(terminals: Caller) -> None:
    """That a device is wiped is told by a signed callback once it is online; then it may serve another merchant."""
    sn, key = await registered(terminals), terminals.new_key()
    answered(await terminals.put(f"/terminals/{sn}/device", {"faults": ["power"]}))
    wipe = answered(await terminals.effect(f"/terminals/{sn}/wipes", {"case_id": terminals.new("UB")}, key=key), 202)
    answered(await terminals.put(f"/terminals/{sn}/device", {"faults": []}))
    (told,) = await terminals.told(key)
    equal((told.hook, told.body["outcome"]), ("terminals", "wiped"), "the hook and the outcome told")
    equal(answered(await terminals.get(f"/wipes/{wipe['ref']}"))["state"], "wiped", "the state of the wipe")
    answered(await terminals.effect(f"/terminals/{sn}/moves", {"move": "unbind"}), 201)
    answered(await terminals.effect(f"/terminals/{sn}/moves", {"move": "bind", "merchant_no": "M-2"}), 201)
    equal((await read(terminals, sn))["keys_live"], True, "keys_live after a new binding")
