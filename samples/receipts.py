"""Papers about the money: sales slip (D06), invoice (D07), account proof (D04), bank statement (D05)."""

from __future__ import annotations

from datetime import timedelta

from PIL import Image

from samples.facts import PaperFacts
from samples.sheet import Sheet

_DIGITS = "零壹贰叁肆伍陆柒捌玖"


def yuan(fen: int) -> str:
    """8642000 fen → 86,420.00."""
    return f"{fen // 100:,}.{fen % 100:02d}"


def in_words(fen: int) -> str:
    """An amount under ¥100 million in the characters used on invoices: 8642000 fen → 捌万陆仟肆佰贰拾元整."""
    whole, rest = divmod(fen, 100)
    high, low = divmod(whole, 10_000)
    text = (f"{_four_digits(high)}万" if high else "") + ("零" if high and 0 < low < 1000 else "") + _four_digits(low)
    text = (text or "零") + "元"
    if not rest:
        return text + "整"
    tenths, hundredths = divmod(rest, 10)
    return text + (f"{_DIGITS[tenths]}角" if tenths else "零") + (f"{_DIGITS[hundredths]}分" if hundredths else "整")


def _four_digits(number: int) -> str:
    text = "".join(
        _DIGITS[digit] + unit if digit else "零"
        for digit, unit in zip(map(int, f"{number:04d}"), ("仟", "佰", "拾", ""), strict=True)
    )
    while "零零" in text:
        text = text.replace("零零", "零")
    return text.strip("零")


def sales_slip(facts: PaperFacts) -> Image.Image:
    """A signed slip of the terminal's printer."""
    slip = Sheet(620, 980)
    slip.margin, slip.y = 50, 40
    slip.centred("银联 POS 签购单", 40)
    slip.centred("商户存根联 MERCHANT COPY", 22)
    rows = (
        ("商户名称", facts.merchant_name),
        ("商户编号", facts.merchant_no),
        ("终端编号", facts.terminal_id),
        ("卡号", f"622202******{facts.card_last4}"),
        ("发卡行", facts.bank),
        ("交易类型", "消费 SALE"),
        ("日期时间", f"{facts.paid_at:%Y/%m/%d %H:%M:%S}"),
        ("参考号", facts.transaction_ref),
        ("金额", f"RMB {yuan(facts.amount_fen)}"),
    )
    for label, value in rows:
        slip.put((50, slip.y), f"{label}：", 26)
        slip.y = slip.wrapped((200, slip.y), value, 370, 26) + 14
    slip.put((50, slip.y + 30), "持卡人签名：", 26)
    slip.draw.line([(230, slip.y + 95), (290, slip.y + 40), (330, slip.y + 90), (420, slip.y + 50)], (30, 40, 120), 4)
    slip.specimen()
    return slip.image


def proof_of_sale(facts: PaperFacts) -> Image.Image:
    """An invoice, a delivery note or a contract, as `facts.sale_paper` says."""
    makers = {"invoice": invoice, "delivery_note": delivery_note, "contract": contract}
    return makers[facts.sale_paper](facts)


def invoice(facts: PaperFacts) -> Image.Image:
    """An electronic invoice with its items and the sum in figures and words."""
    sheet = Sheet(1240, 900)
    sheet.centred("电子发票（普通发票）", 44)
    sheet.paragraph(f"发票号码：{facts.transaction_ref}　　开票日期：{facts.paid_at:%Y年%m月%d日}", 24, indent=False)
    sheet.paragraph(f"销售方：{facts.merchant_name}　　统一社会信用代码：{facts.uscc}", 24, indent=False)
    rows = [("项目名称", "数量", "金额（元）"), *((name, "1", yuan(fen)) for name, fen in facts.items)]
    sheet.table(rows, (5, 1, 2))
    total = sum(fen for _, fen in facts.items)
    words = in_words(facts.sum_in_words_fen or total)
    sheet.paragraph(f"价税合计（大写）：{words}　　（小写）¥{yuan(total)}", 26, indent=False)
    sheet.seal((1010, 730), 80)
    sheet.specimen()
    return sheet.image


def delivery_note(facts: PaperFacts) -> Image.Image:
    """A delivery note with its items, their sum, and who received them."""
    sheet = Sheet(1240, 1000)
    sheet.centred("送货单", 44)
    sheet.paragraph(f"送货单号：{facts.transaction_ref}　　送货日期：{facts.paid_at:%Y年%m月%d日}", 24, indent=False)
    sheet.paragraph(f"供货单位：{facts.merchant_name}", 24, indent=False)
    sheet.paragraph("收货单位：个人顾客", 24, indent=False)
    sheet.table([("货物名称", "数量", "金额（元）"), *((name, "1", yuan(fen)) for name, fen in facts.items)], (5, 1, 2))
    sheet.paragraph(f"合计金额：¥{yuan(sum(fen for _, fen in facts.items))}", 26, indent=False)
    sheet.paragraph("收货人签字：", 26, indent=False)
    sheet.seal((1010, 800), 80)
    sheet.specimen()
    return sheet.image


def contract(facts: PaperFacts) -> Image.Image:
    """A contract of sale with its price in figures and words."""
    sheet = Sheet()
    total = sum(fen for _, fen in facts.items)
    sheet.centred("购销合同", 46)
    sheet.paragraph(f"合同编号：{facts.transaction_ref}", 24, indent=False)
    sheet.paragraph(f"签订日期：{facts.paid_at:%Y年%m月%d日}", 24, indent=False)
    sheet.paragraph(f"卖方：{facts.merchant_name}", 26, indent=False)
    sheet.paragraph("买方：个人顾客", 26, indent=False)
    sheet.paragraph("第一条　卖方向买方出售下列货物：" + "、".join(name for name, _ in facts.items) + "。")
    sheet.paragraph(f"合同金额：¥{yuan(total)}", 26, indent=False)
    sheet.paragraph(f"大写：{in_words(facts.sum_in_words_fen or total)}", 26, indent=False)
    sheet.paragraph("第二条　买方以银行卡付款，货物当日交付。")
    sheet.seal((930, sheet.y + 150))
    sheet.specimen()
    return sheet.image


def account_proof(facts: PaperFacts) -> Image.Image:
    """A bank's confirmation of the settlement account."""
    sheet = Sheet()
    sheet.centred(facts.bank, 44)
    sheet.centred("结算账户证明", 40)
    rows = (
        ("户名", facts.merchant_name),
        ("账号", facts.account_number),
        ("开户银行", f"{facts.bank}股份有限公司"),
        ("账户状态", "正常"),
        ("出具日期", f"{facts.on_date:%Y年%m月%d日}"),
    )
    sheet.table(rows, (1, 3), size=28)
    sheet.paragraph("兹证明上述账户系该客户在我行开立的结算账户，截至出具之日状态正常。")
    sheet.seal((930, sheet.y + 150))
    sheet.specimen()
    return sheet.image


def bank_statement(facts: PaperFacts) -> Image.Image:
    """Three months of the settlement account, a line a week, with the running balance."""
    sheet = Sheet()
    since = facts.on_date - timedelta(days=facts.statement_days)
    sheet.centred(f"{facts.bank}账户交易明细", 40)
    sheet.paragraph(f"户名：{facts.merchant_name}　　账号：{facts.account_number}", 24, indent=False)
    sheet.paragraph(f"起止日期：{since:%Y-%m-%d}至{facts.on_date:%Y-%m-%d}", 24, indent=False)
    rows = [("日期", "摘要", "收入（元）", "支出（元）", "余额（元）")]
    balance = 1_000_000
    for week in range(facts.statement_days // 7, 0, -1):
        day = facts.on_date - timedelta(weeks=week)
        income, spent = facts.amount_fen // (week + 2), 120_000 if week % 4 == 0 else 0
        balance += income - spent
        rows.append((f"{day:%Y-%m-%d}", "POS结算款", yuan(income), yuan(spent) if spent else "", yuan(balance)))
    sheet.table(rows, (2, 2, 2, 2, 2), size=22)
    sheet.specimen()
    return sheet.image
