"""Everyone doing their part: from any state a case can reach, people and partners of good will bring it to its end.

Each act is by someone who took no part so far, so that four-eyes never stands in the way.
"""

from __future__ import annotations

from domain import agreement, field
from domain import commands as c
from domain.actors import SYSTEM, Actor
from domain.business_time import local_date
from domain.case import Case
from domain.commands import Command
from domain.controls import disposable_fen, tier_of
from domain.evidence import STAFF_FILED, missing_documents, to_check, unverified
from domain.four_eyes import level_of
from domain.refusals import Refused
from domain.release import undoable
from domain.text import Text
from tests.domain.appeals import a_document
from tests.domain.properties.world import World
from tests.domain.specification import MERCHANT_NO, POLICY

NEVER = {"R07", "R09", "F01", "J02"}
ON_INSTRUMENT = {"J01", "R10"}
BEYOND = "2099-12-31"


class Cooperation:
    """People of good will around a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hired = 0

    @property
    def case(self) -> Case:
        return self.world.case

    def bring_to_an_end(self) -> None:
        """Until the case is closed, everyone is told, and only what may never be lifted is watched any longer."""
        for _ in range(400):
            if self.over():
                return
            self.next_act()
        raise AssertionError(f"no end in sight: {self.case.status}, {[e.type for e in self.world.entries[-12:]]}")

    def over(self) -> bool:
        watched = [name for name in self.case.dues if not name.startswith("hold:")]
        owed = any(control.owed for control in self.case.controls) or self.case.limits_owed
        asked = any(one is not None and one.is_open for one in (self.case.visit, self.case.agreement))
        return not (self.case.is_open or watched or self.case.owed or owed or asked)

    def next_act(self) -> None:
        """The next thing that someone of good will does."""
        for control in self.case.controls:
            if control.owed:
                self.do(c.RecordEnforcement(control.control_id, control.owed[0]))  # type: ignore[arg-type]
                return
        if self.case.limits_owed:
            self.do(c.RecordLimits(self.case.limits_owed, "M1"))  # type: ignore[arg-type]
            return
        if self.case.visit is not None and field.owed(self.case) == "call_off":
            self.do(c.CallOffVisit(self.case.visit.n, "cancelled"))
            return
        if self.case.agreement is not None and agreement.owed(self.case, POLICY) == "call_off":
            self.do(c.CallOffAgreement(self.case.agreement.n, "withdrawn"))
            return
        due = next((one for one in self.case.standing_controls if one.rejustify_tier), None)
        if due:
            head = due.rejustify_tier == "L3"
            self.do(c.Rejustify("it must stand a while longer"), "compliance_head" if head else "officer")
            return
        act = getattr(self, f"_{self.case.status.value}", self._closed)
        act()

    def do(self, command: Command, role: str | None = None) -> Refused | None:
        refused = self.world.ask(command, self.someone(role) if role else SYSTEM)
        assert refused is None, (
            f"good will is refused {command} at {self.case.status}: {refused.code} {refused.text.en}"
        )
        return refused

    def someone(self, role: str) -> Actor:
        """A person of this role whom the case has not seen."""
        self.hired += 1
        number = MERCHANT_NO if role in {"merchant", "agent"} else None
        return Actor(f"{role}-{self.hired}-{len(self.world.entries)}", (role,), number)

    # --- statuses ---------------------------------------------------------------------------------------------------

    def _opened(self) -> None:
        self.do(c.ConfirmReason(self.case.reason_code), "officer")

    def _reason_confirmed(self) -> None:
        self.do(c.OpenAppeal("vault:s"), "merchant")

    def _awaiting_field(self) -> None:
        self.do(c.FieldDone("seen"), "officer")

    def _draft(self) -> None:
        missing = missing_documents(self.case, POLICY, self._today())
        if missing:
            self._file(missing[0].partition("/")[0], "merchant")
        else:
            self.do(c.Submit(declaration=True), "merchant")

    def _today(self) -> str:
        return local_date(self.world.clock).isoformat()

    def _file(self, doc_type: str, role: str) -> None:
        number = 100_000 + len(self.world.entries)
        self.do(c.AddDocument(a_document(doc_type, number, BEYOND)), role)

    def _submitted(self) -> None:
        self.do(
            c.RecordChecks(
                tuple(
                    c.CheckedDocument(
                        doc.document_id, "passed" if doc.doc_type in {"D01", "D03"} else "unsure", (), doc.valid_until
                    )
                    for doc in to_check(self.case)
                )
            )
        )

    def _pending_check(self) -> None:
        self.do(c.ResumeChecks())

    def _awaiting_supplement(self) -> None:
        fresh = {doc.doc_type for doc in to_check(self.case)}
        lacking = sorted({one.doc_type for one in self.case.evidence.asked} - fresh)
        if lacking:
            self._file(lacking[0], "merchant")
        else:
            self.do(c.Resubmit(), "merchant")

    def _in_review_1(self) -> None:
        reasons = {self.case.reason_code, *(control.placed.reason_code for control in self.case.standing_controls)}
        if reasons & NEVER:
            self.do(c.Reject("R01", "this is never lifted"), self._reviewer())
            return
        if reasons & ON_INSTRUMENT and not self._stands("D24"):
            self._prove("D24")
            return
        lacking = unverified(self.case, self._today())
        if lacking:
            self._prove(lacking[0].partition("/")[0])
            return
        self.do(c.Approve(disposable_fen(self.case), 0, 0, "proved"), self._reviewer())

    def _stands(self, doc_type: str) -> bool:
        return any(doc.doc_type == doc_type and doc.stands(self._today()) for doc in self.case.evidence.documents)

    def _prove(self, doc_type: str) -> None:
        """Judge what is there, file what staff may file, waive what cannot be had in time."""
        for doc in self.case.evidence.documents:
            if doc.doc_type == doc_type and not doc.asked_anew and not doc.expired(self._today()):
                self.do(c.JudgeDocument(doc.document_id, "accept", "good"), self._reviewer())
                return
        if doc_type in STAFF_FILED:
            self._file(doc_type, "officer")
        else:
            self.do(c.Waive(doc_type, "cannot be had"), self._reviewer())

    def _reviewer(self) -> str:
        tier = tier_of(self.case, POLICY)
        return POLICY.tiers.roles(tier, level_of(self.case))[-1]  # type: ignore[arg-type]

    def _in_review_2(self) -> None:
        first = self.case.review.first
        if first is None:
            self.do(c.Reject("R01", "so it is"), self._reviewer())
            return
        amounts = first.amounts
        command = c.Approve(amounts.release_fen, amounts.penalty_fen, amounts.claims_fen, "agreed")
        refused = self.world.ask(command, self.someone(self._reviewer()))
        assert refused is None or refused.code == "approval-voided", refused

    def _approved(self) -> None:
        self.do(c.Execute())

    def _pre_release_actions(self) -> None:
        self.do(c.ResetCredentials(), "merchant")

    def _executing(self) -> None:
        flying = self.case.release.in_flight
        if flying:
            self.do(c.FinishStep(flying.n, "done"))
        else:
            self._bank_confirms()

    def _bank_confirms(self) -> None:
        step = next(step for step in reversed(self.case.release.steps) if step.name == "pay_out")
        assert step.state == "done", f"waits for nothing: {[(s.name, s.state) for s in self.case.release.attempt]}"
        self.do(c.AnswerPayout(step.planned.key, "confirmed", f"bank:{step.planned.key}"))

    def _compensating(self) -> None:
        self.do(c.UndoStep(undoable(self.case)[0].n, "undone"))

    def _suspended_legal(self) -> None:
        flying = self.case.release.in_flight
        if flying:
            self.do(c.FinishStep(flying.n, "done"))
        elif not self.case.release.past_pivot and undoable(self.case):
            self._compensating()
        elif self._rest_may_go():
            rest = c.Approve(self.case.release.payout_fen, 0, 0, "not named in the order")
            self.do(rest, "compliance_head" if self.case.remainder_proposed_by else "supervisor")
        elif not self._last_is_a_fresh_instrument():
            self._file("D24", "officer")
        else:
            order = next(control for control in self.case.standing_controls if control.legal_hold)
            paper = self.case.evidence.documents[-1].document_id
            self.do(c.LiftLegalHold(paper, order.authority), "compliance_head")

    def _rest_may_go(self) -> bool:
        """What the order does not name may leave; half of all courts are waited for instead."""
        release, coin = self.case.release, len(self.case.evidence.documents) % 2
        return release.past_pivot and not release.payout_begun and release.payout_fen > 0 and coin == 0

    def _last_is_a_fresh_instrument(self) -> bool:
        last = self.case.evidence.documents[-1]
        return last.doc_type == "D24" and last.document_id.removeprefix("D24-") >= "100000"

    def _post_actions(self) -> None:
        match self.case.release.payout:
            case "account_needed":
                self.do(c.NewAccount("vault:account-9"), "merchant")
            case "account_named":
                self.do(c.RecordAccountCheck(matches=True, finding=Text("同名。", "The same name.")))
            case "account_checked":
                self.do(c.ApproveAccount("the same name"), "reviewer")
            case _:
                self.do(c.SignAgreement("signature-9"), "merchant")

    def _closed(self) -> None:
        if self.case.owed:
            owed = self.case.owed[0]
            self.do(c.RecordNotice(owed.key, owed.notice, "email", "receipt", self.case.since))
        else:
            dues = [due for due in self.case.dues.values() if not due.name.startswith("hold:")]
            self.world.pass_deadline(min(dues, key=lambda due: (due.due, due.name)).name)
