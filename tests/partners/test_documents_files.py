"""A file is judged by its bytes before anything opens it."""

import zlib
from io import BytesIO

import pytest
from PIL import Image

from partners.documents import files
from partners.documents.files import Unacceptable, inspect
from samples.facts import PaperFacts
from samples.papers import render
from samples.scans import under_password

FACTS = PaperFacts()
PNG = render("D06", FACTS)
JPEG = render("D06", FACTS, form="jpeg")
PDF = render("D06", FACTS, form="pdf")
EXE = b"MZ\x90\x00\x03" + bytes(2000)
ZIP = b"PK\x03\x04\x14\x00\x00\x00" + bytes(2000)


def refused(data, **claims):
    with pytest.raises(Unacceptable) as caught:
        inspect(data, **claims)
    return caught.value.code


def pdf_holding(stream: bytes, dictionary: bytes = b"/Filter /FlateDecode") -> bytes:
    """A PDF of one page whose content is `stream`."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<<"
        + dictionary
        + b"/Length "
        + str(len(stream)).encode()
        + b">>stream\n"
        + stream
        + b"\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def picture_of(width, height, form="PNG"):
    out = BytesIO()
    Image.new("1", (width, height)).save(out, form)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [(PNG, "slip.png", "image/png"), (JPEG, "slip.jpg", "image/jpeg"), (PDF, "slip.pdf", "application/pdf")],
)
def test_an_honest_file_is_taken(data, name, media_type):
    found = inspect(data, filename=name, claimed_type=media_type)

    assert (found.media_type, found.pages) == (media_type, 1)
    assert found.width > 200
    assert found.height > 200
    assert len(found.sha256) == 64


def test_a_file_without_a_name_is_known_by_its_bytes():
    assert inspect(PNG).media_type == "image/png"


def test_the_pages_of_a_pdf_are_counted():
    assert inspect(render("D03", FACTS, form="pdf")).pages == 2


def test_a_jpeg_that_is_called_png_is_taken_as_what_it_is():
    assert inspect(JPEG, filename="photo.png", claimed_type="image/png").media_type == "image/jpeg"


@pytest.mark.parametrize("data", [EXE, ZIP, b"just some text, nothing else", b"<html><script>alert(1)</script>"])
@pytest.mark.parametrize("name", ["licence.png", "licence.PDF", "licence.jpeg"])
def test_a_file_of_another_kind_under_a_trusted_name_is_disguised(data, name):
    assert refused(data, filename=name) == "disguised"


def test_a_content_type_can_lie_as_well():
    assert refused(EXE, filename="upload", claimed_type="image/png") == "disguised"


def test_a_pdf_called_png_is_disguised():
    assert refused(PDF, filename="licence.png", claimed_type="image/png") == "disguised"


def test_an_archive_hung_on_the_end_of_a_picture_is_disguised():
    assert refused(PNG + ZIP, filename="licence.png") == "disguised"


@pytest.mark.parametrize(("data", "name"), [(EXE, "setup.exe"), (ZIP, "all.zip"), (b"a,b\n1,2\n", "list.csv")])
def test_an_honest_file_of_a_kind_nobody_reads_is_unsupported(data, name):
    assert refused(data, filename=name) == "unsupported"


def test_an_empty_file_is_refused():
    assert refused(b"", filename="licence.png") == "empty"


def test_a_file_over_20_mb_is_refused_unopened():
    assert refused(PNG + bytes(files.MAX_BYTES), filename="licence.png") == "too-large"


@pytest.mark.parametrize("data", [PNG[: len(PNG) // 2], JPEG[: len(JPEG) // 2], PDF[:400], b"%PDF-1.7\nnothing"])
def test_a_file_cut_short_is_broken(data):
    assert refused(data) == "broken"


def test_a_pdf_that_asks_for_a_password_is_encrypted():
    assert refused(under_password(PDF), filename="licence.pdf") == "encrypted"


def test_a_picture_of_too_many_pixels_is_a_bomb():
    assert refused(picture_of(9000, 9000)) == "bomb"
    assert refused(picture_of(20_000, 20_000)) == "bomb"


def test_a_pdf_that_unpacks_to_very_much_is_a_bomb():
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(410)) + packer.flush()

    assert refused(pdf_holding(packed)) == "bomb"


def test_a_pdf_that_packs_a_stream_twice_is_a_bomb():
    packed = zlib.compress(zlib.compress(bytes(1_000_000)))

    assert refused(pdf_holding(packed, b"/Filter [/FlateDecode /FlateDecode]")) == "bomb"


def test_a_pdf_with_small_packed_streams_is_none():
    assert inspect(pdf_holding(zlib.compress(b"0 0 m 10 10 l S"))).pages == 1
