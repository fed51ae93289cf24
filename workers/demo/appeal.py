"""One case of the demo, driven by its people: the steps that most scenes share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.money import yuan
from samples.facts import SHANGHAI, PaperFacts
from samples.papers import render
from samples.portfolio import Merchant
from samples.sheet import Form
from workers.api import ApiError
from workers.demo.stage import Stage, expect, until

CLOSED = frozenset({"closed_released", "closed_rejected", "closed_withdrawn", "closed_expired"})


@dataclass(slots=True)
class Appeal:
    """A case about one terminal of one merchant, whose log-in is `owner`."""

    stage: Stage
    merchant: Merchant
    owner: str
    facts: PaperFacts
    held_fen: int
    case_id: str = ""
    uploads: int = 0

    # --- looking ----------------------------------------------------------------------------------------------------

    async def see(self) -> dict[str, Any]:
        """The case as an officer sees it."""
        seen: dict[str, Any] = await (await self.stage.as_("officer1")).get(f"/cases/{self.case_id}")
        return seen

    async def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await (await self.stage.as_("auditor1")).get(f"/cases/{self.case_id}/events")
        return found

    async def until(self, *statuses: str, tell: bool = True) -> dict[str, Any]:
        """The case once it is in one of these statuses. It must not end in another one first."""

        def there(case: dict[str, Any]) -> bool:
            expect(
                case["status"] in statuses or case["status"] not in CLOSED,
                f"{self.case_id} is {case['status']}, not {' or '.join(statuses)}",
            )
            return case["status"] in statuses

        case = await until(self.see, there, f"{self.case_id} becomes {' or '.join(statuses)}")
        if tell:
            self.stage.telling.answers(f"the case is {case['status']} (version {case['version']})")
            self.stage.telling.waits(case["waiting_on"]["sentence"])
        return case

    # --- opening ----------------------------------------------------------------------------------------------------

    async def freeze(
        self, reason: str, *, kind: str = "settlement_hold", transactions: Sequence[dict[str, Any]] = (), n: int = 1
    ) -> dict[str, Any]:
        """The risk desk's robot places a control; the n-th of this case."""
        held = self.held_fen if kind == "settlement_hold" else 0
        what = f"holds {yuan(held)} of" if held else "blocks"
        self.stage.telling.does("robot1", f"risk control {what} terminal {self.facts.terminal_sn}, reason {reason}")
        body = {
            "terminal_sn": self.facts.terminal_sn,
            "kind": kind,
            "reason_code": reason,
            "held_amount_fen": held,
            "source": "risk",
            "external_ref": f"RISK-{self.facts.terminal_sn}-{n}",
            "detail": "demo",
            "transactions": list(transactions),
        }
        placed: dict[str, Any] = await (await self.stage.as_("robot1")).post("/controls", body)
        if not self.case_id:
            self.case_id = placed["case_id"]
            self.stage.telling.scene.cases.append(self.case_id)
        expect(placed["case_id"] == self.case_id, "a further control did not join the open case")
        self.stage.telling.answers(f"control {placed['control_id']} in case {placed['case_id']}")
        return placed

    async def in_force(self) -> None:
        """Waits until every control stands outside."""

        def all_on(case: dict[str, Any]) -> bool:
            return all(control["in_force"] for control in case["controls"])

        await until(self.see, all_on, f"the controls of {self.case_id} are in force")

    async def give(self, who: str, command: str, say: str, **fields: Any) -> dict[str, Any]:
        """A command by one of the people, at the version they see."""
        self.stage.telling.does(who, say)
        api = await self.stage.as_(who)
        version = (await api.get(f"/cases/{self.case_id}"))["version"]
        body = {**fields, "version": version}
        answer = await self.settled(who, await api.post(f"/cases/{self.case_id}/commands/{command}", body))
        self.stage.telling.answers(f"{answer['status']}, version {answer['version']}: {', '.join(answer['events'])}")
        return answer

    async def settled(self, who: str, answer: dict[str, Any]) -> dict[str, Any]:
        """What a command led to; one that was stored (202) is waited for. Raises ApiError when it is refused then."""
        if "status_url" not in answer:
            return answer
        self.stage.telling.answers("202: stored; it is delivered as soon as the engine takes it")
        api, path = await self.stage.as_(who), f"/commands/{answer['command_id']}"
        told = await until(lambda: api.get(path), lambda found: found["state"] != "pending", "it is delivered")
        if told["state"] == "refused":
            refusal = told["refusal"]
            raise ApiError(refusal["status"], "refused later", refusal["en"], refusal["code"])
        done: dict[str, Any] = told["answer"]
        return done

    async def confirmed(self, reason: str) -> None:
        """An officer confirms the reason, and the merchant opens the appeal."""
        await self.give("officer1", "confirm_reason", f"confirms reason {reason}", reason_code=reason, note="demo")
        await self.give(self.owner, "open_appeal", "opens the appeal", statement="交易均为真实消费,请予解除。")

    # --- papers -----------------------------------------------------------------------------------------------------

    def paper(self, doc_type: str, form: Form = "png", facts: PaperFacts | None = None) -> Path:
        """A paper of this merchant as a file in `.thaw/demo`; each one is a new picture."""
        self.uploads += 1
        said = facts or self.facts
        said = replace(said, transaction_ref=f"2026{self.stage.run}{self.uploads:04d}", case_id=self.case_id)
        path = self.stage.papers / f"{self.facts.terminal_sn}-{self.uploads:02d}-{doc_type}.{form}"
        path.write_bytes(render(doc_type, said, form=form))
        return path

    async def upload(self, doc_type: str, path: Path) -> dict[str, Any]:
        """The merchant files a paper."""
        self.stage.telling.does(self.owner, f"files {doc_type}: {path.name}")
        api = await self.stage.as_(self.owner)
        filed: dict[str, Any] = await api.upload(f"/cases/{self.case_id}/documents", {"type": doc_type}, path)
        self.stage.telling.answers(f"{filed['document_id']}, SHA-256 {filed['sha256'][:16]}…")
        return filed

    async def file_what_is_due(self) -> None:
        """The merchant files what the case still asks for; papers verified in an earlier case are not asked for."""
        for one_of in (await self.see())["requirements"]["currently_due"]:
            doc_type = one_of.partition("/")[0]
            await self.upload(doc_type, self.paper(doc_type))

    async def submitted(self) -> dict[str, Any]:
        """The merchant submits; the machine reads what it can."""
        await self.give(self.owner, "submit", "declares the papers true and submits", declaration=True)
        return await self.until("in_review_1", "awaiting_supplement")

    # --- deciding ---------------------------------------------------------------------------------------------------

    async def judged(self, who: str) -> None:
        """A reviewer looks at each paper the machine could not pass, and accepts it."""
        for document in (await self.see())["documents"]:
            if document["state"] in {"unsure", "received"} and not document["asked_anew"]:
                say = f"looks at {document['type']} and accepts it"
                fields = {"document_id": document["document_id"], "verdict": "accept", "reason": "与交易一致"}
                await self.give(who, "judge_document", say, **fields)

    async def approved(self, who: str, *, fen: int | None = None) -> dict[str, Any]:
        """A reviewer approves the whole release."""
        fen = self.held_fen if fen is None else fen
        say = f"approves the release of {yuan(fen)}"
        return await self.give(
            who, "approve", say, release_fen=fen, penalty_fen=0, claims_fen=0, reason="材料齐全,交易真实"
        )

    async def ready_for_review(self, reason: str = "R01") -> None:
        """From the freeze to the first review, with everything the reason asks for."""
        await self.freeze(reason)
        await self.confirmed(reason)
        await self.file_what_is_due()
        case = await self.submitted()
        expect(case["status"] == "in_review_1", f"the machine sent papers back: {case['requirements']['errors']}")
        await self.in_force()


def questioned(amounts: Sequence[int], facts: PaperFacts, run: str) -> list[dict[str, Any]]:
    """The transactions a control questions, an hour apart on the day before."""
    at = datetime.now(SHANGHAI).replace(minute=32, second=5, microsecond=0) - timedelta(days=1)
    return [
        {
            "ref": f"2026{run}T{n}",
            "amount_fen": fen,
            "at": (at - timedelta(hours=n)).isoformat(),
            "last4": f"48{n}1",
            "terminal_id": facts.terminal_id,
        }
        for n, fen in enumerate(amounts, 1)
    ]
