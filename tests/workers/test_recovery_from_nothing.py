"""The engine's whole database is deleted while cases stand in every stage: each goes on where its journal stands, the
longest overdue first, with its deadlines as they were, and nothing is done or told a second time."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from bench import stages, stories
from bench.repeats import SOUGHT, counted, done_keys, rests
from domain.stream import Entry, Head
from domain.wire import History
from journal.relay import Relay
from journal.requests import compose
from tests.workers.stand import Stand, relaying, until
from tests.workflows.hands import Gate
from workers.commands.recover import INTERRUPTED
from workers.connect import connect
from workers.pace import Pace
from workers.reconcile import begun_since, look_at, missing
from workers.recover import Recovered, recover

BIN = Path(sys.executable).parent
MANY = int(os.environ.get("THAW_CHAOS_LOST", "2000"))
"""How many cases the long run loses."""


async def written(stand: Stand, cases: int) -> list[str]:
    """Cases in every stage in turn, in the journal alone; those of a stage opened an hour after one another."""
    names = []
    for number in range(cases):
        turn, stage = divmod(number, len(stages.STAGES))
        names.append(f"FA-LOST-{number:05d}")
        story = stages.until(names[-1], list(stages.STAGES)[stage], later=-timedelta(hours=turn % 24))
        await stories.write(stand.journal, story.appends)
    return names


async def engine_with_nothing(stand: Stand) -> Client:
    """The engine is killed, all it knew is deleted, and it is there again."""
    stand.server.kill()
    stand.server.forget()
    stand.server.start()
    return await connect(stand.settings, "test")


@dataclass
class Loss:
    """What the journal held, and how many calls the partners had had, when the engine lost everything."""

    entries: dict[str, tuple[Entry, ...]]
    calls: int

    @classmethod
    async def now(cls, stand: Stand, names: list[str]) -> Loss:
        return cls({name: await stand.entries(name) for name in names}, len(stand.hands.calls))

    def asked_again(self, stand: Stand) -> set[str]:
        """What was asked for afterwards although the journal knew it to be done."""
        later = {key for name, key in stand.hands.calls[self.calls :] if name in SOUGHT}
        known = set().union(*(done_keys(entries) for entries in self.entries.values()))
        return later & known


@dataclass
class Losing:
    """Loses the engine whenever partners have done so many things, and then lets the cases come to rest."""

    stand: Stand
    names: list[str]
    losses: list[Loss] = field(default_factory=list)
    recovered: list[Recovered] = field(default_factory=list)

    async def after(self, effects: int) -> None:
        done = len(self.stand.hands.calls) + effects

        async def enough() -> bool:
            return len(self.stand.hands.calls) >= done

        await until(enough, f"{effects} calls", tries=6000)
        client = await engine_with_nothing(self.stand)
        self.losses.append(await Loss.now(self.stand, self.names))
        self.recovered.append(await recover(client, Relay(self.stand.journal.pool)))

    async def to_rest(self) -> dict[str, tuple[Entry, ...]]:
        ended: dict[str, tuple[Entry, ...]] = {}

        async def all_rest() -> bool:
            for name in [name for name in self.names if name not in ended]:
                entries = await self.stand.entries(name)
                if rests(History().after(entries).case):
                    ended[name] = entries
            return len(ended) == len(self.names)

        await until(all_rest, "every case rests", tries=20_000)
        return ended


async def lost_again_and_again(stand: Stand, cases: int, effects: tuple[int, ...]) -> Losing:
    """Cases that the engine loses, with everything, after so many calls each time; what must hold, holds."""
    names = await written(stand, cases)
    before = await Loss.now(stand, names)
    losing = Losing(stand, names)
    client = await connect(stand.settings, "test")
    losing.recovered.append(await recover(client, Relay(stand.journal.pool)))
    for some in effects:
        await losing.after(some)
    after = await losing.to_rest()

    asked = [key for name, key in stand.hands.calls if name in SOUGHT]
    repeats = counted(before.entries, after, asked, losing.recovered[0].overdue)
    assert (repeats.repeated, repeats.notices_twice, repeats.deadlines_moved, repeats.out_of_order) == (0, 0, 0, 0)
    for loss in (before, *losing.losses):
        assert loss.asked_again(stand) == set()
    for name, entries in after.items():
        assert entries[: len(before.entries[name])] == before.entries[name]
        steps = Counter(json.loads(entry.data)["n"] for entry in entries if entry.type == "StepDone")
        assert set(steps.values()) <= {1}, (name, steps)
        assert set(Counter(entry.command_id for entry in entries if entry.type == "CaseExpired").values()) <= {1}
    told_before = {key for entries in before.entries.values() for key in notices(entries)}
    told = [key for entries in after.values() for key in notices(entries)]
    assert sorted(set(told) - told_before) == sorted(stand.hands.notices)
    assert len(told) == len(set(told))
    return losing


def notices(entries: tuple[Entry, ...]) -> list[str]:
    return [json.loads(entry.data)["key"] for entry in entries if entry.type == "NoticeSent"]


@pytest.mark.timeout(600)
async def test_cases_in_every_stage_go_on_however_often_the_engine_loses_everything(stand: Stand) -> None:
    losing = await lost_again_and_again(stand, len(stages.STAGES), (6, 12))
    first, *later = losing.recovered
    assert first.overdue == 6
    assert len(stand.hands.done) > 30
    for found in later:  # all were lost, but those that had come to their end meanwhile
        assert found.complete
        assert not found.failed
        assert len(found.started) == found.live >= len(stages.STAGES) - 2
    left = await Relay(stand.journal.pool).live()
    assert {case.stream for case in left} <= set(losing.names)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
async def test_thousands_of_cases_go_on_however_often_the_engine_loses_everything(stand: Stand) -> None:
    await lost_again_and_again(stand, MANY, (MANY // 8, MANY // 4, MANY // 2))


async def test_the_longest_overdue_come_first_and_pass_their_deadlines_in_order(stand: Stand) -> None:
    names = await written(stand, 2 * len(stages.STAGES))
    relay = Relay(stand.journal.pool)
    due = {case.stream: case.due_at for case in await relay.live()}
    found = await recover(stand.client, relay, at_once=1)
    assert sorted(found.started) == names
    assert found.overdue == sum(time is not None and time <= datetime.now(UTC) for time in due.values()) >= 12
    times = [due[name] for name in found.started]
    ended = [time for time in times if time is not None]
    assert times == sorted(ended) + [None] * (len(times) - len(ended))


async def test_the_relay_alone_picks_up_every_case_in_the_same_order(stand: Stand) -> None:
    names = await written(stand, len(stages.STAGES))
    relay = Relay(stand.journal.pool)
    assert set(await missing(stand.client, relay)) == set(names)
    async with relaying(stand):
        await until(lambda: nothing_missing(stand, relay), "no case is missing")
        await Losing(stand, names).to_rest()
    assert await relay.unstarted() == ()


async def nothing_missing(stand: Stand, relay: Relay) -> bool:
    return not await missing(stand.client, relay)


# --- stopped, repeated, slowed down ---------------------------------------------------------------------------------


async def test_a_recovery_that_is_stopped_goes_on_where_it_ended_when_it_is_repeated(stand: Stand) -> None:
    names, relay, found = await written(stand, 20), Relay(stand.journal.pool), Recovered()
    await relay.mark_unstarted(names)

    def stop(done: int, _: int) -> None:
        if done == 5:
            recovering.cancel()

    recovering = asyncio.create_task(recover(stand.client, relay, at_once=2, progress=stop, found=found))
    with suppress(asyncio.CancelledError):
        await recovering
    assert not found.complete
    assert 5 <= len(found.started) < 10
    assert {case.stream for case in await relay.unstarted()} >= set(names) - set(found.started) - set(names[-2:])

    again = await recover(stand.client, relay)
    assert again.complete
    assert set(again.started) | set(found.started) == set(names)
    assert again.running + len(again.started) == len(names)
    assert max(Counter([*found.started, *again.started]).values()) == 1


async def test_a_case_that_cannot_be_started_does_not_hold_up_the_others_and_is_named(stand: Stand) -> None:
    names, relay = await written(stand, 3), Relay(stand.journal.pool)
    (opening, *_) = stages.appends("FA-STRANGE", "opened")
    entries = opening.sealed(Head())
    await stand.journal.append(compose("melting", Head(), entries, summary=opening.summary))
    found = await recover(stand.client, relay)
    assert sorted(found.started) == names
    assert found.failed == {"FA-STRANGE": "NoProcedureError: case FA-STRANGE: there is no procedure for melting"}


async def test_turns_are_given_evenly_and_none_is_saved_up() -> None:
    now, slept = [100.0], []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    pace = Pace(4.0, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        await pace.turn()
    now[0] = 200.0
    for _ in range(2):
        await pace.turn()
    assert slept == [0.25, 0.5, 0.25]
    unhurried = Pace(None, sleep=sleep)
    await unhurried.turn()
    assert len(slept) == 3


# --- the command ----------------------------------------------------------------------------------------------------


def thaw_recover(stand: Stand, *options: str) -> subprocess.CompletedProcess[str]:
    settings = stand.settings
    given = {
        "DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url,
        "TEMPORAL_ADDRESS": settings.temporal_address, "HOOK_SECRETS": "{}", "PAYLOAD_KEY": settings.payload_key,
        "VAULT_KEY": settings.vault_key, "SIGNING_KEY": settings.signing_key,
    }  # fmt: skip
    environment = {**os.environ, **{f"THAW_{name}": value for name, value in given.items()}}
    return subprocess.run(
        [BIN / "thaw", "recover", *options], env=environment, capture_output=True, text=True, check=False
    )


async def test_the_command_tells_what_it_did_in_a_table_and_in_json(stand: Stand) -> None:
    names = await written(stand, len(stages.STAGES))
    done = await asyncio.to_thread(thaw_recover, stand, "--per-second", "200", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sorted(told["started"]) == names
    assert (told["live"], told["overdue"], told["complete"], told["stopped"]) == (len(names), 6, True, None)
    again = await asyncio.to_thread(thaw_recover, stand, "--read-again")
    assert again.returncode == 0, again.stderr
    lines = [" ".join(line.split()) for line in again.stdout.splitlines()]
    assert "0 started" in lines
    assert any(line.endswith("told to read their journal") and not line.startswith("0 ") for line in lines)
    stand.server.kill()
    away = await asyncio.to_thread(thaw_recover, stand, "--json")
    assert away.returncode == 2
    assert "cannot be reached" in json.loads(away.stdout)["error"]
    assert INTERRUPTED == 130


# --- reset from outside ---------------------------------------------------------------------------------------------


def reset_by_command(stand: Stand, case_id: str) -> None:
    """As an engineer does it: back to the beginning of the run, with nothing of what came later."""
    command = [
        BIN / "temporal", "workflow", "reset", "--workflow-id", case_id, "--type", "FirstWorkflowTask",
        "--reason", "a test", "--reapply-exclude", "All", "--address", stand.server.address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_workflow_reset_by_temporals_own_command_is_found_and_catches_up_with_its_journal(stand: Stand) -> None:
    case_id, relay = (await written(stand, 1))[0], Relay(stand.journal.pool)
    await recover(stand.client, relay)
    await stand.at_rest(case_id)  # what its run began with owes nothing but the freeze notice
    await stand.client.get_workflow_handle(case_id).terminate()
    await recover(stand.client, relay)
    async with relaying(stand):
        await stand.store(case_id, stories.OFFICER, "confirm_reason", "c-1", reason_code="R01")
        await stand.settled("c-1")
        await stand.at_rest(case_id)
    began = datetime.now(UTC) - timedelta(seconds=1)
    before, calls = await stand.entries(case_id), list(stand.hands.calls)

    await asyncio.to_thread(reset_by_command, stand, case_id)

    (standing,) = await relay.live()
    assert case_id in await begun_since(stand.client, began)
    assert await look_at(stand.client, standing) == "behind"
    stand.relay.looked_at = 0  # so that it is found because it was reset, not because it is its turn
    async with relaying(stand):

        async def has_caught_up() -> bool:
            return await look_at(stand.client, standing) == "well"

        await until(has_caught_up, "the workflow has caught up with its journal")
        await stand.store(case_id, stories.OFFICER, "post_message", "c-2", audience="internal", text_ref="vault:1")
        await stand.settled("c-2")
    after = await stand.entries(case_id)
    assert after[: len(before)] == before
    assert [entry.command_id for entry in after[len(before) :]] == ["c-2"]
    assert stand.hands.calls == calls


async def test_a_workflow_reset_in_the_middle_of_a_release_does_each_step_once(stand: Stand) -> None:
    case_id = "FA-RESET-1"
    await stories.write(stand.journal, stages.appends(case_id, "approved"))
    gate: Gate = stand.hands.hold("ledger.book_payout")
    await recover(stand.client, Relay(stand.journal.pool))
    await gate.reached.wait()
    await asyncio.to_thread(reset_by_command, stand, case_id)
    gate.let_go()
    async with relaying(stand):
        await until(lambda: sent(stand, case_id), "the payout is sent")
        await until(lambda: at_rest(stand, case_id), "the case rests")
    steps = Counter(json.loads(e.data)["n"] for e in await stand.entries(case_id) if e.type == "StepDone")
    assert set(steps.values()) == {1}
    assert max(Counter(stand.hands.names.values()).values()) == 1
    assert len(stand.hands.notices) == len(set(notices(await stand.entries(case_id))) & set(stand.hands.notices))


async def sent(stand: Stand, case_id: str) -> bool:
    return History().after(await stand.entries(case_id)).case.release.payout == "sent"


async def at_rest(stand: Stand, case_id: str) -> bool:
    return rests(History().after(await stand.entries(case_id)).case)
