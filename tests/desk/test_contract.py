"""The whole: every call documented, every POST keyed, errors of one form, the desk without its database."""

from __future__ import annotations

import pytest

from desk.command_bodies import COMMANDS
from desk.refusals import REFUSALS
from desk.seed import seed
from domain.commands import PEOPLES
from domain.refusals import REFUSALS as OF_THE_RULES
from tests.desk.house import CHEAP, USERS, House, problem

CALLS = {
    "/api/v1/merchants": "post", "/api/v1/merchants/{merchant_no}": "get", "/api/v1/terminals": "post",
    "/api/v1/terminals/{terminal_sn}": "get", "/api/v1/controls": "post", "/api/v1/cases": "post",
    "/api/v1/cases/{case_id}": "get", "/api/v1/cases/{case_id}/events": "get", "/api/v1/cases/{case_id}/dossier": "get",
    "/api/v1/cases/{case_id}/documents": "post", "/api/v1/queue": "get", "/api/v1/queue/next": "post",
    "/api/v1/queue/stream": "get", "/api/v1/stats": "get", "/hooks/{source}": "post", "/healthz": "get",
    "/readyz": "get", "/metrics": "get", "/api/v1/tasks/{task_id}/claim": "post",
    "/api/v1/tasks/{task_id}/renew": "post", "/api/v1/tasks/{task_id}/release": "post",
    "/api/v1/merchants/{merchant_no}/users": "post",
    "/api/v1/cases/{case_id}/messages": "post", "/api/v1/status": "post",
    "/api/v1/merchants/{merchant_no}/unmask": "post", "/api/v1/privacy/due": "get",
    "/api/v1/privacy/{subject}": "get", "/api/v1/privacy/{subject}/holds": "post",
    "/api/v1/privacy/{subject}/holds/{hold_id}/end": "post", "/api/v1/privacy/{subject}/erase": "post",
    "/api/v1/privacy/{subject}/export": "post", "/api/v1/access/sessions": "get",
    "/api/v1/access/sessions/{number}/end": "post", "/api/v1/access/denials": "get",
    "/api/v1/operations/stuck": "get", "/api/v1/operations/cases/{case_id}/wake": "post",
    "/api/v1/operations/cases/{case_id}/tasks": "post", "/api/v1/operations/cases/{case_id}/try-now": "post",
    "/api/v1/operations/tasks/{task_id}/free": "post", "/api/v1/operations/people/{name}/work": "get",
    "/api/v1/bulk-actions": "post", "/api/v1/bulk-actions/{bulk_id}": "get",
    "/api/v1/bulk-actions/{bulk_id}/stop": "post", "/api/v1/bulk-actions/{bulk_id}/resume": "post",
    "/api/v1/discrepancies": "get", "/api/v1/discrepancies/{number}/resolve": "post", "/api/v1/reconciliations": "get",
    "/api/v1/cases/{case_id}/notices": "get", "/api/v1/cases/{case_id}/notices/preview": "get",
    "/api/v1/cases/{case_id}/notices/{position}": "get", "/api/v1/cases/{case_id}/notices/{position}/resend": "post",
    "/api/v1/cases/{case_id}/notices/{position}/acknowledge": "post",
    "/api/v1/merchants/{merchant_no}/notice-preferences": "post", "/api/v1/merchants/{merchant_no}/contacts": "post",
    "/api/v1/merchants/{merchant_no}/contacts/export": "post", "/api/v1/merchants/{merchant_no}/callbacks": "post",
    "/api/v1/contact-tasks": "get", "/api/v1/policy": "get", "/api/v1/policy/history": "get",
    "/api/v1/policy/preview": "get", "/api/v1/stats/course": "get",
    "/api/v1/operations/partners/{partner}/try": "post", "/api/v1/policy/changes": "post",
    "/api/v1/policy/changes/{change_id}/confirm": "post", "/api/v1/policy/changes/{change_id}/drop": "post",
    "/api/v1/rota": "get", "/api/v1/rota/{name}": "post",
    "/api/v1/rota/{name}/absences": "post", "/api/v1/rota/{name}/absences/{number}/end": "post",
}  # fmt: skip


async def test_the_openapi_document_has_every_call(house: House):
    document = (await house.client.get("/openapi.json")).json()
    for path, method in CALLS.items():
        assert method in document["paths"][path], path
    for name in COMMANDS:
        call = document["paths"][f"/api/v1/cases/{{case_id}}/commands/{name}"]["post"]
        schema = call["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert "version" in document["components"]["schemas"][schema]["required"]
        assert any(parameter["name"] == "Idempotency-Key" for parameter in call["parameters"])


def test_every_command_of_people_has_a_body():
    assert set(COMMANDS) == set(PEOPLES) - {"add_document"}


def test_no_refusal_has_two_meanings():
    assert not set(REFUSALS) & set(OF_THE_RULES)


async def test_an_unknown_address_is_a_problem_like_any_other(house: House):
    answer = await house.officer1.get("/api/v2/cases")
    assert (answer.status_code, problem(answer)["type"]) == (404, "urn:thaw:not-found")
    assert (await house.client.delete("/api/v1/cases")).status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/cases/%00", "/api/v1/terminals/%00", "/api/v1/cases?q=%00"])
async def test_characters_no_column_holds_do_not_break_the_desk(house: House, path: str):
    assert (await house.officer1.get(path)).status_code in {404, 422}


async def test_the_list_comes_in_pages_newest_first(house: House, control):
    ids = []
    for number in range(3):
        terminal = {
            "terminal_sn": f"SN-{number}", "tusn": f"T-{number}", "terminal_id": f"{number:08d}", "model": "X990",
            "merchant_no": "898310058120001", "deploy_address": "上海", "fee_plan": "MER299",
        }  # fmt: skip
        assert (await house.officer1.post("/api/v1/terminals", terminal)).status_code == 201
        placed = control | {"terminal_sn": f"SN-{number}", "external_ref": f"x-{number}"}
        ids.append((await house.officer1.post("/api/v1/controls", placed)).json()["case_id"])
    first = (await house.officer1.get("/api/v1/cases?limit=2&kind=K1&status=opened&reason=R01&tier=L2")).json()
    second = (await house.officer1.get(f"/api/v1/cases?limit=2&cursor={first['next_cursor']}")).json()
    assert [row["case_id"] for row in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert (await house.officer1.get("/api/v1/cases?due_before=tomorrow")).status_code == 422
    assert (await house.officer1.get("/api/v1/cases?q=SN-1")).json()["items"][0]["case_id"] == ids[1]


@pytest.mark.parametrize(
    ("path", "field", "named"),
    [
        ("/api/v1/cases?status=opne", "status", "in_review_1"),
        ("/api/v1/cases?kind=K9", "kind", "freeze_appeal"),
        ("/api/v1/cases?tier=L9", "tier", "L2"),
        ("/api/v1/cases?reason=R99", "reason", "R01"),
        ("/api/v1/queue?kind=review", "kind", "review_1"),
        ("/api/v1/queue?tier=2", "tier", "L2"),
    ],
)
async def test_a_filter_that_can_match_nothing_is_a_mistake_and_not_an_empty_list(
    house: House, path: str, field: str, named: str
):
    answer = await house.reviewer1.get(path)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, field)
    assert named in error["detail"]
    nothing = path.partition("=")[0] + "="
    assert (await house.reviewer1.get(nothing)).status_code == 200


async def test_a_merchant_is_not_told_by_a_filter_which_reasons_there_are(house: House):
    answer = await house.merchant1.get("/api/v1/cases?reason=J99")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_terminal_stays_with_its_merchant_and_numbers_stay_unique(house: House):
    terminal = {
        "terminal_sn": "SN-7", "tusn": "00000302DEMO00000001", "terminal_id": "31000009", "model": "X990",
        "merchant_no": "898310058120001", "deploy_address": "上海", "fee_plan": "MER299",
    }  # fmt: skip
    taken = await house.officer1.post("/api/v1/terminals", terminal)
    assert (taken.status_code, taken.json()["code"]) == (409, "value-taken")
    unknown = await house.officer1.post("/api/v1/terminals", terminal | {"merchant_no": "9" * 15, "tusn": "T-7"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "merchant_no")
    assert (await house.officer1.get("/api/v1/terminals/SN-7")).status_code == 404


async def test_merchants_are_told_what_their_kind_needs(house: House):
    merchant = {
        "merchant_no": "898310058127777", "merchant_type": "company", "name": "甲公司",
        "contacts": [{"name": "甲", "email": "a@example.com"}],
        "settlement_account": {"holder": "甲公司", "number": "6222000011112222", "bank": "工商银行"},
        "mcc": "5411", "address": "上海",
    }  # fmt: skip
    for change, field in (
        ({}, "uscc"),
        ({"merchant_type": "individual"}, "resident_id"),
        ({"uscc": "123"}, "uscc"),
        ({"mcc": "54111"}, "mcc"),
        ({"contacts": []}, "contacts"),
        ({"merchant_no": "1"}, "merchant_no"),
    ):
        answer = await house.officer1.post("/api/v1/merchants", merchant | change)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (
        await house.officer1.post("/api/v1/merchants", merchant | {"uscc": "91310115MA1K0XQ7HQ"})
    ).status_code == 201
    again = await house.officer1.post("/api/v1/merchants", merchant | {"uscc": "91310115MA1K0XQ7HQ"})
    assert (again.status_code, again.json()["registered"]) == (200, False)


async def test_the_seed_may_be_sown_again(house: House, config):
    await seed(config, USERS, hasher=CHEAP)
    assert (await house.merchant1.get("/api/v1/me")).json() == {
        "name": "merchant1", "roles": ["merchant"], "merchant_no": "898310058120001",
    }  # fmt: skip


async def test_without_its_database_the_desk_says_when_to_come_back(house: House):
    await house.desk.pool.close()
    answer = await house.officer1.get("/api/v1/cases")
    assert (answer.status_code, problem(answer)["type"]) == (503, "urn:thaw:unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert (await house.client.get("/readyz")).json()["missing"][0] == "journal"
