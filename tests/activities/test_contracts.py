"""The hand of contract signing: agreements at the real partner, and the page on which they are signed."""

from __future__ import annotations

import hashlib
import re
from html import unescape

import pytest
from temporalio.exceptions import ApplicationError

from tests.activities.conftest import CASE, SN, M, Stand
from workflows.ports import Order

KEY = f"{CASE}:agreement:1"


def order(key: str = KEY, ref: str = "") -> Order:
    return Order(key, CASE, M, SN, external_ref=ref)


async def link(stand: Stand, ref: str) -> str:
    """The path of the page on which the agreement is signed, as the vault has it."""
    state = await stand.do("contracts.agreement", order(ref=ref))
    return str((await stand.records.vault.get(state.link_ref))["url"]).partition("/sign/")[2]


async def choose(stand: Stand, ref: str, move: str) -> int:
    """The merchant reads the page and presses a button."""
    contracts = await stand.partner("contracts")
    path = f"/sign/{await link(stand, ref)}"
    page = (await contracts.get(path)).text
    shown = re.search(r'name="document_sha256" value="([0-9a-f]{64})"', page)
    assert shown is not None
    text = re.search(r"<pre>(.*)</pre>", page, re.DOTALL)
    assert text is not None
    assert hashlib.sha256(unescape(text[1]).encode()).hexdigest() == shown[1], "the page shows exactly what is signed"
    return (await contracts.post(path, data={"move": move, "document_sha256": shown[1]})).status_code


async def test_an_agreement_is_issued_once_signed_on_its_page_and_asked_about(stand: Stand) -> None:
    ref = (await stand.do("contracts.issue_agreement", order())).ref
    assert (await stand.do("contracts.issue_agreement", order(), attempt=2)).ref == ref
    assert (await stand.do("contracts.look_up", order())).ref == ref
    assert await stand.do("contracts.look_up", order("FA-X:agreement:1")) is None
    before = await stand.do("contracts.agreement", order(ref=ref))
    assert (before.outcome, len(before.document_sha256)) == ("", 64)
    assert await choose(stand, ref, "sign") == 200
    signed = await stand.do("contracts.agreement", order(ref=ref))
    assert (signed.outcome, signed.link_ref, signed.signature_ref[:4]) == ("signed", "", "SIG-")
    assert signed.document_sha256 == before.document_sha256
    off = await stand.do("contracts.call_off_agreement", order(f"{KEY}:off", ref))
    assert off.ref == "too late: signed"


async def test_an_agreement_is_declined_on_its_page_or_called_off(stand: Stand) -> None:
    ref = (await stand.do("contracts.issue_agreement", order())).ref
    assert await choose(stand, ref, "decline") == 200
    assert (await stand.do("contracts.agreement", order(ref=ref))).outcome == "declined"
    again = (await stand.do("contracts.issue_agreement", order(f"{CASE}:agreement:2"))).ref
    gone = await link(stand, again)
    assert (await stand.do("contracts.call_off_agreement", order(f"{CASE}:agreement:2:off", again))).ref == "withdrawn"
    contracts = await stand.partner("contracts")
    sent = {"move": "sign", "document_sha256": "0" * 64}
    page = await contracts.post(f"/sign/{gone}", data=sent)
    assert "签发方已撤回此协议" in page.text
    assert (await contracts.get("/sign/made-up")).status_code == 404


async def test_an_agreement_nobody_issued_is_refused(stand: Stand) -> None:
    with pytest.raises(ApplicationError) as refused:
        await stand.do("contracts.agreement", order(ref="A-unknown"))
    assert refused.value.details[0] == "unknown-agreement"


async def test_no_person_is_named_in_what_is_signed(stand: Stand) -> None:
    ref = (await stand.do("contracts.issue_agreement", order())).ref
    asked = (await (await stand.partner("contracts")).get(f"/agreements/{ref}")).json()["asked"]
    assert M in asked["text"]
    assert not {"上海晨光", "李小龙", "王芳", "6222021001112223334"} & set(re.findall(r"\w+", asked["text"]))
