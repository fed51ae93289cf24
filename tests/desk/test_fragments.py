"""Pieces of pages are made once, made anew when anything in them changes, and never hold a secret."""

from __future__ import annotations

import re

from jinja2 import DictLoader, Environment

from desk.console.fragments import KEY, SECRET, makers
from desk.histories import tell
from tests.desk.house import House
from tests.desk.surfer import Surfer


def test_a_piece_is_made_once_for_the_same_facts_and_escapes_them():
    made = list[str]()
    environment = Environment(autoescape=True, loader=DictLoader({"p": "{{ note(what) }}"}))
    environment.globals["note"] = lambda what: made.append(what) or what
    _, kept, _ = makers(environment)

    assert [kept("p", what=one) for one in ("<a>", "b", "<a>")] == ["&lt;a&gt;", "b", "&lt;a&gt;"]
    assert made == ["<a>", "b"]
    assert kept("p", what=["x"]) == kept("p", what=("x",))  # a list is taken as it stands now


def test_a_piece_known_by_its_key_is_made_once_for_it():
    made = list[str]()
    environment = Environment(autoescape=True, loader=DictLoader({"p": "{{ note(what) }}", "q": "{{ note(what) }}"}))
    environment.globals["note"] = lambda what: made.append(what) or what
    _, _, known = makers(environment)

    told = [known(key, template, what=f"{key}{template}") for key, template in ("ap", "aq", "bp", "ap")]
    assert told == made[:3] + made[:1]


async def test_every_form_of_a_page_has_a_key_of_its_own_and_no_page_that_of_another(house: House, case_id: str):
    surfer = Surfer(house)
    await surfer.log_in("officer1")
    looks = [(await surfer.get(f"/console/cases/{case_id}")).text for _ in range(2)]
    keys = [re.findall(r'name="key" value="([^"]+)"', page) for page in looks]
    assert len({*keys[0], *keys[1]}) == len(keys[0]) + len(keys[1]) > 4
    assert not any(KEY in page for page in looks)


async def test_each_reader_finds_their_own_secret_in_kept_forms(house: House, case_id: str):
    pages = {}
    for name in ("officer1", "compliance1"):
        surfer = Surfer(house)
        await surfer.log_in(name)
        page = (await surfer.get(f"/console/cases/{case_id}")).text
        (session,) = await house.desk.sessions.of(name)
        found = await house.desk.sessions.find(surfer.cookies["thaw_session"])
        assert session.number == found.number
        assert SECRET not in page
        assert found.csrf_secret in page
        pages[name] = (page, found.csrf_secret)
    assert pages["officer1"][1] not in pages["compliance1"][0]


async def test_a_case_looked_at_before_is_told_with_what_came_since(house: House, case_id: str, control: dict):
    before = await tell(house.desk, case_id)
    assert await tell(house.desk, case_id) is before
    house.desk.told.put(case_id, type(before)(before.history, (), (), before.policy))  # only what is newer is read
    assert (await tell(house.desk, case_id)).entries == ()
    house.desk.told.put(case_id, before)
    history, entries = before.history, before.entries
    await house.officer1.post("/api/v1/controls", control | {"kind": "txn_block", "external_ref": "risk-2"})
    after = await tell(house.desk, case_id)
    assert after.entries[: len(entries)] == entries
    assert after.history.head.position >= history.head.position


async def test_a_deadline_shows_how_it_was_counted(house: House, case_id: str):
    surfer = Surfer(house)
    await surfer.log_in("officer1")
    page = await surfer.page(f"/console/cases/{case_id}")
    assert "Counted piece by piece When What Counts" in page.text
    assert "Working time" in page.text
