"""The words of notices: a template per notice, channel and language, filled with what may be said.

An e-mail, a robot and a webhook carry the whole letter. A telephone (SMS, WeChat) shows a few lines: those of the
notice's own short template where it has one (`freeze_notice.short.zh.txt`), else the channel's (`_sms.zh.txt`).

A merchant is only ever told the public reason: every reason code, wherever it comes from, is turned into the words of
its public reason here, and no code is ever shown. So a secret reason reads as a routine review, letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import policies
from domain.business_time import SHANGHAI, day_ended, parse_time
from domain.money import yuan
from domain.one_time import one_time_password
from domain.policy import MerchantType, Policy
from domain.text import Text
from domain.waiting import STEPS
from policies import guidance
from workflows.ports import NoticeOrder, Order

FOLDER = Path(__file__).parent / "templates"
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Channel = Literal["email", "sms", "wechat", "wecom", "webhook"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "wechat", "wecom", "webhook")
SHORT: frozenset[Channel] = frozenset({"sms", "wechat"})
"""Channels that show a few lines only."""
BLANK_LINES = re.compile(r"\n{3,}")
HIDDEN = "••••••"
"""A one-time password in a preview."""
RELEASED = "release_notice"
"""The notice of the release's own step (`notices.send_notice`)."""
POLICY_NOTICE = "policy_notice"
"""A notice to all merchants, about no case."""
PROMISES = ("promise_due_soon", "promise_missed", "callback_missed", "complaint_due_soon", "complaint_overdue")
"""What staff are told of promises that were made to merchants and of answers owed to them; it is about no case."""
AGREEMENT = "_agreement"
"""The acquiring agreement, which merchants sign anew."""
NOT_REACHED = "merchant_not_reached"
"""What operations get in place of a notice that reached nobody."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice ready to read: its subject is one line."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where people go: the merchants' portal and the desk. `otp_key` makes the passwords that reset a log-in; without
    it a letter is a preview, in which they are hidden."""

    portal_url: str
    desk_url: str
    otp_key: bytes | None = field(repr=False)


class Wording:
    """Turns orders into letters."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._environments = {language: _environment(language) for language in LANGUAGES}

    def notice(
        self, order: NoticeOrder, language: Language, merchant_type: MerchantType, channel: Channel = "email"
    ) -> Letter:
        """What a notice that is owed says. `merchant_type` decides which papers a checklist names."""
        if order.notice in PROMISES:
            facts = order.facts
            more = {
                "merchant_no": order.merchant_no, "due": facts["due"], "complaint_id": facts.get("complaint_id", ""),
            }  # fmt: skip
            return self._letter(order.notice, language, channel, self._about(order.facts.get("case_id", ""), "") | more)
        policy = policies.load(order.policy_version)
        public = policy.public_reason(order.public_reason)
        facts = order.facts
        actions = facts["actions"].split(",") if facts.get("actions") else list(public.actions_after)
        rejected_for = facts.get("rejected_for", order.public_reason)
        requirements = policy.public_requirements(order.public_reason, merchant_type)
        return self._letter(
            order.notice,
            language,
            channel,
            self._about(order.case_id, order.terminal_sn)
            | {
                "reason": public.merchant_text.of(language),
                "rejected_for": _reason(policy, rejected_for, language),
                "reopenable": facts.get("reopenable", "yes") == "yes",
                "held_for": _reason(policy, facts.get("held_for"), language),
                "requirements": [_papers(policy, requirement.any_of, language) for requirement in requirements],
                "items": _items(policy, order.items, language),
                "actions": [policy.actions[action].of(language) for action in actions if action in policy.actions],
                "one_time_password": self._one_time_password(order.case_id) if "reset_credentials" in actions else None,
                "due": facts.get("due"),
                "held_fen": _number(facts, "held_fen"),
                "available_fen": _number(facts, "available_fen"),
                "remaining_fen": _number(facts, "remaining_fen"),
                "days": _number(facts, "days"),
                "day": _number(facts, "day"),
                "command": _command(facts.get("command"), language),
                "effect": _effect(facts.get("effect"), language),
                "code": facts.get("code", ""),
                "why": facts.get("why", ""),
                "source": facts.get("source", ""),
            },
        )

    def release(self, order: Order, language: Language, channel: Channel = "email") -> Letter:
        """What a release says of itself: what becomes of the money, and what keeps it from happening again."""
        advice = guidance.against(order.public_reason) if order.public_reason else ()
        more = {
            "due": None,
            "release_fen": order.release_fen,
            "penalty_fen": order.penalty_fen,
            "claims_fen": order.claims_fen,
            "remaining_fen": order.remaining_fen,
            "advice": [one.text.of(language) for one in advice],
        }
        return self._letter(RELEASED, language, channel, self._about(order.case_id, order.terminal_sn) | more)

    def to_all(self, letter: Mapping[str, str], language: Language, channel: Channel) -> Letter:
        """A notice of policy, in the words it was published in."""
        return self._letter(POLICY_NOTICE, language, channel, self._about("", "") | {**letter, "due": None})

    def agreement(self, merchant_no: str, terminal_sn: str, fee_plan: str, language: Language) -> str:
        """The acquiring agreement of a terminal, word for word as it is signed. It names numbers and no person."""
        facts = {"merchant_no": merchant_no, "terminal_sn": terminal_sn, "fee_plan": fee_plan}
        return self._environments[language].get_template(f"{AGREEMENT}.{language}.txt").render(facts)

    def not_reached(self, notice: str, case_id: str, merchant_no: str, language: Language) -> Letter:
        """What operations are told of a `notice` that could reach nobody at the merchant's."""
        more = {"notice": notice, "merchant_no": merchant_no}
        return self._letter(NOT_REACHED, language, "email", self._about(case_id, "") | more)

    def _about(self, case_id: str, terminal_sn: str) -> dict[str, Any]:
        return {
            "case_id": case_id,
            "terminal_sn": terminal_sn,
            "portal_url": self._places.portal_url,
            "desk_url": self._places.desk_url,
        }

    def _one_time_password(self, case_id: str) -> str:
        return one_time_password(self._places.otp_key, case_id) if self._places.otp_key else HIDDEN

    def _letter(self, notice: str, language: Language, channel: Channel, facts: Mapping[str, Any]) -> Letter:
        environment = self._environments[language]
        text = environment.get_template(f"{notice}.{language}.txt").render(facts)
        subject, _, body = text.partition("\n")
        subject = " ".join(subject.split())
        if channel in SHORT:
            own, usual = f"{notice}.short.{language}.txt", f"_{channel}.{language}.txt"
            body = environment.select_template([own, usual]).render(facts, subject=subject)
        return Letter(subject, BLANK_LINES.sub("\n\n", body).strip() + "\n")


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 — plain text, which no browser reads
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yuan"] = yuan
    environment.filters["when"] = lambda moment: when(moment, language)
    return environment


MERCHANTS_COMMANDS: Mapping[str, Text] = {
    "open_appeal": Text("提出申诉", "open the appeal"),
    "add_document": Text("上传材料", "upload a document"),
    "extend_evidence": Text("延长举证期限", "extend the evidence period"),
    "submit": Text("提交申诉", "submit the appeal"),
    "resubmit": Text("补件提交", "submit the documents anew"),
    "withdraw": Text("撤回申诉", "withdraw the appeal"),
    "reopen": Text("重新申诉", "reopen the case"),
    "reset_credentials": Text("重置登录凭证", "reset the log-in"),
    "sign_agreement": Text("签署协议", "sign the agreement"),
    "renew_agreement": Text("重新签发协议", "have the agreement issued anew"),
    "new_account": Text("提供收款账户", "name a payout account"),
    "post_message": Text("留言", "send a message"),
}
"""What merchants and agents may ask for, in their words."""


def _command(name: str | None, language: Language) -> str:
    return MERCHANTS_COMMANDS.get(name or "", Text("申请", "your request")).of(language)


def _effect(name: str | None, language: Language) -> str:
    """An effect in words, with the partner it is had from."""
    if name is None or name not in STEPS:
        return ""
    partner, what = STEPS[name]
    return f"{partner.zh}:{what.zh}" if language == "zh" else f"{partner.en}: {what.en}"


def when(moment: str, language: Language) -> str:
    """An RFC 3339 moment as a merchant reads it, in Shanghai: midnight is the end of the day before."""
    at = parse_time(moment).astimezone(SHANGHAI)
    ended = day_ended(at)
    day, clock = ended or at.date(), "24:00" if ended else f"{at:%H:%M}"
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日 {clock}（北京时间）"
    written = f"{day.day} {day:%B} {day.year}"
    return f"the end of {written} (Shanghai time)" if ended else f"{written}, {clock} (Shanghai time)"


def _reason(policy: Policy, code: str | None, language: Language) -> str | None:
    """A reason in the words a merchant may read; None for no reason at all."""
    return policy.public_reason(code).merchant_text.of(language) if code in policy.reasons and code else None


def _items(policy: Policy, items: Sequence[tuple[str, Text]], language: Language) -> list[dict[str, str]]:
    return [
        {"paper": _papers(policy, (code,), language), "why": why.of(language)}
        for code, why in items
        if not policy.never_lists(code)
    ]


def _papers(policy: Policy, codes: Iterable[str], language: Language) -> str:
    """Papers, or other proofs, by their titles: any one of them will do."""
    either = " 或 " if language == "zh" else " or "
    titles = ((policy.documents[code].title if code in policy.documents else policy.proofs[code]) for code in codes)
    return either.join(title.of(language) for title in titles)


def _number(facts: Mapping[str, str], name: str) -> int:
    return int(facts.get(name, "0"))
