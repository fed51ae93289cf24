"""What Thaw relies on in field service: one open visit per terminal, missed twice means cancelled, each end told."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.driving import begun, driven, impossible, moved, one_at_a_time
from partners.conformance.suite import Example, Suite

REPORT = {"findings": "the printer's roller is worn", "parts": ["roller"], "test_passed": True}


async def example(field: Caller) -> Example:
    visit = {
        "case_id": field.new("FA"), "task": "repair", "terminal_sn": field.new("SN"), "merchant_no": field.new("M"),
        "address_ref": "vault:1", "place": "city", "tools": ["screwdriver", "wrist strap"],
    }  # fmt: skip
    return Example("/visits", {"json": visit}, {"json": visit | {"task": "inspect"}}, 202)


SUITE = Suite("field", example)


async def booked(field: Caller, *, key: str | None = None) -> Any:
    return await begun(field, await example(field), key=key)


@SUITE.check
async def a_visit_goes_its_way(field: Caller) -> None:
    """A visit is requested, assigned, begun and done, with its report; nothing else is possible on the way."""
    async with driven(field):
        visit = await booked(field)
        equal(visit["state"], "requested", "the state of a new visit")
        where = f"/visits/{visit['ref']}"
        await impossible(field, where, move="arrive")
        await moved(field, where, "assigned", move="assign", technician="T1")
        await impossible(field, where, move="complete", result="done", report=REPORT)
        await moved(field, where, "on_site", move="arrive")
        await impossible(field, where, move="cancel")
        done = await moved(field, where, "done", move="complete", result="done", report=REPORT)
        equal((done["facts"]["result"], done["facts"]["report"]["parts"]), ("done", ["roller"]), "result and parts")
        equal(done["possible_moves"], [], "the moves possible after the end")
        listed = answered(await field.get("/visits", case_id=visit["case_id"]))
        equal(listed, [done], "the visits of the case")


@SUITE.check
async def nobody_there_twice_cancels_a_visit(field: Caller) -> None:
    """When nobody is there the visit is asked for again, and the second time it is cancelled."""
    async with driven(field):
        where = f"/visits/{(await booked(field))['ref']}"
        for state in ("requested", "cancelled"):
            await moved(field, where, "assigned", move="assign", technician="T1")
            await moved(field, where, state, move="no_show", reason="shop closed")


@SUITE.check
async def a_terminal_has_one_open_visit(field: Caller) -> None:
    """About one terminal there is one open visit at a time (already-open)."""
    async with driven(field):
        await one_at_a_time(field, await example(field))


@SUITE.check
async def a_swap_names_the_new_terminal(field: Caller) -> None:
    """A swap names the new terminal, which is not the old one."""
    async with driven(field):
        visit = await booked(field)
        where = f"/visits/{visit['ref']}"
        await moved(field, where, "assigned", move="assign", technician="T1")
        await moved(field, where, "on_site", move="arrive")
        swap = {"move": "complete", "result": "swapped", "report": REPORT}
        refused(await field.effect(f"{where}/moves", swap), 422)
        same = swap | {"report": REPORT | {"new_sn": visit["asked"]["terminal_sn"]}}
        refused(await field.effect(f"{where}/moves", same), 409, "same-terminal")
        new_sn = field.new("SN")
        done = await moved(field, where, "done", **swap | {"report": REPORT | {"new_sn": new_sn}})
        equal(done["facts"]["report"]["new_sn"], new_sn, "the new terminal")


@SUITE.check
async def an_unknown_visit_is_refused(field: Caller) -> None:
    """A visit nobody booked is refused (no-such-visit)."""
    refused(await field.get(f"/visits/{field.new('V')}"), 404, "no-such-visit")


@SUITE.check_with_callbacks
async def each_end_is_told(field: Caller) -> None:
    """That a visit is assigned and done is told by signed callbacks under the key it was booked with."""
    key = field.new_key()
    async with driven(field, acts=True, after_seconds=0):
        visit = await booked(field, key=key)
        told = await field.told(key, times=2)
    equal({each.hook for each in told}, {"field"}, "the hook that was called")
    equal({each.body["outcome"] for each in told}, {"assigned", "done"}, "the outcomes told")
    equal({each.body["case_id"] for each in told}, {visit["case_id"]}, "the case told of")
