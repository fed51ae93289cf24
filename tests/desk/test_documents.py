"""Filing documents: judged by their bytes, kept sealed, and nothing left of what is refused."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from pypdf import PdfWriter

from tests.desk.console_work import as_
from tests.desk.gateway import open_gateway
from tests.desk.house import Config, House, opened
from tests.desk.working import PNG, Work


def pdf(password: str | None = None) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password, algorithm="AES-128")
    writer.write(out)
    return out.getvalue()


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, "JPEG")
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")
    return out.getvalue()


async def ready(work: Work) -> str:
    case_id = await work.case()
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
    return case_id


@pytest.mark.parametrize(("content", "name", "media_type"), [
    (PNG, "slip.png", "image/png"), (jpeg(), "slip.png", "image/jpeg"), (pdf(), "slip.pdf", "application/pdf"),
])  # fmt: skip
async def test_a_proper_document_is_filed_and_can_be_read_again(work: Work, content: bytes, name: str, media_type: str):
    case_id = await ready(work)
    answer = await work.house.merchant1.upload(case_id, "D06", content, name)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["state"] == "received"
    (document,) = (await work.view(case_id, work.house.merchant1))["documents"]
    assert (document["document_id"], document["sha256"]) == (told["document_id"], told["sha256"])
    assert document["media_type"] == media_type
    for who in ("merchant1", "reviewer1", "auditor1"):
        read = await getattr(work.house, who).get(f"/api/v1/cases/{case_id}/documents/{told['document_id']}")
        assert (read.status_code, read.content) == (200, content)
        assert read.headers["content-type"] == media_type
        assert read.headers["content-disposition"].startswith("attachment;")  # never opened on the desk's own pages
        assert read.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert read.headers["x-content-type-options"] == "nosniff"
    looks = await work.house.desk.journal.read("looks:898310058120001")
    assert told["document_id"] in looks[-1].data
    sealed = b"".join(path.read_bytes() for path in work.house.files())
    assert content not in sealed


@pytest.mark.parametrize(("content", "name", "code"), [
    (b"", "empty.png", "empty"),
    (b"MZ" + bytes(200), "licence.pdf", "disguised"),
    (b"<html><script>alert(1)</script></html>", "licence.png", "disguised"),
    (pdf(), "licence.png", "disguised"),
    (PNG + b"PK\x03\x04" + bytes(50), "licence.png", "disguised"),
    (b"just words", "words.txt", "unsupported"),
    (pdf("secret"), "licence.pdf", "encrypted"),
    (pdf()[:-200], "licence.pdf", "broken"),
    (PNG[:40], "licence.png", "broken"),
    (bomb(), "licence.png", "bomb"),
])  # fmt: skip
async def test_a_file_that_is_not_what_it_says_leaves_nothing(work: Work, content: bytes, name: str, code: str):
    case_id = await ready(work)
    files, events = work.house.files(), await work.house.events()
    answer = await work.house.merchant1.upload(case_id, "D06", content, name)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == "file"
    assert f"({code})" in error["detail"]
    assert work.house.files() == files
    assert (await work.view(case_id))["documents"] == []
    assert await work.house.events() >= events


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_of_200_mb_is_turned_away_without_being_kept(house: House, case_id: str, announced: bool):
    chunk, boundary, size = bytes(1024 * 1024), b"xx", 0

    async def body() -> Any:
        nonlocal size
        head = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        yield head
        for _ in range(200):
            size += len(chunk)
            yield chunk
        yield b"\r\n--xx--\r\n"

    headers = {**house.merchant1.headers, "Content-Type": f"multipart/form-data; boundary={boundary.decode()}"}
    if announced:
        headers["Content-Length"] = str(200 * len(chunk) + 80)
    path = f"/api/v1/cases/{case_id}/documents"
    answer = await house.client.post(path, content=body(), headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:thaw:too-large")
    assert size == 200 * len(chunk)
    assert house.files() == []


@pytest.mark.parametrize("type_", ["D99", "D25", "licence", ""])
async def test_merchants_cannot_file_a_type_that_is_not_listed(house: House, case_id: str, type_: str):
    answer = await house.merchant1.upload(case_id, type_, PNG, "a.png")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "type")
    assert "D25" not in answer.text
    assert house.files() == []


async def test_what_the_case_does_not_take_now_is_not_kept(house: House, case_id: str):
    answer = await house.merchant1.upload(case_id, "D06", PNG, "a.png")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-status")
    assert house.files() == []
    assert (await house.reviewer1.upload(case_id, "D06", PNG, "a.png")).status_code == 403
    assert (await house.merchant1.upload("FA-NONE", "D06", PNG, "a.png")).status_code == 404
    no_form = await house.merchant1.post(f"/api/v1/cases/{case_id}/documents", {"type": "D06"})
    assert no_form.status_code == 422


async def test_a_key_makes_an_upload_one(work: Work):
    case_id = await ready(work)
    headers = {"Idempotency-Key": f"up-{case_id}"}
    twins = await asyncio.gather(
        *(work.house.merchant1.upload(case_id, "D06", PNG, "a.png", headers=headers) for _ in range(2))
    )
    assert [answer.status_code for answer in twins] == [201, 201]
    assert twins[0].json() == twins[1].json()
    assert len((await work.view(case_id))["documents"]) == 1
    other = await work.house.merchant1.upload(case_id, "D08", PNG, "a.png", headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")


async def test_documents_verified_before_need_not_be_sent_again(work: Work):
    first = await work.in_review(reason="R01")
    await work.do(
        work.house.reviewer1, first, "approve", release_fen=1_000_000, penalty_fen=0, claims_fen=0, reason="ok"
    )
    second = await work.case(reason="R01")
    await work.do(work.house.officer1, second, "confirm_reason", reason_code="R01")
    view = await work.view(second)
    assert {(d["type"], d["state"]) for d in view["documents"]} == {("D01", "on_file"), ("D03", "on_file")}
    assert view["requirements"]["currently_due"] == ["D06", "D07"]


def test_the_samples_are_what_they_claim():
    assert len(pypdfium2.PdfDocument(pdf())) == 1


async def test_who_files_a_paper_hears_at_once_whether_it_can_be_read(config: Config, control: dict[str, Any]):
    async with open_gateway() as reader, opened(replace(config, documents_url=reader.url)) as house:
        reader.hindrance = "dark"
        case_id = (await house.officer1.post("/api/v1/controls", control)).json()["case_id"]
        await house.officer1.command(case_id, "confirm_reason", reason_code="R01")
        path = f"/api/v1/cases/{case_id}/documents?legibility=true"
        files = {"file": ("slip.png", PNG, "image/png")}

        told = [
            (await house.merchant1.client.post(path, headers=house.merchant1.headers, data={"type": one}, files=files))
            for one in ("D06", "D12")
        ]
        surfer = await as_(house, "merchant1")
        page = await surfer.page(f"/portal/cases/{case_id}?legible=dark")

    assert [answer.json()["hindrance"] for answer in told] == ["dark", None]  # a photo of a shop has no print
    assert "too dark to be read" in page.text


async def test_while_nobody_can_say_a_paper_is_taken_all_the_same(work: Work):
    surfer = await as_(work.house, "merchant1")
    page = await surfer.page(f"/portal/cases/{await ready(work)}")
    shown = surfer.read(await surfer.upload(page.form("/documents", type="D06"), PNG, "slip.png"))
    assert "The document is filed." in shown.text
    assert "be read" not in shown.text


async def test_a_refused_paper_is_answered_beside_its_own_form(work: Work):
    surfer = await as_(work.house, "merchant1", "zh")
    page = await surfer.page(f"/portal/cases/{await ready(work)}")
    shown = await surfer.upload(page.form("/documents", type="D06"), b"%PDF-1.7 broken", "slip.pdf")
    assert shown.status_code == 422
    wrong = shown.text.split('class="upload wrong"')
    assert len(wrong) == 2
    assert 'value="D06"' in wrong[1].partition("</form>")[0]
    assert "文件" in wrong[1].partition("</form>")[0].partition('class="error"')[2]
