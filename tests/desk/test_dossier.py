"""A dossier is checked by a program that has nothing but the file, and says what it does not prove."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from asyncio.subprocess import PIPE

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import verify_dossier
from desk.verify_dossier import CLOSING, OPENING, signed_by
from domain.merkle import leaf_hash, path_nodes, renewed, root_of
from journal.checkpoint import Checkpoint
from journal.signing import SigningKey
from tests.desk.house import MERCHANT_NO, House
from tests.desk.working import PNG, Work

KEY, NEXT = SigningKey("33" * 32), SigningKey("34" * 32)


@pytest.fixture
def checked(tmp_path, capsys):
    """Has the verifier check a dossier; its exit code and what it said."""

    def run(dossier: str | dict, *more: str):
        path = tmp_path / "dossier"
        path.write_text(dossier if isinstance(dossier, str) else json.dumps(dossier, ensure_ascii=False))
        capsys.readouterr()
        code = verify_dossier.main([str(path), "--json", *more])
        return code, json.loads(capsys.readouterr().out)

    return run


async def exported(house: House, case_id: str, format_: str = "json") -> str:
    answer = await house.auditor1.get(f"/api/v1/cases/{case_id}/dossier?format={format_}")
    assert answer.status_code == 200, answer.text
    return answer.text


def inside(page: str) -> dict:
    return json.loads(page.partition(OPENING)[2].partition(CLOSING)[0])


@pytest.mark.parametrize("format_", ["json", "html"])
async def test_a_dossier_fits_under_a_checkpoint_made_for_it(house: House, case_id, checked, format_):
    code, told = checked(await exported(house, case_id, format_), "--public-key", KEY.public)

    assert (code, told["problem"]) == (0, None)
    assert any("entries 1 to 1 stand under checkpoint 1 of" in line for line in told["checked"])
    assert "the key you gave is among them" in told["checked"]
    assert Checkpoint.of(house.desk.sealer.outside.read(1)).key == KEY.public


async def test_the_verifier_is_one_file_that_python_runs_alone(house: House, case_id, tmp_path):
    served = await house.client.get("/verify_dossier.py")
    assert (served.status_code, served.headers["content-disposition"]) == (
        200,
        'attachment; filename="verify_dossier.py"',
    )
    program, page = tmp_path / "verify_dossier.py", tmp_path / "dossier.html"
    program.write_text(served.text)
    page.write_text(await exported(house, case_id, "html"))

    alone = [sys.executable, "-I", "-S", "-B", str(program), str(page), "--public-key", KEY.public]
    ran = await asyncio.create_subprocess_exec(*alone, cwd=tmp_path, env={}, stdout=PIPE, stderr=PIPE)
    said, complained = await ran.communicate()

    assert (ran.returncode, complained) == (0, b"")
    assert said.decode().splitlines()[-1] == "FITS"


async def test_a_page_reads_in_the_callers_language_and_runs_and_fetches_nothing(house: House, case_id):
    token = {"Authorization": "Bearer token-auditor1", "Accept": "text/html,*/*"}
    for language, title in (("zh", "案件卷宗"), ("en", "Case dossier")):
        answer = await house.client.get(
            f"/api/v1/cases/{case_id}/dossier", headers=token | {"Accept-Language": language}
        )
        assert answer.headers["content-type"].startswith("text/html")
        assert f"<h1>{title} {case_id}</h1>" in answer.text
        visible = answer.text.replace(OPENING, "")
        assert "<script" not in visible
        assert " src=" not in visible
        assert " href=" not in visible


async def test_words_of_the_case_cannot_end_the_script_they_lie_in(house: House, control, checked):
    detail = "</script><script>alert(1)</script> & <b>"
    answer = await house.officer1.post("/api/v1/controls", control | {"detail": detail})
    page = await exported(house, answer.json()["case_id"], "html")

    assert page.count("<script") == 1
    assert inside(page)["case"]["controls"][0]["detail"] == detail
    assert checked(page)[0] == 0


async def test_every_export_is_journaled(house: House, case_id):
    await exported(house, case_id)

    (look,) = await house.desk.journal.read(f"looks:{MERCHANT_NO}")
    assert (look.type, look.actor) == ("PersonalDataSeen", "auditor:auditor1")
    said = json.loads(look.data)
    assert (said["what"], said["case_id"], said["purpose"]) == ("dossier", case_id, "audit")


async def test_a_dossier_still_fits_after_the_person_was_forgotten_and_a_new_one_does_too(
    house: House, case_id, checked
):
    page = await exported(house, case_id, "html")
    details = await house.desk.registry.merchant_details(MERCHANT_NO)
    person = details.legal_representative
    for personal in (details.name, person.name, person.resident_id, details.uscc):
        assert personal not in page

    assert await house.desk.vault.forget(f"merchant:{MERCHANT_NO}")

    assert checked(page, "--public-key", KEY.public)[0] == 0
    assert checked(await exported(house, case_id), "--public-key", KEY.public)[0] == 0


async def test_what_no_checkpoint_covers_is_said_in_the_dossier_and_by_the_verifier(house: House, case_id, checked):
    outside = house.desk.sealer.outside
    outside.folder.mkdir(parents=True)
    (outside.folder / "00000001.json").write_text("{}")  # as if the database had lost a checkpoint: none is made now

    page = await exported(house, case_id, "html")

    assert "The last 1 events stand under no checkpoint" in page
    assert "No new checkpoint could be made at the time" in page
    assert (inside(page)["seal"], inside(page)["not_sealed"]["entries"]) == (None, 1)
    code, told = checked(page)
    assert code == 0
    assert any("the last 1 entries stand under no checkpoint" in line for line in told["checked"])


async def test_a_case_whose_seal_was_altered_is_not_passed_off_as_proved(house: House, case_id, checked):
    await exported(house, case_id)
    async with await psycopg.AsyncConnection.connect(house.config.database_url) as superuser:
        await superuser.execute("set session_replication_role = replica")
        await superuser.execute("update journal.sealed_heads set hash = sha256('x') where stream = %s", (case_id,))

    dossier = json.loads(await exported(house, case_id))

    assert (dossier["seal"], dossier["not_sealed"]["entries"]) == (None, 1)
    assert "the journal must be verified" in dossier["not_sealed"]["why_en"]


async def test_a_dossier_fits_across_a_change_of_keys(house: House, case_id, checked):
    await house.desk.sealer.seal(house.desk.now())
    await house.desk.sealer.rotate(NEXT, house.desk.now())
    house.desk.sealer.key = NEXT
    dossier = json.loads(await exported(house, case_id))

    assert dossier["public_key"] == NEXT.public
    for known in (KEY, NEXT):
        assert checked(dossier, "--public-key", known.public)[0] == 0
    code, told = checked(dossier, "--public-key", "ab" * 32)
    assert code == 1
    assert "is none of those that signed" in told["problem"]

    house.desk.sealer.key = SigningKey("35" * 32)
    answer = await house.auditor1.get(f"/api/v1/cases/{case_id}/dossier")
    assert (answer.status_code, "THAW_SIGNING_KEY" in answer.json()["detail"]) == (503, True)


@pytest.fixture
async def dossier(house: House, case_id: str) -> dict:
    """The dossier of a case just opened."""
    return json.loads(await exported(house, case_id))


def resigned(dossier: dict, key: SigningKey = KEY) -> dict:
    """The dossier with a signature that fits again, as one who has the signing key could make it."""
    body = {name: value for name, value in dossier.items() if name != "signature"}
    return {**body, "signature": {"ed25519": key.sign(body).signature}}


async def test_whatever_is_changed_in_a_dossier_breaks_its_signature(dossier, checked):
    for name in dossier:
        if name in {"form", "signature", "keys", "public_key"}:
            continue
        code, told = checked(dossier | {name: "changed"})
        assert (code, told["problem"]) == (1, "the dossier's signature is wrong: it was changed after it was made")


async def test_even_with_a_fitting_signature_the_parts_must_fit_each_other(dossier, checked):
    entry = dossier["entries"][0]
    seal, checkpoint = dossier["seal"], dossier["seal"]["checkpoint"]
    forged_key = SigningKey("66" * 32)
    forged = forged_key.sign(checkpoint["statement"] | {"key": forged_key.public}).row()
    other_root = KEY.sign(checkpoint["statement"] | {"root": "00" * 32}).row()
    cases = {
        "its content does not match its hash": {"entries": [entry | {"actor": "officer:other"}]},
        "of another case or in another place": {"entries": [entry | {"position": 2}]},
        "do not end where": {"head": {"position": 2, "hash": entry["hash"]}},
        "the list of documents names one": {"documents": [{"document_id": "D", "type": "D01", "sha256": "00"}]},
        "not the entry that stands there": {"seal": seal | {"hash": "00" * 32}},
        "the path does not lead": {"seal": seal | {"path": [*seal["path"], "00" * 32]}},
        "by a key that nobody introduced": {"seal": seal | {"checkpoint": forged}},
        "the checkpoint's signature is wrong": {"seal": seal | {"checkpoint": other_root | {"signature": "00" * 64}}},
        "lead from this case to": {"seal": seal | {"checkpoint": other_root}},
        "says otherwise how many": {"not_sealed": dossier["not_sealed"] | {"entries": 3}},
        "a part is missing": {"head": None, "entries": None},
    }
    for problem, change in cases.items():
        code, told = checked(resigned(dossier | change))
        assert (code, problem in told["problem"]) == (1, True), (problem, told)


async def test_a_dossier_signed_by_a_stranger_does_not_fit(dossier, checked):
    stranger = SigningKey("66" * 32)
    code, told = checked(resigned(dossier | {"public_key": stranger.public}, stranger))
    assert (code, told["problem"]) == (1, "the dossier is signed by a key that nobody introduced")

    introduced = stranger.sign(dossier["keys"][0]["statement"] | {"number": 2, "public_key": stranger.public}).row()
    keys = [*dossier["keys"], introduced]
    code, told = checked(resigned(dossier | {"public_key": stranger.public, "keys": keys}, stranger))
    assert (code, "introduces key 2 is not signed by the key before it" in told["problem"]) == (1, True)


async def test_a_changed_page_does_not_fit(house: House, case_id, checked):
    page = await exported(house, case_id, "html")

    code, told = checked(page.replace("¥86,420.00", "¥86,42.00", 1))

    assert (code, told["problem"]) == (1, "the page that people read was changed after it was made")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"form": "thaw-dossier/1"}', "\x00"])
def test_another_file_is_no_dossier(checked, text):
    assert checked(text)[0] == 2


async def test_it_names_the_run_that_worked_on_the_case_when_it_was_made(work: Work, checked):
    case_id = await work.in_review()
    dossier = json.loads(await exported(work.house, case_id))
    run = dossier["links"]["temporal_ui"].removesuffix("/history").rpartition("/")[2]
    assert run == await work.house.desk.engine.run_of(case_id)
    assert checked(dossier)[0] == 0
    assert run in (await exported(work.house, case_id, "html")).partition(OPENING)[0]


async def test_a_document_that_someone_holds_is_found_in_the_dossier(work: Work, checked, tmp_path):
    case_id = await work.in_review()
    dossier = json.loads(await exported(work.house, case_id))
    documents = dossier["documents"]
    assert len(documents) >= 1
    held, other = tmp_path / "held.png", tmp_path / "other.png"
    held.write_bytes(PNG)
    other.write_bytes(PNG + b"x")

    code, told = checked(dossier, "--document", str(held))
    assert (code, told["problem"]) == (0, None)
    assert told["checked"][-1].startswith("held.png is D")
    code, told = checked(dossier, "--document", str(other))
    assert (code, "is none of the case's documents" in told["problem"]) == (1, True)
    swapped = [documents[0] | {"sha256": hashlib.sha256(other.read_bytes()).hexdigest()}, *documents[1:]]
    code, told = checked(resigned(dossier | {"documents": swapped}))
    assert (code, "a hash, that no entry names" in told["problem"]) == (1, True)
    assert checked(await exported(work.house, case_id, "html"))[0] == 0


@given(st.binary(max_size=200), st.integers(0, 63), st.integers(1, 255))
@settings(max_examples=15, deadline=None)
def test_the_verifiers_signatures_are_those_of_the_library(text: bytes, at: int, change: int):
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(text).digest())
    public, signature = key.public_key().public_bytes_raw().hex(), key.sign(text)
    damaged = bytes(byte ^ change if place == at else byte for place, byte in enumerate(signature))
    assert signed_by(public, text, signature.hex())
    assert not signed_by(public, text, damaged.hex())
    assert not signed_by(public, text + b"x", signature.hex())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_the_verifiers_tree_is_the_journals(size: int):
    leaves = [leaf_hash(f"FA-{number}", 1, "ab" * 32) for number in range(size)]
    nodes = renewed(size, dict(enumerate(leaves)), {})
    for leaf in range(size):
        path = [nodes[node].hex() for node in path_nodes(size, leaf)]
        assert verify_dossier.root_from(leaves[leaf], leaf, size, {"path": path}) == root_of(leaves).hex()
        longer = {"path": [*path, "00" * 32]}
        assert verify_dossier.root_from(leaves[leaf], leaf, size, longer) is None
