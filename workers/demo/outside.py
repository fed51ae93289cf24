"""What the world outside knows of the sample portfolio: the registry its businesses, the acquirer some of its sales.

So a fresh desk's papers can be compared: `python -m samples DIR --merchant NO` makes papers that fit what stands here.
"""

from __future__ import annotations

from typing import Any

import httpx2

from samples.facts import PaperFacts
from samples.portfolio import REREGISTERED, merchants, sample_papers
from workers.settings import Settings


async def tell(settings: Settings) -> int:
    """Enters businesses and sales with the partners that keep them; the same again changes nothing. How many sales
    they know of. Raises httpx2.HTTPError where a partner does not take it."""
    known = [sample_papers(merchant_no) for merchant_no in merchants()]
    async with httpx2.AsyncClient(timeout=20) as http:
        for facts in known:
            if facts.uscc:
                entry = {"name": facts.merchant_name, "representative": _representative(facts), "status": "存续"}
                answer = await http.put(f"{settings.documents_url}/registry/{facts.uscc}", json=entry)
                answer.raise_for_status()
        body = {"transactions": [_sale(facts) for facts in known]}
        headers = {"Idempotency-Key": "seed:sample-sales"}
        (await http.post(f"{settings.bank_url}/transactions", json=body, headers=headers)).raise_for_status()
    return len(known)


def _representative(facts: PaperFacts) -> str:
    """One merchant's registration was changed already: its new representative's papers (D18) find their match."""
    return facts.new_representative if facts.merchant_no == REREGISTERED else facts.legal_representative


def _sale(facts: PaperFacts) -> dict[str, Any]:
    return {
        "ref": facts.transaction_ref,
        "merchant_no": facts.merchant_no,
        "terminal_id": facts.terminal_id,
        "kind": "sale",
        "amount_fen": facts.amount_fen,
        "at": facts.paid_at.isoformat(),
        "last4": facts.card_last4,
    }
