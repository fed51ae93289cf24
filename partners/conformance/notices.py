"""What Thaw relies on in the notice gateway: each key is delivered once, and a refusal is told from a delay."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, answered, equal, refused
from partners.conformance.suite import Example, Suite


def message(notices: Caller, **other: str) -> dict[str, Any]:
    """An e-mail to someone who never got one before."""
    return {
        "channel": "email", "to": f"{notices.new('owner').lower()}@shop.example", "subject": "您的终端已恢复收款",
        "text": "终端可以正常收款了。", "language": "zh", "case_id": notices.new("FA"), "notice": "released",
    } | other  # fmt: skip


async def example(notices: Caller) -> Example:
    body = message(notices)
    return Example("/messages", {"json": body}, {"json": body | {"text": "另一封"}}, 202)


SUITE = Suite("notices", example)


@SUITE.check
async def a_message_is_found_by_its_key(notices: Caller) -> None:
    """A message that was delivered is found under its key as it was written; one that was not is not found."""
    key, body = notices.new_key(), message(notices)
    refused(await notices.get(f"/messages/{key}"), 404, "no-such-message")
    receipt = answered(await notices.effect("/messages", body, key=key), 202)
    sent = answered(await notices.get(f"/messages/{key}"))
    equal({name: sent[name] for name in body}, body, "the message kept")
    equal(sent["message_id"], receipt["message_id"], "its number")


@SUITE.check
async def text_messages_are_delivered(notices: Caller) -> None:
    """A text message is delivered to a telephone number."""
    answered(await notices.effect("/messages", message(notices, channel="sms", to="+86 138 0013 8000")), 202)


@SUITE.check
async def an_address_fits_its_channel(notices: Caller) -> None:
    """An address that does not fit its channel is refused."""
    for wrong in ({"to": "nobody"}, {"channel": "sms"}, {"channel": "webhook", "to": "ftp://x.example"}):
        refused(await notices.effect("/messages", message(notices, **wrong)), 422)


@SUITE.check_with_callbacks
async def arrival_is_told(notices: Caller) -> None:
    """Whether a message arrived or bounced is told by a signed callback under the message's key."""
    for behaviour, outcome in (("takes", "delivered"), ("bounces", "bounced")):
        key, body = notices.new_key(), message(notices)
        recipient = {"channel": "email", "to": body["to"], "behaviour": behaviour}
        equal((await notices.put("/recipients", recipient)).status_code, 204, "the answer to PUT /recipients")
        answered(await notices.effect("/messages", body, key=key), 202)
        (told,) = await notices.told(key)
        equal((told.hook, told.body["outcome"]), ("notices", outcome), "the hook and the outcome told")


@SUITE.check
async def a_recipient_may_refuse(notices: Caller) -> None:
    """A recipient who refuses is told as a refusal (refused-by-recipient), and nothing is kept under the key."""
    key, body = notices.new_key(), message(notices)
    refuses = {"channel": "email", "to": body["to"], "behaviour": "refuses"}
    equal((await notices.put("/recipients", refuses)).status_code, 204, "the answer to PUT /recipients")
    refused(await notices.effect("/messages", body, key=key), 409, "refused-by-recipient")
    refused(await notices.get(f"/effects/{key}"), 404)
