"""What anybody might try next, sensible or not, chosen by dice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from domain import commands as c
from domain.actors import SYSTEM
from domain.agreement import agreement_key
from domain.business_time import format_time
from domain.case import Case, Status
from domain.commands import Command
from domain.controls import disposable_fen
from domain.events import Authority, QuestionedTransaction
from domain.evidence import to_check
from domain.field import visit_key
from domain.text import Text
from tests.domain.appeals import a_control, a_document, item
from tests.domain.properties.world import ADMINISTRATOR, PEOPLE, TWO_HATS, World
from tests.domain.specification import COMPLIANCE, COMPLIANCE_2, OFFICER_2, POLICY, SUPERVISOR, rfc3339

T = TypeVar("T")
DOC_TYPES = ("D01", "D03", "D06", "D07", "D08", "D12", "D14", "D22", "D23", "D24", "D25")
REASONS = ("R01", "R02", "R03", "R05", "R06", "R07", "R10", "R11", "S01", "S02", "S03", "J01", "J02", "F01")
ENDS = (None, None, None, "2026-11-06", "2026-11-15", "2026-12-31", "2027-12-31")
COURT, POLICE = Authority("court", "A", "1"), Authority("police", "B", "2")
BY_SOMEONE_ELSE = {"add_control", "change_party", "post_message", "answer_payout"}


class Moves:
    """Moves in a world, thrown with `dice`."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world = world
        self.dice = dice
        self.serial = 0

    @property
    def case(self) -> Case:
        return self.world.case

    def number(self) -> int:
        self.serial += 1
        return self.serial + len(self.world.entries) * 100

    def pick(self, things: Sequence[T]) -> T:
        return things[self.dice.randrange(len(things))]

    def chance(self, percent: int) -> bool:
        return self.dice.randrange(100) < percent

    # --- people -----------------------------------------------------------------------------------------------------

    def a_person_acts(self) -> None:
        """Someone gives a command that is possible in this status, mostly someone with the role for it."""
        names = [name for name, turn in c.PEOPLES.items() if self.case.status in turn.when]
        rare = {"withdraw", "place_legal_hold", "reject", "rejustify", "return_review"}
        names = [name for name in names if name not in rare or self.chance(15)] or names
        if not names:
            return
        name = self.pick(names)
        able = [person for person in PEOPLE if person.has(*c.PEOPLES[name].roles)]
        by = self.pick(able) if self.chance(95) else self.pick(PEOPLE)
        seen = self.case.version - self.chance(50) if self.chance(10) else None
        self.world.ask(self.command(name), by, seen)

    def anyone_asks_anything(self) -> None:
        self.world.ask(self.command(self.pick(list(c.PEOPLES))), self.pick(PEOPLE))

    def command(self, name: str) -> Command:
        make = getattr(self, f"_{name}", None)
        if make:
            command: Command = make()
            return command
        kind = c.PEOPLES[name].command
        plain = {
            "open_appeal": ("vault:s",), "dispatch_field": ("",), "field_done": ("",), "withdraw": ("enough",),
            "reopen": ("vault:s",), "return_review": ("look again",), "rejustify": ("goes on",),
            "sign_agreement": ("signature-1",), "new_account": (f"vault:account-{self.dice.randrange(3)}",),
            "approve_account": ("same name",), "submit": (self.chance(95),),
        }  # fmt: skip
        made: Command = kind(*plain.get(name, ()))
        return made

    def _confirm_reason(self) -> Command:
        reason = self.case.reason_code if self.chance(80) else self.pick(REASONS)
        on_file = tuple(a_document(doc, self.number(), self.pick(ENDS)) for doc in ("D01", "D03") if self.chance(20))
        return c.ConfirmReason(reason, "", on_file)

    def _add_document(self) -> Command:
        wanted = [one_of[0] for one_of in self.case.evidence.requirements] or list(DOC_TYPES)
        asked = [each.doc_type for each in self.case.evidence.asked] or wanted
        doc_type = self.pick(self.pick([wanted, asked, list(DOC_TYPES)]))
        return c.AddDocument(a_document(doc_type, self.number(), self.pick(ENDS)))

    def _judge_document(self) -> Command:
        docs = [doc.document_id for doc in self.case.evidence.documents] or ["none"]
        verdict = self.pick(("accept", "accept", "accept", "reject", "unsure"))
        return c.JudgeDocument(self.pick(docs), verdict, "seen")  # type: ignore[arg-type]

    def _waive(self) -> Command:
        wanted = [one_of[0] for one_of in self.case.evidence.requirements] or ["D01"]
        return c.Waive(self.pick([*wanted, "D20"]), "not needed here")

    def _request_supplement(self) -> Command:
        return c.RequestSupplement(tuple(item(self.pick(DOC_TYPES)) for _ in range(1 + self.chance(30))))

    def _approve(self) -> Command:
        free = max(disposable_fen(self.case), 0)
        first = self.case.review.first
        if first and self.chance(85):
            amounts = first.amounts
            return c.Approve(amounts.release_fen, amounts.penalty_fen, amounts.claims_fen, "agreed")
        if self.case.status is Status.SUSPENDED_LEGAL and self.chance(80):
            return c.Approve(self.case.release.payout_fen, 0, 0, "the rest")
        if self.chance(60):
            return c.Approve(free, 0, 0, "all of it")
        parts = [self.dice.randrange(-1 if self.chance(5) else 0, free + 2) // 2 for _ in range(3)]
        return c.Approve(*parts, "some of it")

    def _reject(self) -> Command:
        return c.Reject(self.pick(REASONS), "no proof")

    def _place_legal_hold(self) -> Command:
        papers = [d.document_id for d in self.case.evidence.documents if d.doc_type == "D24"] or ["none"]
        amount = self.pick((0, 1_000_000, self.case.held_fen, 99_000_000))
        reason = self.pick(("J01", "J01", "J01", "J02", "R01"))
        return c.PlaceLegalHold(reason, amount, self.pick(papers), self.pick((None, COURT, POLICE)))

    def _lift_legal_hold(self) -> Command:
        papers = [d.document_id for d in self.case.evidence.documents if d.doc_type == "D24"] or ["none"]
        return c.LiftLegalHold(papers[-1], self.pick((None, COURT, POLICE)))

    def an_instrument_arrives(self) -> None:
        self.world.ask(c.AddDocument(a_document("D24", self.number(), self.pick(ENDS))), self.pick(PEOPLE))

    def an_order_comes(self) -> None:
        """A court's order is filed and entered."""
        self.world.ask(c.AddDocument(a_document("D24", self.number())), self.pick((OFFICER_2, TWO_HATS)))
        if self.case.status is not Status.SUSPENDED_LEGAL:
            self.world.ask(self._place_legal_hold(), self.pick((COMPLIANCE, COMPLIANCE_2, ADMINISTRATOR)))

    def the_rest_is_let_go(self) -> None:
        """What an order does not name leaves by a fresh decision, when the people can agree."""
        rest = c.Approve(self.case.release.payout_fen, 0, 0, "not named in the order")
        self.world.ask(rest, self.pick((SUPERVISOR, TWO_HATS, COMPLIANCE)))
        self.world.ask(rest, self.pick((COMPLIANCE, COMPLIANCE_2, ADMINISTRATOR, SUPERVISOR)))

    # --- the world outside ------------------------------------------------------------------------------------------

    def a_control_is_added(self) -> None:
        kind, held = self.pick((("settlement_hold", 700_000), ("settlement_hold", 6_000_000), ("txn_block", 0)))
        control = a_control(
            f"C{self.number()}", kind=kind, held_fen=held, reason_code=self.pick(("R01", "R02", "R05", "J02", "M01")),
            source=self.pick(("risk", "system")), placed_by=self.pick(("officer2", "reviewer2", "risk-desk")),
            placed_at=self.world._asked(SYSTEM, None).at,
        )  # fmt: skip
        self.world.ask(c.AddControl(control), self.pick(PEOPLE))

    def the_party_changes(self) -> None:
        what = self.pick(("name", "legal_representative", "settlement_account"))
        self.world.ask(c.ChangeParty(what), self.pick(PEOPLE))  # type: ignore[arg-type]

    def someone_writes(self) -> None:
        self.world.ask(c.PostMessage("merchant", "vault:text-1"), self.pick(PEOPLE))

    def a_control_is_enforced(self) -> None:
        owed = [(control, effect) for control in self.case.controls for effect in control.owed]
        if not owed:
            return
        control, effect = self.pick(owed)
        available = self.dice.randrange(max(control.held_fen, 1)) if effect == "hold" and self.chance(10) else None
        asked = (QuestionedTransaction("t-1", 100, rfc3339("2026-11-01 23:00"), "0001", "12345678"),)
        transactions = asked if effect == "questions" else ()
        self.world.ask(c.RecordEnforcement(control.control_id, effect, available, transactions))  # type: ignore[arg-type]

    def verification_answers(self) -> None:
        command: Command
        if self.case.status is Status.PENDING_CHECK:
            command = c.ResumeChecks()
        elif self.chance(15):
            command = c.DeferChecks()
        else:
            command = c.RecordChecks(tuple(self._reading(doc.document_id) for doc in to_check(self.case)))
        self.world.ask(command)

    def _reading(self, document_id: str) -> c.CheckedDocument:
        outcome = self.pick(("passed", "passed", "passed", "unsure", "unsure", "unsure", "unsure", "failed"))
        findings = (Text("编号有误。", "The number is wrong."),) if outcome == "failed" else ()
        return c.CheckedDocument(document_id, outcome, findings, self.pick(ENDS))  # type: ignore[arg-type]

    def the_release_goes_on(self) -> None:
        """What the procedure does next, with whatever the partner answers."""
        flying = self.case.release.in_flight
        n = flying.n if flying else self.dice.randrange(1, 15)
        throw = self.dice.randrange(100)
        if self.case.status is Status.APPROVED:
            self.world.ask(c.Execute())
        elif flying is None and self.case.release.payout == "sent":
            self.the_bank_speaks()
        elif flying is None:
            undoable = [step.n for step in self.case.release.attempt if step.state == "done"]
            self.world.ask(c.UndoStep(self.pick(undoable[-1:] or [n]) if self.chance(50) else n, "undone"))
            self._undo_the_next()
        elif throw < 80:
            self.world.ask(c.FinishStep(n, "done"))
        elif throw < 90:
            self.world.ask(c.LoseStep(n, "timeout"))
        else:
            self.world.ask(c.FailStep(n, self.pick(("refused-by-partner", "account-changed"))))

    def _undo_the_next(self) -> None:
        for step in reversed(self.case.release.attempt):
            if step.state == "done" and step.name in {"reserve", "lift_risk_rule"}:
                self.world.ask(c.UndoStep(step.n, "undone"))
                return

    def a_step_is_meddled_with(self) -> None:
        n = self.dice.randrange(1, 15)
        kind = self.pick((c.StartStep, c.FinishStep, c.LoseStep, c.FailStep, c.UndoStep))
        self.world.ask(kind(n) if kind is c.StartStep else kind(n, "?"))

    def the_bank_speaks(self) -> None:
        keys = [step.planned.key for step in self.case.release.steps if step.name == "pay_out"] or ["no-such-key"]
        outcome = self.pick(("confirmed", "confirmed", "bounced"))
        ref = f"bank-{self.dice.randrange(5)}"
        self.world.ask(c.AnswerPayout(self.pick(keys), outcome, ref, "account_closed"))  # type: ignore[arg-type]

    def field_service_acts(self) -> None:
        """The visit is ordered, booked, called off, or field service says a word about it, in any order."""
        visit = self.case.visit
        assert visit is not None
        key = visit_key(self.case, visit.n - (visit.n > 1 and self.chance(10)))
        ref = f"field-{self.dice.randrange(6)}"
        outcome = self.pick(("assigned", "no_show", "cancelled", "done"))
        at = format_time(self.world.clock - timedelta(minutes=self.pick((0, 0, 0, 600))))
        acts: list[Command] = [
            c.OrderVisit(), c.BookVisit(visit.n, "V-1"), c.CallOffVisit(visit.n, "cancelled"),
            c.AnswerVisit(key, outcome, ref, at, "V-1", "done" if outcome == "done" else ""),  # type: ignore[arg-type]
        ]  # fmt: skip
        self.world.ask(self.pick(acts))

    def contract_signing_acts(self) -> None:
        """The agreement is ordered, issued, called off, or contract signing says a word about it, in any order."""
        n = self.case.agreement.n if self.case.agreement else 1
        key, at = agreement_key(self.case, max(n - self.chance(10), 1)), format_time(self.world.clock)
        ref, outcome = f"sign-{self.dice.randrange(6)}", self.pick(("signed", "declined", "withdrawn", "expired"))
        acts: list[Command] = [
            c.OrderAgreement(), c.IssueAgreement(n, "A-1", "5e" * 32, "vault:link", at), c.CountSignature(),
            c.CallOffAgreement(n, "withdrawn"),
            c.AnswerAgreement(key, outcome, ref, at, "SIG-1" if outcome == "signed" else ""),  # type: ignore[arg-type]
        ]  # fmt: skip
        self.world.ask(self.pick(acts))

    def the_account_is_checked(self) -> None:
        self.world.ask(c.RecordAccountCheck(self.chance(80), Text("同名。", "The same name.")))

    def limits_are_changed(self) -> None:
        self.world.ask(c.RecordLimits(self.pick(("reduced", "restored")), "M1"))  # type: ignore[arg-type]

    def a_notice_is_sent(self) -> None:
        keys = [(owed.key, owed.notice) for owed in self.case.owed] or [("none", "freeze_notice")]
        key, notice = self.pick(keys)
        self.world.ask(c.RecordNotice(key, notice, "email", "receipt", rfc3339("2026-11-02 10:00")))

    def a_refusal_is_recorded(self) -> None:
        self.world.ask(c.RecordRefusal("approve", "stale-version"))

    def a_partner_refuses_for_a_while(self) -> None:
        key = f"key-{self.dice.randrange(3)}"
        refused = c.ReportRefusal(self.pick(("cancel_reservation", "block", "restore_limits")), key, "no-such-thing")
        self.world.ask(self.pick((refused, c.SettleRefusal(key))))

    def a_deadline_passes(self) -> None:
        names = sorted(self.case.dues)
        if names and self.chance(40):
            self.world.pass_deadline(self.pick(names))
        else:
            self.world.pass_next_deadline()

    def a_timer_is_wrong(self) -> None:
        """A timer fires too early, or for a deadline that has moved."""
        for due in list(self.case.dues.values())[:2]:
            self.world.ask(c.PassDeadline(due.name, "2026-11-01T00:00:00.000000+00:00"))

    def time_goes_by(self) -> None:
        self.world.wait(timedelta(minutes=self.pick((1, 60, 600, 1500, 6000))))

    def any_move(self) -> None:
        """One move, the likelier ones more often."""
        self.pick(self._likely())()

    def _likely(self) -> list:
        status = self.case.status
        moves = [self.a_person_acts] * 8 + [self.a_control_is_enforced] * 2 + [
            self.anyone_asks_anything, self.a_notice_is_sent, self.a_deadline_passes,
        ]  # fmt: skip
        if self.chance(12):
            moves += [
                self.a_control_is_added, self.the_party_changes, self.someone_writes, self.a_refusal_is_recorded,
                self.a_partner_refuses_for_a_while,
                self.a_timer_is_wrong, self.time_goes_by, self.an_instrument_arrives, self.a_step_is_meddled_with,
                self.the_bank_speaks,
            ]  # fmt: skip
        if self.case.visit is not None and (status is Status.AWAITING_FIELD or self.case.visit.is_open):
            moves += [self.field_service_acts] * 6
        if status is Status.POST_ACTIONS or self.case.agreement is not None:
            moves += [self.contract_signing_acts] * 4
        if status in {Status.SUBMITTED, Status.PENDING_CHECK}:
            moves += [self.verification_answers] * 8
        if status in {Status.APPROVED, Status.EXECUTING, Status.COMPENSATING, Status.SUSPENDED_LEGAL}:
            moves += [self.the_release_goes_on] * 12
        if status in {Status.EXECUTING, Status.COMPENSATING, Status.POST_ACTIONS, Status.APPROVED}:
            flying = self.case.release.in_flight
            moves += [self.an_order_comes] * (8 if flying and flying.name == "ledger_release" else 1)
        if status is Status.SUSPENDED_LEGAL:
            moves += [self.the_rest_is_let_go] * 6
        if status is Status.POST_ACTIONS:
            moves += [self.the_account_is_checked, self.the_account_is_checked, self.limits_are_changed] + [
                self.a_deadline_passes
            ] * 3
        return moves


def an_appeal_of(dice: random.Random) -> tuple[str, dict[str, object]]:
    """A reason and a control that may open a case for it."""
    reason = dice.choice(REASONS[:-1])
    kind, held = dice.choice((("settlement_hold", 3_000_000), ("settlement_hold", 8_642_000), ("txn_block", 0)))
    if reason == "J01":
        kind = "judicial_freeze"
    return reason, {"kind": kind, "held_fen": held, "source": dice.choice(POLICY.reasons[reason].raised_by)}
