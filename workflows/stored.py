"""A command as it is stored for later delivery: the whole order, as the JSON body of its row in the inbox.

The desk stores commands this way (`journal.inbox.put` with `body=stored(order)`), the relay reads them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from domain.actors import Actor
from workflows.messages import CommandOrder


def stored(order: CommandOrder) -> dict[str, Any]:
    """The order as a JSON object: its fields, who asks, and the version they saw."""
    return {"fields": json.loads(order.body), "by": asdict(order.by), "seen": order.seen}


def order_of(command_id: str, name: str, body: Mapping[str, Any]) -> CommandOrder:
    """The order behind a stored command. Raises ValueError for a body that `stored` did not make."""
    try:
        by = body["by"]
        actor = Actor(by["name"], tuple(by["roles"]), by.get("merchant_no"), tuple(by.get("also", ())))
        return CommandOrder(name, json.dumps(body["fields"], ensure_ascii=False), command_id, actor, body.get("seen"))
    except (KeyError, TypeError) as error:
        raise ValueError(f"command {command_id} was not stored as an order: {error!r}") from error


def late_id(command_id: str) -> str:
    """The id of the Update that delivers a stored command. Not the command's own: under that, an Update that came too
    late for its caller would answer, and no refusal would be journaled."""
    return f"{command_id}:late"
