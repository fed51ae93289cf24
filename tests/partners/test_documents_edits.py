"""Signs of edits: what was typed over, wiped or copied is seen; a photograph left alone is not suspected."""

from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import ExifTags, Image

from partners.documents import camera_data, edits, traces
from partners.documents.compression import Saved
from partners.documents.ocr import Page, pictures
from partners.documents.traces import Suspect, Traces
from samples import edited
from samples.camera import as_taken, photographed
from samples.facts import made_up
from samples.papers import sheets
from samples.sheet import prints_of
from tests.partners.printing import line

SHEET = sheets("D04", made_up(6))[0]
WHOLE = photographed(SHEET, "as it was")
PHOTO = WHOLE.crop((0, 0, 1240, 720))
"""As much of it as the tests of single lines need."""
BOX = next(box for text, box in prints_of(SHEET) if text == made_up(6).account_number)


def sent(picture, form="png", quality=92):
    return edited.saved_again(picture, form, quality) if form == "png" else as_taken(picture, quality)


def looked_at(data):
    (page,) = pictures(data, "image/png" if data.startswith(b"\x89PNG") else "image/jpeg")
    return page.traces()


def kinds(picture, form="png", quality=92):
    return {suspect.kind for suspect in looked_at(sent(picture, form, quality)).suspects}


def reopened(data):
    return Image.open(BytesIO(data)).convert("RGB")


@pytest.mark.parametrize(("form", "quality"), [("png", 0), ("jpeg", 95), ("jpeg", 92)])
def test_a_photograph_left_alone_is_not_suspected(form, quality):
    assert looked_at(sent(PHOTO, form, quality)) == Traces()


@pytest.mark.parametrize("form", ["png", "jpeg"])
@pytest.mark.parametrize("edit", [edited.overprinted, edited.patched, edited.smeared])
def test_print_typed_into_a_photograph_is_seen_in_whatever_form_it_is_saved(edit, form):
    assert "sharp" in kinds(edit("6222021001116245702")(PHOTO, BOX, Random(1)), form)


@pytest.mark.parametrize(
    ("edit", "form", "quality"),
    [
        (edited.pasted_digit, "png", 0),
        (edited.copied_region, "png", 0),
        (edited.copied_region, "jpeg", 95),
        (edited.copied_region, "jpeg", 92),
    ],
)
def test_what_was_copied_within_a_picture_is_seen_twice_in_whatever_form_it_is_saved(edit, form, quality):
    assert "twice" in kinds(edit(PHOTO, BOX, Random(2)), form, quality)


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_empty_paper_put_under_a_few_signs_is_seen_at_the_place_it_was_taken_to(form):
    suspects = looked_at(sent(edited.patched("8,765.00")(PHOTO, BOX, Random(1)), form)).suspects
    height, width = PHOTO.height, PHOTO.width
    middle = (BOX[0] + 40) / width, (BOX[1] + BOX[3]) / 2 / height
    twice = [each.box for each in suspects if each.kind == "twice"]
    assert any(box[0] <= middle[0] <= box[2] and box[1] <= middle[1] <= box[3] for box in twice)


def test_a_cloned_stamp_is_seen_twice():
    stamp = edited.stamp_in(WHOLE)
    assert stamp is not None
    assert "twice" in kinds(edited.cloned_stamp(WHOLE, stamp, Random(3)), "jpeg")


def test_what_was_pasted_into_a_jpeg_lacks_its_compression():
    was_a_jpeg = reopened(sent(PHOTO, "jpeg"))

    assert "compression" in kinds(edited.copied_region(was_a_jpeg, BOX, Random(4)))


@pytest.mark.parametrize(("before", "form", "quality"), [(95, "png", 0), (85, "png", 0), (85, "jpeg", 92)])
def test_a_jpeg_that_was_saved_again_is_told_whatever_was_done_to_it(before, form, quality):
    assert "again" in kinds(reopened(sent(PHOTO, "jpeg", before)), form, quality)


def test_a_jpeg_that_names_no_camera_is_no_original():
    assert {each.kind for each in looked_at(edited.saved_again(PHOTO, "jpeg", 95)).suspects} == {"stripped"}


def test_a_small_picture_is_searched_as_it_was_sent_and_not_as_it_is_enlarged_to_be_read():
    small = PHOTO.crop((0, 0, 640, 640))
    box = next(box for _, box in prints_of(SHEET) if box[2] < 600 and box[3] < 500 and box[2] - box[0] > 80)

    assert "twice" in kinds(edited.copied_region(small, box, Random(5)))


def test_a_picture_a_camera_turned_is_searched_along_the_squares_it_was_saved_in():
    out, exif = BytesIO(), Image.Exif()
    exif[ExifTags.Base.Model], exif[ExifTags.Base.Orientation] = "Invented 1", 6
    reopened(sent(PHOTO.crop((0, 0, 1203, 601)), "jpeg", 85)).save(out, "JPEG", quality=95, exif=exif)

    (page,) = pictures(out.getvalue(), "image/jpeg")

    assert page.working_size().size == (601, 1203)
    assert "again" in {each.kind for each in page.traces().suspects}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_place_is_told_in_the_picture_as_it_is_turned_upright(orientation):
    picture = Image.new("L", (40, 20))
    picture.paste(255, (4, 2, 12, 6))
    upright = picture if orientation == 1 else picture.transpose(camera_data.TURNS[orientation])

    left, top, right, bottom = camera_data.turned((0.1, 0.1, 0.3, 0.3), orientation)

    box = left * upright.width, top * upright.height, right * upright.width, bottom * upright.height
    assert tuple(map(round, box)) == upright.getbbox()


def test_a_drawn_or_much_compressed_picture_tells_nothing():
    assert not looked_at(sent(SHEET)).telling
    assert not looked_at(sent(PHOTO, "jpeg", 88)).telling


def test_an_empty_picture_tells_nothing_and_breaks_nothing():
    assert not traces.look(np.full((40, 40, 3), 255, dtype=np.uint8), Saved()).telling


def test_a_suspected_place_goes_to_a_person_who_is_told_where_to_look():
    page = Page(2, 100, 100, traces=Traces(True, (Suspect("twice", (0.2, 0.4, 0.4, 0.6)),)))

    check = edits.judge([page], "D01")

    assert check.outcome == "unsure"
    assert "第2页，距左30%、距上50%处" in check.zh
    assert "page 2, 30% from the left, 50% from the top" in check.en


def test_a_sign_of_the_whole_picture_names_no_place_in_it():
    check = edits.judge([Page(1, 100, 100, traces=Traces(True, (Suspect("again", (0, 0, 1, 1)),)))], "D01")

    assert check.outcome == "unsure"
    assert check.zh == "图片可能经过修改：图片拍摄后又被软件重新保存过（第1页），需人工查看"
    assert "saved again by a program after it was taken (page 1)" in check.en


def test_a_picture_that_tells_nothing_goes_to_a_person_in_other_words():
    check = edits.judge([Page(1, 100, 100, traces=Traces(telling=False))], "D01")

    assert check.outcome == "unsure"
    assert "原始照片" in check.zh


def test_pages_without_a_sign_pass():
    assert edits.judge([Page(1, 100, 100)], "D01").outcome == "pass"


def test_a_line_or_a_seal_that_stands_twice_is_a_doubt_where_no_paper_repeats_itself():
    twice = Page(1, 2000, 2600, lines=(line("2036年05月31日", 1), line("2036年05月31日", 4)))
    sealed = Page(1, 2000, 2600, seals=((100.0, 100.0, 260.0, 260.0), (900.0, 900.0, 1060.0, 1062.0)))

    assert edits.judge([twice], "D01").outcome == edits.judge([sealed], "D04").outcome == "unsure"
    assert edits.judge([twice], "D14").outcome == "pass"


def test_spots_of_red_in_a_portrait_are_no_seals():
    card = Page(1, 1040, 1480, seals=((771.0, 124.0, 804.0, 163.0), (830.0, 124.0, 863.0, 162.0)))

    assert edits.judge([card], "D03").outcome == "pass"
