"""A document store that does not work: the caller is told in words, and nothing of the upload stays."""

from __future__ import annotations

import pytest

from journal.files import Files
from tests.desk.house import problem
from tests.desk.working import PNG, Work
from workers.file_store import bucket
from workers.stack.ports import any_free


async def test_an_upload_to_a_store_that_is_away_is_answered_503_and_leaves_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch
):
    desk, merchant = work.house.desk, work.house.merchant1
    case_id = await work.case()
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
    endpoint = f"http://127.0.0.1:{any_free()}"
    away = bucket("s3://papers/desk", endpoint=endpoint, region="r", key_id="k", secret="s")
    with monkeypatch.context() as instead:
        instead.setattr(desk, "files", Files(away, desk.pool, desk.vault))
        answer = await merchant.upload(case_id, "D06", PNG, "p.png", headers={"Accept-Language": "zh"})
        ready = await work.house.nobody.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert problem(answer)["detail"] == "材料库暂时无法连接,未保存任何内容,请稍后重试。"
    assert endpoint not in answer.text
    assert "documents" in ready.json()["missing"]
    assert (await work.view(case_id))["documents"] == []
    assert (await merchant.upload(case_id, "D06", PNG, "p.png")).status_code == 201
