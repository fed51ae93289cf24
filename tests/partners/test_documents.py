"""The document service over HTTP: verdicts, keys, reuse by another merchant, and calls that stay quick meanwhile."""

import asyncio
import json
import os
import signal
from datetime import date

import pytest

from partners.conformance.documents import page
from partners.documents import app
from partners.kit import Settings, running
from samples.facts import made_up
from samples.papers import render
from samples.scans import under_password

FACTS = made_up(3)
BLANK = page()
LICENCE = render("D01", FACTS)
SLIP = render("D06", FACTS)
ON_FILE = {
    "merchant_no": FACTS.merchant_no,
    "merchant_type": "company",
    "name": FACTS.merchant_name,
    "uscc": FACTS.uscc,
    "legal_representative": {"name": FACTS.legal_representative, "resident_id": FACTS.resident_id},
    "today": "2026-11-20",
}


@pytest.fixture
async def service(database):
    made = app(Settings(database_url=database))
    async with running(made) as client:
        client.slot = made.state.slot
        yield client


async def verify(client, key, data=SLIP, *, doc_type="D26", name="paper.png", **on_file):
    return await client.post(
        "/verifications",
        files={"file": (name, data)},
        data={"doc_type": doc_type, "on_file": json.dumps(ON_FILE | on_file)},
        headers={"Idempotency-Key": key},
    )


async def inspect(client, data, name="paper.png"):
    return await client.post("/inspections", files={"file": (name, data)})


def outcomes(answer):
    return {check["code"]: check["outcome"] for check in answer.json()["checks"]}


async def test_a_licence_is_verified_once_per_key_and_the_slot_survives_being_killed(service):
    first = await verify(service, "case:doc:1", LICENCE, doc_type="D01")

    assert first.status_code == 200, first.text
    answer = first.json()
    assert (answer["verdict"], answer["pages"], answer["media_type"]) == ("passed", 1, "image/png")

    clear = (await service.post("/legibility", files={"file": ("p.png", LICENCE)})).json()
    bare = (await service.post("/legibility", files={"file": ("p.png", BLANK)})).json()
    assert (clear["hindrance"], bare["hindrance"]) == (None, "blurred")
    assert clear["legibility"] > 0.6 > bare["legibility"]
    assert "please take a sharp one" in bare["en"]
    assert date.fromisoformat(answer["valid_until"]) == FACTS.licence_valid_until
    assert answer["reused_from"] is None

    again = await verify(service, "case:doc:1", LICENCE, doc_type="D01")
    assert (again.json(), again.headers["Idempotent-Replay"]) == (answer, "true")

    os.kill(service.slot._process.pid, signal.SIGKILL)
    after = await verify(service, "case:doc:2", render("D03", FACTS), doc_type="D03")
    assert after.json()["verdict"] == "passed"


async def test_health_says_what_is_waited_for_until_the_models_are_loaded(service):
    first = await service.get("/healthz")
    assert first.status_code == 503
    assert first.json()["waiting_for"] == "the OCR models"

    await service.slot.start()
    while (await service.get("/healthz")).status_code != 200:
        pass  # the models are loaded: the partner hears of it at its next turn


async def test_inspections_are_answered_before_the_models_are_loaded(service):
    answer = await inspect(service, SLIP)

    assert answer.status_code == 200
    assert answer.json()["media_type"] == "image/png"
    assert (await service.get("/healthz")).status_code == 503


async def test_a_paper_that_is_not_read_by_machine_goes_to_a_person(service):
    answer = await verify(service, "k1")

    assert answer.json()["verdict"] == "unsure"
    assert outcomes(answer) == {"file_sound": "pass", "not_used_elsewhere": "pass", "needs_a_person": "unsure"}


async def test_the_same_bytes_from_another_merchant_fail(service):
    await verify(service, "k1")

    answer = await verify(service, "k2", merchant_no="898000000000077")

    assert answer.json()["verdict"] == "failed"
    assert outcomes(answer)["not_used_elsewhere"] == "fail"
    masked = answer.json()["reused_from"]["merchant_no_masked"]
    assert (masked[:3], masked[3:-2], masked[-2:]) == (FACTS.merchant_no[:3], "*" * 10, FACTS.merchant_no[-2:])


async def test_the_merchant_who_sent_a_file_first_may_send_it_again(service):
    await verify(service, "k1")
    await verify(service, "k2", merchant_no="898000000000077")

    answer = await verify(service, "k3")

    assert outcomes(answer)["not_used_elsewhere"] == "pass"


async def test_two_merchants_sending_the_same_bytes_at_once_do_not_both_pass(service):
    answers = await asyncio.gather(verify(service, "k1"), verify(service, "k2", merchant_no="898000000000077"))

    assert sorted(outcomes(answer)["not_used_elsewhere"] for answer in answers) == ["fail", "pass"]


async def test_a_reused_key_with_another_paper_is_refused(service):
    await verify(service, "k1")

    answer = await verify(service, "k1", LICENCE)

    assert (answer.status_code, answer.json()["code"]) == (409, "key-reused")


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"MZ\x90\x00\x03" + bytes(999), "licence.png", "disguised"),
        (under_password(render("D06", FACTS, form="pdf")), "licence.pdf", "encrypted"),
        (SLIP[:5000], "licence.png", "broken"),
        (b"", "licence.png", "empty"),
        (b"a,b\n1,2\n", "list.csv", "unsupported"),
        (bytes(21 * 1024 * 1024), "licence.png", "too-large"),
    ],
)
async def test_a_file_that_may_not_be_opened_is_refused_by_both_calls(service, data, name, code):
    for answer in (await inspect(service, data, name), await verify(service, f"k-{code}", data, name=name)):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.headers["content-type"] == "application/problem+json"

    assert (await service.get(f"/effects/k-{code}")).status_code == 404


@pytest.mark.parametrize("doc_type", ["D00", "D27", "licence", ""])
async def test_an_unknown_document_type_is_refused(service, doc_type):
    assert (await verify(service, "k1", doc_type=doc_type)).status_code == 422


async def test_an_incomplete_description_of_what_is_on_file_is_refused_by_field(service):
    answer = await verify(service, "k1", today="someday", merchant_type="club")

    assert answer.status_code == 422
    assert "merchant_type, today" in answer.json()["detail"]
    assert FACTS.merchant_name not in answer.text


async def test_the_openapi_document_names_both_calls(service):
    assert {"/inspections", "/verifications"} <= set((await service.get("/openapi.json")).json()["paths"])


async def test_the_registrys_word_counts_for_a_licence(service):
    path = f"/registry/{FACTS.uscc}"
    entry = {"name": FACTS.merchant_name, "representative": FACTS.legal_representative, "status": "注销"}
    assert (await service.get(path)).status_code == 404
    assert (await service.put(path, json=entry)).json() == entry
    assert (await service.get(path)).json() == entry

    answer = await verify(service, "k1", LICENCE, doc_type="D01")

    assert outcomes(answer)["registered"] == "fail"
    assert answer.json()["looks_like"] == "D01"
    assert answer.json()["legibility"] > 0.9
