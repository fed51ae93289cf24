"""The process that keeps the views: it builds what is missing, and a view that fails holds up no other."""

import psycopg
import pytest

from journal import Journal
from journal.projecting import standings
from journal.views import VIEWS
from tests.journal.histories import said, write
from workers.views_process import ViewsProcess
from workers.vocabulary import vocabulary


@pytest.fixture
async def views(database):
    async with await Journal.open(database) as journal:
        yield ViewsProcess(journal.pool, vocabulary())


async def test_what_is_not_there_is_built_and_then_kept_up(views, database):
    async with await psycopg.AsyncConnection.connect(database) as writer:
        await write(writer, said("FA-1", ("TerminalFrozen", {"control": {"reason_code": "R01"}})))
        await writer.commit()
        await views.make_outdated()
        await write(writer, said("FA-2", ("TerminalFrozen", {"control": {"reason_code": "R01"}})))
        await writer.commit()
        await views.take_all()
        found = await writer.execute("select case_id from views.search where words like %s order by 1", ("%频繁大额%",))
        said_so = await found.fetchall()

    far = await standings(views.pool)
    assert {(each.view, each.behind) for each in far} == {(name, 0) for name in VIEWS}
    assert said_so == [("FA-1",), ("FA-2",)]


async def test_a_view_that_cannot_take_its_page_in_holds_up_no_other_and_goes_on_later(views, database):
    await views.make_outdated()
    async with await psycopg.AsyncConnection.connect(database) as writer:
        await writer.execute("alter table views.statistics_1 rename column events to happened")
        await write(writer, said("FA-1", ("TerminalFrozen", {})))
        await writer.commit()
        await views.take_all()
        behind = {each.view for each in await standings(views.pool) if each.behind}
        held = views.failed.held
        await writer.execute("alter table views.statistics_1 rename column happened to events")
        await writer.commit()
    views.failed.free("statistics")
    await views.take_all()

    assert (behind, held) == ({"statistics"}, {"statistics"})
    assert {each.behind for each in await standings(views.pool)} == {0}


async def test_words_name_every_reason_status_and_kind_in_both_languages():
    words = vocabulary()

    assert words["reasons"]["R01"] == "频繁大额 velocity/large amounts"
    assert words["statuses"]["in_review_1"] == "初审中 First review"
    assert words["kinds"]["freeze_appeal"] == "冻结申诉 Freeze appeal"
