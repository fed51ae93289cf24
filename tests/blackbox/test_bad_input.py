"""What bad input gets: the documented error that names the field and the remedy; no case, no event, no file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from samples.facts import PaperFacts
from samples.papers import render
from samples.scans import under_password
from tests.blackbox.desk import Case, Desk, control, eventually

MEGABYTE = bytes(1024 * 1024)


@pytest.fixture(scope="module")
def draft(desk: Desk) -> Case:
    """An appeal that waits for its papers; its merchant has been told everything by now."""
    case = desk.freeze()
    case.open()
    eventually(case.types, lambda types: types.count("NoticeSent") >= 2, "the merchant is told")
    return case


@pytest.fixture
def untouched(desk: Desk, draft: Case) -> Iterator[Case]:
    """The draft; what the test does must leave no trace in it, nor open a case, nor leave a file."""

    def state() -> tuple[Any, ...]:
        newest = desk.get("officer1", "/cases?limit=1")["items"][0]["case_id"]
        kept = sorted(path.name for path in (desk.folder / "files").rglob("*") if path.is_file())
        return draft.types(), draft.see()["version"], newest, kept

    before = state()
    yield draft
    assert state() == before


def problem(response: httpx2.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem+json body of that kind."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = response.json()
    assert body["type"] == f"urn:thaw:{kind}"
    assert body["title"]
    assert body["detail"]
    return body


def invalid(response: httpx2.Response, field: str) -> None:
    """422 that names the field, in words."""
    errors = problem(response, 422, "invalid")["errors"]
    assert field in {error["field"] for error in errors}, errors
    assert all(error["detail"] for error in errors)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"terminal_sn": "SN-NOBODY-KNOWS"}, "terminal_sn"),
        ({"reason_code": "Z99"}, "reason_code"),
        ({"reason_code": "velocity"}, "reason_code"),
        ({"held_amount_fen": 0}, "held_amount_fen"),
        ({"held_amount_fen": -1}, "held_amount_fen"),
        ({"held_amount_fen": 100.5}, "held_amount_fen"),
        ({"held_amount_fen": "100"}, "held_amount_fen"),
        ({"held_amount_fen": 10**19}, "held_amount_fen"),
        ({"kind": "freeze"}, "kind"),
        ({"source": "merchant"}, "source"),
        ({"colour": "red"}, "colour"),
        ({"scope": ["all", "debit"]}, "scope"),
    ],
)
def test_a_control_with_a_wrong_field_is_refused_by_its_name(desk: Desk, untouched: Case, change, field) -> None:
    terminal = desk.new_terminal()
    invalid(desk.call("robot1", "POST", "/controls", json=control(terminal, "R02", 1_000) | change), field)
    assert desk.get("officer1", f"/terminals/{terminal}")["open_cases"] == []


@pytest.mark.parametrize("field", ["terminal_sn", "kind", "reason_code", "source"])
def test_a_control_without_a_field_is_told_which(desk: Desk, untouched: Case, field) -> None:
    body = control(desk.new_terminal(), "R02", 1_000)
    del body[field]
    invalid(desk.call("robot1", "POST", "/controls", json=body), field)


@pytest.mark.parametrize(
    "content", [b'{"terminal_sn": ', b"\xff\xfe", b'{"held_amount_fen": NaN}', b"[1, 2", b'{"a": "\\u0000"}', b"null"]
)
def test_broken_json_is_told_as_such(desk: Desk, untouched: Case, content) -> None:
    headers = {"Content-Type": "application/json"}
    invalid(desk.call("robot1", "POST", "/controls", content=content, headers=headers), "body")


def test_a_stale_version_is_refused_and_the_present_one_told(untouched: Case) -> None:
    refused = untouched.ask("merchant1", "submit", declaration=True, version=1)
    body = problem(refused, 409, "refused:stale-version")
    assert body["facts"]["now"] == str(untouched.see()["version"])


def test_a_missing_version_is_a_missing_field(desk: Desk, untouched: Case) -> None:
    path = f"{untouched.path}/commands/submit"
    invalid(desk.call("merchant1", "POST", path, json={"declaration": True}), "version")


@pytest.mark.parametrize(
    ("who", "command", "fields"),
    [
        ("merchant1", "confirm_reason", {"reason_code": "R02", "note": ""}),
        ("auditor1", "submit", {"declaration": True}),
        ("engineer1", "withdraw", {"reason": "x"}),
        ("officer1", "approve", {"release_fen": 1, "penalty_fen": 0, "claims_fen": 0, "reason": "x"}),
        ("reviewer1", "place_legal_hold", {"reason_code": "J01", "amount_fen": 1, "document_id": "DOC-1"}),
    ],
)
def test_the_wrong_role_is_refused_before_anything_else_is_looked_at(untouched: Case, who, command, fields) -> None:
    problem(untouched.ask(who, command, **fields), 403, "refused:role-not-allowed")


def test_a_merchant_sees_no_other_merchants_case(desk: Desk, untouched: Case) -> None:
    other = desk.log_in_for("898320158120009")
    problem(desk.call(other, "GET", untouched.path), 403, "refused:not-your-merchant")
    assert desk.get(other, "/cases")["items"] == []


def test_nobody_and_strangers_are_not_let_in(desk: Desk, untouched: Case) -> None:
    problem(desk.call(None, "GET", untouched.path), 401, "unauthenticated")
    stranger = {"Authorization": "Bearer thaw_nobody"}
    problem(desk.call(None, "GET", untouched.path, headers=stranger), 401, "unauthenticated")


def test_an_unknown_case_command_and_document_are_not_found(desk: Desk, untouched: Case) -> None:
    problem(desk.call("officer1", "GET", "/cases/FA-20260101-NOBODY00"), 404, "not-found")
    problem(untouched.ask("officer1", "thaw_it"), 404, "not-found")
    problem(desk.call("officer1", "GET", f"{untouched.path}/documents/DOC-0"), 404, "not-found")


def test_a_command_out_of_turn_says_when_it_is_possible(untouched: Case) -> None:
    refused = untouched.ask("reviewer1", "approve", release_fen=1, penalty_fen=0, claims_fen=0, reason="x")
    assert "in_review_1" in problem(refused, 409, "refused:wrong-status")["detail"]


def test_papers_that_are_missing_are_named(untouched: Case) -> None:
    assert (
        "D08"
        in problem(untouched.ask("merchant1", "submit", declaration=True), 409, "refused:documents-missing")["detail"]
    )


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"MZ\x90\x00\x03" + bytes(4096), "licence.png", "disguised"),
        (b"", "licence.png", "empty"),
        (render("D08", PaperFacts())[:3000], "licence.png", "broken"),
        (render("D08", PaperFacts(), form="pdf"), "licence.png", "disguised"),
        (under_password(render("D08", PaperFacts(), form="pdf")), "licence.pdf", "encrypted"),
        (render("D08", PaperFacts()) + b"PK\x03\x04" + bytes(100), "licence.png", "disguised"),
    ],
)
def test_a_file_in_disguise_or_broken_is_refused_and_not_kept(untouched: Case, content, name, code) -> None:
    refused = untouched.upload("D08", content, name)
    invalid(refused, "file")
    assert code in refused.json()["detail"]


def test_an_unknown_document_type_is_told_with_those_there_are(untouched: Case) -> None:
    refused = untouched.upload("D99", render("D08", PaperFacts()))
    invalid(refused, "type")
    assert "D08" in refused.json()["detail"]


def test_an_upload_of_200_mb_is_refused_while_it_comes(desk: Desk, untouched: Case) -> None:
    boundary = "a-boundary"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\nD05\r\n--{boundary}\r\n'
        'Content-Disposition: form-data; name="file"; filename="big.png"\r\nContent-Type: image/png\r\n\r\n'
    )

    def body() -> Iterator[bytes]:
        yield head.encode() + b"\x89PNG\r\n\x1a\n"
        for _ in range(200):
            yield MEGABYTE
        yield f"\r\n--{boundary}--\r\n".encode()

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    refused = desk.call("merchant1", "POST", f"{untouched.path}/documents", content=body(), headers=headers)
    assert "20 MB" in problem(refused, 413, "too-large")["detail"]


def test_a_json_body_of_several_megabytes_is_refused(desk: Desk, untouched: Case) -> None:
    body = control("SN-1", "R02", 1_000, detail="x" * 3_000_000)
    problem(desk.call("robot1", "POST", "/controls", json=body), 413, "too-large")


def test_a_reused_key_with_another_body_is_refused_and_with_the_same_body_answered_alike(
    desk: Desk, untouched: Case
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"audience": "internal"}
    first = desk.call("officer1", "POST", "/merchants/898320158120009/users", json={"role": "merchant"}, headers=key)
    same = desk.call("officer1", "POST", "/merchants/898320158120009/users", json={"role": "merchant"}, headers=key)
    other = desk.call("officer1", "POST", "/merchants/898320158120009/users", json=body, headers=key)
    assert (first.status_code, same.status_code, first.json()) == (201, 201, same.json())
    problem(other, 409, "refused:idempotency-key-reused")


def word_of_the_bank(case: Case) -> dict[str, Any]:
    return {
        "message_ref": f"M-{uuid4()}",
        "case_id": case.case_id,
        "step_key": f"{case.case_id}:step:6",
        "outcome": "confirmed",
        "occurred_at": "2026-11-23T12:00:00+08:00",
    }


def test_a_forged_callback_is_refused(desk: Desk, untouched: Case) -> None:
    problem(desk.callback("bank", word_of_the_bank(untouched), secret="guessed"), 401, "unauthenticated")
    network = desk.stack["hook_secrets"]["network"]
    problem(desk.callback("bank", word_of_the_bank(untouched), secret=network), 401, "unauthenticated")
    unsigned = desk.http.post(f"{desk.stack['desk']}/hooks/bank", json=word_of_the_bank(untouched))
    problem(unsigned, 401, "unauthenticated")


def test_a_callback_of_ten_minutes_ago_is_refused(desk: Desk, untouched: Case) -> None:
    problem(desk.callback("bank", word_of_the_bank(untouched), at=time.time() - 600), 401, "unauthenticated")


def test_a_callback_of_nobody_and_one_without_fields_are_refused(desk: Desk, untouched: Case) -> None:
    path = f"{desk.stack['desk']}/hooks/pigeon"
    problem(desk.http.post(path, json={}), 404, "not-found")
    invalid(desk.callback("bank", {"case_id": untouched.case_id}), "message_ref")
    invalid(desk.callback("bank", word_of_the_bank(untouched) | {"outcome": "perhaps"}), "outcome")


def test_errors_come_in_the_callers_language(desk: Desk, untouched: Case) -> None:
    body = control("SN-NOBODY-KNOWS", "R02", 1_000)
    refused = desk.call("robot1", "POST", "/controls", json=body, headers={"Accept-Language": "zh-CN"})
    assert "没有登记终端" in refused.json()["detail"]


def test_more_than_is_held_cannot_be_released(desk: Desk, appeal: Case) -> None:
    refused = appeal.approve("reviewer1", release_fen=appeal.fen, penalty_fen=1)
    problem(refused, 409, "refused:amount-above-held")
    assert appeal.see()["status"] == "in_review_1"
