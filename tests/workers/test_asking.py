"""`thaw case`, `review` and `document` against a real desk, typed as a person types them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from desk import verify_dossier
from tests.desk.house import MERCHANT_NO, USERS
from tests.desk.working import PNG, Work
from workers.api import NoAccessError, access_of
from workers.stack.ports import any_free
from workers.views_process import ViewsProcess
from workers.vocabulary import vocabulary

Thaw = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture(scope="session")
async def stack_folder(_work: Work, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """The folder of a stack whose desk answers over HTTP."""
    folder, port = tmp_path_factory.mktemp("stack"), any_free()
    server = uvicorn.Server(uvicorn.Config(_work.house.app, port=port, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    (folder / "stack.json").write_text(json.dumps({"desk": f"http://127.0.0.1:{port}", "users": USERS}))
    yield folder
    server.should_exit = True
    await serving


@pytest.fixture
def thaw(stack_folder: Path) -> Thaw:
    """Runs `thaw … --json`: its exit code and what it printed."""

    async def run(*arguments: str, as_json: bool = True) -> tuple[int, Any]:
        argv = (*arguments, "--json") if as_json else arguments
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.cli", *argv, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, env={"THAW_DATA_DIR": str(stack_folder), "PATH": "", "LANG": "en_US"},
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, json.loads(output) if as_json else output.decode()

    return run


async def test_a_case_is_worked_from_the_command_line(work: Work, thaw: Thaw) -> None:
    case_id = await work.in_review()
    code, page = await thaw("case", "list", "--query", case_id)
    assert (code, [case["case_id"] for case in page["items"]]) == (0, [case_id])
    code, task = await thaw("review", "next", "--as", "reviewer1")
    assert code == 0
    assert task["holder"] == "reviewer1"
    code, events = await thaw("case", "events", case_id)
    assert events[0]["type"] == "TerminalFrozen"
    code, shown = await thaw("case", "show", case_id, as_json=False)
    assert code == 0
    assert case_id in shown
    assert "Waiting for a reviewer" in shown


async def test_a_document_is_filed(work: Work, thaw: Thaw, tmp_path: Path) -> None:
    case_id = await work.case()
    await work.do(work.house.officer1, case_id, "confirm_reason", reason_code="R02")
    await work.do(work.house.merchant1, case_id, "open_appeal", statement="请核实。")
    paper = tmp_path / "licence.png"
    paper.write_bytes(PNG)
    code, filed = await thaw("document", "add", case_id, "D01", str(paper))
    assert (code, filed["state"]) == (0, "received")


async def test_a_refusal_is_told_with_its_code_and_exits_1(work: Work, thaw: Thaw) -> None:
    case_id = await work.case()
    code, told = await thaw("review", "approve", case_id, "--reason", "fits", "--as", "reviewer2")
    assert (code, told["code"], told["status"]) == (1, "wrong-status", 409)
    code, told = await thaw("case", "show", "FA-nothing", as_json=False)
    assert code == 1
    assert "There is no case FA-nothing" in told


async def test_an_unknown_user_is_told_who_there_is(thaw: Thaw) -> None:
    code, told = await thaw("case", "list", "--as", "nobody")
    assert code == 1
    assert "officer1" in told["error"]


async def test_what_is_held_of_someone_is_exported_held_and_not_erased_yet(
    work: Work, thaw: Thaw, tmp_path: Path
) -> None:
    case_id = await work.case()
    code, hold = await thaw("privacy", "hold", MERCHANT_NO, "--basis", "court", "--reference", "2026-1")
    assert code == 0, hold
    code, refused = await thaw("privacy", "erase", f"merchant:{MERCHANT_NO}", "--yes")
    assert (code, refused["code"]) == (1, "erasure-refused")
    assert case_id in refused["error"]
    assert hold["hold_id"] in (await thaw("privacy", "show", MERCHANT_NO, as_json=False))[1]
    code, _ = await thaw("privacy", "end-hold", MERCHANT_NO, hold["hold_id"], "--reference", "2026-2")
    assert code == 0
    assert (await thaw("privacy", "show", MERCHANT_NO))[1]["holds"] == []
    assert (await thaw("privacy", "due"))[1]["items"] == []

    report = tmp_path / "report.zip"
    code, written = await thaw("privacy", "export", MERCHANT_NO, "--out", str(report), "--note", "来信 12 号")
    assert (code, written["bytes"]) == (0, report.stat().st_size)
    assert report.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(report) as file:
        assert json.loads(file.read("report.json"))["looks"][-1]["purpose"] == "subject_request"
    assert os.listdir(tmp_path) == ["report.zip"]  # noqa: PTH208 — nothing half-written beside it


async def test_personal_data_is_unmasked_for_a_purpose_and_by_whom_it_concerns(thaw: Thaw) -> None:
    code, shown = await thaw("privacy", "unmask", MERCHANT_NO, "--purpose", "contact", "--note", "回拨")
    assert (code, shown["contacts"][0]["phone"]) == (0, "13800000001")
    code, refused = await thaw("privacy", "unmask", MERCHANT_NO, "--purpose", "gossip", "--note", "x")
    assert (code, refused["fields"]) == (1, ["purpose"])
    code, refused = await thaw("privacy", "due", "--as", "officer1")
    assert (code, refused["status"]) == (1, 403)
    code, refused = await thaw("privacy", "show", "merchant:999")
    assert (code, refused["status"]) == (1, 404)


def test_away_from_a_stack_the_environment_says_where_the_desk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoAccessError, match="THAW_TOKEN"):
        access_of("officer1", tmp_path)
    monkeypatch.setenv("THAW_DESK_URL", "https://desk.example")
    monkeypatch.setenv("THAW_TOKEN", "t-1")
    access = access_of("officer1", tmp_path)
    assert (access.url, access.token) == ("https://desk.example", "t-1")
    assert "t-1" not in repr(access)


async def test_a_dossier_is_exported_into_a_file_that_checks_out(work: Work, thaw: Thaw, tmp_path: Path) -> None:
    case_id = await work.case()
    for name in ("dossier.html", "dossier.json"):
        file = tmp_path / name
        assert await thaw("case", "dossier", case_id, "--out", str(file)) == (
            0,
            {"case_id": case_id, "file": str(file)},
        )
        assert verify_dossier.main([str(file)]) == 0
    code, error = await thaw("case", "dossier", case_id, "--out", str(tmp_path / "none" / "x"))
    assert (code, "cannot be written" in error["error"]) == (1, True)
    assert (await thaw("case", "dossier", "FA-NONE"))[0] == 1


async def test_the_desk_at_a_glance_is_shown_with_how_fresh_it_is(work: Work, thaw: Thaw) -> None:
    await work.in_review()
    code, told = await thaw("stats", as_json=False)
    assert (code, "ageing: this view is being built" in told) == (0, True)

    await ViewsProcess(work.house.desk.pool, vocabulary()).make_outdated()
    code, told = await thaw("stats", as_json=False)
    assert code == 0
    assert "tasks wait" in told
    for heading in ("statistics (as of", "ageing (as of", "workload (as of", "outcomes (as of", "held money (as of"):
        assert heading in told
    assert "in_review_1" in told
    code, figures = await thaw("stats", "--days", "1")
    assert (code, figures["figures"]["ageing"]["as_of"]["behind"]) == (0, 0)


async def test_the_same_words_given_again_are_one_notice_and_another_on_demand(
    work: Work, thaw: Thaw, tmp_path: Path
) -> None:
    files = [tmp_path / "zh.txt", tmp_path / "en.txt"]
    files[0].write_text("费率调整\n\n自2027年起调整。\n", encoding="utf-8")
    files[1].write_text("New rates [2027]\nThey change in 2027.\n", encoding="utf-8")
    given = [str(path) for path in files]
    code, told = await thaw("announce", *given)
    assert (code, told["letters"]["en"]) == (0, {"subject": "New rates [2027]", "text": "They change in 2027."})
    assert await thaw("announce", *given) == (0, told)
    code, other = await thaw("announce", *given, "--again")
    assert (code, other["broadcast_id"] == told["broadcast_id"]) == (0, False)
    listed = (await thaw("announcements", as_json=False))[1]
    assert f"{told['broadcast_id']}  New rates [2027]: {told['merchants']} merchants, 0 sent" in listed
    assert listed.count("New rates [2027]") == 2


async def test_a_text_without_its_subject_or_from_someone_who_may_not_publish_is_told_so(
    work: Work, thaw: Thaw, tmp_path: Path
) -> None:
    empty, good = tmp_path / "empty.txt", tmp_path / "good.txt"
    empty.write_text("only a subject\n", encoding="utf-8")
    good.write_text("Subject\ntext\n", encoding="utf-8")
    code, told = await thaw("announce", str(empty), str(good))
    assert (code, "write the subject in the first line" in told["error"]) == (2, True)
    code, told = await thaw("announce", str(good), str(good), "--as", "officer1")
    assert (code, told["status"]) == (1, 403)
