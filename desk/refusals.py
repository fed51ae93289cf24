"""The desk's own ways to say no, beside those of the rules (`domain.refusals`): status, zh, en by code."""

from __future__ import annotations

from domain.refusals import REFUSALS as OF_THE_RULES
from domain.refusals import Refused
from domain.text import Text

REFUSALS: dict[str, tuple[int, str, str]] = {
    "idempotency-key-reused": (
        409,
        "此 Idempotency-Key 已用于另一请求。请换用新的键。",
        "This Idempotency-Key was used for another request. Use a new key.",
    ),
    "request-in-flight": (
        409,
        "同一请求正在处理中,请稍后以同一键重试。",
        "The same request is being worked on. Try again with the same key in a moment.",
    ),
    "claimed-by-another": (
        409,
        "该任务由 {holder} 领取,至 {until}。请选取其他任务,或待其释放。",
        "{holder} has claimed this task until {until}. Take another one, or wait until it is released.",
    ),
    "put-off-too-long": (
        409,
        "该任务 {due} 到期,不能推迟到那以后。请选较短的时间,或现在办理。",
        "This task is due at {due} and cannot be put off beyond that. Choose a shorter time, or take it now.",
    ),
    "views-full": (
        409,
        "最多可保存 {most} 个视图。请先删除不用的。",
        "You may keep {most} views at most. Drop one you do not need.",
    ),
    "task-closed": (409, "该任务已办结。", "This task is done."),
    "not-claimed": (
        409,
        "您未领取该任务,或领取已到期。请重新领取。",
        "You do not hold this task, or your claim ran out. Claim it again.",
    ),
    "not-entitled": (403, "该任务不由您的角色办理。", "This task is not for your role."),
    "excluded": (
        403,
        "四眼原则:您已参与本案,不能办理该任务。",
        "Four-eyes: you took part in this case and cannot take this task.",
    ),
    "bound-elsewhere": (
        409,
        "终端 {terminal_sn} 已绑定其他商户,须先解绑。",
        "Terminal {terminal_sn} is bound to another merchant; unbind it there first.",
    ),
    "value-taken": (
        409,
        "{field} 已属于另一终端。请核对。",
        "{field} belongs to another terminal. Check it.",
    ),
    "notice-not-sent-yet": (
        409,
        "此通知尚未发出,发出后才能重发。",
        "This notice has not been sent yet; it can be sent once more after that.",
    ),
    "not-yours": (403, "这不属于您的商户。", "This does not belong to your merchant."),
    "caller-not-verified": (
        403,
        "来电人身份未能核实,不能告知任何信息。请核对商户号与证件号码。",
        "The caller could not be verified, so nothing may be told. Check the merchant and identity numbers.",
    ),
    "personal-data-erased": (
        409,
        "该商户的个人信息已删除,不能再为其登记或办理。",
        "This merchant's personal data was erased; nothing can be registered or done for it any more.",
    ),
    "erasure-refused": (
        409,
        "暂不能删除该商户的个人信息:{why_zh}。",
        "This merchant's personal data cannot be erased yet: {why_en}.",
    ),
    "no-such-hold": (409, "没有依法保全 {hold_id}。", "There is no legal hold {hold_id}."),
    "case-finished": (
        409,
        "案件已全部办结,不再受理。",
        "The case is finished for good; nothing can be added to it.",
    ),
    "messages-full": (
        409,
        "本案留言已达上限 {most} 条。请预约回电,工作人员会登记您要说的;内部记录请登记在联系记录中。",
        "This case has {most} messages, as many as it may. Book a call-back instead; staff use the contact log.",
    ),
    "documents-full": (
        409,
        "您在本案上传的材料已达上限 {most} 份。已上传的照常审核,可照常提交;还需补充的,请预约回电,由工作人员代为上传。",
        "This case has {most} papers of yours, as many as it may. Submit these; for more, book a call-back.",
    ),
    "accounts-full": (
        409,
        "本案指定收款账户已达上限 {most} 次。请预约回电,由工作人员代为办理。",
        "A payout account was named {most} times, as often as it may be. Book a call-back: staff do it for you.",
    ),
    "not-oneself": (409, "不能停用自己的账号。", "You cannot shut yourself out."),
    "shut-out-already": (409, "{name} 已停用。", "{name} is shut out already."),
    "bulk-nothing-chosen": (
        409,
        "所选范围内没有案件。请放宽筛选或勾选案件。",
        "Nothing was picked. Widen the filter, or tick cases.",
    ),
    "bulk-too-many": (
        409,
        "一次最多处理 {most} 项。请缩小筛选范围,分批办理。",
        "At most {most} items at a time. Narrow the filter and take them in parts.",
    ),
    "bulk-wrong-state": (
        409,
        "该批量操作目前{state_zh},不能这样办理。请刷新页面。",
        "The bulk action is {state_en} now, so this cannot be done. Reload the page.",
    ),
    "asker-without-rights": (
        409,
        "发起人 {asker} 已停用或不再有此权限。",
        "{asker}, who asked for it, was shut out or may not ask for this any more.",
    ),
    "receiver-shut-out": (
        409,
        "接手人 {to} 不存在或已停用。",
        "There is no {to} at the desk, or they were shut out.",
    ),
    "receiver-not-entitled": (
        409,
        "{to} 的角色不能办理该任务。",
        "This task is not for the roles of {to}.",
    ),
    "receiver-excluded": (
        409,
        "四眼原则:{to} 已参与本案,不能办理该任务。",
        "Four-eyes: {to} took part in this case and cannot take this task.",
    ),
    "receiver-away": (409, "{to} 今日不在岗。", "{to} is away today."),
    "receiver-full": (409, "{to} 持有的任务已达上限。", "{to} holds as many tasks as they may."),
    "receiver-not-given": (
        409,
        "按排班,{to} 不办理此类任务。",
        "By the rota {to} is not given this kind of work.",
    ),
    "no-open-task": (409, "案件没有待办任务。", "The case has no open task."),
    "not-theirs": (409, "任务已不在 {of} 名下。", "The task is not with {of} any more."),
    "theirs-already": (409, "任务已由 {to} 持有。", "{to} holds the task already."),
    "in-the-queue-already": (409, "任务无人持有,已在队列中。", "Nobody holds the task: it is in the queue already."),
    "someone-works-on-it": (409, "{holder} 正在办理该任务。", "{holder} is working on the task."),
    "put-off-already": (409, "任务已推迟至 {until}。", "The task is put off until {until} already."),
    "nothing-bounced": (409, "案件没有退回的通知。", "No notice of the case bounced."),
    "no-such-case": (409, "没有案件 {case}。", "There is no case {case}."),
    "no-workflow": (
        409,
        "引擎中没有该案件的流程;中继会自动启动它。",
        "The engine runs no workflow of the case; the relay starts it by itself.",
    ),
    "item-broke": (
        409,
        "因系统故障未能完成;运维可在日志中查到原因。",
        "It broke for a reason of ours; operations find it in the logs.",
    ),
    "csrf": (403, "页面已过期,请刷新后重试。", "The page is out of date. Reload it and try again."),
}


def refuse(code: str, **facts: object) -> Refused:
    """The refusal `code`, of the desk or of the rules, with its text filled in from `facts`."""
    status, zh, en = REFUSALS.get(code) or OF_THE_RULES[code]
    words = {name: str(value) for name, value in facts.items()}
    return Refused(code, status, Text(zh.format(**words), en.format(**words)), tuple(words.items()))
