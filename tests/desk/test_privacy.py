"""Personal data as such: masked by role, unmasked for a purpose, held, erased, and told to whom it is about."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from activities.documents import Check, Field, Reading
from desk.console.words import words
from desk.context import Desk
from desk.masking import masked
from desk.purposes import PURPOSES
from desk.seed import TERMINAL_SN, _merchant
from journal.contacting import Preferences
from journal.outside import Outside
from journal.verify import Plan, verify
from tests.desk.house import MERCHANT_NO, Config, House, opened, problem
from tests.desk.working import PNG, Work

PATH = f"/api/v1/merchants/{MERCHANT_NO}"
SUBJECT = f"merchant:{MERCHANT_NO}"
PRIVACY = f"/api/v1/privacy/{SUBJECT}"
WHOLE = ("上海融雪贸易有限公司", "91310115MA1K0XQ7HQ", "310101198505120018", "13800000001", "陈融")
LOOK = {"purpose": "contact", "note": "回拨电话"}


async def looks(desk: Desk) -> list[dict[str, Any]]:
    return [json.loads(entry.data) for entry in await desk.journal.read(f"looks:{MERCHANT_NO}")]


def report_in(answer: httpx2.Response) -> tuple[dict[str, Any], str]:
    """The report's data and page."""
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert sorted(file.namelist()) == ["report.html", "report.json"]
        return json.loads(file.read("report.json")), file.read("report.html").decode()


class TestMasking:
    @pytest.mark.parametrize(
        "who", ["officer1", "reviewer1", "supervisor1", "compliance1", "auditor1", "engineer1", "robot1"]
    )
    async def test_staff_see_a_merchant_masked(self, house: House, who: str):
        answer = await getattr(house, who).get(PATH)
        assert answer.status_code == 200
        assert answer.json()["masked"] is True
        assert not [value for value in WHOLE if value in answer.text]
        assert answer.json()["contacts"][0]["phone"] == "138****0001"

    async def test_the_merchants_own_people_see_their_own(self, house: House):
        for who in (house.merchant1, house.agent1):
            shown = (await who.get(PATH)).json()
            assert (shown["masked"], shown["name"]) == (False, WHOLE[0])
            assert shown["settlement_account"]["number"].startswith("****")

    async def test_whoever_unmasks_says_what_for_and_it_is_journaled(self, house: House):
        answer = await house.officer1.post(f"{PATH}/unmask", LOOK)
        assert answer.status_code == 200, answer.text
        assert all(value in answer.text for value in WHOLE)
        assert answer.json()["settlement_account"]["number"].startswith("6222")
        (look,) = await looks(house.desk)
        assert (look["what"], look["purpose"], look["case_id"]) == ("merchant", "contact", None)
        assert "回拨" not in json.dumps(look, ensure_ascii=False)
        assert await house.desk.vault.get(look["note_ref"]) == {"text": "回拨电话"}

    @pytest.mark.parametrize(("body", "field"), [
        ({"purpose": "curiosity", "note": "x"}, "purpose"), ({"note": "x"}, "purpose"),
        ({"purpose": "contact"}, "note"), ({"purpose": "contact", "note": "  "}, "note"),
    ])  # fmt: skip
    async def test_without_a_known_purpose_and_a_word_on_it_nothing_is_shown(self, house: House, body: Any, field: str):
        answer = await house.officer1.post(f"{PATH}/unmask", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
        assert await looks(house.desk) == []

    @pytest.mark.parametrize("who", ["engineer1", "robot1", "merchant1"])
    async def test_who_needs_no_personal_data_cannot_unmask(self, house: House, who: str):
        assert (await getattr(house, who).post(f"{PATH}/unmask", LOOK)).status_code == 403
        assert await looks(house.desk) == []

    async def test_what_was_unmasked_is_not_kept_for_a_repeat(self, house: House):
        for _ in range(2):
            assert (await house.officer1.post(f"{PATH}/unmask", LOOK, key="k-1")).status_code == 200
        assert len(await looks(house.desk)) == 2
        async with house.desk.pool.connection() as connection:
            kept = await (await connection.execute("select path from journal.idempotency_keys")).fetchall()
        assert kept == []

    async def test_papers_are_opened_for_work_on_their_case_and_by_auditors_for_an_audit(self, work: Work):
        case_id = await work.case()
        await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
        document_id = (await work.house.merchant1.upload(case_id, "D06", PNG, "p.png")).json()["document_id"]
        path = f"/api/v1/cases/{case_id}/documents/{document_id}"
        before = len(await looks(work.house.desk))
        for who, more in (("reviewer1", ""), ("auditor1", ""), ("supervisor1", "?purpose=legal_order")):
            assert (await getattr(work.house, who).get(path + more)).status_code == 200
        made = (await looks(work.house.desk))[before:]
        assert [look["purpose"] for look in made] == ["case_work", "audit", "legal_order"]
        assert {look["case_id"] for look in made} == {case_id}
        assert (await work.house.reviewer1.get(f"{path}?purpose=fun")).status_code == 422
        for who in ("engineer1", "robot1"):
            assert (await getattr(work.house, who).get(path)).status_code == 403

    def test_short_values_do_not_show_at_all(self):
        assert (masked("张三", 1, 4), masked(None), masked("13800000001", 3, 4)) == ("**", None, "138****0001")


class Clock:
    """The desk's clock, put forward as a test wants."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def years_pass(self, years: int) -> None:
        self.now = self.now.replace(year=self.now.year + years, day=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def aged(config: Config, clock: Clock) -> AsyncIterator[House]:
    """A desk whose clock can be put forward."""
    async with opened(config, clock=clock) as house:
        yield house


async def closed_case(house: House, control: dict[str, Any]) -> str:
    """A case with a message and a document, closed for good a while ago; no engine is there, so the row is set."""
    case_id = str((await house.officer1.post("/api/v1/controls", control)).json()["case_id"])
    posted = await house.officer1.post(
        f"/api/v1/cases/{case_id}/messages", {"audience": "merchant", "text": "请补充签购单"}
    )
    assert posted.status_code == 202
    await house.desk.files.put("DOC-1", SUBJECT, PNG)
    async with house.desk.pool.connection() as connection:
        await connection.execute("update journal.commands set settled_at = now(), outcome = '{}'")
        await connection.execute("update journal.controls set state = 'lifted'")
        await connection.execute(
            "update journal.streams set open = false, live = false, closed_at = now() where stream = %s", (case_id,)
        )
    return case_id


class TestErasing:
    async def test_it_is_refused_with_every_reason_in_both_languages(self, house: House, case_id: str):
        hold = await house.compliance1.post(f"{PRIVACY}/holds", {"basis": "court", "reference": "(2026)沪01执1号"})
        assert hold.status_code == 201, hold.text
        body = {"ground": "subject-request"}
        for headers, said in ({}, f"case {case_id} is not finished"), ({"Accept-Language": "zh"}, "尚未全部办结"):
            refused = await house.compliance1.post(f"{PRIVACY}/erase", body, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (409, "erasure-refused")
            assert said in problem(refused)["detail"]
        kinds = [obstacle["kind"] for obstacle in refused.json()["obstacles"]]
        assert kinds == ["open-case", "control", "legal-hold", "retention", "retention"]
        assert refused.json()["obstacles"][-1]["until"] > "2031"
        assert (await house.merchant1.get(PATH)).json()["name"] == WHOLE[0]

    async def test_what_is_due_is_listed_erased_and_shows_everywhere_as_erased(
        self, aged: House, clock: Clock, control: dict[str, Any]
    ):
        case_id = await closed_case(aged, control)
        assert (await aged.auditor1.get("/api/v1/privacy/due")).json()["items"] == []
        assert (await aged.compliance1.get(PRIVACY)).json()["state"] == "kept"
        clock.years_pass(11)
        due = (await aged.auditor1.get("/api/v1/privacy/due")).json()
        assert ([item["subject"] for item in due["items"]], due["erasing"]) == ([SUBJECT], "listed")
        assert (await aged.compliance1.get(PRIVACY)).json()["state"] == "due"

        erased = await aged.compliance1.post(f"{PRIVACY}/erase", {"ground": "retention-ended"}, key="e-1")
        assert erased.status_code == 200, erased.text
        assert erased.json() | {"erased_at": None} == {
            "subject": SUBJECT, "erased_at": None, "documents": 1, "records": erased.json()["records"],
            "erased_before": False,
        }  # fmt: skip
        again = await aged.compliance1.post(f"{PRIVACY}/erase", {"ground": "retention-ended"})
        assert (again.status_code, again.json()["erased_before"]) == (200, True)
        assert aged.files() == []
        assert (await aged.auditor1.get("/api/v1/privacy/due")).json()["items"] == []
        report = await asyncio.to_thread(verify, aged.config.database_url, Outside(aged.config.checkpoints_dir), Plan())
        assert report.sound
        await self.shows_as_erased(aged, case_id, control)

    async def shows_as_erased(self, aged: House, case_id: str, control: dict[str, Any]) -> None:
        """Every view says so, and none breaks."""
        merchant = (await aged.officer1.get(PATH)).json()
        assert (merchant["erased"], merchant["erased_at"] is not None) == (True, True)
        assert (await aged.compliance1.get(PRIVACY)).json()["state"] == "erased"
        case = (await aged.officer1.get(f"/api/v1/cases/{case_id}")).json()
        assert case["personal_data_erased_at"]
        parts = (f"cases/{case_id}/events", f"cases/{case_id}/dossier", f"cases/{case_id}/messages", "cases")
        for path in (*parts, f"terminals/{TERMINAL_SN}"):
            assert (await aged.auditor1.get(f"/api/v1/{path}")).status_code == 200, path
        for path, body in (
            (f"{PATH}/unmask", LOOK),
            ("/api/v1/controls", control | {"external_ref": "risk-2"}),
            (f"{PRIVACY}/holds", {"basis": "court", "reference": "late"}),
        ):
            refused = await (aged.compliance1 if "privacy" in path else aged.officer1).post(path, body)
            assert (refused.status_code, refused.json()["code"]) == (409, "personal-data-erased"), path
        assert (await aged.merchant1.get(PATH)).status_code == 401
        report, page = report_in(await aged.compliance1.post(f"{PRIVACY}/export", {**LOOK, "internal": True}))
        assert report["erased_at"]
        assert {record["data"] for record in report["records"]} == {None}
        assert "个人信息已于" in page
        session_id, _ = await aged.desk.sessions.open("officer1")
        for path in (f"/console/cases/{case_id}", f"/console/merchants/{MERCHANT_NO}", "/console/cases"):
            shown = await aged.client.get(path, headers={"Cookie": f"thaw_session={session_id}"})
            assert shown.status_code == 200, path
            assert not [value for value in WHOLE if value in shown.text]

    async def test_only_a_compliance_head_erases_holds_and_reports(self, house: House):
        for who in ("officer1", "supervisor1", "auditor1", "engineer1", "robot1", "merchant1"):
            for path, body in (
                ("erase", {"ground": "subject-request"}),
                ("holds", {"basis": "court", "reference": "1"}),
                ("holds/H-1/end", {"reference": "1"}),
                ("export", {**LOOK, "internal": True}),
            ):
                assert (await getattr(house, who).post(f"{PRIVACY}/{path}", body)).status_code == 403, (who, path)
        assert (await house.engineer1.get("/api/v1/privacy/due")).status_code == 403

    @pytest.mark.parametrize(("path", "body", "field"), [
        ("erase", {"ground": "boredom"}, "ground"), ("holds", {"basis": "whim", "reference": "1"}, "basis"),
        ("holds", {"basis": "court"}, "reference"), ("export", {"purpose": "fun", "note": "x"}, "purpose"),
    ])  # fmt: skip
    async def test_what_is_asked_wrongly_names_the_field(self, house: House, path: str, body: Any, field: str):
        answer = await house.compliance1.post(f"{PRIVACY}/{path}", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize("subject", ["merchant:999", "thaw:answers", "999"])
    async def test_someone_unknown_is_not_found(self, house: House, subject: str):
        for answer in (
            await house.compliance1.get(f"/api/v1/privacy/{subject}"),
            await house.compliance1.post(f"/api/v1/privacy/{subject}/erase", {"ground": "subject-request"}),
            await house.compliance1.post(f"/api/v1/privacy/{subject}/export", LOOK),
        ):
            assert answer.status_code == 404
            assert "merchant:<" in problem(answer)["detail"]

    async def test_a_legal_hold_is_set_once_and_ended_by_name(self, house: House):
        body = {"basis": "regulator", "reference": "银检 2026-7"}
        made = [(await house.compliance1.post(f"{PRIVACY}/holds", body, key="h-1")).json() for _ in range(2)]
        assert made[0] == made[1]
        (held,) = (await house.auditor1.get(PRIVACY)).json()["holds"]
        assert (held["basis"], held["reference"]) == ("regulator", "银检 2026-7")
        unknown = await house.compliance1.post(f"{PRIVACY}/holds/H-NONE/end", {"reference": "x"})
        assert (unknown.status_code, unknown.json()["code"]) == (409, "no-such-hold")
        ended = await house.compliance1.post(f"{PRIVACY}/holds/{held['hold_id']}/end", {"reference": "银检 2026-9"})
        assert ended.status_code == 200
        assert (await house.auditor1.get(PRIVACY)).json()["holds"] == []


class TestReport:
    async def test_it_tells_everything_that_is_held(self, work: Work):
        case_id = await work.in_review()
        await work.house.officer1.post(f"{PATH}/unmask", LOOK)
        report, page = report_in(await work.house.compliance1.post(f"{PRIVACY}/export", LOOK))
        told = json.dumps(report, ensure_ascii=False)
        assert all(value in told for value in WHOLE)
        assert all(value in page for value in (*WHOLE, "谁查看过", "Who looked"))
        kinds = {record["kind"] for record in report["records"]}
        assert {"merchant_identity", "merchant_contacts", "settlement_account", "deploy_address", "statement"} <= kinds
        assert case_id in {case["case_id"] for case in report["cases"]}
        papers = [paper for paper in report["documents"] if paper["case_id"] == case_id]
        view = await work.view(case_id)
        assert {(paper["document_id"], paper["sha256"]) for paper in papers} == {
            (document["document_id"], document["sha256"]) for document in view["documents"]
        }
        assert {"what": "report", "purpose": "contact", "by": "desk"}.items() <= report["looks"][-1].items()
        assert {"what": "merchant", "by": "desk"}.items() <= report["looks"][-2].items()
        assert "officer1" not in told
        assert {"agent1", "merchant1"} <= {log_in["name"] for log_in in report["log_ins"]}
        assert report["retention"]["due_on"] > "2036"

    async def test_a_merchant_asks_for_its_own_and_for_no_others(self, work: Work):
        own = report_in(await work.house.merchant1.post(f"{PRIVACY}/export", {**LOOK, "purpose": "subject_request"}))
        assert own[0]["subject"] == SUBJECT
        assert (await work.house.agent1.post(f"{PRIVACY}/export", LOOK)).status_code == 403
        other = await work.house.compliance1.post("/api/v1/merchants", OTHER)
        assert other.status_code in {200, 201}, other.text
        path = f"/api/v1/privacy/{OTHER['merchant_no']}/export"
        assert (await work.house.merchant1.post(path, LOOK)).status_code == 403

    async def test_the_person_is_not_tipped_off_and_the_internal_report_tells_all(self, work: Work):
        case_id = await work.case(reason="J02", held_fen=10_000, source="AML", detail="suspicious transfers")
        await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="J02", note="money laundering")
        filed = await work.house.compliance1.upload(case_id, "D25", PNG, "p.png")
        hidden = filed.json()["document_id"]
        assert (await work.house.reviewer1.get(f"/api/v1/cases/{case_id}/documents/{hidden}")).status_code == 200
        internal = {"audience": "internal", "text": "上报可疑交易"}
        assert (await work.house.officer1.post(f"/api/v1/cases/{case_id}/messages", internal)).status_code == 201
        await work.house.officer1.post(f"{PATH}/unmask", {"purpose": "audit", "note": "suspicious"})
        for_them, page = report_in(await work.house.compliance1.post(f"{PRIVACY}/export", LOOK))
        told = json.dumps(for_them, ensure_ascii=False) + page
        for secret in ("J02", "D25", "AML", "suspicious", "laundering", "可疑", "officer1", hidden):
            assert secret not in told, secret
        all_of_it, _ = report_in(await work.house.compliance1.post(f"{PRIVACY}/export", {**LOOK, "internal": True}))
        told = json.dumps(all_of_it, ensure_ascii=False)
        for secret in ("J02", "suspicious", "上报可疑交易", "officer1", hidden):
            assert secret in told, secret

    def test_every_kind_of_record_and_every_field_of_it_has_a_name(self):
        details = _merchant("898310058120001").sealed_parts()
        kinds = {kind for kind, _ in details.values()} | {
            "deploy_address", "statement", "message", "look_note", "contact_note", "notice_preferences",
            "complaint", "complaint_answer", "complaint_reply", "link", "reached",
        }  # fmt: skip
        kinds |= {"document_reading"}
        assert kinds == set(words("record_kind"))
        fields = {name for _, data in details.values() for name in _names(data)}
        fields |= {name for kind in (Field, Check, Reading, Preferences) for name in kind.__annotations__} - {"box"}
        assert fields <= set(words("record_field"))

    def test_every_purpose_is_said_in_both_languages(self):
        assert all(text.zh and text.en and text.zh != text.en for text in PURPOSES.values())


def _names(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _names(value)
    elif isinstance(data, list):
        for value in data:
            yield from _names(value)


OTHER = {
    "merchant_no": "898310058127777", "merchant_type": "individual", "name": "王五",
    "resident_id": "110101199003074477", "contacts": [{"name": "王五", "phone": "13700000003"}],
    "settlement_account": {"holder": "王五", "number": "6217000012345678", "bank": "农业银行"},
    "mcc": "5812", "address": "北京市",
}  # fmt: skip
