"""Another merchant's paper: the same fields or a like look go to a person; the same merchant may send a paper again."""

from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from partners.documents import camera_data, reuse
from partners.documents.checks import Field
from partners.documents.ocr import Page
from partners.kit.database import connect
from samples.facts import made_up
from samples.photos import shop_front

OURS, OTHERS = "898310058120001", "898440358120002"
TAKEN = datetime.fromisoformat("2026-11-10T09:00")
SCHEMA = Path(reuse.__file__).with_name("schema.sql").read_text()


@pytest.fixture
async def note(database):
    """Notes a paper of one merchant and answers the outcomes of the checks."""
    async with connect(database, "documents") as pool, pool.connection() as connection:
        await connection.execute("CREATE SCHEMA IF NOT EXISTS documents")
        await connection.execute(SCHEMA)

        async def noted(doc_type, merchant_no, fields=(), pages=()):
            async with connection.transaction():
                checks = await reuse.note(connection, doc_type, merchant_no, fields, pages)
            return {check.code: check.outcome for check in checks}

        yield noted


def licence(uscc="91310104MA1FR00QXY", name="上海星河商贸有限公司", confidence=0.99):
    return [Field("uscc", uscc, confidence, None, 1), Field("name", name, confidence, None, 1)]


def photo(**changed):
    data = shop_front(made_up(4), **({"place": None, "taken": TAKEN} | changed))
    with Image.open(BytesIO(data)) as picture:
        return [Page(1, 1280, 960, look=camera_data.look_of(picture), taken=camera_data.taken(data))]


async def test_another_merchants_licence_in_another_picture_goes_to_a_person(note):
    assert await note("D01", OURS, licence()) == {"content_not_used_elsewhere": "pass"}
    assert await note("D01", OTHERS, licence()) == {"content_not_used_elsewhere": "unsure"}
    assert await note("D01", OURS, licence()) == {"content_not_used_elsewhere": "pass"}


async def test_the_same_fields_on_another_type_or_other_fields_are_no_reuse(note):
    await note("D03", OURS, [Field("number", "31010419850307861X", 0.99, None, 1)])

    assert await note("D04", OTHERS, [Field("number", "31010419850307861X", 0.99, None, 1)]) == {
        "content_not_used_elsewhere": "pass"
    }
    assert await note("D03", OTHERS, [Field("number", "310104199206124522", 0.99, None, 1)]) == {
        "content_not_used_elsewhere": "pass"
    }


async def test_what_is_hard_to_read_or_has_no_identity_is_not_compared(note):
    assert await note("D01", OURS, licence(confidence=0.5)) == {}
    assert await note("D08", OURS, licence()) == {}


async def test_a_photo_of_the_same_scene_from_another_merchant_goes_to_a_person(note):
    assert await note("D12", OURS, pages=photo()) == {"look_not_used_elsewhere": "pass"}
    assert await note("D12", OTHERS, pages=photo(quality=70)) == {"look_not_used_elsewhere": "unsure"}
    assert await note("D12", OURS, pages=photo()) == {"look_not_used_elsewhere": "pass"}


def test_a_cameras_place_and_time_are_read_from_its_file():
    taken = photo(place=(31.1883, 121.4365))[0].taken

    assert taken.latitude == pytest.approx(31.1883, abs=1e-5)
    assert taken.longitude == pytest.approx(121.4365, abs=1e-5)
    assert taken.at == TAKEN


def test_a_file_that_says_nothing_or_nonsense_has_no_place():
    assert camera_data.taken(b"no picture") == camera_data.Taken()
    assert photo(taken=None)[0].taken == camera_data.Taken()
