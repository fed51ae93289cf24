"""What Thaw relies on in document verification: nothing is passed that was not read, files are what they say."""

from __future__ import annotations

import io
import json
import secrets
from typing import Any

from PIL import Image

from partners.conformance.caller import Caller, answered, equal, holds, refused
from partners.conformance.suite import Example, Suite

FOR_A_PERSON = "D25"
"""A kind of paper that only a person judges, so that it is answered at once."""


def page() -> bytes:
    """A page on which nothing is written; no two are the same."""
    image = Image.new("RGB", (640, 480), "white")
    image.putpixel((0, 0), tuple(secrets.token_bytes(3)))
    image.putpixel((1, 0), tuple(secrets.token_bytes(3)))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def asked(documents: Caller, data: bytes, doc_type: str = "D01", **other: str) -> dict[str, Any]:
    """A verification as it is posted."""
    known = {
        "merchant_no": documents.new("M"),
        "merchant_type": "company",
        "name": "上海晨光便利店",
        "today": "2026-11-20",
    }
    on_file = json.dumps(known | other, ensure_ascii=False)
    return {"files": {"file": ("paper.png", data)}, "data": {"doc_type": doc_type, "on_file": on_file}}


async def example(documents: Caller) -> Example:
    content = asked(documents, page(), FOR_A_PERSON)
    return Example("/verifications", content, {**content, "files": {"file": ("paper.png", page())}}, 200)


SUITE = Suite("documents", example)


async def verified(documents: Caller, content: dict[str, Any]) -> Any:
    return answered(await documents.post("/verifications", content, key=documents.new_key()))


@SUITE.check
async def an_empty_page_is_not_passed(documents: Caller) -> None:
    """A page on which nothing can be read is never passed: it goes to a person, with sentences in both languages."""
    for doc_type in ("D01", "D06"):
        seen = await verified(documents, asked(documents, page(), doc_type))
        holds(seen["verdict"] in {"unsure", "failed"}, f"an empty page as {doc_type} was to be no proof")
        holds(seen["checks"], "a verdict was to come with its checks")
        holds(all(check["zh"] and check["en"] for check in seen["checks"]), "each check was to speak zh and en")


@SUITE.check
async def a_file_of_another_merchant_fails(documents: Caller) -> None:
    """A file that another merchant sent before fails, and does not name that merchant in full."""
    data, first = page(), documents.new("M")
    await verified(documents, asked(documents, data, merchant_no=first))
    seen = await verified(documents, asked(documents, data))
    equal(seen["verdict"], "failed", "the verdict on a file that was used before")
    holds(first not in json.dumps(seen), "the other merchant's number was to be masked")


@SUITE.check
async def a_disguised_file_is_refused(documents: Caller) -> None:
    """A program that calls itself a picture is refused (disguised), by inspection and by verification."""
    program = b"MZ\x90\x00\x03" + secrets.token_bytes(999)
    content = asked(documents, program)
    refused(await documents.post("/inspections", {"files": content["files"]}, key=None), 422, "disguised")
    refused(await documents.post("/verifications", content, key=documents.new_key()), 422, "disguised")


@SUITE.check
async def a_sound_file_is_inspected(documents: Caller) -> None:
    """The inspection of a sound picture says what it is."""
    seen = answered(await documents.post("/inspections", {"files": {"file": ("paper.png", page())}}, key=None))
    equal((seen["media_type"], seen["pages"]), ("image/png", 1), "type and pages")


@SUITE.check
async def an_unknown_kind_is_refused(documents: Caller) -> None:
    """A kind of paper that is not in the list is refused."""
    refused(await documents.post("/verifications", asked(documents, page(), "D99"), key=documents.new_key()), 422)
