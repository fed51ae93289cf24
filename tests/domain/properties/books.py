"""Books kept beside the case, from the raw entries alone, by someone who has never seen `domain`'s folding.

They recompute who took which part, what is proved, what is approved, what was done outside and where the money is, and
object to any entry that breaks what must always hold. Source: spec README, What must always hold 1 to 4, 6 to 8, 12.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.stream import Entry
from tests.domain.properties.tallies import (
    BY_SILENCE,
    HANDLES,
    L2_FROM_FEN,
    NEVER,
    NEVER_RAISES,
    ON_INSTRUMENT,
    REVERSIBLE,
    SHANGHAI,
    TIERS,
    VOIDS,
    Consent,
    Control,
    Paper,
    Step,
)


@dataclass
class Books:
    """What the entries say. `roles` tells which roles a name has; `feed` raises AssertionError at a wrong entry."""

    roles: dict[str, tuple[str, ...]]
    reason: str = ""
    floor: str = "L0"
    controls: dict[str, Control] = field(default_factory=dict)
    placers: set[str] = field(default_factory=set)
    uploaders: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    handled: set[str] = field(default_factory=set)
    required: list[list[str]] = field(default_factory=list)
    papers: dict[str, Paper] = field(default_factory=dict)
    waived: set[str] = field(default_factory=set)
    confirmed: bool = False
    first: Consent | None = None
    second: Consent | None = None
    rejecting: str | None = None
    attempt: int = 0
    steps: dict[int, Step] = field(default_factory=dict)
    done_keys: set[str] = field(default_factory=set)
    paying: Consent | None = None
    orders: dict[str, Any] = field(default_factory=dict)
    remainder: bool = False
    account_consents: list[str] = field(default_factory=list)
    account_namer: str = ""
    released: int = 0
    penalty: int = 0
    claims: int = 0
    to_pay_out: int = 0
    payouts: dict[str, int] = field(default_factory=dict)
    payout_answers: dict[str, str] = field(default_factory=dict)
    version: int = 0
    position: int = 0
    closed: bool = False
    overdue: bool = False
    follow_up_done: bool = False
    limits: str = "usual"

    # --- taking an entry in -----------------------------------------------------------------------------------------

    def feed(self, entry: Entry, *, by_deadline: bool) -> None:
        body, who = json.loads(entry.data), entry.actor.partition(":")[2]
        assert entry.position == self.position + 1
        assert entry.version in {self.version, self.version + 1}, "the version moves by at most one with an event"
        if entry.type in NEVER_RAISES:
            assert entry.version == self.version, f"{entry.type} raised the version"
        if by_deadline:
            assert entry.type in BY_SILENCE, f"silence led to {entry.type}"
        self.position = entry.position
        if entry.type in HANDLES:
            self.handled.add(who)
        handler = getattr(self, f"_{entry.type}", None)
        if handler:
            handler(body, who, entry)
        if entry.type in VOIDS:
            self.first = self.second = self.rejecting = None
        if entry.type == "RejectProposed":
            self.rejecting = who
        if entry.type in {"CaseExpired", "CaseRejected", "CaseWithdrawn", "CaseClosed"}:
            self.closed = True
        if entry.type == "CaseReopened":
            self.closed = False
        self.version = entry.version

    # --- controls ---------------------------------------------------------------------------------------------------

    def _TerminalFrozen(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.reason = body["control"]["reason_code"]
        self._place(body["control"])

    def _ControlAttached(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert not self.closed, "a control joined a closed case"
        self._place(body["control"])

    def _PostActionOverdue(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert not self.follow_up_done, "late with what was done"
        self.overdue = True

    def _LimitsReduced(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert self.overdue, "limits were reduced of a merchant who is not late"
        assert self.limits == "usual", "limits were reduced twice"
        self.limits = "reduced"

    def _PostActionsDone(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.follow_up_done = True

    def _LimitsRestored(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert self.follow_up_done, "limits were restored before the merchant acted"
        assert self.limits == "reduced", "limits were restored that nobody reduced"
        self.limits = "restored"

    def _PostActionLapsed(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self._place(body["control"])

    def _LegalHoldPlaced(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert "compliance_head" in self.roles[who]
        assert self._paper(body["document_id"]).type == "D24"
        assert not self.orders, "a second order while one stands"
        self._place(body["control"], legal=True)
        self.controls[body["control"]["control_id"]].held = 0  # counted when the ledger holds it
        self.orders[body["control"]["control_id"]] = body["authority"]
        self.remainder = False

    def _place(self, control: dict[str, Any], *, legal: bool = False) -> None:
        assert control["control_id"] not in self.controls, "two controls of one id"
        self.placers.add(control["placed_by"])
        self.controls[control["control_id"]] = Control(
            control["reason_code"], control["held_fen"], control["placed_by"], legal
        )

    def _HoldRefused(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.controls[body["control_id"]].held = 0

    def _ControlEnforced(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        if body["effect"] in {"block", "unblock"}:
            self.controls[body["control_id"]].block = body["effect"] == "block"

    def _LegalHoldLifted(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert "compliance_head" in self.roles[who]
        assert self._paper(body["document_id"]).type == "D24"
        ordered = self.orders.pop(body["control_id"])
        assert ordered is None or ordered["name"] == body["authority"]["name"], "lifted by another authority"
        if self.past_pivot:
            for n in [n for n, step in self.steps.items() if step.state == "planned"]:
                del self.steps[n]
            self._plan(body["steps"])
        else:
            self.first = self.second = self.rejecting = None
            self.floor = "L3"
        control = self.controls[body["control_id"]]
        control.on = bool(control.held or control.block)
        control.legal = False  # what is left of it is now a control like any other

    def _HoldRejustified(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert who != self.controls[body["control_id"]].placer, "justified anew by who placed it"

    def _LapseLifted(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.controls[body["control_id"]].on = False

    def _DisposalDue(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.floor = "L3"
        if self.closed:
            self.closed, self.first, self.second, self.rejecting = False, None, None, None
            self.attempt += 1

    # --- evidence ---------------------------------------------------------------------------------------------------

    def _ReasonConfirmed(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert "officer" in self.roles[who]
        self.reason, self.confirmed = body["reason_code"], True
        self.required = [list(one_of) for one_of in body["requirements"]]
        for doc in body["on_file"]:
            self.papers[doc["document_id"]] = Paper(doc["doc_type"], "on_file", doc["valid_until"])

    def _DocumentAdded(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        doc = body["document"]
        self.uploaders.add(who)
        self.papers[doc["document_id"]] = Paper(doc["doc_type"], "received", doc["valid_until"])

    def _DocumentChecked(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        paper = self._paper(body["document_id"])
        paper.standing = body["outcome"]
        paper.until = body["valid_until"] or paper.until

    def _DocumentJudged(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self._may_review(who, second=False)
        self._paper(body["document_id"]).standing = body["verdict"]

    def _RequirementWaived(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self._may_review(who, second=False)
        self.waived.add(body["doc_type"])

    def _SupplementRequested(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert "D25" not in {item["doc_type"] for item in body["items"]}, "D25 is never listed"
        if body["counted"]:
            self._may_review(who, second=False)
            self.asked.add(who)
            assert body["round"] <= 4, "three rounds, and one more by L3"
            assert body["round"] <= 3 or "compliance_head" in self.roles[who]
        self._ask_anew(body["items"])

    def _ApprovalVoided(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert self.first or self.rejecting, "nothing was there to void"
        assert not self.attempt_under_way, "voided after the release began"
        self._ask_anew(body["items"])

    def _ask_anew(self, items: list[dict[str, Any]]) -> None:
        types = {item["doc_type"] for item in items}
        for paper in self.papers.values():
            paper.anew |= paper.type in types
        known = {code for one_of in self.required for code in one_of}
        self.required += [[code] for code in sorted(types - known)]

    def _CaseReopened(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.floor = max(self.floor, "L3" if body["complaint_id"] else "L2")
        day = _day(entry.occurred_at)
        self.papers = {name: paper for name, paper in self.papers.items() if paper.proves(day)}

    def _PartyChanged(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        if body["what"] == "settlement_account":
            self.floor = max(self.floor, "L2")

    def _paper(self, document_id: str) -> Paper:
        return self.papers[document_id]

    def unproved(self, day: str) -> list[list[str]]:
        """The requirements that nothing proves on `day`."""
        return [
            one_of
            for one_of in self.required
            if not set(one_of) & self.waived
            and not any(paper.type in one_of and paper.proves(day) for paper in self.papers.values())
        ]

    # --- review -----------------------------------------------------------------------------------------------------

    @property
    def standing(self) -> dict[str, Control]:
        return {name: control for name, control in self.controls.items() if control.on}

    def tier(self, penalty: int = 0) -> str:
        standing = self.standing.values()
        reasons = {self.reason, *(control.reason for control in standing)}
        tier = max([self.floor, *(TIERS.get(reason, "L2") for reason in reasons)])
        if sum(control.held for control in standing) >= L2_FROM_FEN or penalty or self.waived:
            tier = max(tier, "L2")
        return tier

    def _may_review(self, who: str, *, second: bool) -> None:
        assert who not in self.placers, f"{who} placed a control and reviews"
        assert who not in self.uploaders, f"{who} uploaded evidence and reviews"
        if second:
            assert who not in self.asked, f"{who} asked for evidence and reviews second"
            assert who not in self.handled, f"{who} handled the case and reviews second"

    def _FirstApproval(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self._may_review(who, second=False)
        assert body["seen"] == entry.version - 1, "an approval binds to the version it was given at"
        assert self.confirmed, "approved before anyone confirmed the reason"
        assert not self.unproved(_day(entry.occurred_at)), "approved on evidence that does not stand"
        tier = self.tier(body["amounts"]["penalty_fen"])
        if tier == "L3":
            assert "supervisor" in self.roles[who]
        if "robot" in self.roles[who]:
            assert tier == "L0", f"the robot decided a {tier} case"
            assert body["rule"], "the robot names its rule"
        assert body["final"] == (tier < "L2"), f"tier {tier} decided with final={body['final']}"
        self.first = Consent(who, body["amounts"], body["control_ids"])
        self._check_amounts(self.first)

    def _SecondApproval(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert self.first is not None
        self._may_review(who, second=True)
        assert who != self.first.by, "the second reviewer is the first"
        assert body["amounts"] == self.first.amounts
        assert body["control_ids"] == self.first.control_ids
        if self.tier() == "L3":
            assert "supervisor" in self.roles[self.first.by]
            assert "compliance_head" in self.roles[who]
        self.second = Consent(who, body["amounts"], body["control_ids"])

    def _CaseRejected(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert body["reason"], "every decision has a reason"
        self._may_review(who, second=self.rejecting is not None)
        if self.tier() >= "L2":
            assert self.rejecting not in {None, who}, "one reviewer alone rejected an L2 case"

    def _check_amounts(self, consent: Consent) -> None:
        free = sum(control.held for control in self.standing.values() if not control.legal)
        total = sum(consent.amounts.values())
        assert min(consent.amounts.values()) >= 0, "a negative amount"
        assert total <= free, f"{total} approved of {free} held"

    # --- release ----------------------------------------------------------------------------------------------------

    @property
    def pivot(self) -> Step | None:
        return next((step for step in self.steps.values() if step.attempt == self.attempt and step.pivot), None)

    @property
    def past_pivot(self) -> bool:
        return self.pivot is not None and self.pivot.state == "done"

    @property
    def attempt_under_way(self) -> bool:
        return any(step.state in {"started", "unknown"} for step in self.steps.values())

    def _ExecutionStarted(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        day, consents = _day(entry.occurred_at), [one for one in (self.first, self.second) if one]
        assert consents, "a release nobody approved"
        tier = self.tier(consents[0].amounts["penalty_fen"])
        assert len(consents) == (2 if tier >= "L2" else 1), f"a release at {tier} with {len(consents)} approvals"
        for consent in consents:
            assert consent.by not in self.placers | self.uploaders, f"{consent.by} approved and took part"
            assert set(consent.control_ids) == set(self.standing), "the approval does not cover what stands"
        assert not self.unproved(day), f"released with {self.unproved(day)} unproved"
        self._check_amounts(consents[0])
        self._check_reasons(day)
        assert not self.orders, "released under a legal order"
        assert not self.attempt_under_way
        self.attempt += 1
        self.paying = consents[0]
        self._plan(body["steps"])

    def _check_reasons(self, day: str) -> None:
        reasons = {self.reason, *(control.reason for control in self.standing.values())}
        assert not reasons & NEVER, f"{reasons & NEVER} may never be released"
        if reasons & ON_INSTRUMENT:
            assert any(paper.type == "D24" and paper.proves(day) for paper in self.papers.values())

    def _plan(self, steps: list[dict[str, Any]]) -> None:
        for planned in steps:
            assert planned["n"] not in self.steps, "a step number used twice"
            keys = {step.key for step in self.steps.values()}
            assert planned["key"] not in keys | self.done_keys, "a step key used twice"
            self.steps[planned["n"]] = Step(
                planned["name"], planned["key"], planned["subject"], planned["pivot"], self.attempt
            )

    def _StepStarted(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        step = self.steps[body["n"]]
        assert step.state == "planned"
        assert not self.attempt_under_way, "two steps at once"
        assert not self.orders or self.remainder, "a step began under a legal order"
        before = [s for n, s in self.steps.items() if n < body["n"] and s.attempt == step.attempt]
        assert all(s.state == "done" for s in before), "a step began before the one before it was done"
        step.state = "started"

    def _StepUnknown(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert self.steps[body["n"]].state == "started"
        self.steps[body["n"]].state = "unknown"

    def _StepDone(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        step = self.steps[body["n"]]
        assert step.state in {"started", "unknown"}, "done without having been started"
        assert step.key not in self.done_keys, f"{step.key} done twice"
        self.done_keys.add(step.key)
        step.state = "done"
        if step.name == "ledger_release":
            self._release_money()
        subject = self.controls.get(step.subject)
        if step.name == "unblock_terminal" and subject:
            subject.block = False
            subject.on = bool(subject.held)
        if step.name == "release_legal_hold" and subject:
            self.released += subject.held
            subject.held = 0
            subject.on = subject.block
        if step.pivot:
            self._controls_go()

    def _controls_go(self) -> None:
        """At the pivot, what was approved goes where it keeps no money and no block."""
        assert self.paying is not None
        for control_id in self.paying.control_ids:
            control = self.controls[control_id]
            control.on = control.on and bool(control.held or control.block)

    def _release_money(self) -> None:
        assert self.paying is not None
        amounts = self.paying.amounts
        self.released += amounts["release_fen"]
        self.to_pay_out += amounts["release_fen"]
        self.penalty += amounts["penalty_fen"]
        self.claims += amounts["claims_fen"]
        left = sum(amounts.values())
        for control_id in self.paying.control_ids:
            part = min(left, self.controls[control_id].held)
            self.controls[control_id].held -= part
            left -= part
        assert left == 0, "more was released than is held"

    def _StepUndone(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        step = self.steps[body["n"]]
        assert step.state == "done"
        assert not self.past_pivot, "reversed after the pivot"
        later = [s for n, s in self.steps.items() if n > body["n"] and s.attempt == step.attempt]
        assert not [s for s in later if s.state == "done" and s.name in REVERSIBLE], "not reversed last first"
        step.state = "undone"

    def _ExecutionFailed(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert not self.past_pivot, "failed after the pivot"
        if body["code"] != "withdrawn":
            self.steps[body["n"]].state = "undone"

    def _ExecutionCompensated(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert not self.orders, "left a legal hold by compensating"
        mine = [step for step in self.steps.values() if step.attempt == self.attempt]
        assert not [step for step in mine if step.state in {"started", "unknown"}]
        assert not [step for step in mine if step.state == "done" and step.name in REVERSIBLE], "not all reversed"
        for step in mine:
            step.state = "dropped" if step.state == "planned" else step.state

    def _CaseWithdrawn(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert not self.attempt_under_way, "withdrawn with a call in flight"
        assert not self.past_pivot, "withdrawn after the money left"

    def _CaseClosed(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert not self.orders, "closed under a legal order"
        mine = [step for step in self.steps.values() if step.attempt == self.attempt]
        assert all(step.state == "done" for step in mine), "closed with steps left"
        paid = [step.key for step in mine if step.name == "pay_out"]
        if paid:
            assert self.payout_answers.get(paid[-1]) == "confirmed", "closed with the payout not confirmed"

    def _PayoutAnswered(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        step = next(step for step in self.steps.values() if step.key == body["step_key"])
        assert step.name == "pay_out"
        assert step.state != "planned", "an answer to a payout never sent"
        assert body["step_key"] not in self.payout_answers, "a payout answered twice"
        self.payout_answers[body["step_key"]] = body["outcome"]

    @property
    def paid_out(self) -> int:
        """What has gone out and was not sent back."""
        return sum(amount for key, amount in self.payouts.items() if self.payout_answers.get(key) != "bounced")

    def _PayoutAccountNamed(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        self.account_namer, self.account_consents = who, []

    def _PayoutAccountApproved(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert who != self.account_namer, "approved the account they named"
        assert who not in self.account_consents, "approved the account twice"
        self._may_review(who, second=bool(self.account_consents))
        self.account_consents.append(who)
        assert bool(body["steps"]) == (len(self.account_consents) == 2)
        self._plan(body["steps"])

    def _RemainderProposed(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        assert "supervisor" in self.roles[who]
        self._may_review(who, second=False)

    def _RemainderReleased(self, body: dict[str, Any], who: str, entry: Entry) -> None:  # noqa: N802
        one, other = body["approved_by"]
        assert one != other
        assert who == other
        assert "supervisor" in self.roles[one]
        assert "compliance_head" in self.roles[other]
        self._may_review(other, second=True)
        self.remainder = True


def _day(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(SHANGHAI).date().isoformat()
