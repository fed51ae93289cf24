"""The codec server: decodes for engineers and for Temporal's UI on this machine, for nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from google.protobuf.json_format import MessageToDict, Parse
from temporalio.api.common.v1 import Payload, Payloads

from tests.desk.house import House
from workflows.codec import EncryptionCodec

UI = "http://127.0.0.1:8233"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"FA-1"')


def sealed(house: House) -> dict:
    return MessageToDict(Payloads(payloads=[EncryptionCodec(house.config.payload_key).seal(PLAIN)]))


async def test_the_ui_on_this_machine_reads_payloads(house: House):
    headers = {"Origin": UI, "X-Namespace": "default"}
    answer = await house.client.post("/codec/decode", json=sealed(house), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == UI
    assert list(Parse(answer.content, Payloads()).payloads) == [PLAIN]
    again = await house.client.post("/codec/encode", content=answer.content, headers=headers)
    assert b"FA-1" not in again.content


async def test_what_was_written_under_the_key_before_is_still_read(house: House, monkeypatch: pytest.MonkeyPatch):
    body, before, headers = sealed(house), house.config, {"X-Namespace": "default"}
    monkeypatch.setattr(house.desk, "config", replace(before, payload_key="44" * 32))
    unread = await house.client.post("/codec/decode", json=body, headers=headers)
    known = replace(before, payload_key="44" * 32, payload_key_old=before.payload_key)
    monkeypatch.setattr(house.desk, "config", known)
    read = await house.client.post("/codec/decode", json=body, headers=headers)
    assert (unread.status_code, read.status_code) == (422, 200)


async def test_a_browser_is_told_what_it_may_send(house: House):
    answer = await house.client.options("/codec/decode", headers={"Origin": UI})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == UI
    allowed = answer.headers["access-control-allow-headers"]
    assert {"content-type", "x-namespace", "authorization"} <= {name.strip() for name in allowed.split(",")}


async def test_engineers_read_payloads_from_anywhere(house: House):
    body = json.dumps(sealed(house))
    engineer = await house.client.post("/codec/decode", content=body, headers=house.engineer1.headers)
    officer = await house.client.post("/codec/decode", content=body, headers=house.officer1.headers)
    assert (engineer.status_code, officer.status_code) == (200, 403)


async def test_pages_of_other_sites_and_other_names_read_nothing(house: House):
    body = sealed(house)
    for headers in (
        {"Origin": "https://evil.example", "X-Namespace": "default"},
        {"X-Namespace": "default", "Host": "rebound.example"},
        {"X-Namespace": "other"},
        {},
    ):
        answer = await house.client.post("/codec/decode", json=body, headers=headers)
        assert answer.status_code == 401
        assert "access-control-allow-origin" not in answer.headers


async def test_what_is_no_payload_or_was_altered_is_named(house: House):
    headers = {"X-Namespace": "default"}
    assert (await house.client.post("/codec/decode", content=b"{", headers=headers)).status_code == 422
    body = sealed(house)
    body["payloads"][0]["data"] = "AAAA" + body["payloads"][0]["data"][4:]
    assert (await house.client.post("/codec/decode", json=body, headers=headers)).status_code == 422
    assert (await house.client.post("/codec/guess", json=body, headers=headers)).status_code == 404
