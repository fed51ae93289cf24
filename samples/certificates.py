"""The two papers that are read by machine: the business licence (D01) and both sides of the resident id (D03)."""

from datetime import date

from PIL import Image

from samples.facts import PaperFacts
from samples.sheet import FAINT, SEAL_RED, Sheet

REGISTRY = "https://registry.example/index.html"
"""Where the QR code of a real licence would lead: to the business's entry in the public registry."""
LABEL_BLUE = (40, 90, 140)


def licence(facts: PaperFacts) -> Image.Image:
    """A business licence in the landscape layout of 2019: two columns, code above left, authority below right."""
    sheet = Sheet(1684, 1190, paper=(253, 252, 246))
    sheet.draw.rectangle((36, 36, 1648, 1154), outline=(176, 148, 92), width=10)
    sheet.y = 130
    sheet.centred("营 业 执 照", 84, (60, 48, 30))
    sheet.centred("（副　本）", 34)
    sheet.put((120, 130), "统一社会信用代码", 26, FAINT)
    sheet.put((120, 168), facts.uscc, 36)
    _columns(sheet, facts)
    sheet.qr_code((1350, 110), f"{REGISTRY}?uniscid={facts.qr_uscc or facts.uscc}", 200)
    sheet.put((930, 960), "登记机关", 30, LABEL_BLUE)
    sheet.put((1080, 960), facts.registered_by, 28)
    sheet.seal((1420, 1010))
    sheet.put(
        (1080, 1020), f"{facts.licence_issued.year} 年 {facts.licence_issued:%m} 月 {facts.licence_issued:%d} 日", 30
    )
    sheet.specimen()
    return sheet.image


def _columns(sheet: Sheet, facts: PaperFacts) -> None:
    head = "经营者" if facts.company_type == "个体工商户" else "法定代表人"
    left = (("名　　称", facts.merchant_name), ("类　　型", facts.company_type), (head, facts.legal_representative))
    right = (
        ("注册资本", facts.capital),
        ("成立日期", chinese(facts.established)),
        ("营业期限", f"{chinese(facts.established)}至{chinese(facts.licence_valid_until)}"),
        ("住　　所", facts.premises),
    )
    for rows, x, width in (((*left, ("经营范围", facts.business_scope)), 120, 560), (right, 930, 480)):
        y = 400
        for label, value in rows:
            sheet.put((x, y), label, 30, LABEL_BLUE)
            y = sheet.wrapped((x + 190, y), value, width, 30, gap=1.45) + 32


def resident_id_front(facts: PaperFacts) -> Image.Image:
    """The side with the person: name, sex, ethnicity, birth, address, number, and a drawn portrait."""
    card = _card()
    rows = (("姓名", facts.legal_representative, 70), ("住址", "", 330), ("公民身份号码", "", 545))
    for label, value, y in rows:
        card.put((70, y), label, 28, LABEL_BLUE)
        card.put((180, y - 4), value, 38)
    card.put((70, 155), "性别", 28, LABEL_BLUE)
    card.put((180, 151), facts.sex, 34)
    card.put((300, 155), "民族", 28, LABEL_BLUE)
    card.put((400, 151), facts.ethnicity, 34)
    card.put((70, 240), "出生", 28, LABEL_BLUE)
    card.put((180, 236), f"{facts.born.year} 年 {facts.born.month} 月 {facts.born.day} 日", 34)
    card.wrapped((180, 326), facts.home_address, 440, 34, gap=1.35)
    card.put((320, 538), " ".join((facts.resident_id[:6], facts.resident_id[6:14], facts.resident_id[14:])), 40)
    _portrait(card)
    card.specimen()
    return card.image


def resident_id_back(facts: PaperFacts) -> Image.Image:
    """The side with the emblem: who issued the card and how long it is valid."""
    card = _card()
    card.draw.ellipse((70, 60, 230, 220), outline=SEAL_RED, width=8)
    card.put((300, 70), "中华人民共和国", 54)
    card.put((300, 160), "居 民 身 份 证", 66)
    card.put((180, 430), "签发机关", 30, LABEL_BLUE)
    card.put((400, 426), facts.id_authority, 36)
    card.put((180, 520), "有效期限", 30, LABEL_BLUE)
    until = "长期" if facts.id_valid_until is None else f"{facts.id_valid_until:%Y.%m.%d}"
    card.put((400, 516), f"{facts.id_valid_from:%Y.%m.%d}-{until}", 36)
    card.specimen()
    return card.image


def chinese(day: date | None) -> str:
    """2016年06月01日, or 长期 where there is no end."""
    return "长期" if day is None else f"{day.year}年{day:%m}月{day:%d}日"


def _card() -> Sheet:
    card = Sheet(1012, 638, paper=(240, 245, 250))
    card.margin = 70
    card.draw.rounded_rectangle((6, 6, 1006, 632), radius=30, outline=(150, 165, 180), width=4)
    return card


def _portrait(card: Sheet) -> None:
    card.draw.rectangle((700, 80, 930, 400), fill=(205, 215, 225))
    card.draw.ellipse((760, 120, 870, 250), fill=(120, 100, 90))
    card.draw.ellipse((720, 260, 910, 470), fill=(80, 90, 110))
    card.draw.rectangle((700, 400, 930, 475), fill=(240, 245, 250))
