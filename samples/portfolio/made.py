"""How the portfolio is made up: names by hand, numbers from seeds, so that the same files come out every time."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import NamedTuple

from samples import numbers
from samples.portfolio import A, B, C

MERCHANT_COLUMNS = (
    "merchant_no", "merchant_type", "name", "uscc", "resident_id", "legal_representative", "legal_representative_id",
    "contact_name", "contact_phone", "contact_email", "contact_preferred", "contact_language",
    "account_holder", "account_number", "account_bank", "mcc", "address",
)  # fmt: skip
TERMINAL_COLUMNS = ("terminal_sn", "tusn", "terminal_id", "model", "merchant_no", "deploy_address", "fee_plan")


class _Made(NamedTuple):
    no: str
    kind: str
    name: str
    person: str
    district: str
    mcc: str
    address: str
    bank: str
    language: str = "zh"
    preferred: str = "email"
    uscc: str = ""
    plans: tuple[str, ...] = ("CLASSIC198",)


_MERCHANTS = (
    _Made(B, "sole_trader", "深圳市南山区海棠便利店", "黄海棠", "440103", "5411", "深圳市南山区桂庙路22号",
          "招商银行深圳分行", preferred="sms", uscc="92440300MA5G8TNR4K", plans=("PERS59", "ESIGN59")),
    _Made(C, "company", "北京远山数码科技有限公司", "赵远山", "110105", "5732", "北京市海淀区上地东路9号",
          "中国建设银行北京分行", language="en", uscc="91110108MA01TQ8P2Y", plans=("SMART998", "CLASSIC198")),
    _Made("898330158120004", "company", "杭州青禾餐饮管理有限公司", "吴青", "330102", "5812", "杭州市上城区梅园路31号",
          "中国农业银行杭州分行", plans=("ESIGN59", "ESIGN59")),
    _Made("898440158120005", "sole_trader", "广州市荔湾区松涛服饰店", "周松涛", "440103", "5651",
          "广州市荔湾区和平街8号", "中国工商银行广州分行", preferred="sms", plans=("PERS59",)),
    _Made("898510158120006", "individual", "杨雨桐", "", "510104", "5994", "成都市青羊区文昌路17号",
          "中国农业银行成都分行", preferred="sms", plans=("PERS59",)),
    _Made("898420158120007", "company", "武汉锦程酒店管理有限公司", "徐建国", "420102", "7011",
          "武汉市江岸区解放中路118号", "中国建设银行武汉分行", plans=("MER399", "CLASSIC198")),
    _Made("898610158120008", "sole_trader", "西安市雁塔区晨光面馆", "孙晨光", "610103", "5812",
          "西安市雁塔区青年大道5号", "中国工商银行西安分行", plans=("ESIGN59",)),
    _Made("898320158120009", "company", "南京云帆商贸有限公司", "张思远", "320102", "5311", "南京市玄武区云锦路66号",
          "招商银行南京分行", language="en", plans=("MER299",)),
    _Made("898310158120010", "individual", "李晓雯", "", "310104", "7230", "上海市徐汇区梅园路156弄12号",
          "中国工商银行上海分行", plans=("PERS59",)),
    _Made("898110158120011", "sole_trader", "北京市朝阳区星河书店", "刘明轩", "110105", "5942",
          "北京市朝阳区文昌路40号", "中国建设银行北京分行", plans=("ESIGN59",)),
    _Made("898330258120012", "company", "杭州海燕医药连锁有限公司", "陈海燕", "330102", "5912",
          "杭州市上城区青年大道201号", "中国工商银行杭州分行", plans=("CLASSIC198", "SMART998")),
)  # fmt: skip

_A_ROW = (
    A, "company", "上海融雪贸易有限公司", "91310115MA1K0XQ7HQ", "", "陈融", "310101198505120018",
    "陈融", "13800000001", "merchant1@example.com", "email", "zh",
    "上海融雪贸易有限公司", "6222021001116245702", "中国工商银行上海分行", "5411", "上海市浦东新区世纪大道 100 号",
)  # fmt: skip
"""The demo's own merchant, as a fresh desk already knows it: importing it changes nothing."""


def merchant_rows() -> list[Sequence[str]]:
    """The rows of merchants.csv without their head."""
    return [_A_ROW, *(_merchant(seed, made) for seed, made in enumerate(_MERCHANTS, 2))]


def terminal_rows() -> list[Sequence[str]]:
    """The rows of terminals.csv without their head: the demo merchant's first, then each merchant's in turn."""
    rows: list[Sequence[str]] = [
        ("SN-DEMO-0001", "00000302DEMO00000001", "31000001", "X990", A, _A_ROW[-1], "CLASSIC198"),
        ("SN20260002", "00001104SN20260002", "31000002", "新大陆 N910", A, _A_ROW[-1], "ESIGN59"),
    ]
    for seed, made in enumerate(_MERCHANTS, 2):
        for order, plan in enumerate(made.plans):
            sn = f"SN2026{seed:02d}{order:02d}"
            terminal_id = numbers.terminal_id_of(seed * 10 + order)
            model = ("新大陆 N910", "百富 A920", "联迪 A8")[(seed + order) % 3]
            rows.append((sn, f"000011{seed % 10}4{sn}", terminal_id, model, made.no, made.address, plan))
    return rows


def _merchant(seed: int, made: _Made) -> Sequence[str]:
    alone = made.kind == "individual"
    uscc = made.uscc or numbers.uscc_of(seed, district=made.district, sole_trader=made.kind == "sole_trader")
    resident_id = numbers.resident_id_of(seed, district=made.district)
    contact = made.person or made.name
    return (
        made.no, made.kind, made.name, "" if alone else uscc, resident_id if alone else "",
        "" if alone else made.person, "" if alone else resident_id,
        contact, numbers.phone_of(seed), f"merchant{seed}@example.com", made.preferred, made.language,
        made.name, numbers.account_number_of(seed), made.bank, made.mcc, made.address,
    )  # fmt: skip


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A head and rows as CSV text."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def files() -> dict[str, str]:
    """The portfolio's files by name."""
    return {
        "merchants.csv": as_csv(MERCHANT_COLUMNS, merchant_rows()),
        "terminals.csv": as_csv(TERMINAL_COLUMNS, terminal_rows()),
    }
