"""What Thaw relies on in contract signing: exactly the text issued is signed, validly, once, or its time runs out."""

from __future__ import annotations

from typing import Any

from partners.conformance.caller import Caller, equal, refused
from partners.conformance.driving import ahead, begun, driven, impossible, moved, one_at_a_time
from partners.conformance.suite import Example, Suite

TEXT = "5e" * 32
CERTIFICATE = {"serial": "CA-1", "valid_until": "2199-12-31"}
SIGN = {"move": "sign", "document_sha256": TEXT, "signer_ref": "vault:9", "certificate": CERTIFICATE}
DAY = 24 * 3600


async def example(contracts: Caller) -> Example:
    agreement = {
        "case_id": contracts.new("FA"), "merchant_no": contracts.new("M"), "template": "acquiring-2026",
        "document_sha256": TEXT, "valid_days": 15,
    }  # fmt: skip
    return Example("/agreements", {"json": agreement}, {"json": agreement | {"valid_days": 3}})


SUITE = Suite("contracts", example)


async def issued(contracts: Caller, *, key: str | None = None) -> Any:
    return await begun(contracts, await example(contracts), key=key)


@SUITE.check
async def an_agreement_is_signed_once(contracts: Caller) -> None:
    """An agreement is issued with a link and signed once; then it is neither declined nor withdrawn."""
    async with driven(contracts):
        agreement = await issued(contracts)
        equal(agreement["state"], "issued", "the state of a new agreement")
        equal(agreement["facts"]["sign_url"].startswith(("https://", "http://")), True, "that it has a link to sign it")
        where = f"/agreements/{agreement['ref']}"
        signed = await moved(contracts, where, "signed", **SIGN)
        equal(bool(signed["facts"]["signature_ref"]), True, "that the signature has a reference")
        await impossible(contracts, where, **SIGN)
        await impossible(contracts, where, move="decline", reason="too late")
        await impossible(contracts, where, move="withdraw")


@SUITE.check
async def only_what_was_issued_is_signed(contracts: Caller) -> None:
    """Another text than was issued is not signed (other-document), nor with a certificate that is valid no more."""
    async with driven(contracts):
        where = f"/agreements/{(await issued(contracts))['ref']}"
        refused(await contracts.effect(f"{where}/moves", SIGN | {"document_sha256": "0" * 64}), 409, "other-document")
        old = {"serial": "CA-0", "valid_until": "2020-01-01"}
        refused(await contracts.effect(f"{where}/moves", SIGN | {"certificate": old}), 409, "certificate-expired")
        await moved(contracts, where, "signed", **SIGN)


@SUITE.check
async def a_merchant_has_one_open_agreement(contracts: Caller) -> None:
    """A merchant has one open agreement of a template at a time (already-open)."""
    async with driven(contracts):
        await one_at_a_time(contracts, await example(contracts))


@SUITE.check
async def it_may_be_declined_or_withdrawn(contracts: Caller) -> None:
    """An agreement that is not signed may be declined by the merchant or withdrawn by the issuer."""
    async with driven(contracts):
        for move, state in (("decline", "declined"), ("withdraw", "withdrawn")):
            where = f"/agreements/{(await issued(contracts))['ref']}"
            await moved(contracts, where, state, move=move, reason="the fee")


@SUITE.check
async def an_unknown_agreement_is_refused(contracts: Caller) -> None:
    """An agreement nobody issued is refused (no-such-agreement)."""
    refused(await contracts.get(f"/agreements/{contracts.new('A')}"), 404, "no-such-agreement")


@SUITE.check_with_callbacks
async def its_end_is_told(contracts: Caller) -> None:
    """A signature is told by a signed callback under the key the agreement was issued with, and names it."""
    key = contracts.new_key()
    async with driven(contracts):
        signed = await moved(contracts, f"/agreements/{(await issued(contracts, key=key))['ref']}", "signed", **SIGN)
        (told,) = await contracts.told(key)
    equal((told.hook, told.body["outcome"]), ("contracts", "signed"), "the hook and the outcome told")
    equal(told.body.get("signature_ref"), signed["facts"]["signature_ref"], "the signature told of")


@SUITE.check_with_callbacks
async def it_expires_by_itself(contracts: Caller) -> None:
    """An agreement nobody signs expires after its days by the partner's clock, which is told."""
    key = contracts.new_key()
    async with driven(contracts):
        agreement = await issued(contracts, key=key)
        await ahead(contracts, 16 * DAY)
        (told,) = await contracts.told(key)
        equal(told.body["outcome"], "expired", "the outcome told")
        await impossible(contracts, f"/agreements/{agreement['ref']}", **SIGN)
