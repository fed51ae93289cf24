"""Signs of edits: what was typed over, wiped or copied is seen; a photograph left alone is not suspected."""

from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image

from partners.documents import edits, traces
from partners.documents.ocr import Page
from partners.documents.traces import Suspect, Traces
from samples import edited
from samples.camera import photographed
from samples.facts import made_up
from samples.papers import sheets
from samples.sheet import prints_of
from tests.partners.printing import line

SHEET = sheets("D04", made_up(6))[0]
PHOTO = photographed(SHEET, "as it was")
BOX = next(box for text, box in prints_of(SHEET) if text == made_up(6).account_number)


def looked_at(picture):
    return traces.look(np.ascontiguousarray(np.asarray(picture)[:, :, ::-1]))


def kinds(picture):
    return {suspect.kind for suspect in looked_at(picture).suspects}


def reopened(picture, form, quality=92):

    return Image.open(BytesIO(edited.saved_again(picture, form, quality))).convert("RGB")


@pytest.mark.parametrize(("form", "quality"), [("png", 0), ("jpeg", 95), ("jpeg", 88)])
def test_a_photograph_left_alone_is_not_suspected(form, quality):
    assert looked_at(reopened(PHOTO, form, quality)) == Traces()


@pytest.mark.parametrize("form", ["png", "jpeg"])
@pytest.mark.parametrize("edit", [edited.overprinted, edited.patched, edited.smeared])
def test_print_typed_into_a_photograph_is_seen_in_whatever_form_it_is_saved(edit, form):
    assert "sharp" in kinds(reopened(edit("6222021001116245702")(PHOTO, BOX, Random(1)), form))


@pytest.mark.parametrize("edit", [edited.pasted_digit, edited.copied_region])
def test_what_was_copied_within_a_picture_is_seen_twice(edit):
    assert "twice" in kinds(edit(PHOTO, BOX, Random(2)))


def test_a_cloned_stamp_is_seen_twice():
    stamp = edited.stamp_in(PHOTO)
    assert stamp is not None
    assert "twice" in kinds(edited.cloned_stamp(PHOTO, stamp, Random(3)))


def test_what_was_pasted_into_a_jpeg_lacks_its_compression():
    was_a_jpeg = reopened(PHOTO, "jpeg", 92)

    assert "compression" in kinds(edited.copied_region(was_a_jpeg, BOX, Random(4)))


def test_a_drawn_or_much_compressed_picture_tells_nothing():
    assert not looked_at(SHEET).telling
    assert not looked_at(reopened(PHOTO, "jpeg", 50)).telling


def test_an_empty_picture_tells_nothing_and_breaks_nothing():
    assert not traces.look(np.full((40, 40, 3), 255, dtype=np.uint8)).telling


def test_a_suspected_place_goes_to_a_person_who_is_told_where_to_look():
    page = Page(2, 100, 100, traces=Traces(True, (Suspect("twice", (0.2, 0.4, 0.4, 0.6)),)))

    check = edits.judge([page], "D01")

    assert check.outcome == "unsure"
    assert "第2页，距左30%、距上50%处" in check.zh
    assert "page 2, 30% from the left, 50% from the top" in check.en


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
