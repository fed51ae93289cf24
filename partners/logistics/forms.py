"""What callers send to logistics and what they read back. Amounts are integer fen."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from partners.kit import Behaviour, CourseBody, Name, Payload
from partners.kit.payloads import FenOrZero

Move = Literal["dispatch", "deliver", "send_back", "lose", "cancel", "inspect"]
Condition = Literal["sound", "damaged", "incomplete"]


class Item(Payload):
    """Something in the parcel: a terminal by its serial number, or paper and the like by its kind alone."""

    kind: Literal["terminal", "loaner", "paper", "accessory"]
    sn: Name | None = Field(None, description="Serial number; needed for a terminal and a loaner.")
    quantity: Annotated[int, Field(ge=1, le=1000)] = 1

    @model_validator(mode="after")
    def _a_device_has_a_number(self) -> Self:
        if (self.kind in {"terminal", "loaner"}) != (self.sn is not None):
            raise ValueError("sn: needed for a terminal and a loaner, and for nothing else")
        if self.sn is not None and self.quantity != 1:
            raise ValueError("quantity: a numbered device is one")
        return self


class ShipmentRequest(Payload):
    """A parcel to be sent, or to be fetched from the merchant and brought back."""

    case_id: Name
    direction: Literal["to_merchant", "from_merchant"]
    merchant_no: Name
    address_ref: Name = Field(description="A reference to the address, never the address itself.")
    items: list[Item] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _each_device_once(self) -> Self:
        if len(set(self.devices())) != len(self.devices()):
            raise ValueError("items: a serial number is named twice")
        return self

    def devices(self) -> list[str]:
        """The serial numbers in the parcel."""
        return [item.sn for item in self.items if item.sn is not None]


class Inspection(Payload):
    """In what state a returned parcel came."""

    condition: Condition
    damage_fen: FenOrZero = 0
    note: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _what_is_sound_costs_nothing(self) -> Self:
        if self.condition == "sound" and self.damage_fen:
            raise ValueError("damage_fen: what is sound costs nothing")
        return self


class MoveRequest(Payload):
    """A shipment's next move."""

    move: Move
    waybill: Name | None = Field(None, description="Only with `dispatch`: the carrier's number.")
    inspection: Inspection | None = Field(None, description="Only with `inspect`.")
    reason: Name | None = Field(None, description="Only with `send_back`, `lose` and `cancel`.")

    @model_validator(mode="after")
    def _says_what_belongs_to_it(self) -> Self:
        if (self.move == "dispatch") != (self.waybill is not None):
            raise ValueError("waybill: needed with the move dispatch, and with no other")
        if (self.move == "inspect") != (self.inspection is not None):
            raise ValueError("inspection: needed with the move inspect, and with no other")
        if self.reason is not None and self.move not in {"send_back", "lose", "cancel"}:
            raise ValueError("reason: only with the moves send_back, lose and cancel")
        return self


class ShipmentFacts(BaseModel):
    """What came of a shipment so far."""

    waybill: str | None = None
    inspection: Inspection | None = None
    reason: str | None = None


class Shipment(CourseBody[ShipmentRequest, ShipmentFacts]):
    """A shipment: `booked`, `under_way`, `delivered`, `sent_back`, `lost`, `cancelled`, or, come back, `inspected`."""


class ShipmentBehaviour(Behaviour):
    """How shipments go by themselves: how they end, and how what comes back is found."""

    end: Literal["deliver", "send_back", "lose"] = "deliver"
    condition: Condition = "sound"
    damage_fen: FenOrZero = 0
