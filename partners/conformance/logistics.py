"""What Thaw relies on in logistics: a device is in one parcel, what comes back is inspected, each move is told."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.driving import begun, driven, impossible, moved, one_at_a_time
from partners.conformance.suite import Example, Suite


async def example(logistics: Caller) -> Example:
    parcel = {
        "case_id": logistics.new("FA"), "direction": "to_merchant", "merchant_no": logistics.new("M"),
        "address_ref": "vault:1", "items": [{"kind": "terminal", "sn": logistics.new("SN")}],
    }  # fmt: skip
    return Example("/shipments", {"json": parcel}, {"json": parcel | {"address_ref": "vault:2"}}, 202)


SUITE = Suite("logistics", example)


async def booked(logistics: Caller, *, key: str | None = None, **other: Any) -> Any:
    parcel = await example(logistics)
    content = {"json": parcel.content["json"] | other}
    return await begun(logistics, Example(parcel.path, content, parcel.other, parcel.status), key=key)


@SUITE.check
async def a_parcel_goes_its_way(logistics: Caller) -> None:
    """A parcel is booked, dispatched and delivered to its merchant; nothing else is possible on the way."""
    async with driven(logistics):
        parcel = await booked(logistics)
        equal(parcel["state"], "booked", "the state of a new shipment")
        where = f"/shipments/{parcel['ref']}"
        await impossible(logistics, where, move="deliver")
        await moved(logistics, where, "under_way", move="dispatch", waybill="WB1")
        await impossible(logistics, where, move="cancel")
        delivered = await moved(logistics, where, "delivered", move="deliver")
        equal(delivered["possible_moves"], [], "the moves possible after the end")
        listed = answered(await logistics.get("/shipments", case_id=parcel["case_id"]))
        equal(listed, [delivered], "the shipments of the case")


@SUITE.check
async def what_comes_back_is_inspected(logistics: Caller) -> None:
    """A device that comes back is inspected once it has arrived, and damage has its price."""
    async with driven(logistics):
        where = f"/shipments/{(await booked(logistics, direction='from_merchant'))['ref']}"
        inspection = {"condition": "damaged", "damage_fen": 12_000}
        await moved(logistics, where, "under_way", move="dispatch", waybill="WB1")
        await impossible(logistics, where, move="inspect", inspection=inspection)
        await moved(logistics, where, "delivered", move="deliver")
        sound = {"move": "inspect", "inspection": {"condition": "sound", "damage_fen": 1}}
        refused(await logistics.effect(f"{where}/moves", sound), 422)
        found = await moved(logistics, where, "inspected", move="inspect", inspection=inspection)
        equal(found["facts"]["inspection"]["damage_fen"], 12_000, "the price of the damage in fen")


@SUITE.check
async def a_device_is_in_one_parcel(logistics: Caller) -> None:
    """A numbered device is in one open shipment at a time (already-open), and free again once that has ended."""
    async with driven(logistics):
        parcel = await example(logistics)
        await one_at_a_time(logistics, parcel)
        open_one = answered(await logistics.get("/shipments", case_id=parcel.content["json"]["case_id"]))[0]
        await moved(logistics, f"/shipments/{open_one['ref']}", "cancelled", move="cancel")
        await begun(logistics, parcel)


@SUITE.check
async def a_device_has_a_number(logistics: Caller) -> None:
    """A terminal without a serial number, or one that is named twice, is not sent."""
    parcel = (await example(logistics)).content["json"]
    terminal = {"kind": "terminal", "sn": logistics.new("SN")}
    for items in ([{"kind": "terminal"}], [terminal, terminal], []):
        refused(await logistics.effect("/shipments", parcel | {"items": items}), 422)


@SUITE.check
async def an_unknown_shipment_is_refused(logistics: Caller) -> None:
    """A shipment nobody booked is refused (no-such-shipment)."""
    refused(await logistics.get(f"/shipments/{logistics.new('S')}"), 404, "no-such-shipment")


@SUITE.check_with_callbacks
async def each_move_is_told(logistics: Caller) -> None:
    """That a parcel is dispatched and delivered is told by signed callbacks under the key it was booked with."""
    key = logistics.new_key()
    async with driven(logistics, acts=True, after_seconds=0):
        await booked(logistics, key=key)
        told = await logistics.told(key, times=2)
    equal({each.hook for each in told}, {"logistics"}, "the hook that was called")
    equal({each.body["outcome"] for each in told}, {"dispatched", "delivered"}, "the outcomes told")
