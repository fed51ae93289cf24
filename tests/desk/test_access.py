"""Who may call, and what they may see: tokens, sessions, roles, the merchants' side, hidden reasons."""

from __future__ import annotations

import json

import pytest

from journal.people import User
from tests.desk.house import MERCHANT_NO, House, problem
from tests.desk.surfer import Surfer
from tests.desk.working import PNG, Work
from workflows.ports import Verified


async def test_nobody_is_told_anything(house: House, case_id: str):
    for answer in (
        await house.nobody.get(f"/api/v1/cases/{case_id}"),
        await house.caller("wrong").get(f"/api/v1/cases/{case_id}"),
        await house.client.get("/api/v1/queue", headers={"Authorization": "Basic abc"}),
    ):
        assert answer.status_code == 401
        assert problem(answer)["type"] == "urn:thaw:unauthenticated"
        assert "Bearer" in answer.headers["www-authenticate"]


async def test_tokens_and_passwords_are_hashed_at_rest(house: House):
    async with house.desk.pool.connection() as connection:
        rows = await (
            await connection.execute("select u::text || t::text from journal.users u, journal.tokens t")
        ).fetchall()
    text = str(rows)
    assert "token-officer1" not in text
    assert "password of" not in text


async def test_problems_are_told_in_the_callers_language(house: House):
    path = "/api/v1/cases/FA-NONE"
    token = {"Authorization": "Bearer token-officer1"}
    zh = await house.client.get(path, headers=token)
    en = await house.client.get(path, headers=token | {"Accept-Language": "fr, en;q=0.8, zh;q=0.2"})
    assert problem(zh)["title"] == "未找到"
    assert problem(en)["title"] == "Not found"


async def test_a_session_cookie_reads_and_writes_only_with_its_secret(house: House, case_id: str):
    session_id, session = await house.desk.sessions.open("officer1")
    cookie = {"Cookie": f"thaw_session={session_id}"}
    assert (await house.client.get(f"/api/v1/cases/{case_id}", headers=cookie)).status_code == 200
    path, body = f"/api/v1/cases/{case_id}/messages", {"audience": "internal", "text": "x"}
    assert (await house.client.post(path, json=body, headers=cookie)).json()["code"] == "csrf"
    allowed = await house.client.post(path, json=body, headers=cookie | {"X-CSRF-Token": session.csrf_secret})
    assert allowed.status_code == 202  # the engine is away


async def test_a_merchant_sees_its_own_cases_only(house: House, case_id: str):
    details = {
        "merchant_no": "898310058128888", "merchant_type": "individual", "name": "王五",
        "resident_id": "110101199003074477", "contacts": [{"name": "王五", "phone": "13700000003"}],
        "settlement_account": {"holder": "王五", "number": "6217000012345678", "bank": "农业银行"},
        "mcc": "5812", "address": "北京市",
    }  # fmt: skip
    assert (await house.officer1.post("/api/v1/merchants", details)).status_code == 201
    made = await house.officer1.post("/api/v1/merchants/898310058128888/users", {"role": "merchant"})
    assert made.status_code == 201, made.text
    stranger = house.caller(made.json()["token"])
    for path in ("", "/events", "/messages", "/documents/DOC-X"):
        assert (await stranger.get(f"/api/v1/cases/{case_id}{path}")).status_code == 403
    assert (await stranger.get("/api/v1/cases")).json()["items"] == []
    assert (await stranger.get(f"/api/v1/merchants/{MERCHANT_NO}")).status_code == 403
    assert (await stranger.get("/api/v1/terminals/SN-DEMO-0001")).status_code == 403
    command = await stranger.post(f"/api/v1/cases/{case_id}/commands/open_appeal", {"version": 1, "statement": "x"})
    assert command.json()["code"] == "not-your-merchant"
    own = await house.merchant1.get("/api/v1/cases")
    assert [row["case_id"] for row in own.json()["items"]] == [case_id]


async def test_an_agent_needs_an_authorization_that_was_found_good(work: Work):
    """Not any paper of the merchant: a D10, of one of its cases, accepted and in force."""
    house, path = work.house, f"/api/v1/merchants/{MERCHANT_NO}/users"
    case_id = await work.case()
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="货款往来,请核实。")
    due = (await work.view(case_id))["requirements"]["currently_due"]
    for doc_type in ("D10", *(any_of.partition("/")[0] for any_of in due if any_of != "D10")):
        assert (await house.merchant1.upload(case_id, doc_type, PNG, f"{doc_type}.png")).status_code == 201
    papers = {one["type"]: one["document_id"] for one in (await work.view(case_id))["documents"]}

    async def tried(document_id: str) -> int:
        made = await house.officer1.post(path, {"role": "agent", "d10_document_id": document_id})
        return made.status_code

    assert await tried(papers["D10"]) == 422  # nobody has looked at it
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")
    for document_id in papers.values():
        view = await work.view(case_id)
        await work.do(house.reviewer1, case_id, "judge_document", version=view["version"],
                      document_id=document_id, verdict="accept", reason="seen")  # fmt: skip
    assert [code for code, document_id in papers.items() if await tried(document_id) == 201] == ["D10"]
    assert await tried("DOC-unknown") == 422


async def test_an_agent_is_not_let_in_on_an_authorization_that_has_run_out(work: Work, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(work.hands.verdicts, "D10", Verified("passed", valid_until="2020-01-01"))
    house, case_id = work.house, await work.case()
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="货款往来,请核实。")
    due = (await work.view(case_id))["requirements"]["currently_due"]
    for doc_type in ("D10", *(any_of.partition("/")[0] for any_of in due)):
        assert (await house.merchant1.upload(case_id, doc_type, PNG, f"{doc_type}.png")).status_code == 201
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    await work.until(case_id, "in_review_1")
    (paper,) = [one for one in (await work.view(case_id))["documents"] if one["type"] == "D10"]
    assert (paper["state"], paper["valid_until"]) == ("passed", "2020-01-01")
    asked = {"role": "agent", "d10_document_id": paper["document_id"]}
    refused = await house.officer1.post(f"/api/v1/merchants/{MERCHANT_NO}/users", asked)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "d10_document_id")


async def test_log_ins_are_made_of_known_roles_for_known_merchants(house: House):
    path = f"/api/v1/merchants/{MERCHANT_NO}/users"
    without = await house.officer1.post(path, {"role": "agent"})
    assert (without.status_code, without.json()["errors"][0]["field"]) == (422, "d10_document_id")
    await house.desk.files.put("DOC-10", f"merchant:{MERCHANT_NO}", b"authorization")
    assert (await house.officer1.post(path, {"role": "agent", "d10_document_id": "DOC-10"})).status_code == 422
    assert (await house.merchant1.post(path, {"role": "merchant"})).status_code == 403
    assert (await house.officer1.post("/api/v1/merchants/999/users", {"role": "boss"})).status_code == 404
    assert (await house.officer1.post(path, {"role": "boss"})).status_code == 422


async def test_who_made_a_log_in_is_journaled_with_its_role(house: House):
    made = await house.officer1.post(f"/api/v1/merchants/{MERCHANT_NO}/users", {"role": "merchant"})
    name = made.json()["name"]
    (entry,) = await house.desk.journal.read(f"user:{name}")
    assert (entry.type, entry.actor) == ("LogInMade", "officer:officer1")
    assert json.loads(entry.data) == {
        "name": name, "roles": ["merchant"], "merchant_no": MERCHANT_NO, "d10_document_id": None,
    }  # fmt: skip
    assert await house.desk.people.made_by("officer1", MERCHANT_NO) == (name,)


async def test_a_log_in_that_is_made_again_under_the_same_key_is_journaled_once(house: House):
    path = f"/api/v1/merchants/{MERCHANT_NO}/users"
    for _ in range(2):
        made = await house.officer1.post(path, {"role": "merchant"}, key="one-log-in")
    assert len(await house.desk.journal.read(f"user:{made.json()['name']}")) == 1


@pytest.mark.parametrize("who", ["supervisor1", "reviewer1", "compliance1", "robot1", "engineer1", "merchant1"])
async def test_only_officers_make_log_ins(house: House, who: str):
    made = await getattr(house, who).post(f"/api/v1/merchants/{MERCHANT_NO}/users", {"role": "merchant"})
    assert made.json()["code"] == "role-not-allowed"


async def test_whoever_made_the_log_in_that_filed_the_evidence_decides_nothing(work: Work):
    """Whatever else they are: a reviewer who is an officer, too, has two names and still only two eyes."""
    house = work.house
    people = house.desk.people
    await people.add(User("both1", "both", frozenset({"officer", "reviewer"})), "a password of theirs")
    both1 = house.caller(await people.issue_token("both1"))
    made = await both1.post(f"/api/v1/merchants/{MERCHANT_NO}/users", {"role": "merchant"})
    house_of_two = house.caller(made.json()["token"])
    case_id = await work.case()
    await work.do(house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(house.merchant1, case_id, "open_appeal", statement="货款往来,请核实。")
    for doc_type in (await work.view(case_id))["requirements"]["currently_due"]:
        filed = await house_of_two.upload(case_id, doc_type.partition("/")[0], PNG, "p.png")
        assert filed.status_code == 201, filed.text
    await work.do(house.merchant1, case_id, "submit", declaration=True)
    view = await work.until(case_id, "in_review_1")
    document_id = view["documents"][0]["document_id"]
    for name, fields in (
        ("judge_document", {"document_id": document_id, "verdict": "accept", "reason": "seen"}),
        ("reject", {"reason_code": "R02", "reason": "no"}),
        ("approve", {"release_fen": 1_000_000, "reason": "yes"}),
    ):
        refused = await both1.command(case_id, name, version=view["version"], **fields)
        assert (refused.status_code, refused.json()["code"]) == (403, "four-eyes"), refused.text
    assert "approve" not in (await work.view(case_id, both1))["allowed_commands"]
    assert "approve" in (await work.view(case_id, house.reviewer1))["allowed_commands"]
    judged = await house.reviewer1.command(
        case_id, "judge_document", version=view["version"], document_id=document_id, verdict="accept", reason="seen"
    )
    assert judged.status_code == 200, judged.text


async def test_who_shut_out_unlocked_or_ended_sessions_is_journaled(house: House):
    for act in ("unlock", "sessions/end", "disable"):
        done = await house.supervisor1.post(f"/api/v1/access/users/reviewer1/{act}", {})
        assert done.status_code == 200, done.text
    entries = await house.desk.journal.read("user:reviewer1")
    assert [(entry.type, entry.actor) for entry in entries] == [
        (name, "supervisor:supervisor1") for name in ("LogInUnlocked", "SessionsEnded", "LogInShutOut")
    ]


@pytest.mark.parametrize("who", ["auditor1", "engineer1"])
async def test_auditors_and_engineers_only_read(house: House, case_id: str, who: str):
    reader = getattr(house, who)
    for path in (f"/api/v1/cases/{case_id}", f"/api/v1/cases/{case_id}/events", "/api/v1/queue", "/api/v1/stats"):
        assert (await reader.get(path)).status_code == 200
    for path, body in (
        (f"/api/v1/cases/{case_id}/commands/confirm_reason", {}),
        (f"/api/v1/cases/{case_id}/messages", {}),
        (f"/api/v1/cases/{case_id}/documents", {}),
        ("/api/v1/queue/next", None),
        ("/api/v1/merchants", {}),
        ("/api/v1/terminals", {}),
    ):
        assert (await reader.post(path, body)).status_code == 403


@pytest.mark.parametrize(
    ("who", "status"),
    [("engineer1", 403), ("robot1", 403), ("officer1", 200), ("reviewer1", 200), ("auditor1", 200), ("merchant1", 200)],
)
async def test_what_merchants_write_is_for_those_who_work_on_the_case(work: Work, who: str, status: int):
    case_id, house = await work.case(), work.house
    words = {"audience": "merchant", "text": "家里急用钱,请尽快。"}
    assert (await house.merchant1.post(f"/api/v1/cases/{case_id}/messages", words)).status_code == 201
    answer = await getattr(house, who).get(f"/api/v1/cases/{case_id}/messages")
    assert (answer.status_code, words["text"] in answer.text) == (status, status == 200)


async def test_an_engineers_page_of_a_case_shows_no_messages(work: Work):
    case_id, house = await work.case(), work.house
    words = {"audience": "merchant", "text": "家里急用钱,请尽快。"}
    assert (await house.merchant1.post(f"/api/v1/cases/{case_id}/messages", words)).status_code == 201
    for who, shown in (("officer1", True), ("engineer1", False)):
        surfer = Surfer(house)
        await surfer.log_in(who)
        page = await surfer.page(f"/console/cases/{case_id}")
        assert (words["text"] in page.text, "Messages are for those who work on the case" in page.text) == (
            shown, not shown,
        )  # fmt: skip


async def test_a_hidden_reason_looks_like_a_routine_review(work: Work):
    """J02 to the merchant's side: no reason code, the text of Q05, no D25, no tier, no source, no hash to guess by."""
    case_id = await work.case(reason="J02", held_fen=10_000, source="AML", detail="suspicious transfers")
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="J02", note="money laundering")
    inside = await work.view(case_id)
    assert (inside["reason_code"], inside["tier"]) == ("J02", "L3")
    routine = work.house.desk.policy.reasons["Q05"].merchant_text
    for who in (work.house.merchant1, work.house.agent1):
        view = await work.view(case_id, who)
        assert view["reason_code"] is None
        assert view["reason"] == {"code": None, "text_zh": routine.zh, "text_en": routine.en}
        assert view["requirements"]["disabled_reason"] == routine.en
        due = view["requirements"]["currently_due"]
        assert due in (["D03", "D12"], ["D12"])  # a D03 that another case's reviewer accepted is on file
        assert view["tier"] is None
        row = next(r for r in (await who.get("/api/v1/cases?limit=200")).json()["items"] if r["case_id"] == case_id)
        events = (await who.get(f"/api/v1/cases/{case_id}/events")).json()
        terminal = (await who.get(f"/api/v1/terminals/{view['terminal_sn']}")).json()
        everything = json.dumps([view, row, events, terminal], ensure_ascii=False).replace(case_id, "")
        for secret in ("J02", "D25", "AML", "officer1", "robot1", "laundering", "suspicious", "Q05"):
            assert secret not in everything
        assert {event["hash"] for event in events} == {None}
        found = (await who.get("/api/v1/cases?reason=J02")).json()["items"]
        assert found == []
        assert (await who.get(f"/api/v1/cases/{case_id}/dossier")).status_code == 403


async def test_a_caller_on_the_phone_is_told_only_after_verification(house: House, case_id: str):
    right = {"merchant_no": MERCHANT_NO, "uscc": "91310115MA1K0XQ7HQ"}
    told = await house.officer1.post("/api/v1/status", right)
    assert told.status_code == 200
    assert told.json()["cases"][0]["case_id"] == case_id
    assert "R01" not in told.text
    assert (await house.merchant1.post("/api/v1/status", right)).status_code == 403
    assert (await house.officer1.post("/api/v1/status", {"merchant_no": MERCHANT_NO})).status_code == 422
    wrong = right | {"uscc": "91110108MA01TQ8P2Y"}
    answers = [await house.officer1.post("/api/v1/status", wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
