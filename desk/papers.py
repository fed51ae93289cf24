"""Is an uploaded file what it says it is, and safe to keep? Judged by its bytes and by really opening it.

Taken are PDF, PNG, JPEG and WebP. Refused, by code: `empty`, `unsupported`, `disguised` (bytes of another kind than
name or content type claim, or another file hung on the end of a picture), `encrypted` (a PDF that asks for a
password), `broken`, `bomb` (few bytes that unpack to very many).
"""

from __future__ import annotations

import asyncio
import re
import warnings
import zlib
from io import BytesIO

import puremagic
import pypdfium2
from PIL import Image
from pypdfium2 import raw

from domain.text import Text

KINDS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
}
MAX_PIXELS = 64_000_000
MAX_PAGES = 200
MAX_UNPACKED = 400 * 1024 * 1024
"""Of all compressed streams of one PDF together."""

_ENDINGS = {ending: kind for kind, endings in KINDS.items() for ending in endings}
_STREAM = re.compile(rb"stream\r?\n")
_TWICE_PACKED = re.compile(rb"/(?:FlateDecode|Fl|LZWDecode|LZW)\s*/(?:FlateDecode|Fl|LZWDecode|LZW)\b")
_ZLIB = (b"\x78", b"\x68", b"\x58", b"\x48")
_FOREIGN = (b"MZ", b"PK\x03\x04", b"\x7fELF", b"%PDF", b"Rar!", b"7z\xbc\xaf", b"#!", b"<scr", b"<htm", b"<?ph")
_PNG_END = b"IEND\xaeB`\x82"
_WEBP_HEADER = 8

_WORDS = {
    "empty": Text("文件为空", "The file is empty"),
    "unsupported": Text("只接受 PDF、PNG、JPEG、WebP 文件", "Only PDF, PNG, JPEG and WebP files are taken"),
    "disguised": Text(
        "文件内容与其名称或类型不符。请上传原件", "The file is not what its name or type says; send the original"
    ),
    "encrypted": Text("PDF 设有密码。请去除密码后上传", "The PDF asks for a password; send it without one"),
    "broken": Text("文件损坏或不完整。请重新导出后上传", "The file is damaged or cut short; export it anew"),
    "bomb": Text(
        "文件展开后过大。请降低分辨率后上传", "The file unpacks to far too much; send it at a lower resolution"
    ),
}

one_at_a_time = asyncio.Lock()
"""pdfium is not safe for threads, and one opened picture may take 200 MB."""


class UnacceptableFileError(ValueError):
    """The file is refused; `code` says why, `text` says it to people."""

    def __init__(self, code: str) -> None:
        self.code, self.text = code, _WORDS[code]
        super().__init__(self.text.en)


async def judge(data: bytes, *, filename: str, claimed_type: str) -> str:
    """The file's real media type. Raises UnacceptableFileError."""
    async with one_at_a_time:
        return await asyncio.to_thread(_judge, data, filename, claimed_type)


def _judge(data: bytes, filename: str, claimed_type: str) -> str:
    if not data:
        raise UnacceptableFileError("empty")
    claims = _claims(filename, claimed_type)
    kind = _sniffed(data)
    if kind is None:
        raise UnacceptableFileError("disguised" if claims else "unsupported")
    family = kind.partition("/")[0]
    if any(claim.partition("/")[0] != family for claim in claims):  # a JPEG named .png happens to honest people
        raise UnacceptableFileError("disguised")
    if kind == "application/pdf":
        _open_pdf(data)
    else:
        _open_picture(data, kind)
    return kind


def _claims(filename: str, claimed_type: str) -> set[str]:
    """The kinds, of those taken here, that the name's ending and the content type claim."""
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    declared = claimed_type.partition(";")[0].strip().lower().replace("image/jpg", "image/jpeg")
    return {kind for kind in (_ENDINGS.get(ending, ""), declared) if kind in KINDS}


def _sniffed(data: bytes) -> str | None:
    try:
        matches = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        return None
    found = (str(m.mime_type) for m in matches if m.mime_type in KINDS and m.offset in (0, _WEBP_HEADER))
    return next(found, None)


def _open_picture(data: bytes, kind: str) -> None:
    if kind == "image/png":
        end = data.find(_PNG_END)
        if end >= 0 and data[end + len(_PNG_END) :].lstrip()[:4].startswith(_FOREIGN):
            raise UnacceptableFileError("disguised")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is judged here, not by Pillow's own limit
            with Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise UnacceptableFileError("bomb")
                picture.draft("RGB", (1000, 1000))
                picture.load()
    except UnacceptableFileError:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise UnacceptableFileError("bomb") from error
    except Exception as error:  # Pillow's decoders raise many kinds: OSError, SyntaxError, struct.error, ...
        raise UnacceptableFileError("bomb" if "too large" in str(error).lower() else "broken") from error


def _open_pdf(data: bytes) -> None:
    _refuse_bomb_streams(data)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise UnacceptableFileError("encrypted" if locked else "broken") from error
    try:
        if not len(document):
            raise UnacceptableFileError("broken")
        if len(document) > MAX_PAGES:
            raise UnacceptableFileError("bomb")
        for number in range(len(document)):
            _load_page(document, number)
    finally:
        document.close()


def _load_page(document: pypdfium2.PdfDocument, number: int) -> None:
    try:
        page = document[number]
    except pypdfium2.PdfiumError as error:
        raise UnacceptableFileError("broken") from error
    try:
        for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
            across, down = picture.get_px_size()
            if across * down > MAX_PIXELS:
                raise UnacceptableFileError("bomb")
    finally:
        page.close()


def _refuse_bomb_streams(data: bytes) -> None:
    """Unpacks every deflated stream as far as the limit, before anything that keeps the result sees it."""
    if _TWICE_PACKED.search(data):
        raise UnacceptableFileError("bomb")
    left, view = MAX_UNPACKED, memoryview(data)
    for found in _STREAM.finditer(data):
        if data[found.end() : found.end() + 1] in _ZLIB:
            left -= _unpacked_size(view[found.end() :], left)
        if left <= 0:
            raise UnacceptableFileError("bomb")


def _unpacked_size(packed: memoryview, limit: int) -> int:
    """Bytes that a zlib stream unpacks to, counted up to `limit` and never kept."""
    unpack, size, at = zlib.decompressobj(), 0, 0
    pending: bytes | memoryview = b""
    try:
        while size < limit and not unpack.eof:
            if not pending:
                pending, at = packed[at : at + 65536], at + 65536
            if not pending:
                break
            size += len(unpack.decompress(pending, 1024 * 1024))
            pending = unpack.unconsumed_tail
    except zlib.error:
        return size  # damaged or no zlib stream after all: the reader will say
    return size
