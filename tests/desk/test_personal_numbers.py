"""Numbers of people are not taken into the record of a case, where they would stand in clear for good."""

from __future__ import annotations

from typing import Any

import pytest

from desk.personal_numbers import personal_number_in
from tests.desk.house import House


@pytest.mark.parametrize(("text", "kind"), [
    ("身份证11010519491231002X已核对", "resident_id"), ("id 310101198505120019", None),
    ("致电13800138000无人接听", "telephone"), ("call +86 138-0013-8000", "telephone"), ("+8613800138000", "telephone"),
    ("卡号 6222 0210 0111 6245 702", "card"), ("4111111111111111", "card"), ("6222021001116245703", None),
    (";4111111111111111=2512101", "track"), ("%B4111111111111111^LI/SI", "track"),
    ("商户898310058120001,终端 SN20260001,流水20261102143205000127", None), ("RISK-13800138000X", None),
    ("金额 8642000 分,2026-11-27 14:30", None), ("", None),
])  # fmt: skip
def test_what_is_a_persons_number_and_what_only_looks_like_one(text: str, kind: str | None):
    assert personal_number_in(text) == kind


@pytest.mark.parametrize(("field", "language", "words"), [
    ("note", "en", "stand in the record in clear"), ("note", "zh", "明文长期留存"),
])  # fmt: skip
async def test_a_reason_that_names_one_is_refused_and_a_message_is_not(
    house: House, case_id: str, field: str, language: str, words: str
):
    body = {"version": 1, "reason_code": "R01", field: "已致电13800138000"}
    path = f"/api/v1/cases/{case_id}"
    headers = {"Accept-Language": language}
    refused = await house.officer1.post(f"{path}/commands/confirm_reason", body, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert words in refused.json()["detail"]
    assert "13800138000" not in refused.text
    message = {"audience": "internal", "text": "已致电13800138000"}
    assert (await house.officer1.post(f"{path}/messages", message)).status_code == 202


async def test_nor_is_the_detail_of_a_control(house: House, control: dict[str, Any]):
    refused = await house.officer1.post("/api/v1/controls", control | {"detail": "持卡人 6222021001116245702"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "detail")
