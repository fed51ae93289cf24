"""Sample papers: one for every document type a case asks for, as a real file of the kind asked for."""

import json
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from samples.__main__ import write
from samples.facts import PaperFacts, made_up
from samples.papers import DOC_TYPES, render, sheets
from samples.receipts import in_words, yuan

FACTS = PaperFacts()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of samples about one merchant."""
    where = tmp_path_factory.mktemp("samples") / "样本 with a space"
    write(where, FACTS)
    return where


@pytest.mark.parametrize("doc_type", DOC_TYPES)
def test_every_paper_is_a_picture_with_print_on_it(doc_type, folder):
    with Image.open(folder / f"{doc_type}.png") as picture:
        assert picture.format == "PNG"
        darkest, brightest = picture.convert("L").getextrema()
    assert darkest < 60 < 200 < brightest


def test_a_paper_comes_as_pdf_or_jpeg_too():
    assert len(pypdf.PdfReader(BytesIO(render("D06", FACTS, form="pdf"))).pages) == 1
    with Image.open(BytesIO(render("D06", FACTS, form="jpeg"))) as picture:
        assert picture.format == "JPEG"


def test_a_resident_id_has_two_pages_in_a_pdf_and_both_sides_in_one_picture():
    assert len(pypdf.PdfReader(BytesIO(render("D03", FACTS, form="pdf"))).pages) == 2
    with (
        Image.open(BytesIO(render("D03", FACTS))) as both,
        Image.open(BytesIO(render("D03", FACTS, sides=("front",)))) as one,
    ):
        assert both.height > 2 * one.height


@pytest.mark.parametrize("doc_type", DOC_TYPES)
def test_what_is_printed_for_two_merchants_differs(doc_type):
    one, other = (sheets(doc_type, made_up(number)) for number in (1, 2))
    assert [page.tobytes() for page in one] != [page.tobytes() for page in other]


@pytest.mark.parametrize(
    ("fen", "figures", "words"),
    [
        (8_642_000, "86,420.00", "捌万陆仟肆佰贰拾元整"),
        (5_900, "59.00", "伍拾玖元整"),
        (100_050, "1,000.50", "壹仟元伍角整"),
        (100_050_007, "1,000,500.07", "壹佰万零伍佰元零柒分"),
    ],
)
def test_an_amount_is_written_in_figures_and_in_words(fen, figures, words):
    assert yuan(fen) == figures
    assert in_words(fen) == words


def test_the_folder_of_samples_tells_what_is_on_them(folder):
    names = {file.name for file in folder.iterdir()}
    assert names >= {"D01.png", "D01.pdf", "D03-two-pages.pdf", "D06.png", "facts.json"}
    assert json.loads((folder / "facts.json").read_text(encoding="utf-8"))["uscc"] == FACTS.uscc
