"""Papers on their way to verification: what was read stays in the vault, the procedure learns the outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from activities.calls import UnavailableError
from activities.documents import A_PERSON_LOOKS, UNSOUND
from samples.facts import PaperFacts, made_up
from samples.papers import render
from samples.photos import shop_front
from tests.activities.conftest import SN, TERMINAL, act
from workflows.ports import Verified, VerifyOrder

M, CASE = "898310154110001", "FA-20261109-AAAAAAAA"


def order(doc_type: str = "D26", document_id: str = "doc-1", day: str = "2026-11-09") -> VerifyOrder:
    return VerifyOrder(f"{CASE}:verify:{document_id}", CASE, document_id, doc_type, M, day)


@pytest.fixture(scope="session")
def facts() -> PaperFacts:
    return made_up(7)


async def put(stand, content: bytes, document_id: str = "doc-1") -> None:
    await stand.records.files.put(document_id, f"merchant:{M}", content)


async def test_a_paper_for_a_person_is_unsure_and_its_reading_is_kept(stand, facts):
    await put(stand, render("D06", facts))

    verified = await stand.do("documents.verify", order())

    reading = await stand.records.readings.get("doc-1")
    assert verified.outcome == "unsure"
    assert [finding.en for finding in verified.findings] == ["A reviewer judges papers of this kind"]
    assert (reading["doc_type"], reading["verdict"], reading["day"]) == ("D26", "unsure", "2026-11-09")


async def test_a_licence_is_read_and_only_the_outcome_leaves_the_vault(stand, facts):
    await put(stand, render("D01", facts))

    verified = await stand.do("documents.verify", order("D01"))

    reading = await stand.records.readings.get("doc-1")
    values = {field["name"]: field["value"] for field in reading["fields"]}
    assert values["uscc"] == facts.uscc
    assert verified.outcome in {"failed", "unsure"}  # another company's paper
    assert not [value for value in values.values() if len(value) > 7 and value in repr(verified.findings)]


async def test_a_repeat_gets_the_first_answer_and_another_day_is_another_question(stand, facts):
    await put(stand, render("D06", facts))

    answers = [await stand.do("documents.verify", order(day=day)) for day in ("2026-11-09", "2026-11-09", "2026-11-10")]

    assert answers[0] == answers[1] == answers[2]
    assert (await stand.records.readings.get("doc-1"))["day"] == "2026-11-10"


@pytest.mark.parametrize(("content", "code"), [(b"%PDF-1.7 cut short", "broken"), (b"GIF89a....", "unsupported")])
async def test_a_file_nobody_can_open_fails_with_what_is_wrong_with_it(stand, content, code):
    await put(stand, content)

    assert await stand.do("documents.verify", order()) == Verified("failed", (UNSOUND[code],))


async def test_a_paper_that_is_not_there_is_for_a_person(stand):
    assert await stand.do("documents.verify", order(document_id="doc-9")) == Verified("unsure", (A_PERSON_LOOKS,))


async def test_a_merchant_who_was_forgotten_is_for_a_person(stand, facts):
    await put(stand, render("D06", facts))
    await stand.records.vault.forget(f"merchant:{M}")

    assert await stand.do("documents.verify", order()) == Verified("unsure", (A_PERSON_LOOKS,))


@pytest.mark.parametrize("fault", [{"outage": True}, {"errors": 1}, {"lose_answers": 1}])
async def test_a_service_that_is_away_is_asked_again_under_the_same_key(stand, facts, fault: dict[str, Any]):
    await put(stand, render("D06", facts))
    await stand.fail("documents", **fault)
    with pytest.raises(UnavailableError) as away:
        await stand.do("documents.verify", order())

    await stand.fail("documents")
    verified = await stand.do("documents.verify", order(), attempt=2)

    assert not away.value.non_retryable
    assert verified.outcome == "unsure"


SALE = {
    "ref": "T1",
    "merchant_no": M,
    "terminal_id": "10000001",
    "kind": "sale",
    "amount_fen": 8_642_000,
    "at": "2026-11-02T14:32:05+08:00",
    "last4": "4821",
}


async def test_a_slip_is_compared_with_what_the_acquirer_recorded_of_this_merchant(stand):
    bank = await stand.partner("bank")
    others = {**SALE, "ref": "T2", "merchant_no": "898000000000077"}
    body = {"transactions": [SALE, others, {**SALE, "ref": "T3", "kind": "refund"}]}
    assert (await bank.post("/transactions", json=body, headers={"Idempotency-Key": "t"})).status_code == 201
    await put(stand, render("D06", PaperFacts(merchant_no=M, terminal_id="10000001")))
    asked = replace(order("D06"), terminal_sn="SN-1", transaction_refs=("T1", "T2", "T3", "T9"))

    verified = await stand.do("documents.verify", asked)

    outcomes = {check["code"]: check["outcome"] for check in (await stand.records.readings.get("doc-1"))["checks"]}
    assert verified.outcome != "failed"
    assert {outcomes[f"{what}_matches"] for what in ("amount", "time", "last4", "terminal")} == {"pass"}


async def test_a_photo_is_compared_with_the_place_that_is_registered_for_the_terminal(stand):
    registered = replace(TERMINAL, latitude=31.1883, longitude=121.4365)
    await stand.records.registry.register_terminal(registered, act("place"))
    there = datetime(2026, 11, 8, 10, 30)  # noqa: DTZ001 - a camera's clock has no zone
    photo = shop_front(PaperFacts(merchant_no=M), place=(31.1885, 121.4367), taken=there)
    await put(stand, photo)

    await stand.do("documents.verify", replace(order("D12"), terminal_sn=SN))

    outcomes = {check["code"]: check["outcome"] for check in (await stand.records.readings.get("doc-1"))["checks"]}
    assert outcomes["taken_there"] == "pass"


async def test_papers_about_sales_wait_for_the_acquirers_records(stand):
    await stand.partner("bank")
    await stand.fail("bank", outage=True)
    await put(stand, render("D06", PaperFacts()))

    with pytest.raises(UnavailableError):
        await stand.do("documents.verify", replace(order("D06"), transaction_refs=("T1",)))
