"""What a case waits for, in one sentence: on whom, since when, until when, and what unblocks it.

The same sentence stands in the API, the console and the workflow's details. It names no reason and no one's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain import agreement, evidence, release
from domain.business_time import due_time, local_time, parse_time
from domain.case import CLOSED, Case, RefusedEffect, Status, refusal_of
from domain.policy import Policy
from domain.review import reopenable
from domain.text import Text


@dataclass(frozen=True, slots=True)
class WaitingOn:
    """`who` is merchant, officer, reviewer, partner, operations, authority, desk or nobody; times are RFC 3339 in UTC.

    `besides` says what operations must put right meanwhile, for those who work on the case.
    """

    who: str
    since: str
    until: str | None
    unblocked_by: Text
    sentence: Text
    besides: Text | None = None

    @property
    def in_full(self) -> Text:
        """The sentence and what is to be put right besides."""
        more = self.besides
        return Text(self.sentence.zh + more.zh, f"{self.sentence.en} {more.en}") if more else self.sentence


_LEDGER = Text("账务系统", "the ledger")
_RISK = Text("风控系统", "risk control")
_TERMINALS = Text("终端管理系统", "terminal management")

STEPS: Mapping[str, tuple[Text, Text]] = {
    "reserve": (_LEDGER, Text("预留资金", "reserve")),
    "lift_risk_rule": (_RISK, Text("解除风控规则", "lift risk rule")),
    "ledger_release": (_LEDGER, Text("账务放款", "ledger release")),
    "release_legal_hold": (_LEDGER, Text("释放司法冻结资金", "release legal hold")),
    "unblock_terminal": (_TERMINALS, Text("解锁终端", "unblock terminal")),
    "book_payout": (_LEDGER, Text("付款记账", "book payout")),
    "pay_out": (Text("银行", "the bank"), Text("付款", "pay out")),
    "resend_payout": (_LEDGER, Text("重新付款记账", "resend payout")),
    "report_status": (Text("状态报送", "status reporting"), Text("报送状态", "report status")),
    "send_notice": (Text("通知渠道", "the notice gateway"), Text("发送通知", "send notice")),
    "settle_payout": (_LEDGER, Text("付款结清", "settle payout")),
    "cancel_reservation": (_LEDGER, Text("取消预留", "cancel the reservation")),
    "reinstate_risk_rule": (_RISK, Text("恢复风控规则", "reinstate the risk rule")),
    "reduce_limits": (_RISK, Text("调低限额", "reduce the limits")),
    "restore_limits": (_RISK, Text("恢复限额", "restore the limits")),
    "monitor": (_RISK, Text("持续监测", "watch the terminal")),
    "book_visit": (Text("现场服务", "field service"), Text("预约上门", "book a visit")),
    "call_off_visit": (Text("现场服务", "field service"), Text("取消上门", "call off the visit")),
    "issue_agreement": (Text("合同签署系统", "contract signing"), Text("签发协议", "issue the agreement")),
    "call_off_agreement": (Text("合同签署系统", "contract signing"), Text("撤回协议", "call off the agreement")),
    "block": (_TERMINALS, Text("锁定终端", "block the terminal")),
    "hold": (_LEDGER, Text("冻结资金", "hold the money")),
}
"""Who carries out each step of a release, each reversal and each effect beside it, and what it is called."""

_BANK, _FIELD, _CONTRACTS = STEPS["pay_out"][0], STEPS["book_visit"][0], STEPS["issue_agreement"][0]

_WHO = {
    "merchant": Text("商户", "the merchant"),
    "officer": Text("经办", "an officer"),
    "reviewer": Text("审核人", "a reviewer"),
    "authority": Text("司法机关", "the authority"),
    "desk": Text("系统", "the desk"),
    "operations": Text("运营", "operations"),
    "nobody": Text("无", "nobody"),
}


def waiting_on(case: Case, policy: Policy) -> WaitingOn:
    """Who must do what next, and until when."""
    who, deadline, act, name = _next(case, policy)
    due = case.dues.get(deadline)
    until = due.due if due else None
    besides = None if who == "operations" else _to_put_right(case)
    return WaitingOn(who, case.since, until, act, _sentence(case, name, until, act), besides)


def _to_put_right(case: Case) -> Text | None:
    """What partners refuse that must come about."""
    if not case.refused:
        return None
    named = [STEPS[one.source] for one in case.refused]
    zh = "、".join(f"{partner.zh}拒绝“{what.zh}”" for partner, what in named)
    en = ", ".join(f"{partner.en} refuses to {what.en}" for partner, what in named)
    return Text(f"另有待运营处理:{zh}。", f"Besides, for operations to put right: {en}.")


def _sentence(case: Case, name: Text, until: str | None, act: Text) -> Text:
    since = local_time(parse_time(case.since))
    if case.status in CLOSED and not case.standing_controls and not case.dues:
        return Text(f"已结案({since}),无待办。", f"Closed since {since}; nothing is waited for.")
    by = due_time(parse_time(until)) if until else None
    zh_until = f",至 {by.zh}" if by else ""
    en_until = f" until {by.en}" if by else ""
    return Text(
        f"自 {since} 起等待{name.zh}{zh_until}:{act.zh}。",
        f"Waiting for {name.en} since {since}{en_until}: {act.en}.",
    )


_Next = tuple[str, str, Text, Text]


def _next(case: Case, policy: Policy) -> _Next:
    match case.status:
        case Status.OPENED:
            return _of("officer", "", Text("确认冻结原因", "confirm the reason for the freeze"))
        case Status.REASON_CONFIRMED:
            return _of("merchant", "evidence", Text("提出解冻申诉", "open the appeal"))
        case Status.AWAITING_FIELD:
            return _for_field_service(case)
        case Status.DRAFT:
            return _of("merchant", "evidence", _to_file(case, policy))
        case Status.AWAITING_SUPPLEMENT:
            asked = dict.fromkeys(item.doc_type for item in case.evidence.asked)
            return _of("merchant", "supplement", Text(f"补交 {'、'.join(asked)}", f"provide {', '.join(asked)} anew"))
        case Status.SUBMITTED:
            return _of("desk", "auto_check", Text("自动核验材料", "check the documents"))
        case Status.PENDING_CHECK:
            act = Text("恢复核验,否则转人工", "verification to answer, or a person takes over")
            return ("partner", "manual_check", act, Text("材料核验系统", "document verification"))
        case Status.IN_REVIEW_1:
            return _of("reviewer", "review", Text("作出第一次审核决定", "make the first decision"))
        case Status.IN_REVIEW_2:
            return _of("reviewer", "review", Text("复核(四眼)", "make the second decision (four eyes)"))
        case Status.APPROVED:
            return _of("desk", "approval", Text("执行解除", "start the release"))
        case Status.PRE_RELEASE_ACTIONS:
            left = ", ".join(a for a in release.actions_before(case, policy) if a not in case.actions_done)
            return _of("merchant", "approval", Text(f"完成解除前操作 {left}", f"do before the release: {left}"))
        case Status.EXECUTING | Status.COMPENSATING:
            return _in_release(case)
        case Status.SUSPENDED_LEGAL:
            return _of("authority", "", Text("解除司法冻结", "lift the legal hold"))
        case Status.POST_ACTIONS:
            return _after_release(case, policy)
        case _:
            return _closed(case, policy)


def _of(who: str, deadline: str, act: Text) -> _Next:
    return who, deadline, act, _WHO[who]


def _for_field_service(case: Case) -> _Next:
    visit = case.visit
    if visit is None or visit.state == "cancelled":
        act = Text("重新安排现场服务,或登记其结果", "send field service anew, or record what was found")
        return _of("officer", "", act)
    if visit.state in {"wanted", "ordered"}:
        return ("partner", "", Text("受理上门服务", "take the order for a visit"), _FIELD)
    deadline = "field_visit" if visit.state == "assigned" else "field_accept"
    deadline = deadline if deadline in case.dues else "field_visit"
    return ("partner", deadline, Text("上门核查", "visit the shop"), _FIELD)


def _to_file(case: Case, policy: Policy) -> Text:
    missing = evidence.missing_documents(case, policy, "0000-00-00")
    if not missing:
        return Text("提交申诉", "submit the appeal")
    return Text(f"上传 {'、'.join(missing)} 并提交", f"upload {', '.join(missing)} and submit")


def _in_release(case: Case) -> _Next:
    flying = case.release.in_flight
    stuck = _stuck(case)
    if stuck:
        partner, what = STEPS[stuck.source]
        act = Text(f"处理{partner.zh}对“{what.zh}”的拒绝", f"put right why {partner.en} refuses to {what.en}")
        return _of("operations", "", act)
    if case.status is Status.COMPENSATING:
        return _of("desk", "", Text("撤销已执行的步骤", "reverse the steps already done"))
    if flying is None and case.release.payout == "sent":
        return ("partner", "", Text("确认付款", "confirm the payout"), _BANK)
    if flying is None:
        return _of("desk", "step_alert", Text("继续解除", "go on with the release"))
    partner, what = STEPS[flying.name]
    act = Text(f"完成“{what.zh}”", f"complete {what.en}")
    if flying.state == "unknown":
        act = Text(f"查明“{what.zh}”的结果", f"say what became of {what.en}")
    return ("partner", "step_alert", act, partner)


def _stuck(case: Case) -> RefusedEffect | None:
    """The refusal that holds up the release, or its reversal."""
    flying = case.release.in_flight
    if flying:
        return refusal_of(case, flying.planned.key)
    undoing = (one for one in case.refused if one.step_key.endswith(":undo"))
    return next(undoing, None) if case.status is Status.COMPENSATING else None


def _after_release(case: Case, policy: Policy) -> _Next:
    match case.release.payout:
        case "account_needed":
            return _of("merchant", "", Text("提供同名收款账户", "name another account in the same name"))
        case "account_named":
            return ("partner", "", Text("核验新账户", "check the new account"), _BANK)
        case "account_checked":
            return _of("reviewer", "review", Text("批准新收款账户(四眼)", "approve the new payout account (four eyes)"))
    left = [action for action in release.actions_after(case, policy) if action not in case.actions_done]
    deadline = "post_action_lapse" if case.post_overdue else "post_action"
    if left == [agreement.ACTION] and agreement.owed(case, policy) == "issue":
        return ("partner", deadline, Text("签发协议供商户签署", "issue the agreement to be signed"), _CONTRACTS)
    what = ", ".join(left)
    return _of("merchant", deadline, Text(f"完成解除后操作 {what}", f"do after the release: {what}"))


def _closed(case: Case, policy: Policy) -> _Next:
    if case.limits_owed == "restored":
        act = Text("已结案,恢复商户限额", "the case is closed; restore the merchant's limits")
        return ("partner", "", act, _RISK)
    if "reopen" in case.dues and reopenable(case, policy):
        return _of(
            "merchant", "reopen", Text("如有异议可申请重开", "the case is closed; it may be reopened until then")
        )
    if "monitoring" in case.dues:
        return _of("desk", "monitoring", Text("已结案,持续监测", "the case is closed; the terminal is watched"))
    return _of("nobody", "", Text("已结案", "the case is closed"))
