"""Journals as versions of Thaw have left them: cases in every state with every event, retold into a journal, and what
is read of one.

The cases come from the tests of the rules, where all of them bear one name; here each gets its own, with its own
terminal and controls, so that they can stand side by side.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from domain import listing
from domain.commands import RecordEnforcement
from domain.deadlines import earliest
from domain.stream import Draft, Entry, Head, end_of, seal
from domain.wire import History
from journal import Journal
from journal.relay import CaseStream, Relay
from journal.requests import compose
from tests.domain.appeals import Appeal
from tests.domain.exploration import commands, states
from tests.domain.properties.cooperation import Cooperation
from tests.domain.properties.moves import Moves
from tests.domain.properties.test_properties import a_world
from tests.domain.specification import CASE_ID, POLICY, Past
from workflows.freeze_appeal import KIND

FOLDER = Path(__file__).parent / "journals"
STORIES, MOVES, WAITS = 60, 100, 12
_CONTROL = re.compile(r"\bC(\d+)\b")


@cache
def pasts() -> tuple[tuple[Entry, ...], ...]:
    """As few and as short cases as show every kind of event and every status there is."""
    told = [(past.entries, past.case.status.value) for past in _tried()] + list(_stories())
    offers = [(entries, {entry.type for entry in entries} | {status}) for entries, status in told]
    seen, chosen = set[str](), list[tuple[Entry, ...]]()
    while True:
        entries, shown = max(offers, key=lambda offer: len(offer[1] - seen) / len(offer[0]))
        if not shown - seen:
            return tuple(chosen)
        chosen.append(entries)
        seen |= shown


def _tried() -> Iterator[Past]:
    """Every state, what becomes of it when nobody acts for a while, and what may be asked then."""
    for past in states():
        for _ in range(WAITS):
            yield past
            due = earliest(past.case)
            if due is None:
                break
            past = past.when_due(due.name).after  # noqa: PLW2901 — the same case, later
        for command, by in commands(past.case):
            yield past.when(command, by=by).after
    yield Appeal().just_frozen().when(RecordEnforcement("C1", "hold", 5)).accepted


def _stories() -> Iterator[tuple[tuple[Entry, ...], str]]:
    """Cases in which people, partners and clocks do what they like, between a while of good will and an end of it."""
    for number in range(STORIES):
        throw = random.Random(number)
        world = a_world(throw)
        moves, good_will = Moves(world, throw), Cooperation(world)
        willing, share = throw.choice((0, 0, 10, 20, 30, 40)), throw.choice((10, 50, 80))
        for moved in range(MOVES):
            if not good_will.over():
                (good_will.next_act if moved < willing or moves.chance(share) else moves.any_move)()
        yield tuple(world.entries), world.case.status.value
        good_will.bring_to_an_end()
        yield tuple(world.entries), world.case.status.value


def retold(entries: Sequence[Entry], case_id: str, number: int) -> Iterator[tuple[Head, tuple[Entry, ...]]]:
    """A case under a name of its own, sealed anew: command by command, with the head each continues."""

    def own(text: str) -> str:
        text = _CONTROL.sub(rf"C\1-{number}", text.replace(CASE_ID, case_id))
        return text.replace("SN-0001", f"SN-{number:04d}")

    head = Head()
    for command_id, group in groupby(entries, key=lambda entry: entry.command_id):
        told = list(group)
        drafts = [Draft(entry.type, entry.form, entry.version, own(entry.data)) for entry in told]
        sealed = seal(
            case_id, head, drafts, occurred_at=told[0].occurred_at, actor=told[0].actor, command_id=own(command_id)
        )
        yield head, sealed
        head = end_of(sealed)


def requests(entries: Sequence[Entry], case_id: str, number: int) -> Iterator[str]:
    """The appends that write such a case, with what the desk's lists show after each."""
    history = History()
    for head, sealed in retold(entries, case_id, number):
        history = history.after(sealed)
        case = history.case
        yield compose(
            KIND, head, sealed, summary=listing.summary(case, POLICY),
            tasks=listing.tasks(case, POLICY, sealed[-1].occurred_at),
            controls=listing.control_rows(case),
        )  # fmt: skip


async def write_cases(journal: Journal) -> None:
    """Every case of `pasts` in the journal."""
    for number, entries in enumerate(pasts(), 1):
        for request in requests(entries, f"FA-20261102-KEPT{number:04d}", number):
            answer = json.loads(await journal.append(request))
            assert answer["outcome"] == "ok", answer


async def streams(journal: Journal) -> tuple[CaseStream, ...]:
    """Every case of a journal with all its entries."""
    async with journal.pool.connection() as connection:
        rows = await (
            await connection.execute("select stream from journal.streams where kind = %s", (KIND,))
        ).fetchall()
    return await Relay(journal.pool).cases(stream for (stream,) in rows)


def read(cases: Iterable[CaseStream]) -> dict[str, Any]:
    """What a reader must always find in these cases: where each ends, and what its events come to."""
    found = {}
    for stream in cases:
        past = History().after(stream.entries)
        case = past.case
        found[stream.stream] = {
            "position": past.head.position, "hash": past.head.hash, "version": case.version,
            "status": case.status.value, "open": case.is_open, "held_fen": case.held_fen,
            "remaining_fen": case.remaining_fen, "settled": asdict(case.settled), "rounds": case.evidence.rounds,
            "dues": {name: due.due for name, due in sorted(case.dues.items())},
            "owed": [owed.key for owed in case.owed], "answers": len(past.answers),
            "documents": {document.document_id: document.standing for document in case.evidence.documents},
            "steps": [f"{step.n} {step.name} {step.state}" for step in case.release.steps],
            "controls": {c.control_id: c.remaining_fen for c in case.controls if not c.lifted},
        }  # fmt: skip
    return found
