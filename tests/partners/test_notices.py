"""The notice gateway: each key is delivered once over real SMTP, SMS or webhook, and the mailbox shows what arrived."""

from __future__ import annotations

import asyncio
import email
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import policy
from typing import Any

import httpx2
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from partners.kit import Settings, running
from partners.notices import app
from tests.partners.letters import LETTER, TEXT, arrived, send


def refused(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# E-mail


async def test_an_email_arrives_as_it_was_written(notices):
    answer = await send(notices)

    [mail] = await arrived(notices)
    assert answer.status_code == 202
    assert {name: mail[name] for name in LETTER} == LETTER
    assert mail["message_id"] == answer.json()["message_id"]


async def test_an_email_is_a_proper_message_on_the_wire(notices):
    answer = await send(notices)
    [mail] = await arrived(notices)

    wire = await notices.get(f"/mailbox/{mail['id']}.eml")

    message = email.message_from_bytes(wire.content, policy=policy.default)
    assert wire.headers["Content-Type"] == "message/rfc822"
    assert message["Message-ID"] == f"<{answer.json()['message_id']}>"
    assert message["Subject"] == LETTER["subject"]
    assert (message["To"], message["Auto-Submitted"]) == ("owner@shop.example", "auto-generated")
    assert message["Date"] is not None
    assert message.defects == []


async def test_a_long_letter_arrives_whole(notices):
    text = "\n".join(["." * 3, "From here on", "长" * 400, "x" * 1200] * 8)

    await send(notices, text=text)

    assert [mail["text"] for mail in await arrived(notices)] == [text]


async def test_a_letter_sent_twice_under_one_key_arrives_once(notices):
    first = await send(notices)
    again = await send(notices)

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert [mail["copies"] for mail in await arrived(notices)] == [1]


async def test_one_key_called_many_times_at_once_delivers_once(notices):
    answers = await asyncio.gather(*(send(notices) for _ in range(12)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert [mail["copies"] for mail in await arrived(notices)] == [1]


async def test_many_letters_at_once_all_arrive(notices):
    answers = await asyncio.gather(*(send(notices, f"FA-{n}:step:7") for n in range(20)))

    assert {answer.status_code for answer in answers} == {202}
    assert len(await arrived(notices)) == 20


async def test_a_letter_sent_before_a_crash_and_again_after_it_is_in_the_mailbox_once(notices, database):
    await the_database_dies_at_commit(database)
    crashed = await send(notices)
    [sent_before] = await arrived(notices)
    known = await notices.get("/messages/FA-1:step:7")
    await the_database_lives(database)

    again = await send(notices)

    [mail] = await arrived(notices)
    assert crashed.status_code == 503
    assert known.status_code == 404
    assert again.status_code == 202
    assert "Idempotent-Replay" not in again.headers
    assert (mail["id"], mail["copies"]) == (sent_before["id"], 2)


@pytest.mark.parametrize("channel", ["email", "sms"])
async def test_a_message_whose_answer_was_lost_is_found_by_its_key(notices, channel):
    message = LETTER if channel == "email" else TEXT
    await notices.put("/faults", json={"lose_answers": 1})

    lost = await send(notices, **message)
    found = (await notices.get("/messages/FA-1:step:7")).json()
    effect = (await notices.get("/effects/FA-1:step:7")).json()
    repeat = await send(notices, **message)

    assert lost.status_code == 504
    assert repeat.json() == effect["answer"]
    assert (found["message_id"], found["to"]) == (effect["answer"]["message_id"], message["to"])
    assert len(await arrived(notices)) == 1


async def test_a_key_used_for_another_letter_is_refused(notices):
    await send(notices)

    assert refused(await send(notices, subject="另一封")) == (409, "key-reused")
    assert len(await arrived(notices)) == 1


async def test_mail_from_others_is_taken_and_shown_as_well(database):
    gateway = app(Settings(database_url=database))
    raw = b"Subject: hello\r\nTo: a@shop.example, b@shop.example\r\n\r\nHi.\r\n"

    def post() -> None:
        with smtplib.SMTP("127.0.0.1", gateway.state.gateway.smtp_port, local_hostname="localhost", timeout=10) as smtp:
            smtp.sendmail("someone@else.example", ["a@shop.example", "b@shop.example"], raw)

    async with running(gateway) as notices:
        await asyncio.to_thread(post)
        mails = await arrived(notices)

    assert sorted(mail["to"] for mail in mails) == ["a@shop.example", "b@shop.example"]
    assert {(mail["subject"], mail["text"], mail["case_id"]) for mail in mails} == {("hello", "Hi.", "")}


# SMS and webhooks


async def test_a_text_message_is_in_the_outbox_once(notices):
    await asyncio.gather(*(send(notices, **TEXT) for _ in range(5)))

    [text] = await arrived(notices, channel="sms")
    assert (text["to"], text["text"]) == ("+86 138 0013 8000", LETTER["text"])
    assert (await notices.get(f"/mailbox/{text['id']}.eml")).status_code == 404


@dataclass
class Robot:
    """A chat robot's gateway: answers what is in `answers`, then `{"errcode": 0}`."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@asynccontextmanager
async def a_robot(*answers: tuple[int, str]) -> AsyncIterator[Robot]:
    robot = Robot(answers=list(answers))
    service = FastAPI()

    @service.post("/robot")
    async def hear(request: Request) -> Response:
        robot.heard.append((request.headers["Idempotency-Key"], await request.json()))
        status, body = robot.answers.pop(0) if robot.answers else (200, '{"errcode": 0, "errmsg": "ok"}')
        return Response(body, status, media_type="application/json")

    server = uvicorn.Server(uvicorn.Config(service, port=0, log_config=None, lifespan="off"))
    listening = asyncio.Event()
    startup = server.startup

    async def announced(sockets: Any = None) -> None:
        await startup(sockets)
        listening.set()

    server.startup = announced
    serving = asyncio.create_task(server.serve())
    await listening.wait()
    robot.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/robot"
    try:
        yield robot
    finally:
        server.should_exit = True
        await serving


async def test_a_robot_is_told_the_subject_and_the_text(notices):
    async with a_robot() as robot:
        answer = await send(notices, channel="wecom", to=robot.url)

    [(key, body)] = robot.heard
    assert answer.status_code == 202
    assert key == answer.json()["message_id"]
    assert body == {"msgtype": "text", "text": {"content": f"{LETTER['subject']}\n{LETTER['text']}"}}
    assert [each["to"] for each in await arrived(notices, channel="wecom")] == [robot.url]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '{"errcode": 310000, "errmsg": "keywords not in content"}', (409, "refused-by-recipient")),
        (200, '{"code": 19001, "msg": "param invalid"}', (409, "refused-by-recipient")),
        (200, '{"StatusCode": 19002, "StatusMessage": "no"}', (409, "refused-by-recipient")),
        (404, "{}", (409, "refused-by-recipient")),
        (302, "", (409, "refused-by-recipient")),
        (200, '{"errcode": 130101, "errmsg": "send too fast"}', (424, "recipient-busy")),
        (200, '{"errcode": -1, "errmsg": "system busy"}', (424, "recipient-busy")),
        (429, "{}", (424, "recipient-busy")),
        (502, "", (424, "recipient-unavailable")),
    ],
)
async def test_a_robots_no_is_read_from_the_body_of_its_answer(notices, status, body, expected):
    async with a_robot((status, body)) as robot:
        answer = await send(notices, channel="wecom", to=robot.url)

    assert refused(answer) == expected
    assert await arrived(notices) == []


async def test_a_robot_that_was_busy_is_told_again_under_the_same_key(notices):
    async with a_robot((200, '{"errcode": 130101}')) as robot:
        busy = await send(notices, channel="wecom", to=robot.url)
        again = await send(notices, channel="wecom", to=robot.url)
        repeat = await send(notices, channel="wecom", to=robot.url)

    assert [answer.status_code for answer in (busy, again, repeat)] == [424, 202, 202]
    assert len({key for key, _ in robot.heard}) == 1
    assert len(robot.heard) == 2


@pytest.mark.parametrize("body", ["ok", "[]", "{}", '{"errcode": 0}', '{"code": "0"}', '{"StatusCode": 0}'])
async def test_an_answer_without_an_error_code_is_a_yes(notices, body):
    async with a_robot((200, body)) as robot:
        assert (await send(notices, channel="wecom", to=robot.url)).status_code == 202


async def test_a_robot_nobody_answers_for_is_unavailable(notices):
    async with a_robot() as robot:
        gone = robot.url

    answer = await send(notices, channel="wecom", to=gone)

    assert refused(answer) == (424, "recipient-unavailable")


# What is refused


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "not an address"},
        {"to": "a@b@c"},
        {"to": "owner@shop.example\r\nBcc: all@shop.example"},
        {"channel": "sms", "to": "owner@shop.example"},
        {"channel": "wecom", "to": "ftp://shop.example/x"},
        {"channel": "wecom", "to": "http://[::1"},
        {"channel": "wecom", "to": "http:///robot"},
        {"channel": "wecom", "to": "http://shop example/"},
        {"channel": "wecom", "to": "http://shop.example:99999/"},
        {"channel": "wechat", "to": "a b"},
        {"channel": "webhook", "to": "https://shop.example/hook"},
        {"channel": "webhook", "to": "https://shop.example/hook", "secret": "short"},
        {"secret": "an e-mail is not signed"},
        {"channel": "fax"},
        {"subject": "hello\r\nBcc: all@shop.example"},
        {"subject": ""},
        {"text": ""},
        {"text": "a\x00b"},
        {"text": "x" * 20_001},
        {"language": "fr"},
        {"case_id": "FA 1"},
        {"cc": "all@shop.example"},
    ],
    ids=str,
)
async def test_a_message_that_cannot_be_sent_is_refused(notices, wrong):
    answer = await send(notices, **wrong)

    assert refused(answer) == (422, "invalid")
    assert "shop.example" not in answer.text
    assert await arrived(notices) == []


async def test_under_an_unused_key_nothing_was_delivered(notices):
    assert refused(await notices.get("/messages/nothing")) == (404, "no-such-message")


# A database that dies while the gateway commits what it has sent


async def the_database_dies_at_commit(database: str) -> None:
    """From now on the server ends a session that commits a sent message: as a crash after the sending would."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute(
            """
            CREATE FUNCTION notices.die() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER dies_at_commit AFTER INSERT ON notices.messages
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION notices.die()
            """
        )


async def the_database_lives(database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await connection.execute("DROP TRIGGER dies_at_commit ON notices.messages")
