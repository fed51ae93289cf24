"""The desk from outside: what `stack.json` says, HTTP, and commands anyone can type. Nothing of its code is used."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx2

from samples.papers import DOC_TYPES, render
from samples.portfolio import merchants

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds in which whatever is waited for must happen; a busy machine is slow."""
BIN = Path(sys.executable).parent
CLOSED = frozenset({"closed_released", "closed_rejected", "closed_withdrawn", "closed_expired"})


def eventually(ask: Callable[[], T], good: Callable[[T], object], what: str, seconds: float = PATIENCE) -> T:
    """What `ask` gives once it is good; what cannot be reached meanwhile is asked again."""
    until = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < until:
        try:
            last = found = ask()
            if good(found):
                return found
        except httpx2.TransportError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:.0f} s; last: {str(last)[:600]}")


class Desk:
    """A running stack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack: dict[str, Any] = json.loads((folder / "stack.json").read_text())
        self.http = httpx2.Client(timeout=httpx2.Timeout(40.0, connect=3.0), trust_env=False)
        self.tokens = {name: user["token"] for name, user in self.stack["users"].items()}
        self.merchant_no: str = self.stack["users"]["merchant1"]["merchant_no"]
        self.cases: list[Case] = []
        self._numbers = 0

    # --- calls ------------------------------------------------------------------------------------------------------

    def call(self, user: str | None, method: str, path: str, **more: Any) -> httpx2.Response:
        """A call under /api/v1 by one of the users; POST with a new Idempotency-Key unless one is given."""
        headers = {"Accept-Language": "en", **more.pop("headers", {})}
        if user is not None:
            headers["Authorization"] = f"Bearer {self.tokens[user]}"
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        return self.http.request(method, f"{self.stack['desk']}/api/v1{path}", headers=headers, **more)

    def get(self, user: str, path: str) -> Any:
        response = self.call(user, "GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def post(
        self, user: str, path: str, body: Mapping[str, Any] | None = None, *, ok: Sequence[int] = (200, 201)
    ) -> Any:
        response = self.call(user, "POST", path, json=body)
        assert response.status_code in ok, f"{response.status_code} {response.text}"
        return response.json()

    def end(self, user: str, response: httpx2.Response) -> tuple[int, dict[str, Any]]:
        """How a command ended; one that was stored (202, on a very busy machine) is waited for."""
        if response.status_code != 202:
            return response.status_code, response.json()
        path = response.json()["status_url"].removeprefix("/api/v1")
        told = eventually(lambda: self.get(user, path), lambda told: told["state"] != "pending", "it is delivered")
        return (200, told["answer"]) if told["state"] == "done" else (told["refusal"]["status"], told["refusal"])

    def partner(self, name: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        response = self.http.request(method, f"{self.stack['partners'][name]}{path}", json=body, headers=headers)
        response.raise_for_status()
        return response.json()

    @contextmanager
    def fault(self, partner: str, **faults: Any) -> Any:
        """Something goes wrong at a partner for a while."""
        self.partner(partner, "PUT", "/faults", faults)
        try:
            yield
        finally:
            eventually(lambda: self.partner(partner, "PUT", "/faults", {}), bool, f"{partner} is set right")

    def callback(
        self, source: str, body: Mapping[str, Any], *, secret: str | None = None, at: float | None = None
    ) -> httpx2.Response:
        """A signed callback; with another `secret` or time it is a forged or an old one."""
        content = json.dumps(body).encode()
        stamp = str(int(at or time.time()))
        key = secret or self.stack["hook_secrets"][source]
        signature = hmac.new(key.encode(), stamp.encode() + b"." + content, hashlib.sha256).hexdigest()
        headers = {"Thaw-Signature": f"t={stamp},v1={signature}", "Content-Type": "application/json"}
        return self.http.post(f"{self.stack['desk']}/hooks/{source}", content=content, headers=headers)

    # --- processes --------------------------------------------------------------------------------------------------

    def thaw(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command `thaw` beside this stack."""
        return run_thaw(self.folder, *arguments)

    def processes(self) -> dict[str, dict[str, Any]]:
        told = json.loads(self.thaw("status", "--json").stdout)
        return {process["name"]: process for process in told["processes"]}

    def signal(self, process: str, what: signal.Signals) -> int:
        pid = self.processes()[process]["pid"]
        assert pid, f"{process} does not run"
        os.kill(pid, what)
        return int(pid)

    def kill(self, process: str) -> int:
        """kill -9."""
        return self.signal(process, signal.SIGKILL)

    def all_running(self) -> None:
        """Waits until the supervisor has everything running again and the desk is ready."""
        eventually(
            self.processes,
            lambda every: all(p["state"] in {"running", "done"} for p in every.values()),
            "every process runs again",
        )
        eventually(self.readyz, lambda response: response.status_code == 200, "the desk is ready")

    def readyz(self) -> httpx2.Response:
        return self.http.get(f"{self.stack['desk']}/readyz", timeout=10)

    def details(self, case_id: str) -> str:
        """What Temporal's own command shows as the workflow's current details."""
        told = subprocess.run(
            [BIN / "temporal", "workflow", "metadata", "-w", case_id, "--address", self.stack["temporal_address"],
             "--codec-endpoint", f"{self.stack['desk']}/codec"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        found = re.search(r"Current Details:\s*\n\s*(.+)", told.stdout)
        return found[1].strip() if found else f"(none: {told.stderr})"

    # --- people and terminals ---------------------------------------------------------------------------------------

    def number(self) -> int:
        self._numbers += 1
        return self._numbers

    def new_terminal(self, merchant_no: str | None = None) -> str:
        """A terminal nobody has had a case about."""
        n = self.number()
        body = {
            "terminal_sn": f"SN-BB-{n:04d}",
            "tusn": f"00001104BB{n:08d}",
            "terminal_id": f"BB{n:06d}",
            "model": "N910",
            "merchant_no": merchant_no or self.merchant_no,
            "deploy_address": "上海市浦东新区世纪大道 100 号",
            "fee_plan": "CLASSIC198",
        }
        self.post("officer1", "/terminals", body)
        return str(body["terminal_sn"])

    def log_in_for(self, merchant_no: str) -> str:
        """A log-in for a merchant of the portfolio; its name."""
        made = self.post("officer1", f"/merchants/{merchant_no}/users", {"role": "merchant"})
        self.tokens[made["name"]] = made["token"]
        return str(made["name"])

    def freeze(self, reason: str = "R02", *, fen: int = 100_000, owner: str = "merchant1", **more: Any) -> Case:
        """A case that a settlement hold opened, not yet in force everywhere."""
        merchant_no = more.pop("merchant_no", None)
        terminal_sn = self.new_terminal(merchant_no)
        body = control(terminal_sn, reason, fen, **more)
        placed = self.post("robot1", "/controls", body)
        case = Case(self, placed["case_id"], terminal_sn, fen, owner, body, merchant_no or self.merchant_no)
        self.cases.append(case)
        return case


SOURCES = {"R": "risk", "A": "system", "S": "system", "Q": "system"}


def control(terminal_sn: str, reason: str, fen: int, **more: Any) -> dict[str, Any]:
    """The body of a settlement hold by the source its reason names."""
    return {
        "terminal_sn": terminal_sn,
        "kind": "settlement_hold",
        "reason_code": reason,
        "held_amount_fen": fen,
        "source": SOURCES.get(reason[0], "system"),
        "external_ref": f"REF-{terminal_sn}",
        "detail": "",
    } | more


@dataclass
class Case:
    """A case and the people in it."""

    desk: Desk
    case_id: str
    terminal_sn: str
    fen: int
    owner: str
    control: dict[str, Any]
    merchant_no: str
    papers: int = field(default=0)

    @property
    def path(self) -> str:
        return f"/cases/{self.case_id}"

    # --- looking ----------------------------------------------------------------------------------------------------

    def see(self, user: str = "officer1") -> dict[str, Any]:
        seen: dict[str, Any] = self.desk.get(user, self.path)
        return seen

    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.get("auditor1", f"{self.path}/events")
        return found

    def types(self) -> list[str]:
        return [event["type"] for event in self.events()]

    def until(self, *statuses: str) -> dict[str, Any]:
        """The case once it is there; in the details of its workflow stands then what it says it waits for."""

        def seen() -> dict[str, Any]:
            response = self.desk.call("officer1", "GET", self.path)
            return response.json() if response.status_code == 200 else {"status": f"HTTP {response.status_code}"}

        def there(case: dict[str, Any]) -> bool:
            status = case["status"]
            assert status in statuses or status not in CLOSED, f"{self.case_id} is {status}, not {statuses}"
            return status in statuses

        return eventually(seen, there, f"{self.case_id} becomes {' or '.join(statuses)}")

    def postings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.partner("ledger", "GET", f"/cases/{self.case_id}/postings")["postings"]
        return found

    # --- acting -----------------------------------------------------------------------------------------------------

    def ask(self, who: str, command: str, **fields: Any) -> httpx2.Response:
        """Asks for a command at the version as it stands, unless `version` says another."""
        version = fields.pop("version", None)
        if version is None:
            version = self.see()["version"]
        return self.desk.call(who, "POST", f"{self.path}/commands/{command}", json={**fields, "version": version})

    def give(self, who: str, command: str, **fields: Any) -> dict[str, Any]:
        """A command that must be granted."""
        status, granted = self.desk.end(who, self.ask(who, command, **fields))
        assert status == 200, f"{command}: {status} {granted}"
        return granted

    def upload(self, doc_type: str, content: bytes, name: str = "paper.png", who: str | None = None) -> httpx2.Response:
        kind = {"png": "image/png", "pdf": "application/pdf", "jpg": "image/jpeg"}[name.rpartition(".")[2]]
        return self.desk.call(
            who or self.owner,
            "POST",
            f"{self.path}/documents",
            data={"type": doc_type},
            files={"file": (name, content, kind)},
        )

    def file(self, doc_type: str, who: str | None = None) -> dict[str, Any]:
        """Files a paper of the kind that says nothing wrong."""
        self.papers += 1
        ref = f"2026{self.case_id[-8:]}{self.papers:04d}"
        facts = merchants()[self.merchant_no].papers(
            transaction_ref=ref, amount_fen=self.fen, terminal_sn=self.terminal_sn
        )
        picture = render(
            doc_type if doc_type in DOC_TYPES else "D26", facts
        )  # a photo is as good as another to the rules
        response = self.upload(doc_type, picture, who=who)
        assert response.status_code == 201, response.text
        filed: dict[str, Any] = response.json()
        return filed

    def confirm(self) -> None:
        self.give("officer1", "confirm_reason", reason_code=self.control["reason_code"], note="")

    def open(self) -> None:
        """An officer confirms the reason, the merchant opens the appeal."""
        self.confirm()
        self.give(self.owner, "open_appeal", statement="交易均为真实消费。")

    def submit(self) -> dict[str, Any]:
        """The merchant files what is due and submits; the machine reads it."""
        for due in self.see()["requirements"]["currently_due"]:
            self.file(due.partition("/")[0])
        self.give(self.owner, "submit", declaration=True)
        return self.until("in_review_1", "awaiting_supplement")

    def judge(self, who: str) -> None:
        """A reviewer accepts what the machine could not judge."""
        for document in self.see()["documents"]:
            if document["state"] in {"unsure", "received"} and not document["asked_anew"]:
                self.give(who, "judge_document", document_id=document["document_id"], verdict="accept", reason="一致")

    def approve(self, who: str, **fields: Any) -> httpx2.Response:
        amounts = {"release_fen": self.fen, "penalty_fen": 0, "claims_fen": 0, "reason": "材料齐全"}
        return self.ask(who, "approve", **(amounts | fields))

    def approved(self, who: str) -> None:
        status, answer = self.desk.end(who, self.approve(who))
        assert status == 200, answer

    def ready(self, judge: str = "reviewer1") -> Case:
        """In the first review, with every paper judged and every control in force."""
        self.open()
        case = self.submit()
        assert case["status"] == "in_review_1", case["requirements"]["errors"]
        eventually(self.see, lambda seen: all(c["in_force"] for c in seen["controls"]), "the controls are in force")
        self.judge(judge)
        return self

    # --- what must hold ---------------------------------------------------------------------------------------------

    def is_settled_once(self) -> None:
        """Every step and every posting once; the money adds up, by the desk and by the ledger."""
        steps = Counter(event["data"]["n"] for event in self.events() if event["type"] == "StepDone")
        assert steps, "no step was done"
        assert set(steps.values()) == {1}, steps
        kinds = Counter((posting["kind"], posting["ref"]) for posting in self.postings())
        assert set(kinds.values()) == {1}, kinds
        keys = [posting["key"] for posting in self.postings()]
        assert len(keys) == len(set(keys)), keys
        self.adds_up()

    def adds_up(self) -> None:
        money = self.see()["money"]
        parts = [money[f"{part}_fen"] for part in ("released", "penalty", "claims", "remaining")]
        assert money["held_fen"] == sum(parts), money
        holds = self.desk.partner("ledger", "GET", f"/holds?case_id={self.case_id}")["holds"]
        for part in ("held", "released", "penalty", "claims", "remaining"):
            assert sum(hold[f"{part}_fen"] for hold in holds) == money[f"{part}_fen"], part


def run_thaw(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`thaw …` for the stack in this folder."""
    return subprocess.run(
        [BIN / "thaw", *arguments],
        env={**os.environ, "THAW_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
