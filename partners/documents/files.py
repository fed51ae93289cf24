"""Is this file what it says it is, and safe to open? Looks at bytes, never at a name alone.

What is refused, by code: `empty`; `too-large` (20 MB); `unsupported` (an honest file of a kind nobody reads here);
`disguised` (bytes of another kind than the name or content type claims, or a picture with a program or archive hung
on its end); `encrypted` (a PDF that asks for a password); `broken` (cut short or damaged); `bomb` (few bytes that
unpack to very many).

Memory: opening a picture of MAX_PIXELS takes at most about 200 MB for a moment, unpacking PDF streams 1 MB at a time.
"""

from __future__ import annotations

import hashlib
import re
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import puremagic
import pypdfium2
from PIL import Image
from pypdfium2 import raw

Problem = Literal["disguised", "encrypted", "broken", "bomb", "empty", "unsupported", "too-large"]

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 64_000_000
"""A camera of 50 megapixels fits; a page scanned at 600 dpi has 35."""
MAX_PAGES = 200
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
"""Of all compressed streams of one PDF together."""
MAX_PAGE_POINTS = 14_400
"""200 inches, the largest page PDF 1.7 allows."""

KINDS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
}
"""Media types that are taken, with the endings they usually have."""

_ENDINGS = {ending: media_type for media_type, endings in KINDS.items() for ending in endings}
_STREAM = re.compile(rb"stream\r?\n")
_TWICE_PACKED = re.compile(rb"/(?:FlateDecode|Fl|LZWDecode|LZW)\s*/(?:FlateDecode|Fl|LZWDecode|LZW)\b")
_FOREIGN = (b"MZ", b"PK\x03\x04", b"\x7fELF", b"%PDF", b"Rar!", b"7z\xbc\xaf", b"#!", b"<scr", b"<htm", b"<?ph")
_PNG_END = b"IEND\xaeB`\x82"
_WEBP_HEADER = 8

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


class Unacceptable(ValueError):  # noqa: N818 - named after what is wrong with the file
    """The file is refused; `code` says why and the text says it to people."""

    def __init__(self, code: Problem, detail: str) -> None:
        super().__init__(detail)
        self.code: Problem = code


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file that may be opened: its real type, its pages, the size of the first one (pixels, or points of a PDF)."""

    media_type: str
    pages: int
    width: int
    height: int
    sha256: str


def inspect(data: bytes, *, filename: str = "", claimed_type: str = "") -> Inspection:
    """Judge the bytes of a file that came under `filename` and media type `claimed_type`; Unacceptable if refused.

    Must not run in two threads at once: PDFs are opened with pdfium, which is not safe for threads.
    """
    if not data:
        raise Unacceptable("empty", "The file is empty.")
    if len(data) > MAX_BYTES:
        raise Unacceptable("too-large", f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
    media_type = _sniffed(data, _claims(filename, claimed_type))
    if media_type == "application/pdf":
        pages, width, height = _inspect_pdf(data)
    else:
        pages, (width, height) = 1, _inspect_picture(data, media_type)
    return Inspection(media_type, pages, width, height, hashlib.sha256(data).hexdigest())


def _claims(filename: str, claimed_type: str) -> set[str]:
    """The media types that the name's ending and the content type claim, if they are of a kind taken here."""
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    declared = claimed_type.partition(";")[0].strip().lower().replace("image/jpg", "image/jpeg")
    return {kind for kind in (_ENDINGS.get(ending, ""), declared) if kind in KINDS}


def _sniffed(data: bytes, claims: set[str]) -> str:
    media_type = _media_type(data)
    if media_type is None:
        if claims:
            raise Unacceptable("disguised", f"The file claims to be {_listed(claims)} but its bytes are not.")
        raise Unacceptable("unsupported", "Only PDF, PNG, JPEG and WebP files are taken.")
    families = {kind.partition("/")[0] for kind in claims}
    if families - {media_type.partition("/")[0]}:  # a JPEG named .png happens to honest people, a PDF named .png not
        raise Unacceptable("disguised", f"The file claims to be {_listed(claims)} but its bytes are {media_type}.")
    return media_type


def _media_type(data: bytes) -> str | None:
    try:
        matches = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        return None
    for match in matches:
        if match.mime_type in KINDS and match.offset in (0, _WEBP_HEADER):
            return str(match.mime_type)
    return None


def _listed(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


def _inspect_picture(data: bytes, media_type: str) -> tuple[int, int]:
    if media_type == "image/png":
        _refuse_hung_on_bytes(data)
    try:
        with Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise Unacceptable("bomb", f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels.")
            picture.draft("RGB", (1000, 1000))
            picture.load()
    except Unacceptable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unacceptable("bomb", f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels.") from error
    except MemoryError as error:
        raise Unacceptable("bomb", "The picture takes too much memory to open.") from error
    except Exception as error:  # Pillow's decoders raise many kinds: OSError, SyntaxError, struct.error, ...
        if "too large" in str(error).lower():  # Pillow's limits on text and colour profile chunks
            raise Unacceptable("bomb", "The picture unpacks to too many bytes.") from error
        raise Unacceptable("broken", "The picture is damaged or cut short.") from error
    if min(width, height) < 1:
        raise Unacceptable("broken", "The picture has no extent.")
    return width, height


def _refuse_hung_on_bytes(data: bytes) -> None:
    end = data.find(_PNG_END)
    rest = data[end + len(_PNG_END) :].lstrip()[:4] if end >= 0 else b""
    if rest.startswith(_FOREIGN):
        raise Unacceptable("disguised", "The picture carries another file at its end.")


def _inspect_pdf(data: bytes) -> tuple[int, int, int]:
    _refuse_bomb_streams(data)
    document = _open_pdf(data)
    try:
        pages = len(document)
        if not pages:
            raise Unacceptable("broken", "The PDF has no page.")
        if pages > MAX_PAGES:
            raise Unacceptable("too-large", f"The PDF has more than {MAX_PAGES} pages.")
        sizes = [_page_size(document, number) for number in range(pages)]
    finally:
        document.close()
    return pages, *sizes[0]


def _open_pdf(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Unacceptable("encrypted", "The PDF asks for a password; send it without one.") from error
        raise Unacceptable("broken", "The PDF is damaged or cut short.") from error


def _page_size(document: pypdfium2.PdfDocument, number: int) -> tuple[int, int]:
    """Width and height of a page in points; refuses a page that cannot be loaded or holds an outsized picture."""
    try:
        page = document[number]
    except pypdfium2.PdfiumError as error:
        raise Unacceptable("broken", f"Page {number + 1} of the PDF is damaged.") from error
    try:
        width, height = page.get_size()
        if max(width, height) > MAX_PAGE_POINTS:
            raise Unacceptable("bomb", f"Page {number + 1} of the PDF is larger than any paper.")
        for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
            across, down = picture.get_px_size()
            if across * down > MAX_PIXELS:
                raise Unacceptable("bomb", f"Page {number + 1} of the PDF holds a picture of too many pixels.")
        return round(width), round(height)
    finally:
        page.close()


def _refuse_bomb_streams(data: bytes) -> None:
    """Unpack every deflated stream as far as the limit, before anything that keeps the result sees it."""
    if _TWICE_PACKED.search(data):
        raise Unacceptable("bomb", "The PDF packs a stream twice.")
    left = MAX_UNPACKED_BYTES
    view = memoryview(data)
    for found in _STREAM.finditer(data):
        if data[found.end() : found.end() + 1] not in (b"\x78", b"\x68", b"\x58", b"\x48"):
            continue  # not a zlib header
        left -= _unpacked_size(view[found.end() :], left)
        if left <= 0:
            raise Unacceptable("bomb", f"The PDF unpacks to more than {MAX_UNPACKED_BYTES // 1024 // 1024} MB.")


def _unpacked_size(packed: memoryview, limit: int) -> int:
    """Bytes that a zlib stream unpacks to, counted up to `limit` and never kept."""
    unpack, size, at = zlib.decompressobj(), 0, 0
    chunk = 64 * 1024
    pending: bytes | memoryview = b""
    try:
        while size < limit and not unpack.eof:
            if not pending:
                pending = packed[at : at + chunk]
                at += chunk
            if not pending:
                break
            size += len(unpack.decompress(pending, 1024 * 1024))
            pending = unpack.unconsumed_tail
    except zlib.error:
        return size  # damaged or no zlib stream after all: the reader will say
    return size
