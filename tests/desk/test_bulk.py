"""Bulk actions: foreseen case by case, confirmed with a reason, done item by item, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from desk.bulk.running import TRIES, next_items
from desk.histories import tell
from desk.notices import notices_of
from domain.business_time import local_date
from journal.contacting import Marking
from journal.people import User
from journal.registry import Act
from tests.desk.house import Caller, House
from tests.desk.working import Work

_numbers = count(1)
WHY = "reviewer2 is on leave from tomorrow"
SIGNED = "supervisor:supervisor1"


@pytest.fixture(scope="module")
async def cases(_work: Work) -> list[str]:
    """Three cases in review. reviewer2 asked for evidence in none of them; officer1 placed no control."""
    return [await _work.in_review() for _ in range(3)]


@pytest.fixture
async def free(work: Work, cases: list[str]) -> AsyncIterator[list[str]]:
    """The same, nobody holding their tasks and none put off."""
    yield cases
    async with work.house.desk.pool.connection() as connection:
        await connection.execute(b"delete from journal.claims where split_part(task_id, ':', 1) = any(%s)", (cases,))
        await connection.execute(b"delete from journal.asides where split_part(task_id, ':', 1) = any(%s)", (cases,))


async def asked(who: Caller, **body: Any) -> dict[str, Any]:
    answer = await who.post("/api/v1/bulk-actions", body)
    assert answer.status_code == (200 if body["dry_run"] else 202), answer.text
    told: dict[str, Any] = answer.json()
    return told


async def foreseen(work: Work, cases: list[str], **more: Any) -> str:
    """A hand-over to reviewer2 that was confirmed, and that nobody carries out."""
    body = {"dry_run": True, "action": "hand_over", "to": "reviewer2", "cases": cases} | more
    bulk_id = str((await asked(work.house.supervisor1, **body))["bulk_id"])
    assert await work.house.desk.bulk.confirm(bulk_id, WHY, SIGNED)
    return bulk_id


async def holders(house: House, cases: list[str]) -> list[str | None]:
    return [task.holder for case_id in cases for task in await house.desk.queue.of_case(case_id)]


async def claim(house: House, who: str, case_id: str) -> str:
    (task,) = await house.desk.queue.of_case(case_id)
    answer = await getattr(house, who).post(f"/api/v1/tasks/{task.task_id}/claim")
    assert answer.status_code == 200, answer.text
    return task.task_id


async def words_of(house: House, case_id: str) -> list[str]:
    """What was journaled of the case's task."""
    (task,) = await house.desk.queue.of_case(case_id)
    return [entry.type for entry in await house.desk.journal.read(f"task:{task.task_id}")]


async def until_done(who: Caller, bulk_id: str) -> dict[str, Any]:
    for _ in range(200):
        told: dict[str, Any] = (await who.get(f"/api/v1/bulk-actions/{bulk_id}")).json()
        if told["state"] == "done":
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(told)


async def test_a_dry_run_says_case_by_case_what_would_be_moved_and_what_not_in_the_readers_words(work, free):
    house = work.house
    await claim(house, "reviewer2", free[1])
    body = {"dry_run": True, "action": "hand_over", "to": "reviewer2", "cases": [*free, "FA-NONE"]}
    told = await asked(house.supervisor1, **body)
    assert [item["would_move"] for item in told["items"]] == [True, False, True, False]
    assert told["items"][1]["foreseen_why"] == "reviewer2 holds the task already."
    assert (told["state"], told["would_move"], told["would_skip"]) == ("foreseen", 2, 2)
    chinese = house.caller("token-supervisor1", **{"Accept-Language": "zh"})
    again = (await chinese.get(f"/api/v1/bulk-actions/{told['bulk_id']}")).json()
    assert again["items"][3]["foreseen_why"] == "案件没有待办任务。"
    assert await holders(house, free) == [None, "reviewer2", None]


async def test_what_is_confirmed_is_carried_out_once_and_told_item_by_item(work, free):
    house = work.house
    lead = house.supervisor1
    held = await claim(house, "reviewer1", free[0])
    plan = await asked(lead, dry_run=True, action="hand_over", to="reviewer2", cases=free)
    confirmed = {"dry_run": False, "bulk_id": plan["bulk_id"], "reason": WHY}
    await asyncio.gather(asked(lead, **confirmed), asked(lead, **confirmed))
    told = await until_done(lead, plan["bulk_id"])
    assert (told["moved"], told["skipped"], told["left"]) == (3, 0, 0)
    assert f"/workflows/bulk%3A{plan['bulk_id']}/" in told["links"]["temporal_ui"]
    assert told["links"]["temporal_ui"].endswith("/history")
    assert await holders(house, free) == ["reviewer2"] * 3
    entry = (await house.desk.journal.read(f"task:{held}"))[-1]
    assert (entry.type, entry.actor) == ("TaskHandedOver", SIGNED)
    assert WHY in entry.data
    types = [one.type for one in await house.desk.journal.read(f"bulk:{plan['bulk_id']}")]
    assert types == ["BulkActionConfirmed", *["BulkItemSettled"] * 3, "BulkActionEnded"]
    other = await lead.post("/api/v1/bulk-actions", confirmed | {"reason": "another"})
    assert (other.status_code, other.json()["code"]) == (409, "bulk-wrong-state")


async def test_what_changed_since_the_dry_run_is_judged_anew_and_said(work, free):
    house = work.house
    first, second, _ = free
    await claim(house, "reviewer2", first)
    bulk_id = await foreseen(work, free)
    (task,) = await house.desk.queue.of_case(first)
    await house.desk.queue.release(task.task_id, "reviewer2", ("reviewer",))
    await claim(house, "reviewer2", second)
    await next_items(house.desk, bulk_id)
    items = (await house.engineer1.get(f"/api/v1/bulk-actions/{bulk_id}")).json()["items"]
    told = [(item["would_move"], item["outcome"], item["changed"]) for item in items]
    assert told == [(False, "moved", True), (True, "skipped", True), (True, "moved", False)]
    assert items[1]["why"] == "reviewer2 holds the task already."


async def test_who_took_part_has_no_right_or_was_shut_out_gets_nothing(work, free):
    lead = work.house.supervisor1

    async def why(to: str) -> str:
        told = await asked(lead, dry_run=True, action="hand_over", to=to, cases=free[:1])
        return str(told["items"][0]["foreseen_code"])

    async with work.house.desk.pool.connection() as connection:
        await connection.execute(
            b"update journal.tasks set excluded = array_append(excluded, 'third') where case_id = %s", (free[0],)
        )
    if await work.house.desk.people.find("third") is None:
        await work.house.desk.people.add(User("third", "third", frozenset({"reviewer"})), "a password of theirs")
    assert await why("third") == "receiver-excluded"
    assert await why("auditor1") == "receiver-not-entitled"
    bulk_id = await foreseen(work, free[:1], to="third")
    await work.house.desk.people.disable("third")
    await next_items(work.house.desk, bulk_id)
    (item,) = (await lead.get(f"/api/v1/bulk-actions/{bulk_id}")).json()["items"]
    assert (item["outcome"], item["code"]) == ("skipped", "receiver-shut-out")
    nobody = await lead.post("/api/v1/bulk-actions", {"dry_run": True, "action": "hand_over", "to": "x", "cases": free})
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "to")


async def test_who_is_away_holds_enough_or_has_not_learnt_it_gets_nothing(work, free):
    house, lead = work.house, work.house.supervisor1
    today = local_date(house.desk.clock()).isoformat()

    async def why() -> list[str | None]:
        told = await asked(lead, dry_run=True, action="hand_over", to="reviewer2", cases=free[:1])
        return [item["foreseen_code"] for item in told["items"]]

    assert await why() == [None]
    rota = "/api/v1/rota/reviewer2"
    absence = (await lead.post(f"{rota}/absences", {"first_day": today, "last_day": today})).json()
    assert await why() == ["receiver-away"]
    assert (await lead.post(f"{rota}/absences/{absence['number']}/end")).status_code == 200
    assert (await lead.post(rota, {"levels": ["L3"]})).status_code == 200
    assert await why() == ["receiver-not-given"]
    assert (await lead.post(rota, {"most_claims": 1})).status_code == 200
    bulk_id = await foreseen(work, free)
    await next_items(house.desk, bulk_id)
    items = (await lead.get(f"/api/v1/bulk-actions/{bulk_id}")).json()["items"]
    assert [item["code"] for item in items] == [None, "receiver-full", "receiver-full"]
    assert (await lead.post(rota, {})).status_code == 200


class KilledError(BaseException):
    """The process is gone here."""


async def test_who_is_killed_between_a_deed_and_its_record_does_it_once(work, free, monkeypatch):
    desk = work.house.desk
    bulk_id = await foreseen(work, free)
    settle = desk.bulk.settle

    async def killed(*_: Any) -> None:
        raise KilledError

    monkeypatch.setattr(desk.bulk, "settle", killed)
    with pytest.raises(KilledError):
        await next_items(desk, bulk_id)
    before = await words_of(work.house, free[0])
    monkeypatch.setattr(desk.bulk, "settle", settle)
    progress = await next_items(desk, bulk_id)
    assert (progress.state, progress.moved) == ("done", 3)
    assert await words_of(work.house, free[0]) == before


async def test_it_is_stopped_after_the_item_under_way_and_resumed(work, free):
    house, desk = work.house, work.house.desk
    plan = await asked(house.engineer1, dry_run=True, action="put_off", minutes=5, cases=free)
    assert await desk.bulk.confirm(plan["bulk_id"], WHY, "engineer:engineer1")
    url = f"/api/v1/bulk-actions/{plan['bulk_id']}"

    await desk.bulk.stop(plan["bulk_id"], "engineer:engineer1")
    progress = await next_items(desk, plan["bulk_id"])
    assert (progress.state, progress.settled) == ("stopped", 0)
    assert (await house.engineer1.post(f"{url}/stop")).json()["code"] == "bulk-wrong-state"
    assert (await house.auditor1.post(f"{url}/resume")).status_code == 403
    assert (await house.engineer1.post(f"{url}/resume")).status_code == 200
    told = await until_done(house.auditor1, plan["bulk_id"])
    assert told["moved"] == 3
    types = [one.type for one in await desk.journal.read(f"bulk:{plan['bulk_id']}")]
    assert types[:3] == ["BulkActionConfirmed", "BulkActionStopped", "BulkActionResumed"]
    again = await asked(house.engineer1, dry_run=True, action="put_off", minutes=5, cases=free[:1])
    assert again["items"][0]["foreseen_code"] == "put-off-already"


async def test_an_item_that_breaks_fails_after_some_tries_and_the_others_go_on(work, free, monkeypatch):
    desk = work.house.desk
    bulk_id = await foreseen(work, free)
    hand_over = desk.steering.hand_over

    async def broken(task_id: str, *rest: Any) -> Any:
        if task_id.startswith(free[0]):
            raise KeyError("a fault of ours")
        return await hand_over(task_id, *rest)

    monkeypatch.setattr(desk.steering, "hand_over", broken)
    for attempt in range(1, TRIES):
        with pytest.raises(KeyError):
            await next_items(desk, bulk_id, attempt)
    progress = await next_items(desk, bulk_id, TRIES)
    assert (progress.moved, progress.failed) == (2, 1)


async def test_a_note_is_written_in_each_case_once(work, free):
    house = work.house
    body = {"dry_run": False, "action": "note", "text": "the bank was asked", "cases": free, "reason": WHY}
    answers = [await house.supervisor1.post("/api/v1/bulk-actions", body, key="notes-1") for _ in range(2)]
    assert len({answer.json()["bulk_id"] for answer in answers}) == 1
    assert (await until_done(house.supervisor1, answers[0].json()["bulk_id"]))["moved"] == 3
    for case_id in free:
        notes = (await house.reviewer1.get(f"/api/v1/cases/{case_id}/messages")).json()
        assert [(one["audience"], one["text"]) for one in notes] == [("internal", "the bank was asked")]
        assert (await house.merchant1.get(f"/api/v1/cases/{case_id}/messages")).json() == []


async def test_notices_that_bounced_are_sent_again_and_others_not(work, free):
    house, lead = work.house, work.house.supervisor1
    notices = (await lead.get(f"/api/v1/cases/{free[0]}/notices")).json()
    sent = next(one for one in notices if one["audience"] == "merchant" and one["sent_at"])
    await _bounced(house, free[0], sent["position"])
    plan = await asked(lead, dry_run=True, action="resend", cases=free[:2])
    assert [item["foreseen_code"] for item in plan["items"]] == [None, "nothing-bounced"]
    await asked(lead, dry_run=False, bulk_id=plan["bulk_id"], reason=WHY)
    assert (await until_done(lead, plan["bulk_id"]))["moved"] == 1
    for _ in range(100):
        tried = [key for key in work.hands.tried("notices.resend") if key.startswith(free[0])]
        if tried:
            break
        await asyncio.sleep(0.05)
    assert len(set(tried)) == 1


async def _bounced(house: House, case_id: str, position: int) -> None:
    told = await tell(house.desk, case_id)
    assert told is not None
    (key,) = [one.key for one in notices_of(told) if one.position == position and one.audience == "merchant"]
    marking = Marking(told.case.merchant_no, case_id, key, "bounced", f"ref-{next(_numbers)}")
    await house.desk.contacting.mark(marking, Act("partner:notices", f"b-{key}", house.desk.now()), "email")


async def test_a_leavers_work_is_shown_and_handed_over(work, free):
    house, desk = work.house, work.house.desk
    await desk.people.add(User("retired", "retired", frozenset({"reviewer"})), "a password of theirs")
    held, aside, _ = [(await desk.queue.of_case(case_id))[0].task_id for case_id in free]
    await desk.queue.claim(held, "retired", ("reviewer",))
    await desk.asides.put(aside, "retired", ("reviewer",), desk.clock().replace(year=2099), "waits")
    await desk.people.disable("retired")
    shown = (await house.supervisor1.get("/api/v1/operations/people/retired/work")).json()
    assert shown["active"] is False
    movable = {(one["task_id"], one["held"]) for one in shown["items"] if one["movable"]}
    assert movable == {(held, True), (aside, False)}
    told = await asked(
        house.supervisor1, dry_run=False, action="hand_over", of="retired", to="reviewer2", reason="left the house"
    )
    assert (await until_done(house.supervisor1, told["bulk_id"]))["moved"] == 2
    assert await holders(house, free) == ["reviewer2", "reviewer2", None]
    left = (await house.supervisor1.get("/api/v1/operations/people/retired/work")).json()["items"]
    assert [one for one in left if one["movable"]] == []
    assert (await house.supervisor1.get("/api/v1/operations/people/nobody/work")).status_code == 404


async def test_what_is_picked_by_a_filter_is_what_the_list_shows(work, free):
    lead = work.house.supervisor1
    for case_id in free[:2]:
        await claim(work.house, "reviewer1", case_id)
    wanted = {"assignee": "reviewer1", "open": True, "status": "in_review_1", "kind": "K1"}
    told = await asked(lead, dry_run=True, action="hand_over", filter=wanted)
    items = {item["case_id"]: item for item in told["items"]}
    listed = (await lead.get("/api/v1/cases", params=wanted | {"limit": 200})).json()["items"]
    assert set(items) == {row["case_id"] for row in listed}
    assert set(free[:2]) <= set(items)
    assert free[2] not in items
    assert all(items[case_id]["would_move"] for case_id in free[:2])
    queued = await asked(lead, dry_run=True, action="wake", queue={"tier": "L1"})
    assert set(free[:2]).isdisjoint({item["case_id"] for item in queued["items"]})
    none = await lead.post(
        "/api/v1/bulk-actions", {"dry_run": True, "action": "wake", "filter": {"assignee": "nobody"}}
    )
    assert (none.status_code, none.json()["code"]) == (409, "bulk-nothing-chosen")


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("reviewer1", {"action": "hand_over"}, 403),
        ("auditor1", {"action": "wake"}, 403),
        ("engineer1", {"action": "note", "text": "x"}, 403),
        ("supervisor1", {"action": "approve"}, 422),
        ("supervisor1", {"action": "put_off"}, 422),
        ("supervisor1", {"action": "note", "text": "call 13800000001"}, 422),
        ("supervisor1", {"action": "wake", "of": "reviewer1"}, 422),
        ("supervisor1", {"action": "wake", "dry_run": False}, 422),
        ("supervisor1", {"bulk_id": "BA-X", "dry_run": False, "reason": "x"}, 422),
    ],
)
async def test_who_may_not_or_asks_for_what_is_none_is_refused(work, who: str, body: dict[str, Any], status: int):
    answer = await getattr(work.house, who).post("/api/v1/bulk-actions", {"dry_run": True, "cases": ["FA-1"], **body})
    assert answer.status_code == status, answer.text
