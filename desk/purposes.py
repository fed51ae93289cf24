"""What personal data may be looked at for. The list is closed; each look says in its own words what else there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from domain.text import Text

Purpose: TypeAlias = Literal[
    "case_work", "caller_check", "contact", "correction", "subject_request", "audit", "legal_order"
]

PURPOSES: Mapping[Purpose, Text] = {
    "case_work": Text("办理案件", "working on a case"),
    "caller_check": Text("核实来电人身份", "verifying a caller"),
    "contact": Text("联系商户", "getting in touch with the merchant"),
    "correction": Text("更正登记信息", "correcting what is registered"),
    "subject_request": Text("答复当事人关于其个人信息的请求", "answering the person's own request"),
    "audit": Text("审计检查", "an audit"),
    "legal_order": Text("司法或监管机关依法要求", "the order of a court or authority"),
}
assert set(PURPOSES) == set(get_args(Purpose))
