"""Whether a paper shows signs of having been edited. A sign is never a failure: a person looks at the place.

A picture that cannot show such signs (drawn by a program, worn by compression) does not pass for want of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from partners.documents.checks import Check
from partners.documents.ocr import Page

CODE = "unedited"
SIGNS = {
    "smooth": ("局部被涂抹或覆盖", "a place has been painted over or wiped"),
    "sharp": ("局部文字比其余文字锐利，像是后加的", "some print is sharper than the rest, as if typed in later"),
    "twice": ("局部内容在图中重复出现", "a part of the picture occurs twice in it"),
    "again": ("图片拍摄后又被软件重新保存过", "it was saved again by a program after it was taken"),
    "stripped": ("图片不带相机信息，不是原始照片", "it bears no camera data, so it is no original photograph"),
    "compression": ("局部的压缩痕迹与其余部分不同", "a place was compressed differently from the rest"),
}


OF_ALL_OF_IT = frozenset({"again", "stripped"})
"""Signs that are of the whole picture and of no place in it."""
REPEATING = frozenset({"D05", "D07", "D10", "D14", "D15", "D17", "D18"})
"""Types that say the same thing twice of their own accord: tables of dates and sums, a number beside its card."""
LONG_ENOUGH = 6
"""Digits of a line that no other paper prints twice; names are."""
SEALS_ALIKE = 0.06
"""Share of a seal's size by which two impressions of it differ at most."""
SEAL = 80
"""Pixels to each side of the smallest seal, a person's, on a page as it is read; smaller red is of a portrait."""


def judge(pages: Sequence[Page], doc_type: str) -> Check:
    """Whether all pages look as they came from the camera or scanner."""
    found = [(page.number, each) for page in pages for each in page.traces.suspects]
    if found:
        number, first = found[0]
        zh, en = SIGNS[first.kind]
        where = f"第{number}页", f"page {number}"
        if first.kind not in OF_ALL_OF_IT:
            across, down = (round(50 * (first.box[at] + first.box[at + 2])) for at in (0, 1))
            where = (
                f"第{number}页，距左{across}%、距上{down}%处",
                f"page {number}, {across}% from the left, {down}% from the top",
            )
        return Check(
            CODE,
            "unsure",
            f"图片可能经过修改：{zh}（{where[0]}），需人工查看",
            f"The picture may have been edited: {en} ({where[1]}); a person must look",
        )
    if doc_type not in REPEATING and any(_twice(page) for page in pages):
        zh, en = SIGNS["twice"]
        return Check(
            CODE,
            "unsure",
            f"图片可能经过修改：{zh}，需人工查看",
            f"The picture may have been edited: {en}; a person must look",
        )
    if not all(page.traces.telling for page in pages):
        return Check(
            CODE,
            "unsure",
            "图片为截图、合成或压缩过度，无法判断是否修改过，需人工查看；请尽量上传原始照片",
            "The picture is a screenshot, drawn, or too much compressed to show whether it was edited; a person must"
            " look. An original photograph is better",
        )
    return Check(CODE, "pass", "未见修改痕迹", "No sign of an edit was found")


def _twice(page: Page) -> bool:
    """Whether a line of print or a seal stands on the page a second time, as it does where one was copied."""
    lines = [line.text for line in page.lines if sum(map(str.isdigit, line.text)) >= LONG_ENOUGH]
    sides = [(right - left, bottom - top) for left, top, right, bottom in page.seals]
    sizes = sorted(width * height for width, height in sides if min(width, height) >= SEAL)
    alike = any(larger <= size * (1 + SEALS_ALIKE) for size, larger in pairwise(sizes))
    return alike or len(set(lines)) < len(lines)
