"""The judgements a paper gets: what passes, what clearly fails, and what a person has to look at.

A check fails only on a clear contradiction between things read with high confidence; every doubt is `unsure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Literal

from partners.documents.dates import Period
from partners.documents.layout import Value, plain

Outcome = Literal["pass", "fail", "unsure"]
Verdict = Literal["passed", "failed", "unsure"]

Text = tuple[str, str]
"""A sentence in Chinese and in English."""

LEGIBLE = 0.80
"""Mean confidence from which a reading counts as one at all."""
LEGIBLE_WEAKEST = 0.50
CLEAR = 0.92
"""Mean confidence from which a reading may contradict what is on file."""
CLEAR_WEAKEST = 0.80

_SAME_CHARACTER = str.maketrans(
    "強偉國華麗張劉陳楊趙吳黃鄧馮韓葉許蕭謝譚鄭鍾錢孫蔣龍鳳靜慶寶潔瓊蘭蓮貴軍輝達遠鋒銀鋼飛馬魯麥齊興業東車廣雲電際樂樓歐澤濟濤瑪瑋曉書會來備億優勝務動協參啟喬團園圖場壽夢學實寧對島嶺師"
    "庫廠傑倫俠儀凱創劍衛賢賓賴連進鄉鈺銘鴻鵬緒維綠綺網緣縣總紅紀純紹終經結給絲聖聯聲腦臺與舊藝蘇藥號術衆裝複規視覽觀計記設訊話誠語課調證譽豐貝財貨販貿費資質購贊軟輪輸轉農運過適選郵釀鐵"
    "長門閃開間闊陽隊陸險隨雙雜離難霧靈韻頂項順頭風館駿驊鮮鳥鴿鹽點黨龜",
    "强伟国华丽张刘陈杨赵吴黄邓冯韩叶许萧谢谭郑钟钱孙蒋龙凤静庆宝洁琼兰莲贵军辉达远锋银钢飞马鲁麦齐兴业东车广云电际乐楼欧泽济涛玛玮晓书会来备亿优胜务动协参启乔团园图场寿梦学实宁对岛岭师"
    "库厂杰伦侠仪凯创剑卫贤宾赖连进乡钰铭鸿鹏绪维绿绮网缘县总红纪纯绍终经结给丝圣联声脑台与旧艺苏药号术众装复规视览观计记设讯话诚语课调证誉丰贝财货贩贸费资质购赞软轮输转农运过适选邮酿铁"
    "长门闪开间阔阳队陆险随双杂离难雾灵韵顶项顺头风馆骏骅鲜鸟鸽盐点党龟",
)
"""The traditional form of a character for the simplified one: the reader knows both and sometimes takes one for the
other (志強 for 志强)."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What does not count in names of a kind, and what they look like without it."""

    noise: re.Pattern[str]
    form: re.Pattern[str]

    def bare(self, name: str) -> str:
        return self.noise.sub("", plain(name)).casefold().translate(_SAME_CHARACTER)

    def plausible(self, bare: str) -> bool:
        return self.form.fullmatch(bare) is not None


_COMPANY = _Names(re.compile(r"[\s()（）【】\[\]·.,，。'\"“”‘’&/\\-]"), re.compile(r"[\u4e00-\u9fff0-9a-z]{4,60}"))
_PERSON = _Names(re.compile(r"[\s,，。]"), re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+[·.•][\u4e00-\u9fff·.•]+"))


_GOES_ON = re.compile(r"公司|分店|店$|分部|[分支]行|厂$|中心$|经营部|合作社")
"""What makes further print beside a name a part of it (朝阳分公司): then the name is another one."""


@dataclass(frozen=True, slots=True)
class Check:
    """One judgement with its reason in both languages."""

    code: str
    outcome: Outcome
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Account:
    """The merchant's settlement account."""

    holder: str
    number: str
    bank: str


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal a case is about; `place`: degrees north and east of where it stands."""

    terminal_sn: str
    tusn: str
    terminal_id: str
    address: str | None = None
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A sale that is asked about, as the acquirer's own records have it."""

    ref: str
    amount_fen: int
    at: datetime
    last4: str
    terminal_id: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A business as the public registry shows it."""

    name: str
    representative: str
    status: Literal["存续", "注销", "吊销", "异常"]


@dataclass(frozen=True, slots=True)
class OnFile:
    """What the institution holds about the merchant, and the day (Asia/Shanghai) the paper is judged on."""

    merchant_no: str
    merchant_type: str
    today: date
    name: str | None = None
    uscc: str | None = None
    representative: str | None = None
    resident_id: str | None = None
    case_id: str | None = None
    account: Account | None = None
    terminal: Terminal | None = None
    transactions: tuple[Transaction, ...] = ()
    mcc: str | None = None
    ticket: str | None = None
    address: str | None = None
    registered: Registered | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing read from a paper; the box is (left, top, right, bottom) as shares (0 to 1) of the page as sent."""

    name: str
    value: str
    confidence: float
    box: tuple[float, float, float, float] | None
    page: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a paper says and what is to be thought of it. `owed`: types of further papers that it makes necessary."""

    fields: tuple[Field, ...]
    checks: tuple[Check, ...]
    valid_until: date | None = None
    owed: tuple[str, ...] = ()


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """`failed` if anything fails, else `unsure` if anything is, else `passed`; no check at all is unsure."""
    outcomes = {check.outcome for check in checks}
    if "fail" in outcomes:
        return "failed"
    return "passed" if outcomes == {"pass"} else "unsure"


def legible(value: Value | None) -> bool:
    """Whether the reading may be relied on for a pass."""
    return value is not None and bool(value.text) and value.confidence >= LEGIBLE and value.weakest >= LEGIBLE_WEAKEST


def clear(value: Value | None) -> bool:
    """Whether the reading is sure enough to contradict something else."""
    return value is not None and value.confidence >= CLEAR and value.weakest >= CLEAR_WEAKEST


NOT_IN_USCC = str.maketrans({"O": "0", "I": "1", "Z": "2", "S": "5"})
"""A unified social credit code has no such letters: where one is read, the digit it looks like is printed."""
_LOOK_ALIKE = {
    "0": "ODQ", "O": "0", "D": "0", "Q": "0", "1": "ILT", "I": "1", "L": "1", "T": "1", "2": "Z", "Z": "2", "5": "S",
    "S": "5", "8": "B", "B": "8", "6": "G", "G": "6C", "C": "G", "U": "J", "J": "U", "4": "A", "A": "4",
}  # fmt: skip


def misread(seen: str, held: str | None) -> bool:
    """Whether the reader may have taken one character of the code on file for its look-alike."""
    if not held or len(held) != len(seen):
        return False
    differing = [(one, other) for one, other in zip(seen, held.upper(), strict=True) if one != other]
    return len(differing) == 1 and differing[0][1] in _LOOK_ALIKE.get(differing[0][0], "")


def unread(code: str, zh: str, en: str) -> Check:
    """`zh` and `en` name what could not be read with confidence."""
    return Check(
        code, "unsure", f"未能可靠识别{zh}，需人工查看", f"{en} could not be read with confidence; a person must look"
    )


def validity(period: Period, today: date, *, sure: bool) -> Check:
    """Whether a paper is valid on `today`: from its first through its last day; `sure`: the period was read clearly."""
    code = "validity"
    if not period.known:
        return unread(code, "有效期", "The period of validity")
    if period.end is not None and period.end < today:
        return contradiction(code, f"已于{period.end}到期", f"It expired on {period.end}", sure=sure)
    if period.start is not None and period.start > today:
        return contradiction(code, f"自{period.start}起才生效", f"It is valid only from {period.start}", sure=sure)
    if not sure:
        return unread(code, "有效期", "The period of validity")
    until = "长期有效" if period.end is None else f"有效期至{period.end}"
    return Check(code, "pass", until, "Valid without an end" if period.end is None else f"Valid through {period.end}")


def company_name(read: Value | None, on_file: str | None, printed: Sequence[str]) -> Check:
    """Whether the merchant's name is the one on file: spaces, brackets and width of characters do not count.

    `printed`: every line of the paper.
    """
    return _name("name_matches", read, on_file, printed, _COMPANY, "商户名称", "the merchant's name")


def person_name(
    code: str, read: Value | None, on_file: str | None, printed: Sequence[str], *, zh: str, en: str
) -> Check:
    """Whether a person's name is the one on file; one differing character is a doubt, more are a contradiction."""
    return _name(code, read, on_file, printed, _PERSON, zh, en)


def number(code: str, read: str, on_file: str | None, *, sure: bool, zh: str, en: str) -> Check:
    """Whether a code or number equals the one on file; `sure`: it was read beyond doubt."""
    if not on_file:
        return Check(code, "unsure", f"档案中没有{zh}可供核对", f"There is no {en} on file to compare with")
    if read == plain(on_file).strip().upper():
        return Check(code, "pass", f"{zh}与档案一致", f"The {en} is the one on file")
    return contradiction(code, f"{zh}与档案不一致", f"The {en} differs from the one on file", sure=sure)


def _name(
    code: str, read: Value | None, on_file: str | None, printed: Sequence[str], kind: _Names, zh: str, en: str
) -> Check:
    named = en[:1].upper() + en[1:]
    if read is None or not read.text:
        return unread(code, zh, named)
    if not on_file:
        return Check(code, "unsure", f"档案中没有{zh}可供核对", f"There is nothing on file to compare {en} with")
    held, seen = kind.bare(on_file), kind.bare(read.text)
    parts = [kind.bare(part) for part in read.parts]
    beside = [part for part in parts if part != held]  # a watermark may have been taken for a part of the value
    if held == seen or (held in parts and not any(_GOES_ON.search(part) for part in beside)):
        return Check(code, "pass", f"{zh}与档案一致", f"{named} is the one on file")
    elsewhere = any(held in kind.bare(line) for line in printed)
    sure = clear(read) and kind.plausible(seen) and _apart(seen, held) and not elsewhere
    return contradiction(code, f"{zh}与档案不一致", f"{named} differs from the one on file", sure=sure)


def _apart(seen: str, held: str) -> bool:
    """Whether two names differ by more than a slip of the reader: two characters or more, neither part of the other."""
    if not seen or seen in held or held in seen:
        return False
    kept = sum(block.size for block in SequenceMatcher(None, seen, held, autojunk=False).get_matching_blocks())
    return max(len(seen), len(held)) - kept >= 2


def agreement(code: str, *, agrees: bool, read: Value | None, passed: Text, failed: Text) -> Check:
    """`passed` where what was read agrees and is legible, `failed` where it differs and is clear, else a doubt."""
    if agrees and legible(read):
        return Check(code, "pass", *passed)
    if agrees:
        return Check(
            code, "unsure", f"{passed[0]}，但印刷不清，需人工查看", f"{passed[1]}, but hard to read; a person must look"
        )
    return contradiction(code, *failed, sure=clear(read))


def contradiction(code: str, zh: str, en: str, *, sure: bool) -> Check:
    """A failure in these words; a doubt where what was read is not `sure`."""
    if sure:
        return Check(code, "fail", zh, en)
    return Check(code, "unsure", f"{zh}；尚不确定，需人工查看", f"{en}; this is not certain, a person must look")


def worst_of_each(judged: Iterable[Check]) -> tuple[Check, ...]:
    """One check per code, in the order of their codes' first: a failure before a doubt before a pass."""
    rank = {"fail": 2, "unsure": 1, "pass": 0}
    worst: dict[str, Check] = {}
    for check in judged:
        if check.code not in worst or rank[check.outcome] > rank[worst[check.code].outcome]:
            worst[check.code] = check
    return tuple(worst.values())
