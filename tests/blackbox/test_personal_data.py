"""After everything that the other tests did: no personal value lies anywhere in clear but in the partners' own stores,
`tests.blackbox.leftovers` says which."""

from __future__ import annotations

import json
import secrets
import subprocess

import psycopg

from samples.portfolio import merchants
from tests.blackbox.desk import BIN, Desk
from tests.blackbox.leftovers import dump, leaks, personal_values
from tests.leaks import Search

SAID = "请与门店负责人联系核实货款用途"


def test_the_partners_hold_what_is_searched_for(desk: Desk) -> None:
    """Otherwise the search below would find nothing because there is nothing."""
    case = desk.freeze(fen=120_000)
    case.confirm()
    case.give(case.owner, "open_appeal", statement=SAID)
    assert case.submit()["status"] == "in_review_1"
    desk.post("officer1", f"{case.path}/messages", {"audience": "internal", "text": SAID})
    unmasked = desk.post("reviewer1", f"/merchants/{desk.merchant_no}/unmask", {"purpose": "case_work", "note": SAID})
    assert unmasked["contacts"][0]["phone"] in personal_values()
    case.judge("reviewer1")
    case.approved("reviewer1")
    case.until("closed_released")
    held = {leak.value for leak in Search(personal_values()).text("partners", dump(desk, "partners"))}
    assert {unmasked["name"], unmasked["contacts"][0]["email"], unmasked["settlement_account"]["number"]} <= held


def test_nothing_else_holds_a_name_a_number_an_account_or_an_address(desk: Desk) -> None:
    assert leaks(desk, personal_values() | {SAID}) == {}


def test_what_would_leak_is_found(desk: Desk) -> None:
    value = f"planted {secrets.token_hex(8)}"
    (desk.folder / "logs" / "planted.jsonl").write_text(f'{{"event": "{value}"}}\n')
    with psycopg.connect(desk.stack["database"], autocommit=True) as connection:
        connection.execute("create table public.planted (value bytea)")
        connection.execute("insert into public.planted values (%s)", (value.encode("utf-16-le"),))
        found = leaks(desk, [value])
        connection.execute("drop table public.planted")
    (desk.folder / "logs" / "planted.jsonl").unlink()
    (table,) = (place for place in found if place.startswith("postgres/cluster/base/"))
    assert found[table] == {f"{value} (utf-16-le)"}
    assert found["logs/planted.jsonl"]
    assert len(found) >= 3


def test_nor_does_what_the_engine_shows_without_the_key(desk: Desk) -> None:
    search = Search(personal_values() | {SAID})
    for case in desk.cases[-3:]:
        for shown in ("describe", "show"):
            told = subprocess.run(
                [BIN / "temporal", "workflow", shown, "-w", case.case_id, "--address", desk.stack["temporal_address"],
                 "--output", "json"],
                capture_output=True, check=True, timeout=60,
            )  # fmt: skip
            assert case.case_id.encode() in told.stdout
            assert list(search.text(f"{shown} {case.case_id}", told.stdout)) == []


def test_a_new_vault_key_takes_over_while_the_desk_works(desk: Desk) -> None:
    secrets_before = (desk.folder / "secrets.json").read_text()
    rotated = desk.thaw("privacy", "rotate-key", "--json")
    assert rotated.returncode == 0, rotated.stdout
    told = json.loads(rotated.stdout)
    assert told["wrapped"] > len(merchants())
    old = json.loads(secrets_before)["vault_key"]
    assert old not in (desk.folder / "secrets.json").read_text() + (desk.folder / "settings.env").read_text()

    look = {"purpose": "audit", "note": "after the change"}
    path = f"/merchants/{desk.merchant_no}/unmask"
    assert desk.post("officer1", path, look)["contacts"][0]["phone"] in personal_values()
    desk.freeze(fen=110_000).ready()  # the hands read papers with the new key, too
    desk.kill("desk")
    desk.kill("worker-hands")
    desk.all_running()
    assert desk.post("officer1", path, look)["contacts"][0]["phone"] in personal_values()
    again = json.loads(desk.thaw("privacy", "rotate-key", "--json").stdout)
    assert again["old"] == told["new"]
