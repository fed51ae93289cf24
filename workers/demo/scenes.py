"""The scenes of the demo, in the order they are played."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from samples.numbers import with_wrong_check_digit
from samples.portfolio import A, B
from workers.api import ApiError
from workers.demo.appeal import Appeal, questioned
from workers.demo.casting import cast, new_account
from workers.demo.papers import about, caught, recorded
from workers.demo.stage import Stage, expect, refused, until

SLIPS = (2_980_000, 2_450_000, 1_862_000, 1_350_000)
"""The four questioned sales of scenario 1: ¥86,420.00 in all."""

DEPARTMENT_STORE, RESTAURANT, CORNER_SHOP = "898320158120009", "898330158120004", B
HOTEL, PHARMACY = "898420158120007", "898330258120012"


@dataclass(frozen=True, slots=True)
class Act:
    """A scene to play: what it is called, what it shows, and how it goes."""

    title: str
    about: str
    play: Callable[[Stage], Awaitable[Appeal]]


async def full_release(stage: Stage) -> Appeal:
    """Scenario 1: four slips and invoices, two reviewers, everything released, the bank's second word ignored."""
    appeal = await cast(stage, A, sum(SLIPS), 1)
    sales = questioned(SLIPS, appeal.facts, stage.run)
    await recorded(appeal, sales)
    placed = await appeal.freeze("R01", transactions=sales)
    again = await appeal.freeze("R01", transactions=sales)
    expect(again["control_id"] == placed["control_id"], "the same control again made another one")
    stage.telling.answers("the same control again: the same answer, nothing new")
    await appeal.confirmed("R01")
    due = (await appeal.see())["requirements"]["currently_due"]
    expect({"D06", "D07"} <= set(due), f"slips and invoices are not asked for: {due}")
    await appeal.upload("D01", appeal.paper("D01", "pdf"))
    await appeal.upload("D03", appeal.paper("D03", "png"))
    for sale in sales:
        facts = about(appeal.facts, sale)
        await appeal.upload("D06", appeal.paper("D06", "png", facts))
        await appeal.upload("D07", appeal.paper("D07", "pdf", facts))
    case = await appeal.submitted()
    expect(case["status"] == "in_review_1", f"papers were sent back: {case['requirements']['errors']}")
    await appeal.in_force()
    await _claimed(appeal, "reviewer1")
    await appeal.judged("reviewer1")
    await appeal.approved("reviewer1")
    await appeal.until("in_review_2")
    await appeal.approved("reviewer2")
    await appeal.until("closed_released")
    await _second_word_of_the_bank(appeal)
    return appeal


async def _claimed(appeal: Appeal, who: str) -> None:
    api = await appeal.stage.as_(who)
    tasks = (await api.get("/queue", limit=200))["items"]
    task = next((task for task in tasks if task["case_id"] == appeal.case_id), None)
    expect(task is not None, f"the case is not in {who}'s queue")
    assert task is not None
    appeal.stage.telling.does(who, f"takes the task from the queue of {len(tasks)}")
    taken = await api.post(f"/tasks/{task['task_id']}/claim")
    appeal.stage.telling.answers(f"tier {taken['tier']}, held until {taken['held_until']}")


async def _second_word_of_the_bank(appeal: Appeal) -> None:
    answered = next(event for event in await appeal.events() if event["type"] == "PayoutAnswered")
    before = await appeal.stage.partner("ledger", "GET", f"/cases/{appeal.case_id}/postings")
    appeal.stage.telling.does("bank", "says a second time that the payout is confirmed")
    body = {
        "message_ref": answered["data"]["message_ref"],
        "case_id": appeal.case_id,
        "step_key": answered["data"]["step_key"],
        "outcome": "confirmed",
        "occurred_at": answered["occurred_at"],
    }
    heard = await appeal.stage.callback("bank", body)
    expect(heard["state"] == "duplicate", f"the bank's second word was {heard['state']}")
    appeal.stage.telling.answers(f"200 {heard['state']}: heard, without effect")
    await until(
        appeal.events,
        lambda events: any(event["type"] == "CallbackIgnored" for event in events),
        "the second word is recorded as ignored",
    )
    after = await appeal.stage.partner("ledger", "GET", f"/cases/{appeal.case_id}/postings")
    expect(after == before, "the bank's second word moved money")


async def two_at_once(stage: Stage) -> Appeal:
    """Scenario 3: an approval and a rejection at once; one counts, and its author may not decide again."""
    appeal = await cast(stage, DEPARTMENT_STORE, 6_000_000, 2)
    await appeal.ready_for_review()
    await appeal.judged("reviewer1")
    version = (await appeal.see())["version"]
    stage.telling.does("reviewer1", f"approves at version {version}")
    stage.telling.does("reviewer2", f"rejects at version {version}, at the same moment")
    path = f"/cases/{appeal.case_id}/commands"
    approval = {"release_fen": 6_000_000, "penalty_fen": 0, "claims_fen": 0, "reason": "同意", "version": version}
    rejection = {"reason_code": "R01", "reason": "材料不足", "version": version}
    ends = await asyncio.gather(
        _ended(appeal, "reviewer1", f"{path}/approve", approval),
        _ended(appeal, "reviewer2", f"{path}/reject", rejection),
        return_exceptions=True,
    )
    won, lost = ("reviewer1", ends[1]) if isinstance(ends[0], dict) else ("reviewer2", ends[0])
    expect(sum(isinstance(end, dict) for end in ends) == 1, f"not exactly one of the two counted: {ends}")
    expect(isinstance(lost, ApiError) and lost.status == 409, f"the other was not refused with 409: {lost}")
    stage.telling.answers(f"{won}'s decision counts")
    stage.telling.refuses(f"the other: 409 {getattr(lost, 'code', '')}: {lost}")
    await appeal.until("in_review_2")
    approves = won == "reviewer1"
    await _no_second_decision(appeal, won, approves=approves)
    if approves:
        await appeal.approved("reviewer3")
        await appeal.until("closed_released")
    else:
        await appeal.give("reviewer3", "reject", "confirms the rejection", reason_code="R01", reason="材料不足")
        await appeal.until("closed_rejected")
    return appeal


async def _ended(appeal: Appeal, who: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return await appeal.settled(who, await (await appeal.stage.as_(who)).post(path, body))


async def _no_second_decision(appeal: Appeal, who: str, *, approves: bool) -> None:
    case, api = await appeal.see(), await appeal.stage.as_(who)
    appeal.stage.telling.does(who, "decides again, as the second reviewer")
    body: dict[str, Any] = {"version": case["version"], "reason": "复核同意"}
    body |= {"release_fen": 6_000_000, "penalty_fen": 0, "claims_fen": 0} if approves else {"reason_code": "R01"}
    asking = api.post(f"/cases/{appeal.case_id}/commands/{'approve' if approves else 'reject'}", body)
    error = await refused(asking, 403, "four-eyes")
    appeal.stage.telling.refuses(f"403 {error.code}: {error.detail}")


async def three_rounds(stage: Stage) -> Appeal:
    """A paper the machine refuses, three supplement rounds, no fourth, and a rejection."""
    appeal = await cast(stage, RESTAURANT, 320_000, 3)
    await appeal.freeze("R01")
    await appeal.confirmed("R01")
    forged = replace(appeal.facts, uscc=with_wrong_check_digit(appeal.facts.uscc))
    await appeal.upload("D01", appeal.paper("D01", "png", forged))
    await appeal.file_what_is_due()
    case = await appeal.submitted()
    expect(case["status"] == "awaiting_supplement", "the licence with a wrong check digit was not refused")
    for wrong in case["requirements"]["errors"]:
        stage.telling.refuses(f"{wrong['requirement']}: {wrong['reason_en']} / {wrong['reason_zh']}")
    await _supplied(appeal, "D01")
    for round_, doc_type in enumerate(("D06", "D07", "D06"), 1):
        item = {"doc_type": doc_type, "reason": f"第{round_}次:单据不清晰,请重新提供"}
        say = f"sends {doc_type} back, round {round_} of three"
        await appeal.give("reviewer1", "request_supplement", say, items=[item])
        await _supplied(appeal, doc_type)
    item = {"doc_type": "D07", "reason": "再次补件"}
    stage.telling.does("reviewer1", "asks for a fourth round")
    version = (await appeal.see())["version"]
    body = {"items": [item], "version": version}
    path = f"/cases/{appeal.case_id}/commands/request_supplement"
    error = await refused((await stage.as_("reviewer1")).post(path, body), 409, "rounds-exhausted")
    stage.telling.refuses(f"409 {error.code}: {error.detail}")
    say = "rejects the appeal; the control stays"
    await appeal.give("reviewer1", "reject", say, reason_code="R01", reason="三次补件仍未能证明交易真实")
    await appeal.until("closed_rejected")
    return appeal


async def _supplied(appeal: Appeal, doc_type: str) -> None:
    """The merchant files what was sent back and resubmits."""
    await appeal.upload(doc_type, appeal.paper(doc_type))
    await appeal.give(appeal.owner, "resubmit", "resubmits")
    await appeal.until("in_review_1")


async def closed_account(stage: Stage) -> Appeal:
    """The bank sends the payout back; the terminal stays live; a new account, two approvers, paid."""
    appeal = await cast(stage, HOTEL, 5_300_000, 4)
    old = appeal.merchant.body()["settlement_account"]
    stage.telling.does("bank", f"closes the merchant's account ending in {old['number'][-4:]}")
    account = {"holder": old["holder"], "bank": old["bank"], "state": "closed"}
    await stage.partner("bank", "PUT", f"/accounts/{old['number']}", account)
    await appeal.ready_for_review()
    await appeal.judged("reviewer1")
    await appeal.approved("reviewer1")
    await appeal.approved("reviewer2")
    case = await appeal.until("post_actions")
    expect(case["payout"]["state"] == "account_needed", f"the payout is {case['payout']['state']}")
    expect(not any(control["state"] == "on" for control in case["controls"]), "a control stands again")
    say = "names another account in the same name"
    await appeal.give(appeal.owner, "new_account", say, settlement_account=new_account(stage, HOTEL))
    await until(appeal.see, lambda seen: seen["payout"]["state"] == "account_checked", "the bank checks the account")
    stage.telling.answers("the bank says it is the merchant's own")
    stage.telling.waits((await appeal.see())["waiting_on"]["sentence"])
    await appeal.give("reviewer2", "approve_account", "approves the account, first", reason="同名账户")
    version = (await appeal.see())["version"]
    stage.telling.does("reviewer2", "approves it again")
    path, body = f"/cases/{appeal.case_id}/commands/approve_account", {"reason": "同名账户", "version": version}
    error = await refused((await stage.as_("reviewer2")).post(path, body), 403, "four-eyes")
    stage.telling.refuses(f"403 {error.code}: {error.detail}")
    await appeal.give("reviewer3", "approve_account", "approves the account, second", reason="同名账户")
    await appeal.until("closed_released")
    return appeal


async def partner_away(stage: Stage) -> Appeal:
    """Terminal management is down while a release is under way; it goes on by itself when it is back."""
    appeal = await cast(stage, PHARMACY, 1_250_000, 5)
    await appeal.freeze("R01")
    await appeal.freeze("R01", kind="txn_block", n=2)
    await _until_blocked(appeal, blocked=True)
    await appeal.confirmed("R01")
    await appeal.file_what_is_due()
    await appeal.submitted()
    await appeal.in_force()
    await appeal.judged("reviewer1")
    stage.telling.does("terminals", "goes down")
    await stage.fault("terminals", outage=True)
    try:
        await appeal.approved("reviewer1")
        case = await until(
            appeal.see,
            lambda seen: "terminal management" in seen["waiting_on"]["sentence"],
            "the case waits for terminal management",
        )
        stage.telling.waits(case["waiting_on"]["sentence"])
        expect(case["money"]["remaining_fen"] == 0, "the money was not released before the block")
    finally:
        stage.telling.does("terminals", "comes back")
        await stage.fault("terminals")
    await appeal.until("closed_released")
    await _until_blocked(appeal, blocked=False)
    await _each_step_once(appeal)
    return appeal


async def _until_blocked(appeal: Appeal, *, blocked: bool) -> None:
    path = f"/terminals/{appeal.facts.terminal_sn}"
    seen = await until(
        lambda: appeal.stage.partner("terminals", "GET", path),
        lambda terminal: terminal["may_transact"] is not blocked,
        f"terminal management {'blocks' if blocked else 'unblocks'} the terminal",
    )
    words = "may transact" if seen["may_transact"] else f"is blocked ({len(seen['blocks'])})"
    appeal.stage.telling.answers(f"terminal management says: {appeal.facts.terminal_sn} {words}")


async def worker_killed(stage: Stage) -> Appeal:
    """kill -9 of the worker that runs the procedures, in the middle of a release."""
    appeal = await cast(stage, CORNER_SHOP, 980_000, 6)
    await appeal.ready_for_review()
    await appeal.judged("reviewer1")
    await stage.fault("ledger", latency_ms=1_500)
    try:
        await appeal.approved("reviewer1")
        await until(
            appeal.events,
            lambda events: any(event["type"] == "StepDone" for event in events),
            "the first step of the release is done",
        )
        pid = stage.kill("worker-cases")
        stage.telling.does("the night", f"kills the worker of the procedures (process {pid}) with SIGKILL")
        new = await until(lambda: _running(stage), lambda now: now not in {None, pid}, "the worker is started again")
        stage.telling.answers(f"the supervisor started it again as process {new}")
    finally:
        await stage.fault("ledger")
    await appeal.until("closed_released")
    await _each_step_once(appeal)
    return appeal


async def _running(stage: Stage) -> int | None:
    return stage.pid("worker-cases")


async def _each_step_once(appeal: Appeal) -> None:
    """Every step done once in the journal, every posting once in the ledger."""
    done = Counter(event["data"]["n"] for event in await appeal.events() if event["type"] == "StepDone")
    expect(bool(done) and set(done.values()) == {1}, f"steps were done more than once: {dict(done)}")
    postings = (await appeal.stage.partner("ledger", "GET", f"/cases/{appeal.case_id}/postings"))["postings"]
    kinds = Counter(posting["kind"] for posting in postings)
    expect(set(kinds.values()) == {1}, f"the ledger was posted to more than once: {dict(kinds)}")
    appeal.stage.telling.answers(f"{len(done)} steps once each, ledger postings {', '.join(kinds)} once each")


ACTS = (
    Act(
        "1 · A full release",
        "¥86,420.00 held for velocity: four slips and invoices, two reviewers, paid; the bank repeats itself in vain.",
        full_release,
    ),
    Act(
        "2 · Two decisions at once",
        "An approval and a rejection of the same version: one counts, and four eyes are not two.",
        two_at_once,
    ),
    Act(
        "3 · Three rounds",
        "A licence whose check digit is wrong, three supplement rounds, no fourth, a rejection.",
        three_rounds,
    ),
    Act(
        "4 · No account to pay to",
        "The bank sends the payout back; the shop stays open; a new account in the same name is paid.",
        closed_account,
    ),
    Act(
        "5 · A partner is away",
        "Terminal management is down in the middle of a release; nothing is lost, nothing is done twice.",
        partner_away,
    ),
    Act(
        "6 · kill -9",
        "The worker dies in the middle of a release; the procedure goes on from the journal.",
        worker_killed,
    ),
    Act(
        "7 · Papers that do not pass",
        "A forged, an expired, a re-used and an unreadable paper, each caught in its own words.",
        caught,
    ),
)
