"""What each column must hold, and how a sound row becomes a merchant or a terminal.

Check digits: GB 32100 (uscc), GB 11643 (resident id), Luhn for bank cards (account numbers of companies have none).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from stdnum import luhn
from stdnum.cn import ric, uscc

from journal.parties import Account, Contact, MerchantDetails, Person, TerminalDetails
from workers.importing.table import Finding, Row

KINDS = ("individual", "sole_trader", "company")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the pattern of its values, and in words what belongs there."""

    name: str
    pattern: re.Pattern[str]
    zh: str
    en: str
    needed: bool = True

    def wrong(self, row: Row) -> Finding | None:
        """What is wrong with the row's value, by its form alone."""
        value = row[self.name]
        if not value:
            return (
                row.finding(self.name, f"不能为空:{self.zh}", f"It must not be empty: {self.en}")
                if self.needed
                else None
            )
        if self.pattern.fullmatch(value):
            return None
        return row.finding(self.name, f"格式不正确,须为{self.zh}", f"The form is wrong; it must be {self.en}")


def _column(name: str, pattern: str, zh: str, en: str, *, needed: bool = True) -> Column:
    return Column(name, re.compile(pattern), zh, en, needed)


_TEXT = r"[^\x00-\x1f\x7f]{1,200}"
_RESIDENT = ("18 位身份证号", "a resident id of 18 characters")

MERCHANT = (
    _column("merchant_no", r"[0-9A-Za-z]{15}", "15 位商户号(在表格软件中请设为文本)",
            "a merchant number of 15 characters (in a spreadsheet: as text)"),
    _column("merchant_type", "|".join(KINDS), f"以下之一:{', '.join(KINDS)}", f"one of: {', '.join(KINDS)}"),
    _column("name", _TEXT, "商户名称(200 字以内)", "the merchant's name, 200 characters at most"),
    _column("uscc", r"[0-9A-Za-z]{18}", "18 位统一社会信用代码", "a unified social credit code of 18 characters",
            needed=False),
    _column("resident_id", r"[0-9]{17}[0-9Xx]", *_RESIDENT, needed=False),
    _column("legal_representative", _TEXT, "法定代表人姓名", "the legal representative's name", needed=False),
    _column("legal_representative_id", r"[0-9]{17}[0-9Xx]", *_RESIDENT, needed=False),
    _column("contact_name", _TEXT, "联系人姓名", "the contact's name"),
    _column("contact_phone", r"\+?[0-9 -]{5,20}", "电话号码", "a phone number", needed=False),
    _column("contact_email", r"[^@\s]{1,64}@[^@\s]{1,189}", "邮箱地址", "an e-mail address", needed=False),
    _column("contact_preferred", "email|sms", "email 或 sms", "email or sms"),
    _column("contact_language", "zh|en", "zh 或 en", "zh or en"),
    _column("account_holder", _TEXT, "结算账户户名", "the account's holder"),
    _column("account_number", r"[0-9A-Za-z -]{4,40}", "4–40 位账号(在表格软件中请设为文本)",
            "an account number of 4 to 40 characters (in a spreadsheet: as text)"),
    _column("account_bank", _TEXT, "开户银行", "the bank"),
    _column("mcc", r"[0-9]{4}", "4 位商户类别码(MCC)", "a merchant category code of 4 digits"),
    _column("address", _TEXT, "地址", "the address"),
)  # fmt: skip

TERMINAL = (
    _column("terminal_sn", r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}", "终端序列号(字母、数字、-、_)",
            "a serial number of letters, digits, - and _"),
    _column("tusn", r"[A-Za-z0-9][A-Za-z0-9_:.@-]{0,119}", "终端唯一标识(TUSN)", "the terminal's unique number (TUSN)"),
    _column("terminal_id", r"[0-9A-Za-z]{8}", "8 位终端号(在表格软件中请设为文本)",
            "a terminal number of 8 characters (in a spreadsheet: as text)"),
    _column("model", _TEXT, "型号", "the model"),
    _column("merchant_no", r"[0-9A-Za-z]{15}", "15 位商户号", "a merchant number of 15 characters"),
    _column("deploy_address", _TEXT, "布放地址", "the address it stands at"),
    _column("fee_plan", r"[A-Z0-9_]{1,32}", "资费方案代码,例如 PERS59", "a fee plan's code such as PERS59"),
)  # fmt: skip

MERCHANT_COLUMNS = tuple(column.name for column in MERCHANT)
TERMINAL_COLUMNS = tuple(column.name for column in TERMINAL)


def wrong_merchants(rows: Iterable[Row], today: date) -> list[Finding]:
    """Everything wrong with rows of merchants, in the order of their lines."""
    known = list(rows)
    found = [finding for row in known for finding in _wrong_merchant(row, today)]
    return sorted([*found, *_doubled(known, ("merchant_no",))], key=lambda finding: finding.line)


def wrong_terminals(rows: Iterable[Row]) -> list[Finding]:
    """Everything wrong with rows of terminals, in the order of their lines."""
    known = list(rows)
    found = [finding for row in known for column in TERMINAL if (finding := column.wrong(row))]
    doubled = [
        *_doubled(known, ("terminal_sn",)),
        *_doubled(known, ("tusn",)),
        *_doubled(known, ("merchant_no", "terminal_id")),
    ]
    return sorted([*found, *doubled], key=lambda finding: finding.line)


def merchant_of(row: Row) -> MerchantDetails:
    """The merchant a sound row is about."""
    person = Person(row["legal_representative"], row["legal_representative_id"].upper())
    contact = Contact(
        row["contact_name"],
        row["contact_phone"] or None,
        row["contact_email"] or None,
        row["contact_preferred"],
        row["contact_language"],
    )
    return MerchantDetails(
        merchant_no=row["merchant_no"],
        merchant_type=row["merchant_type"],  # type: ignore[arg-type]  # its column allows no other
        name=row["name"],
        uscc=row["uscc"].upper() or None,
        resident_id=row["resident_id"].upper() or None,
        legal_representative=person if person.name else None,
        contacts=(contact,),
        settlement_account=Account(row["account_holder"], row["account_number"], row["account_bank"]),
        mcc=row["mcc"],
        address=row["address"],
    )


def terminal_of(row: Row) -> TerminalDetails:
    """The terminal a sound row is about."""
    return TerminalDetails(
        terminal_sn=row["terminal_sn"],
        tusn=row["tusn"],
        terminal_id=row["terminal_id"],
        model=row["model"],
        merchant_no=row["merchant_no"],
        deploy_address=row["deploy_address"],
        fee_plan=row["fee_plan"],
    )


def _wrong_merchant(row: Row, today: date) -> list[Finding]:
    by_form = [finding for column in MERCHANT if (finding := column.wrong(row))]
    formless = {finding.column for finding in by_form}
    deeper = [*_wrong_identity(row), *_wrong_digits(row, today), *_wrong_contact(row)]
    return [*by_form, *(finding for finding in deeper if finding.column not in formless)]


def _wrong_identity(row: Row) -> Iterable[Finding]:
    person, person_id = row["legal_representative"], row["legal_representative_id"]
    if row["merchant_type"] == "individual":
        if row["uscc"]:
            yield row.finding("uscc", "个人商户没有统一社会信用代码,请清空", "An individual has no uscc; clear it")
        if not row["resident_id"]:
            yield row.finding("resident_id", "个人商户须提供身份证号", "An individual needs a resident id; fill it in")
    elif not row["uscc"]:
        yield row.finding("uscc", "须提供统一社会信用代码", "It needs a unified social credit code; fill it in")
    if row["merchant_type"] in {"company", "sole_trader"} and not person:
        yield row.finding("legal_representative", "须提供法定代表人(经营者)姓名", "Name the legal representative")
    if person and not person_id:
        yield row.finding("legal_representative_id", "须提供其身份证号", "Give the representative's resident id")
    if person_id and not person:
        yield row.finding("legal_representative", "有身份证号而无姓名,请补上", "There is an id but no name; add it")


def _wrong_digits(row: Row, today: date) -> Iterable[Finding]:
    zh, en = "校验位错误,请核对原件后更正", "The check digit is wrong; compare it with the paper and correct it"
    if row["uscc"] and not uscc.is_valid(row["uscc"].upper()):
        yield row.finding("uscc", zh, en)
    for column in ("resident_id", "legal_representative_id"):
        if row[column] and not _is_resident_id(row[column].upper(), today):
            yield row.finding(column, zh, en)
    number = re.sub(r"[ -]", "", row["account_number"])
    if re.fullmatch(r"62[0-9]{14,17}", number) and not luhn.is_valid(number):
        yield row.finding("account_number", zh, en)


def _is_resident_id(number: str, today: date) -> bool:
    """Whether the check digit is right and the birth date has been; any district will do, there have been many."""
    try:
        if ric.calc_check_digit(number) != number[-1]:
            return False
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])) <= today
    except ValueError:
        return False


def _wrong_contact(row: Row) -> Iterable[Finding]:
    needed: Mapping[str, tuple[str, str, str]] = {
        "email": ("contact_email", "邮箱", "an e-mail address"),
        "sms": ("contact_phone", "电话", "a phone number"),
    }
    column, zh, en = needed.get(row["contact_preferred"], ("", "", ""))
    if column and not row[column]:
        wanted = row["contact_preferred"]
        yield row.finding(column, f"首选 {wanted},须填写{zh}", f"{wanted} is preferred, so {en} is needed; fill it in")


def _doubled(rows: Iterable[Row], columns: tuple[str, ...]) -> Iterable[Finding]:
    """Rows whose values in `columns` an earlier row has already."""
    first: dict[tuple[str, ...], int] = {}
    of: Callable[[Row], tuple[str, ...]] = lambda row: tuple(row[column] for column in columns)  # noqa: E731
    for row in rows:
        key = of(row)
        if not all(key):
            continue
        if key in first:
            zh = f"与第 {first[key]} 行重复,请删除其一"
            yield row.finding(columns[-1], zh, f"Line {first[key]} has it already; remove one of them")
        first.setdefault(key, row.line)
