"""What readers of both papers share: choosing among readings, boxes as shares of the page sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from partners.documents import checks
from partners.documents.checks import Check, Field
from partners.documents.dates import Period, dates_in
from partners.documents.layout import Labels, Value, values
from partners.documents.ocr import Page

SEAL_NEAR = 8.0
"""Line heights within which a seal belongs to a signature."""


def found_on(pages: Sequence[Page], labels: Labels) -> dict[str, list[Value]]:
    """Every value beside one of the labels, by field, from all pages."""
    found: dict[str, list[Value]] = {}
    for page in pages:
        for name, candidates in values(page, labels).items():
            found.setdefault(name, []).extend(candidates)
    return found


def shown(names: Sequence[str], chosen: Mapping[str, Value | None], pages: Sequence[Page]) -> tuple[Field, ...]:
    """The fields of these names that were read, as they are answered."""
    return tuple(field_of(name, value, pages) for name in names if (value := chosen.get(name)) is not None)


def best(candidates: Sequence[Value]) -> Value | None:
    """The reading with the highest confidence; the first of equals."""
    return max(candidates, key=lambda value: value.confidence, default=None)


def field_of(name: str, value: Value, pages: Sequence[Page], *, text: str | None = None) -> Field:
    """The field as it is answered; `text` replaces what was read by its normal form."""
    page = next(page for page in pages if page.number == value.page)
    return Field(
        name, value.text if text is None else text, round(value.confidence, 4), _as_sent(value, page), value.page
    )


def sealed(value: Value, pages: Sequence[Page]) -> bool:
    """Whether a red seal stands on or near this print."""
    height = value.box[3] - value.box[1]
    page = next(page for page in pages if page.number == value.page)
    reach = SEAL_NEAR * height
    return any(
        value.box[1] - reach <= (top + bottom) / 2 <= value.box[3] + reach
        and left <= value.box[2] + reach
        and right >= value.box[0] - reach
        for left, top, right, bottom in page.seals
    )


def lines_of(pages: Sequence[Page]) -> tuple[str, ...]:
    """The text of every line of the paper."""
    return tuple(line.text for page in pages for line in page.lines)


def validity(pages: Sequence[Page], period: Period, value: Value | None, today: date) -> Check:
    """Whether the paper is valid on `today`. It fails only if no later date is printed anywhere on it: else the period
    may have been put together from the wrong dates."""
    sure = checks.legible(value)
    if period.end is not None and period.end < today:
        sure = sure and not any(day > period.end for line in lines_of(pages) for day, *_ in dates_in(line))
    return checks.validity(period, today, sure=sure)


def several_papers(found: Mapping[str, Sequence[Value]], names: Sequence[str]) -> list[Check]:
    """A doubt when two pages say different things in one field, as two papers in one file do."""
    for name in names:
        said = {value.text: value.page for value in found.get(name, []) if checks.clear(value)}
        if len(set(said.values())) > 1 and len(said) > 1:
            return [
                Check(
                    "one_paper",
                    "unsure",
                    "各页内容不一致，可能不是同一份证件",
                    "The pages contradict each other; they may be different papers",
                )
            ]
    return []


def _as_sent(value: Value, page: Page) -> tuple[float, float, float, float]:
    """The box askew and turned again as the page came, in shares of that page."""
    left, top, right, bottom = _askew(value.box, page)
    turned = {
        0: (left, top, right, bottom),
        90: (top, 1 - right, bottom, 1 - left),
        180: (1 - right, 1 - bottom, 1 - left, 1 - top),
        270: (1 - bottom, left, 1 - top, right),
    }[page.turned]
    one, two, three, four = (round(min(1.0, max(0.0, share)), 4) for share in turned)
    return one, two, three, four


def _askew(box: tuple[float, float, float, float], page: Page) -> tuple[float, float, float, float]:
    cosine, sine = math.cos(page.skew), math.sin(page.skew)
    across, down = page.width / 2, page.height / 2
    corners = [(x - across, y - down) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs = [(x * cosine - y * sine + across) / page.width for x, y in corners]
    ys = [(x * sine + y * cosine + down) / page.height for x, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
