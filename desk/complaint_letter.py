"""What a merchant is told of its complaint: that it takes longer and why, or that it was answered. The answer itself is
read in the portal, where nobody else reads it. Who cannot be reached by letter is called."""

from __future__ import annotations

from desk.context import Desk
from desk.letters import Letter, contacts_of, send
from domain.business_time import due_time, format_time, parse_time
from domain.complaint import Complaint
from domain.text import Text
from journal.contacting import NewTask
from journal.registry import Act
from journal.vault import ForgottenError

SUBJECT = Text("您的投诉", "Your complaint")
LONGER = Text(
    "您关于案件 {case_id} 的投诉（{complaint_id}）需要更多时间，我们最迟于 {due} 前答复。原因：{reason}",
    "Your complaint {complaint_id} about case {case_id} takes longer; you will have an answer by {due}. Why: {reason}",
)
ANSWERED = Text(
    "您关于案件 {case_id} 的投诉（{complaint_id}）已答复，请在商户服务中查看：{link}\n"
    "如不满意，可在同一页面说明，也可申请调解、拨打 12363 向人民银行反映，或依法诉讼。",
    "Your complaint {complaint_id} about case {case_id} was answered. Read the answer in the merchant portal: {link}\n"
    "If it is not enough, say so there; you may also ask for mediation, call 12363, or go to court.",
)
NOT_REACHED = (
    "投诉 {complaint_id} 的答复未能送达，请联系商户。 · The letter about complaint {complaint_id} reached nobody."
)


async def tell(desk: Desk, complaint: Complaint, act: Act) -> None:
    """Writes to the merchant about how its complaint stands now."""
    facts = {
        "case_id": complaint.case_id,
        "complaint_id": complaint.complaint_id,
        "reason": complaint.extended_for or "",
        "link": f"{desk.config.desk_url.rstrip('/')}/portal/cases/{complaint.case_id}",
    }
    words = LONGER if complaint.is_open else ANSWERED
    due = due_time(parse_time(complaint.due_at))
    text = Text(words.zh.format(**facts, due=due.zh), words.en.format(**facts, due=due.en))
    letter = Letter(f"complaint-{act.command_id}", "complaint", complaint.case_id, SUBJECT, text)
    known = await desk.reached.known(complaint.merchant_no)
    if await send(desk, await contacts_of(desk, complaint.merchant_no), letter, known):
        return
    task = NewTask(
        task_id=f"CM-{act.command_id[-16:]}",
        kind="undelivered",
        merchant_no=complaint.merchant_no,
        due_at=format_time(desk.clock()),
        case_id=complaint.case_id,
        note=NOT_REACHED.format(complaint_id=complaint.complaint_id),
    )
    try:
        await desk.contacting.open_task(task, Act(act.actor, f"{act.command_id}:undelivered", desk.now()))
    except ForgottenError:
        return
