"""A rectification plan as a paper (D14): written by the merchant in the portal, drawn as the page it would be in print,
so that it is read, judged and kept like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO

from noto_cjk_sans_otc import FONT_PATH
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, DPI = 1240, 1754, 150
"""An A4 page."""
LEFT, RIGHT, ROW, LINE_HEIGHT = 130, 1110, 44, 34
COLUMNS = (LEFT, 700, 900)
"""Where what, who and until when begin."""
INK, LINE = (28, 28, 32), (150, 150, 155)
HEADS = ("整改事项", "负责人", "完成期限")


@dataclass(frozen=True, slots=True)
class PlanItem:
    """What is to be done, by whom, and until which day."""

    item: str
    owner: str
    due: date


@dataclass(frozen=True, slots=True)
class Plan:
    """A merchant's plan; `signer` signs it on the day for the merchant."""

    merchant_name: str
    case_id: str
    items: Sequence[PlanItem]
    signer: str
    on: date


def drawn(plan: Plan) -> bytes:
    """The plan as a PDF, on as many pages as it takes; the signature stands on the last."""
    pages = [_page(plan)]
    y = _heads(pages[-1])
    for one in plan.items:
        cells = [_wrapped(one.item, 540), _wrapped(one.owner, 180), [one.due.isoformat()]]
        if y + ROW * (max(map(len, cells)) + 1) > HEIGHT - 420:
            pages.append(_page(plan))
            y = _heads(pages[-1])
        y = _row(pages[-1], y, cells)
    _signed(pages[-1], y + 80, plan)
    out = BytesIO()
    pages[0].save(out, "PDF", resolution=DPI, save_all=True, append_images=pages[1:])
    return out.getvalue()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_PATH), size, index=2)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for sign in " ".join(text.split()):
        if _font(28).getlength(lines[-1] + sign) > width:
            lines.append("")
        lines[-1] += sign
    return lines


def _page(plan: Plan) -> Image.Image:
    page = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(page)
    pen.text((WIDTH / 2, 130), "整改方案", INK, _font(54), anchor="mm")
    pen.text((LEFT, 215), plan.merchant_name, INK, _font(28))
    pen.text((RIGHT, 215), plan.case_id, LINE, _font(24), anchor="ra")
    return page


def _heads(page: Image.Image) -> int:
    pen = ImageDraw.Draw(page)
    for x, head in zip(COLUMNS, HEADS, strict=True):
        pen.text((x, 300), head, INK, _font(30))
    pen.line((LEFT, 352, RIGHT, 352), INK, 3)
    return 372


def _row(page: Image.Image, y: int, cells: Sequence[Sequence[str]]) -> int:
    pen = ImageDraw.Draw(page)
    for x, lines in zip(COLUMNS, cells, strict=True):
        for number, line in enumerate(lines):
            pen.text((x, y + number * LINE_HEIGHT), line, INK, _font(28))
    end = y + LINE_HEIGHT * max(map(len, cells)) + 14
    pen.line((LEFT, end, RIGHT, end), LINE, 1)
    return end + 16


def _signed(page: Image.Image, y: int, plan: Plan) -> None:
    pen = ImageDraw.Draw(page)
    pen.text((LEFT, y), f"承诺按期完成上述整改，并提交完成证明。签署人：{plan.signer}", INK, _font(28))
    pen.text((620, y + 90), f"签章：{plan.merchant_name}", INK, _font(28))
    pen.text((620, y + 140), f"日期：{plan.on:%Y年%m月%d日}", INK, _font(28))
