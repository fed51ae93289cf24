"""Letters, forms and official papers: a title, a table of facts, sentences, a signature and a seal.

Each is one row of `PAPERS`: what it is called, what its table says, its sentences, and who signs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from samples.certificates import resident_id_back, resident_id_front
from samples.facts import PaperFacts
from samples.receipts import yuan
from samples.sheet import Sheet

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One kind of letter or form. `rows` of equal length make its table; `signer` stands above the date."""

    title: str
    rows: Callable[[PaperFacts], Rows]
    sentences: Callable[[PaperFacts], tuple[str, ...]]
    signer: Callable[[PaperFacts], str]
    holder: Callable[[PaperFacts], PaperFacts] | None = None
    """Facts that name the holder of the resident id whose copy stands below, where one does."""


def letter(doc_type: str, facts: PaperFacts) -> Image.Image:
    """The paper of that type on a sheet of A4; KeyError when there is none."""
    paper = PAPERS[doc_type]
    sheet = Sheet()
    sheet.centred(paper.title, 46)
    sheet.y += 20
    if rows := paper.rows(facts):
        sheet.table(rows, (1, 3) if len(rows[0]) == 2 else (3,) + (2,) * (len(rows[0]) - 1))
    for sentence in paper.sentences(facts):
        sheet.paragraph(sentence)
    if doc_type == "D11":
        sheet.bar_code((sheet.margin, sheet.y + 40), facts.barcode_sn or facts.terminal_sn, (420, 110))
    sheet.y += 50
    right = sheet.width // 2
    sheet.put((right, sheet.y), f"签章：{paper.signer(facts)}", 26)
    sheet.put((right, sheet.y + 56), f"日期：{facts.on_date:%Y年%m月%d日}", 26)
    sheet.seal((sheet.width - 200, sheet.y + 170), 80)
    if paper.holder:
        _copy_of_card(sheet, paper.holder(facts))
    sheet.specimen()
    return sheet.image


def _copy_of_card(sheet: Sheet, holder: PaperFacts) -> None:
    """Both sides of the resident id, copied onto the lower part of the sheet."""
    for at, side in enumerate((resident_id_front, resident_id_back)):
        copy = side(holder).resize((540, 340), Image.Resampling.LANCZOS)
        sheet.image.paste(copy, (60 + at * 580, sheet.height - 440))


def _person(facts: PaperFacts, name: str, resident_id: str) -> PaperFacts:
    return replace(facts, legal_representative=name, resident_id=resident_id)


def _merchant(facts: PaperFacts) -> Rows:
    return (
        ("商户名称", facts.merchant_name),
        ("商户编号", facts.merchant_no),
        ("统一社会信用代码", facts.uscc),
        ("法定代表人", facts.legal_representative),
    )


def _terminal(facts: PaperFacts) -> Rows:
    return (
        ("终端序列号", facts.terminal_sn),
        ("终端唯一标识", facts.tusn),
        ("终端编号", facts.terminal_id),
        ("型号", facts.terminal_model),
    )


def _sale(facts: PaperFacts) -> Rows:
    return (
        ("交易时间", f"{facts.paid_at:%Y-%m-%d %H:%M:%S}"),
        ("交易金额", f"¥{yuan(facts.amount_fen)}"),
        ("卡号后四位", facts.card_last4),
        ("终端编号", facts.terminal_id),
        ("参考号", facts.transaction_ref),
    )


def _merchant_signs(facts: PaperFacts) -> str:
    return facts.merchant_name


def _plan(facts: PaperFacts) -> Rows:
    due = f"{facts.plan_due:%Y-%m-%d}"
    owner = facts.plan_owner if facts.plan_owner is not None else facts.legal_representative
    return (
        ("整改事项", "负责人", "完成期限"),
        ("逐笔核对异常交易并留存凭证", facts.legal_representative, due),
        ("收银员合规培训", owner, due),
        ("建立大额交易双人复核制度", facts.legal_representative, due),
    )


def _answers(facts: PaperFacts) -> Rows:
    return (
        *_merchant(facts),
        ("资金来源", "日常经营收入"),
        ("主要客户", "周边居民及企业"),
        ("月均交易额", f"¥{yuan(facts.amount_fen)}"),
        ("是否代他人收款", "否"),
        ("实际控制人", facts.legal_representative),
    )


def _nothing(_: PaperFacts) -> Rows:
    return ()


PAPERS: dict[str, Paper] = {
    "D02": Paper(
        "税务登记信息",
        lambda facts: (*_merchant(facts)[:3], ("纳税人识别号", facts.uscc), ("登记状态", "正常")),
        lambda _: ("上述纳税人已办理税务登记，纳税人识别号与统一社会信用代码一致。",),
        lambda facts: facts.registered_by.replace("市场监督管理局", "税务局"),
    ),
    "D08": Paper(
        "情况说明",
        _sale,
        lambda facts: (f"我单位{facts.merchant_name}就上述交易说明如下：", facts.statement),
        _merchant_signs,
    ),
    "D09": Paper(
        "解除管控申请表",
        lambda facts: (
            *_merchant(facts),
            *_terminal(facts)[:1],
            ("案件编号", facts.case_id or "（待填）"),
            ("联系电话", facts.phone),
        ),
        lambda facts: (
            "停用（冻结）原因：交易触发风险控制。",
            "申请事项：解除对上述终端的管控并结算暂缓款项。",
            facts.statement,
        ),
        _merchant_signs,
    ),
    "D10": Paper(
        "授权委托书",
        lambda facts: (
            *_merchant(facts),
            ("经办人", facts.agent_name),
            ("经办人身份证号", facts.agent_resident_id),
            ("授权期限", f"{facts.on_date:%Y年%m月%d日}起一年"),
        ),
        lambda facts: (
            f"兹授权{facts.agent_name}代表我单位办理终端解除管控的全部事宜，其签署的文件我单位均予以认可。",
        ),
        lambda facts: f"{facts.merchant_name}　{facts.legal_representative}",
        lambda facts: _person(facts, facts.agent_name, facts.agent_resident_id),
    ),
    "D11": Paper(
        "终端购机凭证",
        _terminal,
        lambda facts: (f"上述终端由{facts.merchant_name}购买并使用。",),
        lambda _: "终端供应商",
    ),
    "D13": Paper(
        "房屋租赁合同",
        lambda facts: (
            ("承租方", facts.merchant_name),
            ("房屋地址", facts.premises),
            ("租赁期限", f"{facts.on_date.year - 1}年1月1日至{facts.on_date.year + 2}年12月31日"),
        ),
        lambda _: ("出租方将上述房屋出租给承租方作经营之用，双方确认无异议。",),
        _merchant_signs,
    ),
    "D14": Paper(
        "整改方案",
        _plan,
        lambda facts: (f"{facts.merchant_name}承诺按期完成上述整改，并提交完成证明。",),
        _merchant_signs,
    ),
    "D15": Paper("整改完成证明", _plan, lambda _: ("上述整改事项均已完成，附相关照片及培训签到表。",), _merchant_signs),
    "D16": Paper(
        "收单服务协议",
        lambda facts: (*_merchant(facts), *_terminal(facts)),
        lambda _: (
            "第一条　甲方为乙方提供银行卡收单服务。",
            "第二条　乙方保证交易真实，不得套现、套码、移机。",
            "第三条　本协议自双方签署之日起生效。",
        ),
        _merchant_signs,
    ),
    "D17": Paper(
        "监护关系证明",
        lambda facts: (
            ("监护人", facts.guardian_name),
            ("被监护人", facts.legal_representative),
            ("被监护人身份证号", facts.resident_id),
            ("与被监护人关系", facts.relation),
        ),
        lambda facts: (f"兹证明{facts.guardian_name}系{facts.legal_representative}的法定监护人。",),
        lambda facts: facts.id_authority,
        lambda facts: _person(facts, facts.guardian_name, facts.guardian_resident_id),
    ),
    "D18": Paper(
        "准予变更登记通知书",
        lambda facts: (
            ("企业名称", facts.merchant_name),
            ("统一社会信用代码", facts.uscc),
            ("变更事项", "法定代表人"),
            ("变更前法定代表人", facts.legal_representative),
            ("变更后法定代表人", facts.new_representative),
            ("核准日期", f"{facts.on_date:%Y年%m月%d日}"),
        ),
        lambda _: ("经审查，提交的变更登记申请材料齐全，符合法定形式，准予变更登记。",),
        lambda facts: facts.registered_by,
        lambda facts: _person(facts, facts.new_representative, facts.new_representative_id),
    ),
    "D19": Paper(
        "工作证明",
        lambda facts: (
            ("单位名称", facts.merchant_name),
            ("姓名", facts.legal_representative),
            ("职务", "店长"),
            ("入职日期", f"{facts.established:%Y年%m月%d日}"),
        ),
        lambda facts: (f"兹证明{facts.legal_representative}系我单位员工。",),
        _merchant_signs,
    ),
    "D20": Paper(
        "食品经营许可证",
        lambda facts: (
            ("经营者名称", facts.merchant_name),
            ("统一社会信用代码", facts.uscc),
            ("许可证编号", f"JY{facts.transaction_ref[:14]}"),
            ("经营场所", facts.premises),
            ("经营项目", "预包装食品销售"),
            ("有效期至", f"{facts.permit_valid_until:%Y年%m月%d日}"),
        ),
        lambda _: ("经审查，准予从事上述食品经营项目。",),
        lambda facts: facts.registered_by,
    ),
    "D21": Paper(
        "持卡人确认函",
        _sale,
        lambda facts: (f"本人确认上述交易系本人于{facts.merchant_name}的真实消费，对交易无异议。",),
        lambda facts: facts.agent_name,
    ),
    "D22": Paper(
        "受案回执",
        lambda facts: (
            ("报案人", facts.legal_representative),
            ("案由", "银行卡盗刷"),
            ("受案编号", facts.transaction_ref[:12]),
        ),
        lambda _: ("你单位报称的案件我局已受理。特此告知。",),
        lambda facts: facts.id_authority,
    ),
    "D23": Paper(
        "终端维修报告",
        lambda facts: (
            *_terminal(facts),
            ("工单号", facts.ticket),
            ("检测结果", facts.finding),
        ),
        lambda _: ("终端外壳完好，无改装痕迹，安全模块正常。",),
        lambda facts: f"维修工程师{facts.technician}",
    ),
    "D24": Paper(
        "协助解除冻结财产通知书",
        lambda facts: (
            ("商户", facts.merchant_name),
            ("解除金额", f"¥{yuan(facts.amount_fen)}"),
            ("执行机关", facts.id_authority),
        ),
        lambda _: ("请协助解除对上述款项的冻结。",),
        lambda facts: facts.id_authority,
    ),
    "D25": Paper("强化尽职调查表", _answers, lambda _: ("以上内容属实，如有不实愿承担相应责任。",), _merchant_signs),
    "D26": Paper("补充材料", _nothing, lambda facts: (facts.statement,), _merchant_signs),
}
