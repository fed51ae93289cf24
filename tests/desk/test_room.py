"""A case holds so much and no more; what is full can still be submitted, decided and withdrawn."""

from __future__ import annotations

import zlib

import pytest

from desk.room import ROOMS, Room
from domain.stream import Draft, Head, canonical, seal
from tests.desk.house import House
from tests.desk.working import PNG, Work


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for two of each from the merchant, and for three from staff."""
    for name, room in ROOMS.items():
        monkeypatch.setitem(ROOMS, name, Room(room.event, 2, 3, room.refusal))  # type: ignore[arg-type]


async def write(work: House, case_id: str, who: str, audience: str = "merchant") -> tuple[int, str | None]:
    answer = await getattr(work, who).post(f"/api/v1/cases/{case_id}/messages", {"audience": audience, "text": "在吗?"})
    return answer.status_code, answer.json().get("code")


@pytest.mark.usefixtures("small")
async def test_a_merchant_and_its_agent_write_so_many_messages_and_staff_may_still_answer(work: Work):
    case_id = await work.case()
    sent = [await write(work.house, case_id, who) for who in ("merchant1", "agent1", "merchant1", "agent1")]
    assert sent == [(201, None), (201, None), (409, "messages-full"), (409, "messages-full")]
    answers = [await write(work.house, case_id, "officer1", "internal") for _ in range(4)]
    assert answers == [(201, None)] * 3 + [(409, "messages-full")]


@pytest.mark.usefixtures("small")
async def test_the_refusal_says_what_to_do_in_both_languages(work: Work):
    case_id = await work.case()
    for _ in range(2):
        await write(work.house, case_id, "merchant1")
    path, words = f"/api/v1/cases/{case_id}/messages", {"audience": "merchant", "text": "在吗?"}
    for language, told in (("zh", "请预约回电"), ("en", "book a call-back")):
        answer = await work.house.merchant1.post(path, words, headers={"Accept-Language": language})
        assert told in answer.json()["detail"].replace("Book", "book")


@pytest.mark.usefixtures("small")
async def test_messages_that_wait_for_the_engine_count(house: House, case_id: str):
    sent = [await write(house, case_id, "merchant1") for _ in range(3)]
    assert sent == [(202, None), (202, None), (409, "messages-full")]


@pytest.mark.usefixtures("small")
async def test_a_message_that_waits_may_be_sent_again_under_its_key(house: House, case_id: str):
    path, words = f"/api/v1/cases/{case_id}/messages", {"audience": "merchant", "text": "在吗?"}
    await write(house, case_id, "merchant1")
    for _ in range(2):
        answer = await house.merchant1.post(path, words, key="the last one")
        assert answer.status_code == 202, answer.text


@pytest.mark.usefixtures("small")
async def test_nothing_is_kept_of_what_found_no_room(work: Work):
    case_id = await work.case()
    house = work.house
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="货款往来,请核实。")
    for number in range(2):
        assert (await house.merchant1.upload(case_id, "D06", PNG + bytes(number), "p.png")).status_code == 201
    files = house.files()
    refused = await house.merchant1.upload(case_id, "D06", PNG + bytes(7), "p.png")
    assert (refused.status_code, refused.json()["code"]) == (409, "documents-full")
    assert house.files() == files
    assert (await house.officer1.upload(case_id, "D06", PNG + bytes(7), "p.png")).status_code == 201  # for the merchant


async def test_a_full_case_is_submitted_decided_and_withdrawn(work: Work, monkeypatch: pytest.MonkeyPatch):
    house = work.house
    case_id, other = await work.in_review(), await work.case()
    for name, room in ROOMS.items():
        monkeypatch.setitem(ROOMS, name, Room(room.event, 0, 0, room.refusal))  # type: ignore[arg-type]
    for full in (case_id, other):
        assert await write(house, full, "merchant1") == (409, "messages-full")
    for document in (await work.view(case_id))["documents"]:
        await work.do(house.reviewer1, case_id, "judge_document", document_id=document["document_id"],
                      verdict="accept", reason="seen")  # fmt: skip
    await work.do(house.reviewer1, case_id, "approve", release_fen=1_000_000, penalty_fen=0, claims_fen=0, reason="ok")
    await work.do(house.officer1, other, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, other, "open_appeal", statement="货款往来,请核实。")
    await work.do(house.merchant1, other, "withdraw", reason="不申诉了。")


async def test_a_case_as_full_as_it_may_be_is_submitted_and_decided(work: Work, monkeypatch: pytest.MonkeyPatch):
    house, case_id = work.house, await work.case()
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="货款往来,请核实。")
    due = (await work.view(case_id))["requirements"]["currently_due"]
    for doc_type in due:
        assert (await house.merchant1.upload(case_id, doc_type.partition("/")[0], PNG, "p.png")).status_code == 201
    monkeypatch.setitem(ROOMS, "add_document", Room("DocumentAdded", len(due), 9, "documents-full"))  # type: ignore[arg-type]
    refused = await house.merchant1.upload(case_id, due[0].partition("/")[0], PNG, "p.png")
    assert refused.json()["code"] == "documents-full"
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")


def test_a_case_as_full_as_it_may_be_fits_into_one_payload():
    """The engine takes 2 MB, compressed; each entry is counted thrice for what checks, judgments and letters add."""
    many = 3 * sum(room.merchant + room.staff for room in ROOMS.values())
    body = canonical({"audience": "merchant", "text_ref": "v-" + "0" * 32})
    drafts = [Draft("MessageRecorded", 1, 1, body)]
    head, size = Head(), zlib.compressobj(level=1)
    written = 0
    for number in range(many):
        (entry,) = seal("FA-1", head, drafts, occurred_at="2026-11-28T07:30:17.131257Z", actor="merchant:merchant1",
                        command_id=f"cmd-{number:032x}")  # fmt: skip
        head = Head(entry.position, entry.hash)
        written += len(size.compress(repr(entry).encode()))
    assert written + len(size.flush()) < 2 * 1024 * 1024
