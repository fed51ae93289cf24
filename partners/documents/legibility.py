"""How much of a page can be read at all, and what is in the way: blur, darkness, or nothing printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from partners.documents.checks import LEGIBLE, Check
from partners.documents.ocr import Page

ENOUGH = 0.6
"""Share of the characters that must be read with confidence."""
FEWEST = 10
"""Characters on a paper that says anything."""
BLURRED = 20.0
"""Sharpness below which blur is named as the reason."""
DARK = 0.45
"""Brightness below which darkness is named as the reason."""


def share(pages: Sequence[Page]) -> float:
    """The share of the characters that was read with confidence; 0 where hardly anything is printed."""
    confidences = [each for page in pages for line in page.lines for each in line.confidences]
    if len(confidences) < FEWEST:
        return 0.0
    return round(sum(each >= LEGIBLE for each in confidences) / len(confidences), 4)


Hindrance = Literal["dark", "blurred", "no_print", "unclear"]


def hindrance(pages: Sequence[Page]) -> Hindrance | None:
    """What keeps the paper from being read; None for one that can be."""
    if share(pages) >= ENOUGH:
        return None
    if any(page.brightness < DARK for page in pages):
        return "dark"
    if any(page.sharpness < BLURRED for page in pages):
        return "blurred"
    return "no_print" if sum(len(line.text) for page in pages for line in page.lines) < FEWEST else "unclear"


WHY: Mapping[Hindrance, tuple[str, str]] = {
    "dark": (
        "图片过暗，难以辨认，请在光线充足处重新拍摄",
        "The picture is too dark to be read; please take it in better light",
    ),
    "blurred": (
        "图片模糊，难以辨认，请重新拍摄清晰的图片",
        "The picture is too blurred to be read; please take a sharp one",
    ),
    "no_print": (
        "未见可读文字，请确认上传的是该材料",
        "Hardly any print was found; please check that this is the paper",
    ),
    "unclear": (
        "印刷或拍摄不清，难以辨认，请提供更清晰的文件",
        "Much of it is hard to read; please send a clearer copy",
    ),
}


def judge(pages: Sequence[Page]) -> Check:
    """Whether the paper can be read; if not, what to do better. Never a failure: a person may read more."""
    why = hindrance(pages)
    if why is None:
        return Check("legible", "pass", "材料清晰可读", "The paper can be read")
    return Check("legible", "unsure", *WHY[why])
