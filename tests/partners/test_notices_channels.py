"""The gateway's further channels: WeChat, signed webhooks at public addresses only, refusals, bounces and receipts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from partners.kit import Settings, running
from partners.notices import app
from partners.notices.forms import Message
from partners.notices.outgoing import NotAllowedError, UnknownHostError, is_public, look_at
from partners.notices.wechat import Remote
from tests.partners.conftest import Announcing, Desk

SECRET = "a secret of the merchant's"  # of this test alone
LETTER = {
    "channel": "email",
    "to": "owner@shop.example",
    "subject": "您的终端已恢复收款",
    "text": "终端 SN0001 可以正常收款了。",
    "language": "zh",
    "case_id": "FA-20261109-ABCDEFGH",
    "notice": "case_closed",
}
WECHAT = {"channel": "wechat", "to": "oABCDEF1234567890"}


@asynccontextmanager
async def a_gateway(database: str, desk_url: str = "", **options: str) -> AsyncIterator[httpx2.AsyncClient]:
    settings = Settings(database, desk_url, {"notices": "hook secret"}, {"receipt_after_ms": "0", **options})
    async with running(app(settings)) as client:
        yield client


async def send(client: httpx2.AsyncClient, key: str = "FA-1:notice:3", **message: Any) -> httpx2.Response:
    return await client.post("/messages", json=LETTER | message, headers={"Idempotency-Key": key})


async def arrived(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get("/mailbox.json")).json()["messages"]


def told(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@dataclass
class Receiver:
    """A merchant's system: keeps what was posted, redirects if told to."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    redirect_to: str = ""


@asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    service = FastAPI()

    @service.post("/hook")
    async def hear(request: Request) -> Response:
        receiver.heard.append((dict(request.headers), await request.body()))
        if receiver.redirect_to:
            return Response(status_code=307, headers={"Location": receiver.redirect_to})
        return Response(status_code=204)

    server = Announcing(uvicorn.Config(service, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await server.listening.wait()
    receiver.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    yield receiver
    server.should_exit = True
    await serving


# WeChat


async def test_a_follower_gets_a_wechat_message_and_the_mailbox_shows_it(database):
    async with a_gateway(database) as gateway:
        answer = await send(gateway, **WECHAT)
        page = await gateway.get("/mailbox", params={"channel": "wechat", "lang": "zh"})

    assert answer.status_code == 202
    assert "oABCDEF1234567890" in page.text
    assert "微信公众号" in page.text


async def test_a_follower_who_left_refuses_although_wechat_answers_200(database):
    async with a_gateway(database) as gateway:
        await gateway.put("/recipients", json={**WECHAT, "behaviour": "refuses"})
        left = await send(gateway, **WECHAT)
        nothing = await arrived(gateway)
        await gateway.put("/recipients", json={**WECHAT, "behaviour": "takes"})
        back = await send(gateway, **WECHAT)

    assert told(left) == (409, "refused-by-recipient")
    assert "43004" in left.json()["detail"]
    assert nothing == []
    assert back.status_code == 202


def wechat_answering(*answers: dict[str, Any]) -> tuple[Remote, list[httpx2.Request]]:
    asked: list[httpx2.Request] = []
    said = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if request.url.path == "/cgi-bin/token":
            return httpx2.Response(200, json={"access_token": f"token-{len(asked)}", "expires_in": 7200})
        return httpx2.Response(200, json=said.pop(0))

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return Remote(client, "https://wechat.example", "app", "secret", "template"), asked


async def test_a_wechat_token_that_ran_out_is_renewed_once_and_the_message_sent():
    account, asked = wechat_answering({"errcode": 42001, "errmsg": "expired"}, {"errcode": 0, "msgid": 7})

    answer = await account.send(Message(**LETTER | WECHAT))

    assert answer.verdict == "taken"
    assert [request.url.path.rpartition("/")[2] for request in asked] == ["token", "send", "token", "send"]
    assert asked[3].url.params["access_token"] == "token-3"


@pytest.mark.parametrize(("code", "verdict"), [(43004, "refused"), (40003, "refused"), (45009, "busy"), (-1, "busy")])
async def test_wechats_no_is_read_from_the_body(code, verdict):
    account, _ = wechat_answering({"errcode": code, "errmsg": "no"})

    assert (await account.send(Message(**LETTER | WECHAT))).verdict == verdict


# Webhooks


async def test_a_webhook_is_signed_over_its_raw_body_with_the_recipients_secret(database):
    async with a_receiver() as receiver, a_gateway(database, inside="127.0.0.1") as gateway:
        answer = await send(gateway, channel="webhook", to=receiver.url, secret=SECRET)
        kept = (await gateway.get("/messages/FA-1:notice:3")).text

    [(headers, body)] = receiver.heard
    stamp, mac = (part.split("=")[1] for part in headers["thaw-signature"].split(","))
    assert mac == hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["idempotency-key"] == answer.json()["message_id"]
    assert SECRET not in kept


async def test_a_receiver_inside_the_house_is_posted_to_only_where_it_is_set(database):
    async with a_receiver() as receiver, a_gateway(database) as gateway:
        answer = await send(gateway, channel="webhook", to=receiver.url, secret=SECRET)

    assert told(answer) == (409, "refused-by-recipient")
    assert receiver.heard == []


async def test_a_redirect_is_not_followed(database):
    async with a_receiver() as other, a_receiver() as receiver, a_gateway(database, inside="127.0.0.1") as gateway:
        receiver.redirect_to = other.url
        answer = await send(gateway, channel="webhook", to=receiver.url, secret=SECRET)

    assert told(answer) == (409, "refused-by-recipient")
    assert other.heard == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_no_webhook_goes_to(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::6810:84e5", "64:ff9b::5db8:d70e"])
def test_a_webhook_may_go_to(address):
    assert is_public(address)


async def test_the_connection_goes_to_the_address_that_was_looked_at_under_the_names_own_certificate():
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.215.14"]

    target = await look_at("https://Shop.example:8443/hook?x=1", resolve=resolve)

    assert str(target.url) == "https://93.184.215.14:8443/hook?x=1"
    assert target.headers == {"Host": "shop.example:8443"}
    assert target.extensions == {"sni_hostname": "shop.example"}


async def test_a_name_with_one_inner_address_among_public_ones_is_refused():
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.215.14", "10.0.0.1"]

    with pytest.raises(NotAllowedError):
        await look_at("https://shop.example/hook", resolve=resolve)


async def test_numbers_in_other_spellings_are_seen_through():
    for spelled in ("http://2130706433/", "http://0x7f.1/", "http://017700000001/"):
        with pytest.raises((NotAllowedError, UnknownHostError)):
            await look_at(spelled)


@pytest.mark.parametrize("url", ["ftp://shop.example/", "https://user:word@shop.example/"])
async def test_a_url_that_is_no_plain_web_address_is_refused(url):
    with pytest.raises(NotAllowedError):
        await look_at(url)


# Refusals, bounces and receipts


async def test_a_mailbox_that_does_not_exist_refuses_over_smtp(database):
    async with a_gateway(database) as gateway:
        await gateway.put("/recipients", json={"channel": "email", "to": LETTER["to"], "behaviour": "refuses"})
        answer = await send(gateway)

    assert told(answer) == (409, "refused-by-recipient")


@pytest.mark.parametrize(("behaviour", "outcome"), [("takes", "delivered"), ("bounces", "bounced")])
@pytest.mark.parametrize("channel", ["email", "sms", "wechat"])
async def test_whether_a_message_arrived_is_called_back(database, desk: Desk, channel, behaviour, outcome):
    to = {"email": LETTER["to"], "sms": "13800138000", "wechat": WECHAT["to"]}[channel]
    async with a_gateway(database, desk.url) as gateway:
        await gateway.put("/recipients", json={"channel": channel, "to": to, "behaviour": behaviour})
        answer = await send(gateway, channel=channel, to=to)
        receipt = await desk.next()

    assert (receipt.hook, receipt.body["outcome"], receipt.body["step_key"]) == ("notices", outcome, "FA-1:notice:3")
    assert receipt.body["message_id"] == answer.json()["message_id"]
    assert receipt.is_signed_with("hook secret")
    assert to not in receipt.raw.decode()
