"""Reads a resident identity card (D03, 居民身份证), front and back, on one page or two.

Check digit and birth date of the number: GB 11643-1999, by python-stdnum, which lets births in the future pass: they
are refused here. A district that python-stdnum does not know is no reason to refuse, an unknown province is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stdnum import numdb
from stdnum.cn import ric

from partners.documents import checks, kinds
from partners.documents.checks import Check, Field, OnFile, Reading
from partners.documents.dates import Period, dates_in, period_in
from partners.documents.fields import best, found_on, lines_of, several_papers, shown, validity
from partners.documents.layout import Labels, Value, whole
from partners.documents.ocr import Page

LABELS = Labels(
    spellings={
        "公民身份号码": "number",
        "公民身份证号码": "number",
        "公民身份证号": "number",
        "居民身份证号码": "number",
        "身份证号码": "number",
        "身份证号": "number",
        "身份号码": "number",
        "证件号码": "number",
        "姓名": "name",
        "性别": "sex",
        "民族": "ethnicity",
        "出生日期": "born",
        "出生": "born",
        "住址": "address",
        "地址": "address",
        "签发机关": "authority",
        "有效期限": "period",
        "有效期": "period",
    },
    inside=frozenset({"民族", "性别"}),
    never_values=frozenset({"中华人民共和国", "居民身份证", "中华人民共和国居民身份证", "样本SPECIMEN"}),
    several_lines=frozenset({"address", "period", "authority"}),
)
LABELS = replace(LABELS, spellings=dict(sorted(LABELS.spellings.items(), key=lambda item: -len(item[0]))))

_NUMBER = re.compile(r"(?<![0-9A-Z])\d{17}[0-9X](?![0-9A-Z])")
_LOOKS_LIKE = str.maketrans(
    {"O": "0", "D": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "×": "X", "Ⅹ": "X"}
)
SHOWN = ("name", "sex", "ethnicity", "born", "address", "number", "authority", "period")
_OLDEST = 130
ADULT = 18


@dataclass(frozen=True, slots=True)
class Card:
    """What was read of both sides of a card: all candidates by field, the best of each, and the period of validity."""

    found: dict[str, list[Value]]
    chosen: dict[str, Value | None]
    period: Period

    @property
    def born(self) -> date | None:
        """The birth date in a number that was read beyond doubt."""
        number = self.chosen.get("number")
        if number is None or not is_right(number.text) or not checks.legible(number):
            return None
        return birth_date(number.text)

    def fields(self, pages: Sequence[Page]) -> tuple[Field, ...]:
        """The fields of the card as they are answered."""
        return shown(SHOWN, self.chosen, pages)

    def judge(self, pages: Sequence[Page], on_file: OnFile) -> list[Check]:
        """The checks of the card itself. Its number is compared with the one on file where there is one."""
        chosen = self.chosen
        return [
            *_judge_number(chosen.get("number"), chosen.get("born"), chosen.get("sex"), on_file),
            validity(pages, self.period, chosen.get("period"), on_file.today),
            _judge_sides(chosen),
            *several_papers(self.found, ("name",)),
        ]


def card_of(pages: Sequence[Page], labels: Labels = LABELS, *, beside_label: bool = False) -> Card:
    """The card on these pages; `beside_label`: other papers there name people's numbers, too, so only the number that
    stands beside its label is the card's."""
    found = found_on(pages, labels)
    period, period_value = _period(pages, found.get("period", []))
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    chosen["number"] = _number(() if beside_label else pages, found.get("number", []))
    chosen["period"] = period_value
    chosen["sex"] = _first_of(chosen.get("sex"), "男女")
    return Card(found, chosen, period)


def birth_date(number: str) -> date | None:
    """The birth date in a resident id number; None where it holds none."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def age(born: date, today: date) -> int:
    """Full years of life on `today`."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields, checks and last day of validity of a resident id; a minor's makes a guardian's papers necessary."""
    card = card_of(pages)
    chosen = card.chosen
    minor = card.born is not None and card.born <= on_file.today and age(card.born, on_file.today) < ADULT
    judged = [
        kinds.judge_by_print(
            pages,
            "D03",
            others=("营业执照", "统一社会信用代码"),
            recognised=sum(bool(chosen.get(name)) for name in SHOWN) >= 3,
        ),
        checks.person_name(
            "name_matches",
            chosen.get("name"),
            on_file.representative,
            lines_of(pages),
            zh="姓名",
            en="the holder's name",
        ),
        *card.judge(pages, on_file),
    ]
    if minor:
        zh, en = "持证人未满18周岁，需监护人材料", "The holder is under 18: a guardian's papers are needed"
        judged.append(Check("of_age", "unsure", zh, en))
    return Reading(card.fields(pages), tuple(judged), card.period.end, owed=("D17",) if minor else ())


def _judge_sides(chosen: Mapping[str, Value | None]) -> Check:
    """Both sides must be there: the one with the person, and the one with the emblem and the validity."""
    front = chosen.get("number") is not None and chosen.get("name") is not None
    back = chosen.get("period") is not None or chosen.get("authority") is not None
    if front and back:
        return Check("both_sides", "pass", "正反面齐全", "Both sides are there")
    if front:
        zh, en = "缺少身份证国徽面", "The side with the emblem is missing"
    elif back:
        zh, en = "缺少身份证人像面", "The side with the portrait is missing"
    else:
        zh, en = "未见身份证正反面", "Neither side of the card was found"
    return checks.contradiction("both_sides", zh, en, sure=False)


def _number(pages: Sequence[Page], labelled: Sequence[Value]) -> Value | None:
    """The number whose check digit is right, else what stands beside its label, else what looks like a number."""
    beside_label = [part for value in labelled for part in _numbers_in(value, lenient=True)]
    by_form = [part for page in pages for line in page.lines for part in _numbers_in(whole(line, page.number))]
    right = [value for value in (*beside_label, *by_form) if is_right(value.text)]
    return best(right) or best(beside_label) or best(by_form) or best(labelled)


def _numbers_in(value: Value, *, lenient: bool = False) -> list[Value]:
    text = value.text.upper()
    if lenient:
        text = text.translate(_LOOKS_LIKE)
    return [replace(value.cut(match.start(), match.end()), text=match[0]) for match in _NUMBER.finditer(text)]


def is_right(number: str) -> bool:
    """Whether its check digit is right."""
    return re.fullmatch("[0-9]{17}[0-9X]", number) is not None and bool(number[-1] == ric.calc_check_digit(number))


def _judge_number(number: Value | None, born: Value | None, sex: Value | None, on_file: OnFile) -> list[Check]:
    zh, en = "公民身份号码", "resident id number"
    if number is None or not _NUMBER.fullmatch(number.text):
        return [checks.unread("resident_id_check_digit", zh, f"The {en}")]
    right = is_right(number.text)
    sure = checks.legible(number) if right else checks.clear(number) and number.text != on_file.resident_id
    judged = [_judge_check_digit(right=right, sure=sure)]
    judged.append(checks.number("resident_id_matches", number.text, on_file.resident_id, sure=sure, zh=zh, en=en))
    judged.append(_judge_birth(number, born, on_file.today, sure=sure))
    if right and not _known_province(number.text):
        judged.append(
            Check("resident_id_district", "unsure", "号码中的行政区划未知", "The number names no known district")
        )
    if right and sex is not None and (sex.text == "男") != (int(number.text[16]) % 2 == 1):
        agree = checks.clear(sex) and sure
        judged.append(
            Check(
                "sex_matches_number", "fail" if agree else "unsure", "性别与号码不符", "The sex does not fit the number"
            )
        )
    return judged


def _judge_check_digit(*, right: bool, sure: bool) -> Check:
    code = "resident_id_check_digit"
    if not sure:
        return checks.unread(code, "公民身份号码", "The resident id number")
    if right:
        return Check(code, "pass", "公民身份号码校验位正确", "The check digit of the resident id number is right")
    return Check(code, "fail", "公民身份号码校验位错误", "The check digit of the resident id number is wrong")


def _judge_birth(number: Value, born: Value | None, today: date, *, sure: bool) -> Check:
    """The birth date in the number must be a day, not in the future, and the one printed, where that was read."""
    code, outcome = "birth_date", "fail" if sure else "unsure"
    digits = number.text[6:14]
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return Check(
            code, "fail" if sure else "unsure", "号码中的出生日期不存在", "The number holds no possible birth date"
        )
    if day > today:
        return Check(
            code,
            "fail" if sure else "unsure",
            "号码中的出生日期在未来",
            "The birth date in the number is in the future",
        )
    if today.year - day.year > _OLDEST:
        return Check(
            code,
            "unsure",
            f"号码中的出生日期早于{_OLDEST}年前，需人工查看",
            "The birth date in the number is improbably long ago",
        )
    printed = dates_in(born.text) if born else []
    if printed and printed[0][0] != day:
        fails = outcome == "fail" and checks.clear(born)
        return Check(
            code, "fail" if fails else "unsure", "出生日期与号码不符", "The birth date does not fit the number"
        )
    if not printed and born is not None:
        return checks.unread(code, "出生日期", "The birth date")
    return Check(code, "pass", "出生日期与号码一致", "The birth date fits the number")


def _known_province(number: str) -> bool:
    return any("province" in properties for _, properties in numdb.get("cn/loc").info(number[:6]))


def _period(pages: Sequence[Page], labelled: Sequence[Value]) -> tuple[Period, Value | None]:
    """The period of validity: by its label, else a short line of two dates or of a date and 长期."""
    by_form = [whole(line, page.number) for page in pages for line in page.lines if len(line.text) <= 30]
    for value in (*sorted(labelled, key=lambda value: -value.confidence), *by_form):
        for text in (value.text, *value.parts):
            period = period_in(text)
            if period.known and (period.start is not None or value in labelled):
                return period, value
    return Period(None, None), best(labelled)


def _first_of(value: Value | None, allowed: str) -> Value | None:
    if value is None:
        return None
    at = next((position for position, char in enumerate(value.text) if char in allowed), None)
    return None if at is None else value.cut(at, at + 1)
