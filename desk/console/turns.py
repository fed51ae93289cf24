"""What a visitor may do in a case: a form for each command, with what stands in it and what may be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from desk.access import PLACERS
from desk.api.messages import WRITERS
from desk.console import choices
from desk.console.forms import COMMANDS, Filling, Option, Shown, shown
from desk.console.reading import Reading
from desk.console.yuan import typed
from domain.controls import disposable_fen
from domain.events import Amounts

PRIMARY = frozenset({
    "confirm_reason", "open_appeal", "submit", "resubmit", "approve", "reset_credentials", "new_account",
    "approve_account", "rejustify", "field_done",
})  # fmt: skip
"""The forms that stand open: what the case most likely waits for."""

CONTACT = ("callback", "complaint", "dissatisfied")
"""The forms by which a merchant gets in touch about a case, beside messages."""


@dataclass(frozen=True, slots=True)
class CommandForm:
    """A command the visitor may give now."""

    name: str
    fields: list[Shown]
    open: bool
    attempted: bool


class Turns(Reading):
    """The forms of a case for one visitor."""

    def command_forms(self) -> list[CommandForm]:
        allowed = set(self.view["allowed_commands"]) - {"judge_document"}
        return [self._form(name) for name in COMMANDS if name in allowed]

    def control_form(self) -> CommandForm | None:
        placing = self.visit.may(*PLACERS) and self.case.is_open
        return self._form("add_control") if placing else None

    def message_form(self) -> CommandForm | None:
        writing = self.visit.may(*WRITERS) and not self.case.finished
        return self._form("post_message") if writing else None

    def contact_forms(self) -> dict[str, CommandForm]:
        return {name: self._form(name) for name in CONTACT} if self.visit.outside else {}

    def _form(self, name: str) -> CommandForm:
        attempt = self.attempted(name)
        fields = shown(name, Filling(self._values(name), self.options), self.visit.language, attempt)
        return CommandForm(name, fields, attempt is not None or name in PRIMARY, attempt is not None)

    def _values(self, name: str) -> dict[str, str | tuple[str, ...]]:
        """What stands in a form before anyone types."""
        match name:
            case "confirm_reason" | "reject" | "add_control":
                return {"reason_code": self.case.reason_code, "scope": ("all",)}
            case "approve":
                return {name: typed(fen) for name, fen in asdict(self._amounts()).items()}
            case "place_legal_hold":
                return {"amount_fen": typed(self.case.remaining_fen)}
            case "post_message":
                return {"audience": "merchant"}
            case _:
                return {}

    def _amounts(self) -> Amounts:
        """What an approval would most likely say: the first reviewer's amounts, else all that may be disposed of."""
        if self.case.release.past_pivot:
            return Amounts(self.case.release.payout_fen)
        first = self.case.review.first
        return first.amounts if first else Amounts(disposable_fen(self.case))

    @cached_property
    def options(self) -> dict[str, Sequence[Option]]:
        """What may be chosen in the forms' fields."""
        language, policy = self.visit.language, self.policy
        told_of = [code for code in policy.documents if not policy.never_lists(code)]
        needed = [code for one_of in self.required() for code in one_of if code in policy.documents]
        needed = list(dict.fromkeys(needed))
        ordered = dict.fromkeys(code for code in (*needed, *told_of) if code in told_of)
        audiences = ("merchant",) if self.visit.outside else ("merchant", "internal")
        instruments = (d for d in self.case.evidence.documents if d.doc_type == "D24")
        return {
            **choices.of_policy(policy, language),
            "documents": [(code, self.document(code)) for code in ordered],
            "required": [(code, self.document(code)) for code in needed],
            "instruments": [(d.document_id, f"{self.document('D24')} · {d.document_id}") for d in instruments],
            "audiences": choices.of_words("cause", audiences, language),
        }
