"""Contract test suites: what Thaw relies on in each kind of partner, tried out over HTTP against any address.

Whoever puts their own system in the place of a stand-in runs `thaw partners check URL --partner KIND` against it. The
checks make up their own cases, terminals and merchants and leave them behind: point them at a system for tests.

A suite is a module `partners/conformance/<kind>.py` with a `SUITE`:

    SUITE = Suite("ledger", example=Example("/merchants/{}/…", …))   # the rules of all partners, tried on one effect

    @SUITE.check
    async def held_money_is_not_paid_out(ledger: Caller) -> None:
        \"\"\"Money that is held cannot be paid out.\"\"\"                  # the sentence people read
        merchant_no = ledger.new("M")                                  # a name nobody used before
        held = answered(await ledger.effect("/holds", {…}), 201)       # under a new key; Failed if not 201
        refused(await ledger.effect("/payouts", {…}), 409, "not-enough")
        equal(held["amount_fen"], 100, "the amount held")

A check fails by `Failed` with a sentence (what was expected, what came), by an answer of another form (a missing
member), or by no answer. `examine` runs a suite and gives a verdict per check.
"""

from partners.conformance.caller import Caller, answered, equal, holds, refused
from partners.conformance.examining import Verdict, examine, kind_of, kinds, suite_of
from partners.conformance.suite import Check, Example, Failed, Suite

__all__ = [
    "Caller",
    "Check",
    "Example",
    "Failed",
    "Suite",
    "Verdict",
    "answered",
    "equal",
    "examine",
    "holds",
    "kind_of",
    "kinds",
    "refused",
    "suite_of",
]
