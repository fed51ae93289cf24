"""A case worked by the console alone, from registration to release; and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from samples.facts import PaperFacts
from samples.papers import render
from tests.desk.console_work import as_, in_review, registered, until
from tests.desk.house import House
from tests.desk.surfer import Surfer
from tests.desk.working import PNG


async def made_user(officer: Surfer, house: House, merchant_no: str) -> Surfer:
    """The merchant, logged in with the password the officer was shown."""
    page = await officer.page(f"/console/merchants/{merchant_no}")
    answer = await officer.send(page.form("/users"), role="merchant")
    name, password = re.findall(r"<dd><code>([^<]+)</code></dd>", answer.text)
    merchant = Surfer(house)
    page = await merchant.page("/login")
    await merchant.send(page.form("/login"), name=name, password=password)
    assert merchant.url == "/portal"
    return merchant


async def test_a_case_is_worked_by_console_alone(work, officer):
    house = work.house
    case_id, merchant_no = await registered(officer)
    here = f"/console/cases/{case_id}"
    page = await officer.page("/console/queue")
    assert case_id in page.text.split("Cases that wait for an officer")[1]
    page = await officer.page(here)
    page = officer.read(await officer.send(page.form("/commands/confirm_reason"), note="checked"))
    assert "The reason is confirmed" in page.text

    merchant = await made_user(officer, house, merchant_no)
    page = await merchant.page("/portal/cases")
    assert "Your turn" in page.text
    theirs = f"/portal/cases/{case_id}"
    page = await merchant.page(theirs)
    page = merchant.read(await merchant.send(page.form("/commands/open_appeal"), statement="周末促销,均为真实交易。"))
    facts = PaperFacts()
    for doc_type in ("D01", "D03", "D06", "D07"):
        page = await merchant.page(theirs)
        form = page.form(f"{case_id}/documents", type=doc_type)
        ending = "pdf" if doc_type == "D03" else "png"
        paper = render(doc_type, facts, form=ending)
        page = merchant.read(await merchant.upload(form, paper, f"{doc_type}.{ending}"))
        assert "The document is filed." in page.text
    page = merchant.read(await merchant.send(page.form("/commands/submit"), declaration="yes"))
    assert "The appeal is submitted." in page.text

    first = await as_(house, "reviewer1")
    await until(first, here, "First review")
    page = await first.page("/console/queue")
    row = page.text[page.text.index(case_id) :]
    assert re.search(r"ranks as .*tier L2: 2 h earlier.*held money × days ¥\d+\.\d\d.*case open for ", row)
    await first.send(next(form for form in page.forms if case_id in form.action and form.action.endswith("/claim")))
    page = await first.page(here)
    assert "周末促销" in page.text
    for judging in [form for form in page.forms if form.action.endswith("/judge_document")]:
        page = await first.page(here)
        form = page.form("/judge_document", document_id=dict(judging.values)["document_id"])
        page = first.read(await first.send(form, verdict="accept", reason="清晰"))
        assert "The verdict is recorded." in page.text
    approving = page.form("/commands/approve")
    assert dict(approving.values)["release_fen"] == "86420.00"
    page = first.read(await first.send(approving, reason="材料齐全"))
    assert "The approval is recorded." in page.text
    assert not page.has_form("/commands/approve")  # four eyes

    second = await as_(house, "reviewer2", "zh")
    page = await second.page(here)
    assert "复核" in page.text
    page = second.read(await second.send(page.form("/commands/approve"), reason="同意"))
    page = await until(first, here, "Closed: released", "After release", "Waiting for the bank")
    assert "Release in the ledger" in page.text
    assert "First approval" in page.text
    assert "Second approval" in page.text


async def test_a_form_sent_twice_is_done_once(work):
    case_id = await in_review(work)
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    form = page.form("/commands/request_supplement")
    typed: dict[str, Any] = {"items": ["D06"], "items__reason__D06": "模糊"}
    answers = await asyncio.gather(*(first.send(form, follow=False, **typed) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [303, 303]
    events = (await work.house.officer1.get(f"/api/v1/cases/{case_id}/events")).json()
    assert [event["type"] for event in events].count("SupplementRequested") == 1


async def test_a_stale_page_says_what_happened_and_keeps_what_was_typed(work):
    case_id = await in_review(work)
    first, second = await as_(work.house, "reviewer1"), await as_(work.house, "reviewer2")
    page = await first.page(f"/console/cases/{case_id}")
    other = await second.page(f"/console/cases/{case_id}")
    judging = next(form for form in other.forms if form.action.endswith("/judge_document"))
    await second.send(judging, verdict="unsure", reason="再看看")
    task = (await work.house.desk.queue.of_case(case_id))[0]
    await work.house.desk.queue.release(task.task_id, "reviewer2", ("reviewer",))
    answer = await first.send(page.form("/commands/reject"), reason_code="R02", reason="写了很久的理由")
    page = first.read(answer, 409)
    assert "The case has changed" in page.text
    assert "What happened since you looked" in page.text
    assert "Document judged" in page.text
    again = page.form("/commands/reject")
    assert dict(again.values)["reason"] == "写了很久的理由"
    page = first.read(await first.send(again))
    assert "The rejection is recorded." in page.text


async def test_what_can_no_longer_be_done_gives_back_what_was_typed(work):
    case_id = await in_review(work)
    first, second = await as_(work.house, "reviewer1"), await as_(work.house, "reviewer2")
    page = await second.page(f"/console/cases/{case_id}")
    other = await first.page(f"/console/cases/{case_id}")
    await first.send(other.form("/commands/reject"), reason_code="R02", reason="不符")
    answer = await second.send(page.form("/commands/reject"), reason_code="R02", reason="第二人写的理由")
    page = second.read(answer, 409)
    assert "第二人写的理由" in page.text
    assert "cannot be done now" in page.text


async def test_a_form_changed_after_it_was_sent_is_not_taken_for_the_first(work):
    case_id = await in_review(work)
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    form = next(form for form in page.forms if form.action.endswith("/judge_document"))
    await first.send(form, verdict="accept", reason="好")
    page = first.read(await first.send(form, verdict="reject", reason="其实不好"), 409)
    assert "sent before with other content" in page.text


async def test_a_session_that_ended_loses_nothing_typed(work):
    case_id = await in_review(work)
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    await work.house.desk.sessions.close(first.cookies["thaw_session"])
    answer = await first.send(page.form("/commands/reject"), reason_code="R02", reason="<b>写了很久</b>")
    page = first.read(answer, 401)
    assert "What you typed is kept" in page.text
    wrong = await first.send(page.form("/login"), name="reviewer1", password="guess")
    page = first.read(wrong, 401)
    page = first.read(await first.send(page.form("/login"), name="reviewer1", password="password of reviewer1"))
    assert "<b>写了很久</b>" in page.text
    page = first.read(await first.send(page.form("/commands/reject")))
    assert "The rejection is recorded." in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"release_fen": "1.234", "reason": "x"}, "at most two decimals"),
        ({"release_fen": "", "reason": "x"}, "at most two decimals"),
        ({"release_fen": "1", "reason": ""}, "Fill this in"),
        ({"release_fen": "99999999", "reason": "x"}, "more than the"),
    ],
)
async def test_a_wrong_amount_is_shown_at_its_field(work, typed: dict[str, str], said: str):
    case_id = await in_review(work)
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    for document in (await work.view(case_id))["documents"]:
        fields = {"document_id": document["document_id"], "verdict": "accept", "reason": "ok"}
        await work.do(work.house.reviewer1, case_id, "judge_document", **fields)
    page = await first.page(f"/console/cases/{case_id}")
    answer = await first.send(page.form("/commands/approve"), **typed)
    assert answer.status_code in {409, 422}
    page = first.read(answer, answer.status_code)
    assert said in page.text
    assert dict(page.form("/commands/approve").values)["release_fen"] == typed["release_fen"]


async def test_a_supplement_is_asked_for_item_by_item_and_answered(work):
    case_id = await in_review(work)
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    form = page.form("/commands/request_supplement")
    assert "D25" not in str(form.names)
    page = first.read(await first.send(form, items=["D06", "D08"], items__reason__D06="<i>模糊</i>"), 422)
    assert "Give a reason for each chosen document" in page.text
    kept = page.form("/commands/request_supplement")
    assert ("items", "D06") in kept.values
    assert ("items.reason.D06", "<i>模糊</i>") in kept.values
    page = first.read(await first.send(kept, items__reason__D08="未签章"))
    assert "The documents are asked for" in page.text

    merchant = await as_(work.house, "merchant1")
    theirs = f"/portal/cases/{case_id}"
    page = await merchant.page(theirs)
    assert "<i>模糊</i>" in page.text
    for doc_type in ("D06", "D08"):
        page = merchant.read(await merchant.upload(page.form("/documents", type=doc_type), PNG, "p.png"))
    page = merchant.read(await merchant.send(page.form("/commands/resubmit")))
    assert "Submitted again." in page.text


async def test_a_refused_upload_says_why_and_stores_nothing(work):
    case_id = await work.case()
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
    merchant = await as_(work.house, "merchant1", "zh")
    page = await merchant.page(f"/portal/cases/{case_id}")
    before = len(work.house.files())
    answer = await merchant.upload(page.form("/documents", type="D06"), b"MZ not a picture", "slip.png")
    assert "disguised" in merchant.read(answer, 422).text
    answer = await merchant.upload(page.form("/documents", type="D06"), b"\x89PNG" + bytes(21 * 1024 * 1024), "s.png")
    assert "20 MB" in merchant.read(answer, 413).text
    assert len(work.house.files()) == before


async def test_papers_are_shown_page_by_page_and_each_look_is_recorded(work):
    case_id = await work.case(reason="R01")
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R01")
    paper = render("D03", PaperFacts(), form="pdf")
    document_id = (await work.house.merchant1.upload(case_id, "D03", paper, "id.pdf")).json()["document_id"]
    reviewer = await as_(work.house, "reviewer1")
    here = f"/console/cases/{case_id}/documents/{document_id}"
    page = await reviewer.page(here)
    assert f"{here}/pages/2" in page.sources
    assert f"{here}/pages/3" not in page.sources
    looks = len(await work.house.desk.journal.read("looks:898310058120001"))
    picture = await reviewer.get(f"{here}/pages/2")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.content.startswith(b"\xff\xd8")
    assert len(await work.house.desk.journal.read("looks:898310058120001")) == looks + 1
    assert (await reviewer.get(f"{here}/pages/3")).status_code == 404
    assert (await reviewer.get(f"/console/cases/{case_id}/documents/DOC-NONE")).status_code == 404


async def test_a_task_is_claimed_kept_and_given_back(work):
    case_id = await in_review(work)
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    claim = next(form for form in page.forms if form.action.endswith("/claim"))
    page = first.read(await first.send(claim))
    assert "The task is yours." in page.text
    second = await as_(work.house, "reviewer2")
    answer = await second.send((await second.page(f"/console/cases/{case_id}")).form("/claim"))
    assert "reviewer1 has claimed this task" in second.read(answer, 409).text
    page = first.read(await first.send(page.form("/renew")))
    page = first.read(await first.send(page.form("/release")))
    assert "The task is given back." in page.text
    await first.send(page.form("/queue/next"))
    assert first.url.startswith("/console/cases/FA-")


@pytest.mark.parametrize(
    "who", ["officer1", "reviewer1", "supervisor1", "compliance1", "auditor1", "engineer1", "merchant1", "agent1"]
)
async def test_in_review_too_the_forms_are_exactly_the_commands_one_may_give(work, who: str):
    case_id = await in_review(work)
    surfer = await as_(work.house, who)
    view = await work.view(case_id, getattr(work.house, who))
    page = await surfer.page(f"/console/cases/{case_id}")
    forms = {form.action.rpartition("/")[2] for form in page.forms if "/commands/" in form.action}
    assert forms == set(view["allowed_commands"])


async def test_who_is_barred_by_four_eyes_is_told_why(work):
    case_id = await work.in_review(reason="R02", held_fen=6_000_000)
    for document in (await work.view(case_id))["documents"]:
        fields = {"document_id": document["document_id"], "verdict": "accept", "reason": "ok"}
        await work.do(work.house.reviewer1, case_id, "judge_document", **fields)
    amounts = {"release_fen": 6_000_000, "penalty_fen": 0, "claims_fen": 0}
    await work.do(work.house.reviewer1, case_id, "approve", **amounts, reason="ok")
    first = await as_(work.house, "reviewer1")
    page = await first.page(f"/console/cases/{case_id}")
    assert "Four eyes: you reviewed first" in page.text
    assert not page.has_form("/commands/approve")


async def test_a_put_off_that_is_refused_keeps_its_reason(work):
    await in_review(work)
    reviewer = await as_(work.house, "reviewer1", "zh")
    form = (await reviewer.page("/console/queue")).form("/put-off")
    answer = await reviewer.send(form, reason="等 31010419850307861X 的回复", minutes="240")
    again = reviewer.read(answer, 422).form("/put-off")
    assert dict(again.values) | {"csrf": ""} == {"csrf": "", "minutes": "240", "reason": "等 31010419850307861X 的回复"}
    done = reviewer.read(await reviewer.send(again, reason="等门店开门"))
    assert "任务已推迟" in done.text
