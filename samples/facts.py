"""What the sample papers say: one made-up merchant, its people and one sale, all from a seed."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Literal

from samples import numbers

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")

CITIES = ("上海市徐汇区", "北京市朝阳区", "杭州市上城区", "广州市荔湾区", "成都市青羊区", "武汉市江岸区")
STREETS = ("云锦路", "文昌路", "和平街", "青年大道", "梅园路", "解放中路")
NAMES = ("星河", "云帆", "晨光", "远山", "青禾", "海棠", "松涛", "锦程")
TRADES = ("便利店", "商贸", "餐饮管理", "服饰", "数码科技", "酒店管理")
SURNAMES = "王李张刘陈杨赵黄周吴徐孙"
GIVEN = ("伟", "静怡", "志强", "思远", "雨桐", "建国", "晓雯", "子涵", "海燕", "明轩")
BANKS = ("中国工商银行", "中国建设银行", "招商银行", "中国农业银行")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """Everything any paper may print. Amounts in fen; a validity without an end is `None` and prints 长期."""

    merchant_name: str = "上海星河商贸有限公司"
    merchant_no: str = "898310058120001"
    uscc: str = "91310104MA1FR00QXY"
    qr_uscc: str = ""
    """The code in the licence's QR code where it is not the one printed."""
    company_type: str = "有限责任公司(自然人投资或控股)"
    legal_representative: str = "王思远"
    capital: str = "人民币壹佰万元整"
    business_scope: str = (
        "食品销售；日用百货销售；服装服饰零售；电子产品销售；票务代理服务；信息咨询服务（不含许可类信息咨询服务）。"
        "（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）"
    )
    established: date = date(2016, 6, 1)
    licence_valid_until: date | None = date(2036, 5, 31)
    premises: str = "上海市徐汇区云锦路88号3幢102室"
    registered_by: str = "上海市徐汇区市场监督管理局"
    licence_issued: date = date(2021, 3, 15)

    resident_id: str = "31010419850307861X"
    ethnicity: str = "汉"
    home_address: str = "上海市徐汇区梅园路156弄12号601室"
    id_authority: str = "上海市公安局徐汇分局"
    id_valid_from: date = date(2019, 5, 1)
    id_valid_until: date | None = date(2039, 5, 1)

    terminal_sn: str = "SN20260001"
    tusn: str = "00001104SN20260001"
    terminal_id: str = "31000001"
    terminal_model: str = "新大陆 N910"
    bank: str = "中国工商银行"
    account_number: str = "6222020000000000000"
    phone: str = "10000000000"

    case_id: str = ""
    amount_fen: int = 8_642_000
    paid_at: datetime = datetime(2026, 11, 2, 14, 32, 5, tzinfo=SHANGHAI)
    card_last4: str = "4821"
    transaction_ref: str = "20261102143205000127"
    items: tuple[tuple[str, int], ...] = field(default=(("商品销售", 8_642_000),))
    on_date: date = date(2026, 11, 5)
    statement: str = "上述交易均为真实消费，货物已交付顾客，无虚假交易、套现或代他人刷卡的情形。"
    agent_name: str = "陈晓雯"
    agent_resident_id: str = "310104199206124522"
    barcode_sn: str = ""
    """The serial number in the bar code of a terminal's proof where it is not the one printed."""
    plan_due: date = date(2026, 12, 20)
    plan_owner: str | None = None
    """Who the plan's second item is given to, where that is not the representative; nobody when empty."""
    ticket: str = "WO-20261104"
    technician: str = "李建国"
    finding: str = "固件已重装，自检通过"
    permit_valid_until: date = date(2028, 6, 30)
    guardian_name: str = "王建国"
    guardian_resident_id: str = "310104196203150019"
    relation: str = "父子"
    new_representative: str = "周海燕"
    new_representative_id: str = "310104198811020022"
    sale_paper: Literal["invoice", "delivery_note", "contract"] = "invoice"
    """Which kind of proof of a sale (D07) is made."""
    statement_days: int = 92
    """How many days before `on_date` the statement (D05) goes back."""
    sum_in_words_fen: int | None = None
    """The sum that is printed in words, where it is not the one in figures."""

    @property
    def born(self) -> date:
        """The birth date inside the resident id."""
        digits = self.resident_id[6:14]
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))

    @property
    def sex(self) -> str:
        """男 or 女, as the seventeenth digit of the resident id says."""
        return "男" if int(self.resident_id[16]) % 2 else "女"


def made_up(seed: int, *, sole_trader: bool = False) -> PaperFacts:
    """A whole invented merchant with valid check digits; the same seed makes the same merchant."""
    rng = Random(f"facts:{seed}")  # noqa: S311 - test data wants to be repeatable, not secret
    city, street = rng.choice(CITIES), rng.choice(STREETS)
    district = dict(zip(CITIES, ("310104", "110105", "330102", "440103", "510105", "420102"), strict=True))[city]
    started = date(2012, 1, 1) + timedelta(days=rng.randrange(3000))
    amount = rng.randrange(20_000, 9_000_000)
    town, quarter = city[:3], city[3:]
    home = f"{rng.choice(STREETS)}{rng.randrange(1, 300)}弄{rng.randrange(1, 60)}号{rng.randrange(101, 999)}室"
    terminal_sn = f"SN{rng.randrange(10**8):08d}"
    return PaperFacts(
        merchant_name=_trade_name(rng, town, sole_trader=sole_trader),
        merchant_no=numbers.merchant_no_of(seed),
        uscc=numbers.uscc_of(seed, district=district, sole_trader=sole_trader),
        company_type="个体工商户" if sole_trader else "有限责任公司(自然人独资)",
        legal_representative=rng.choice(SURNAMES) + rng.choice(GIVEN),
        established=started,
        licence_valid_until=None if sole_trader else started.replace(year=started.year + 30, day=1) - timedelta(days=1),
        premises=f"{city}{street}{rng.randrange(1, 400)}号{rng.randrange(1, 9)}幢{rng.randrange(101, 999)}室",
        registered_by=f"{city}市场监督管理局",
        licence_issued=started + timedelta(days=30),
        resident_id=numbers.resident_id_of(seed, district=district),
        home_address=city + home,
        id_authority=f"{town}公安局{quarter[:-1]}分局",
        terminal_sn=terminal_sn,
        tusn=f"0000110{rng.randrange(10)}{terminal_sn}",
        terminal_id=numbers.terminal_id_of(seed),
        bank=rng.choice(BANKS),
        account_number=numbers.account_number_of(seed),
        phone=numbers.phone_of(seed),
        amount_fen=amount,
        card_last4=f"{rng.randrange(10_000):04d}",
        transaction_ref=f"2026{rng.randrange(10**16):016d}",
        items=(("商品销售", amount),),
        agent_name=rng.choice(SURNAMES) + rng.choice(GIVEN),
        agent_resident_id=numbers.resident_id_of(seed + 1_000_003),
        guardian_name=rng.choice(SURNAMES) + rng.choice(GIVEN),
        guardian_resident_id=numbers.resident_id_of(seed + 2_000_003, born=date(1966, 5, 1)),
        new_representative=rng.choice(SURNAMES) + rng.choice(GIVEN),
        new_representative_id=numbers.resident_id_of(seed + 3_000_017),
    )


def _trade_name(rng: Random, town: str, *, sole_trader: bool) -> str:
    name, trade = rng.choice(NAMES), rng.choice(TRADES)
    return f"{town}{name}{trade}店" if sole_trader else f"{town[:-1]}{name}{trade}有限公司"
