"""Every way the rules say no: a code, an HTTP status class, and the words in zh and en that say what to do.

A refusal is a value, not an exception. It may carry events that were found true while refusing (an expired
document found at the second approval voids the first one, and the approval is refused).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.text import Text

if TYPE_CHECKING:
    from domain.events import Event


@dataclass(frozen=True, slots=True)
class Refused:
    """A business refusal. `status` is 403 or 409; `facts` are the values named in the text."""

    code: str
    status: int
    text: Text
    facts: tuple[tuple[str, str], ...] = ()
    events: tuple[Event, ...] = field(default=())


REFUSALS: dict[str, tuple[int, str, str]] = {
    "role-not-allowed": (
        403,
        "您的角色不能执行“{command}”。请交由以下角色办理:{roles}。",
        "Your role cannot {command}. Ask someone with one of these roles: {roles}.",
    ),
    "not-your-merchant": (
        403,
        "该案件不属于您的商户。",
        "This case does not belong to your merchant.",
    ),
    "four-eyes": (
        403,
        "四眼原则:{name} 已参与本案({part}),不能再作此决定。请由另一位审核人办理。",
        "Four-eyes: {name} already took part in this case ({part}) and cannot decide it. Another reviewer must.",
    ),
    "tier-not-allowed": (
        403,
        "本案为 {tier} 级,此步须由 {roles} 决定。",
        "This case is tier {tier}; this step is for {roles} to decide.",
    ),
    "stale-version": (
        409,
        "案件已变更(现为版本 {now},您看到的是 {seen})。请先查看变更内容,再次提交。",
        "The case has changed (it is at version {now}, you saw {seen}). Look at what changed, then send it again.",
    ),
    "wrong-status": (
        409,
        "案件状态为“{status}”,不能执行“{command}”。可执行于:{when}。",
        "The case is {status}; {command} is possible only in: {when}.",
    ),
    "visit-under-way": (
        409,
        "现场服务已经安排,尚未结束。请等待其结果,或登记现场服务结果。",
        "Field service is arranged and not over. Wait for what it finds, or record that yourself.",
    ),
    "agreement-under-way": (
        409,
        "协议已经发出,或正在签发。请在商户门户中签署。",
        "The agreement is issued, or about to be. Sign it in the merchant portal.",
    ),
    "case-closed": (
        409,
        "案件已结案,不能再附加管控。",
        "The case is closed; a control can no longer be attached to it.",
    ),
    "already-done": (409, "“{what}”已完成,无需重复。", "{what} is already done."),
    "declaration-needed": (
        409,
        "提交前须声明材料真实、完整。",
        "Declare that the documents are true and complete before you submit.",
    ),
    "documents-missing": (
        409,
        "仍缺材料:{missing}。请上传后再提交。",
        "Documents are still missing: {missing}. Upload them and submit again.",
    ),
    "document-unverified": (
        409,
        "以下材料尚未核实:{documents}。请先认定、退补或豁免。",
        "These documents are not verified yet: {documents}. Judge, waive or ask for them first.",
    ),
    "document-unknown": (409, "本案无此材料 {document_id}。", "This case has no document {document_id}."),
    "not-asked-for": (
        409,
        "补件阶段只能更换被退回的材料:{asked}。",
        "Only what was asked for can be replaced now: {asked}.",
    ),
    "already-extended": (409, "举证期限只能延长一次。", "The evidence period can be extended only once."),
    "rounds-exhausted": (
        409,
        "已补件 {rounds} 轮。请驳回,或由合规负责人(L3)准许再补一轮。",
        "There have been {rounds} supplement rounds. Reject, or have the compliance head (L3) allow one more.",
    ),
    "not-required": (409, "{doc_type} 不是本案要求的材料。", "{doc_type} is not required in this case."),
    "not-releasable": (
        409,
        "原因 {reason} 不得解除:{why}。",
        "A control for {reason} cannot be released: {why}.",
    ),
    "amount-above-held": (
        409,
        "放款、罚款与赔付合计 {asked} 超过可处置金额 {held}。",
        "Release, penalty and claims come to {asked}, more than the {held} that can be disposed of.",
    ),
    "amount-below-zero": (409, "金额不能为负数。", "An amount cannot be below zero."),
    "nothing-to-release": (
        409,
        "金额均为零,而本案仍有冻结资金。如不放款,请驳回。",
        "All amounts are zero while money is held. Reject the appeal if nothing is to be released.",
    ),
    "amounts-differ": (
        409,
        "金额与一审 {first} 不一致。请退回一审或按一审金额批准。",
        "The amounts differ from the first approval's {first}. Return the review, or approve the same amounts.",
    ),
    "approval-voided": (
        409,
        "此前的批准已失效:{why}。案件已退回。",
        "The earlier approval is void: {why}. The case has gone back.",
    ),
    "controls-not-enforced": (
        409,
        "管控尚未在账务或终端系统落实,落实后再办理。",
        "A control is not yet in force at the ledger or the terminal system; try again once it is.",
    ),
    "robot-rule": (
        403,
        "没有规则允许自动审核决定本案。",
        "No policy rule lets the automatic reviewer decide this case.",
    ),
    "legal-hold": (
        409,
        "司法冻结期间不能执行此操作,须先由合规负责人解除。",
        "A legal hold stands; the compliance head must lift it first.",
    ),
    "instrument-needed": (
        409,
        "须先上传并认定法律文书 D24。",
        "A legal instrument (D24) must be uploaded first.",
    ),
    "authority-needed": (
        409,
        "该冻结由{ordered}作出,解除时须注明解除文书的出具机关及文号。",
        "{ordered} issued this order. State which authority issued the instrument that lifts it, and its number.",
    ),
    "another-authority": (
        409,
        "该冻结由{ordered}作出,不能凭{lifting}的文书解除。请取得原机关的解除文书。",
        "{ordered} issued this order; an instrument of {lifting} cannot lift it. Obtain one of the same authority.",
    ),
    "past-pivot": (
        409,
        "资金已放款,不能撤回。",
        "The money has been released; the appeal can no longer be withdrawn.",
    ),
    "reopen-window-over": (
        409,
        "重开期限(结案后 {days} 天)已过。",
        "A case can be reopened within {days} days of closing; that time is over.",
    ),
    "not-reopenable": (409, "本案不能重开。", "This case cannot be reopened."),
    "nothing-held-on": (
        409,
        "已无生效管控,无需重开。",
        "No control is on any more; there is nothing to appeal.",
    ),
    "another-case-open": (
        409,
        "该终端已有同类未结案件。",
        "Another case of this kind is open for this terminal.",
    ),
    "no-hold-due": (409, "当前没有待复核的冻结。", "No hold is due for re-justification."),
    "must-dispose": (
        409,
        "冻结已满 {days} 天,须作处置决定,不能再续。",
        "The hold has stood {days} days: it must be disposed of and cannot be justified again.",
    ),
    "no-account-needed": (
        409,
        "本案不需要新的结算账户。",
        "No new payout account is needed in this case.",
    ),
    "account-not-checked": (
        409,
        "新账户尚未通过同名核验。",
        "The new account has not passed the same-name check yet.",
    ),
    "reason-not-for-kind": (
        409,
        "原因 {reason} 不适用于冻结申诉。",
        "Reason {reason} does not belong to a freeze appeal.",
    ),
    "field-not-offered": (
        409,
        "原因 {reason} 不派现场服务。",
        "Field service is not offered for reason {reason}.",
    ),
    "action-not-required": (409, "本案不要求此操作。", "This case does not ask for that action."),
    "otp-wrong": (
        409,
        "一次性密码不正确。请核对通知中的密码。",
        "The one-time password is wrong. Check the one in the notice.",
    ),
    "policy-moved": (
        409,
        "{lever} 已不是 {seen},现为 {now}(政策 {version},{by} 变更)。请按现值重新提出。",
        "{lever} is no longer {seen} but {now} (policy {version}, moved by {by}). Propose it anew.",
    ),
    "own-proposal": (
        403,
        "四眼原则:该变更由 {name} 提出,须由另一人确认。",
        "Four-eyes: {name} proposed this change; someone else must confirm it.",
    ),
    "compliance-head-needed": (
        403,
        "该变更由主管 {name} 提出,须由合规负责人确认。",
        "{name}, a supervisor, proposed this change; a compliance head must confirm it.",
    ),
    "proposal-settled": (
        409,
        "该变更已由 {by} 于 {at} 办结。",
        "{by} settled this proposal at {at}.",
    ),
    "not-due": (409, "期限未到或已变更。", "That deadline has not come, or has changed."),
    "out-of-order": (409, "步骤 {step} 不是当前步骤。", "Step {step} is not the one under way."),
    "complaint-open": (
        409,
        "此案已有投诉正在办理，请等待答复；补充情况请留言。",
        "A complaint about this case is being looked into. Wait for its answer; send a message to add to it.",
    ),
    "complaint-answered": (
        409,
        "投诉 {complaint_id} 已答复。",
        "Complaint {complaint_id} has been answered.",
    ),
    "complaint-not-answered": (
        409,
        "投诉 {complaint_id} 尚未答复，或已登记不满意。",
        "Complaint {complaint_id} has not been answered yet, or you have said already that you are not content.",
    ),
    "complaint-extension": (
        409,
        "答复期限只能延长到 {due} 之后、{latest} 之前（含）。",
        "The time for an answer can be extended to after {due}, and no further than {latest}.",
    ),
    "complaint-own-case": (
        403,
        "{name} 经办过案件 {case_id}，投诉须由未经办的人答复。",
        "{name} had a part in case {case_id}; someone who had none must answer this complaint.",
    ),
}


def refuse(code: str, *, events: tuple[Event, ...] = (), **facts: object) -> Refused:
    """The refusal `code` with its text filled in from `facts`."""
    status, zh, en = REFUSALS[code]
    words = {name: str(value) for name, value in facts.items()}
    return Refused(code, status, Text(zh.format(**words), en.format(**words)), tuple(words.items()), events)
