"""Before a scene: a merchant of the portfolio, a terminal nobody has had a case about, money in the ledger."""

from __future__ import annotations

from domain.money import yuan
from samples import numbers
from samples.facts import PaperFacts
from samples.portfolio import A, merchants
from workers.demo.appeal import Appeal
from workers.demo.stage import Stage, until


async def cast(stage: Stage, merchant_no: str, held_fen: int, n: int) -> Appeal:
    """The n-th appeal of this run, about a new terminal of this merchant; `held_fen` is what will be held."""
    merchant = merchants()[merchant_no]
    serial = f"SN-{stage.run}-{n}"
    facts = merchant.papers(
        terminal_sn=serial, tusn=f"000011D{serial}", terminal_id=f"{n}{stage.run}", amount_fen=held_fen
    )
    await _register_terminal(stage, facts)
    await _import_takings(stage, merchant_no, held_fen, serial)
    owner = "merchant1" if merchant_no == A else await _log_in(stage, merchant_no)
    return Appeal(stage, merchant, owner, facts, held_fen)


def new_account(stage: Stage, merchant_no: str) -> dict[str, str]:
    """Another account in the merchant's own name, at another bank, that nobody has had."""
    holder = merchants()[merchant_no].row["account_holder"]
    return {"holder": holder, "number": numbers.account_number_of(hash_of(stage.run)), "bank": "招商银行"}


def hash_of(run: str) -> int:
    return int.from_bytes(run.encode())


async def _register_terminal(stage: Stage, facts: PaperFacts) -> None:
    stage.telling.does("officer1", f"registers terminal {facts.terminal_sn} of {facts.merchant_name}")
    body = {
        "terminal_sn": facts.terminal_sn,
        "tusn": facts.tusn,
        "terminal_id": facts.terminal_id,
        "model": facts.terminal_model,
        "merchant_no": facts.merchant_no,
        "deploy_address": facts.premises,
        "fee_plan": "CLASSIC198",
    }
    await (await stage.as_("officer1")).post("/terminals", body)


async def _import_takings(stage: Stage, merchant_no: str, fen: int, ref: str) -> None:
    """The network's clearing file brings as much as will be held, so that the demo never runs out of money."""
    path = f"/merchants/{merchant_no}/balances"
    await until(lambda: stage.partner("ledger", "GET", path), bool, f"the ledger knows merchant {merchant_no}")
    stage.telling.does("ledger", f"imports takings of {yuan(fen)} for merchant {merchant_no}")
    await stage.partner("ledger", "POST", "/settlements", {"merchant_no": merchant_no, "amount_fen": fen, "ref": ref})


async def _log_in(stage: Stage, merchant_no: str) -> str:
    made = await (await stage.as_("officer1")).post(f"/merchants/{merchant_no}/users", {"role": "merchant"})
    await stage.admit(made["name"], made["token"])
    name: str = made["name"]
    return name
