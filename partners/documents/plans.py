"""Reads a rectification plan (D14, 整改方案) and the proof that it was carried out (D15): items, owners, due dates.

The table's columns are found by their heads; each row below is an item. An item without owner or due date is a doubt
that names the item, for a hand may have written what the machine does not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from partners.documents import checks, kinds
from partners.documents.checks import Check, Field, OnFile, Reading
from partners.documents.dates import dates_in
from partners.documents.fields import best, field_of, found_on, lines_of, sealed
from partners.documents.layout import Value, labels, plain, whole
from partners.documents.ocr import Line, Page
from partners.documents.release_form import judge_signing_day

HEADS = {
    "整改事项": "item",
    "整改内容": "item",
    "整改措施": "item",
    "负责人": "owner",
    "责任人": "owner",
    "完成期限": "due",
    "完成时限": "due",
    "完成日期": "due",
    "期限": "due",
    "完成情况": "done",
}
LABELS = labels({"签章": "signed", "盖章": "signed", "日期": "on"}, titles=("整改方案", "整改完成证明"))


@dataclass(frozen=True, slots=True)
class Item:
    """One row: what is to be done, by whom and by when, as far as it was read."""

    item: Value
    owner: Value | None = None
    due: Value | None = None

    @property
    def due_day(self) -> date | None:
        """The one date in the due column."""
        days = {day for day, *_ in dates_in(self.due.text)} if self.due else set()
        return days.pop() if len(days) == 1 else None


def read_plan(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D14: every item has an owner and a date still to come or today, the merchant signed."""
    items = [item for page in pages for item in _items(page)]
    return _reading("D14", pages, items, (*_judge_items(items), *_judge_due(items, on_file.today)), on_file)


def read_evidence(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """D15: every item named with its owner and date. Whether it was done, a person judges from what is enclosed."""
    items = [item for page in pages for item in _items(page)]
    done = Check(
        "items_done", "unsure", "各项是否完成由审核人员逐项判断", "A reviewer judges item by item whether it was done"
    )
    return _reading("D15", pages, items, (*_judge_items(items), done), on_file)


def _reading(
    doc_type: str, pages: Sequence[Page], items: Sequence[Item], judged: Sequence[Check], on_file: OnFile
) -> Reading:
    found = found_on(pages, LABELS)
    signed, on = best(found.get("signed", [])), best(found.get("on", []))
    fields: list[Field] = []
    for number, item in enumerate(items, start=1):
        parts = (("item", item.item), ("owner", item.owner), ("due", item.due))
        fields += [field_of(f"{name}_{number}", value, pages) for name, value in parts if value is not None]
    fields += [field_of(name, value, pages) for name, value in (("signed", signed), ("on", on)) if value is not None]
    signer = replace(checks.company_name(signed, on_file.name, lines_of(pages)), code="signed")
    if signer.outcome == "pass" and signed is not None and not sealed(signed, pages):
        signer = Check("signed", "unsure", "未见印章，需人工查看", "No seal was found; a person must look")
    return Reading(tuple(fields), (kinds.judge(pages, doc_type), *judged, signer, judge_signing_day(on, on_file)))


def _items(page: Page) -> list[Item]:
    """The rows below the heads; text belongs to the column whose head begins nearest to where it begins."""
    heads = {name: line for line in page.lines if (name := HEADS.get(plain(line.text)))}
    if not {"item", "owner", "due"} <= heads.keys():
        return []
    below = max(line.box[3] for line in heads.values())
    cells: dict[str, list[Line]] = {name: [] for name in heads}
    for line in sorted(page.lines, key=lambda line: line.box[1]):
        if line.box[1] >= below - line.height / 2:
            if sum(line.box[0] <= head.box[0] <= line.box[2] for head in heads.values()) > 1:
                continue  # a sentence across the columns is no cell
            nearest = min(heads, key=lambda name: abs(heads[name].box[0] - line.box[0]))
            if abs(heads[nearest].box[0] - line.box[0]) <= 2 * line.height:
                cells[nearest].append(line)
    end = _end_of_table(cells["item"], below)
    rows = _rows([line for line in cells["item"] if line.box[3] <= end])
    return [
        Item(
            _joined(row, page),
            _beside(row, cells["owner"], page),
            _beside(row, cells["due"], page),
        )
        for row in rows
    ]


def _end_of_table(items: Sequence[Line], below: float) -> float:
    """Where the table ends: at the first gap of more than four line heights."""
    end = below
    for line in items:
        if line.box[1] - end > 2.2 * line.height:
            break
        end = line.box[3]
    return end


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that follow each other closely are one cell that wraps."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and line.box[1] - rows[-1][-1].box[3] < 0.35 * line.height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _joined(row: Sequence[Line], page: Page) -> Value:
    values = [whole(line, page.number) for line in row]
    lefts, tops, rights, bottoms = zip(*(value.box for value in values), strict=True)
    return Value(
        "".join(value.text for value in values),
        tuple(score for value in values for score in value.confidences),
        (min(lefts), min(tops), max(rights), max(bottoms)),
        page.number,
    )


def _beside(row: Sequence[Line], column: Sequence[Line], page: Page) -> Value | None:
    top, bottom = row[0].box[1], row[-1].box[3]
    inside = [
        line for line in column if top - line.height / 2 <= (line.box[1] + line.box[3]) / 2 <= bottom + line.height / 2
    ]
    return _joined(inside, page) if inside else None


def _judge_items(items: Sequence[Item]) -> list[Check]:
    if not items:
        return [checks.unread("items", "整改事项表", "The table of items")]
    for number, each in enumerate(items, start=1):
        for name, value, zh, en in (
            ("owner", each.owner, "负责人", "owner"),
            ("due", each.due, "完成期限", "due date"),
        ):
            if not checks.legible(value) or (name == "due" and each.due_day is None):
                return [
                    Check("items", "unsure", f"第{number}项缺少{zh}或无法识别", f"Item {number} has no legible {en}")
                ]
    return [
        Check(
            "items",
            "pass",
            f"{len(items)}项整改均有负责人和期限",
            f"All {len(items)} items have an owner and a due date",
        )
    ]


def _judge_due(items: Sequence[Item], today: date) -> list[Check]:
    """A plan is for the days to come."""
    past = [(number, item) for number, item in enumerate(items, start=1) if item.due_day and item.due_day < today]
    if not past:
        return []
    number, item = past[0]
    return [
        checks.contradiction(
            "due_in_future",
            f"第{number}项的完成期限{item.due_day}已过",
            f"Item {number} was due on {item.due_day}, which has passed",
            sure=checks.clear(item.due),
        )
    ]
