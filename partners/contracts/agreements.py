"""The life of an agreement as a table, and what each of its moves leaves behind."""

import secrets
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, cast

from partners.contracts.forms import Agreement, AgreementRequest, MoveRequest, SigningBehaviour
from partners.kit import Connection, Course, Courses, Partner, Queries, Refusal, clock, plan

SQL = Queries(Path(__file__).with_name("queries.sql"))

AGREEMENTS: Final = Courses(
    "agreement",
    "A",
    {
        "sign": {"issued": "signed"},
        "decline": {"issued": "declined"},
        "withdraw": {"issued": "withdrawn"},
        "expire": {"issued": "expired"},
    },
)
"""`expire` is the clock's move; nobody can ask for it."""

CONTRARY: Final = {"signed": "declined", "declined": "signed", "withdrawn": "signed", "expired": "signed"}
"""What would contradict each outcome that is told."""


async def issue(connection: Connection, partner: Partner, key: str, body: AgreementRequest, sign_at: str) -> Course:
    """A new agreement with a link to sign it below the address `sign_at`; it expires by itself. Refusal 409
    `already-open`."""
    now = (await clock.read(connection)).now
    facts = {
        "sign_url": f"{sign_at}{secrets.token_urlsafe(24)}",
        "expires_at": (now + timedelta(days=body.valid_days)).isoformat(),
    }
    subjects = [f"{body.merchant_no}/{body.template}"]
    course = await AGREEMENTS.begin(connection, key, body.case_id, "issued", body, subjects=subjects, facts=facts)
    await plan(connection, course, "expire", timedelta(days=body.valid_days).total_seconds())
    behaviour = cast("SigningBehaviour", partner.behaviour)
    if behaviour.acts:
        await plan(connection, course, behaviour.does, behaviour.after_seconds, _by_itself(behaviour, body, now.date()))
    return course


async def behind(connection: Connection, token: str) -> Course | None:
    """The agreement that a link leads to, by the end of the link."""
    row = await (await connection.execute(SQL["by_link"], {"token": token})).fetchone()
    return await AGREEMENTS.lock(connection, row["ref"]) if row else None


async def choose(connection: Connection, partner: Partner, course: Course, *, signs: bool, sha256: str) -> Course:
    """What the merchant chose on the page behind the link: it signs with a certificate of this service, or declines.
    Refusals as for `make`."""
    body = AgreementRequest.model_validate(course.asked)
    if not signs:
        return await make(connection, partner, course, MoveRequest(move="decline", reason="declined on the page"))
    today = (await clock.read(connection)).now.date()
    return await make(connection, partner, course, MoveRequest.model_validate(_signature(body, today, sha256)))


async def make(connection: Connection, partner: Partner, course: Course, wanted: MoveRequest) -> Course:
    """Sign, decline or withdraw, and tell the desk.

    Refusals 409: `impossible-move`; `other-document` when the signer saw another text than was issued;
    `certificate-expired` when the certificate was valid only until a day before.
    """
    facts: dict[str, Any] = wanted.model_dump(mode="json", exclude={"move", "document_sha256"}, exclude_none=True)
    if wanted.certificate is not None:
        if wanted.document_sha256 != course.asked["document_sha256"]:
            raise Refusal(409, "other-document", "This is not the text that was issued to be signed.")
        if wanted.certificate.valid_until < (await clock.read(connection)).now.date():
            raise Refusal(409, "certificate-expired", "The certificate is valid no more.")
        facts["signature_ref"] = f"SIG-{secrets.token_hex(8)}"
    return await _go(connection, partner, course, wanted.move, facts)


async def expire(connection: Connection, partner: Partner, course: Course) -> None:
    """Its time is over. Refusal 409 `impossible-move` when it is signed, or otherwise settled."""
    await _go(connection, partner, course, "expire", {})


async def _go(connection: Connection, partner: Partner, course: Course, move: str, facts: dict[str, Any]) -> Course:
    moved = await AGREEMENTS.go(connection, course, move, facts)
    more = {name: facts[name] for name in ("signature_ref", "reason") if name in facts}
    await partner.callbacks.put(
        connection, case_id=moved.case_id, step_key=moved.key, outcome=moved.state, contrary=CONTRARY[moved.state],
        occurred_at=moved.changed_at, agreement_ref=moved.ref, **more,
    )  # fmt: skip
    return moved


def _by_itself(behaviour: SigningBehaviour, body: AgreementRequest, today: date) -> dict[str, Any]:
    if behaviour.does == "decline":
        return {"move": "decline", "reason": "does not want it"}
    return _signature(body, today, body.document_sha256)


def _signature(body: AgreementRequest, today: date, sha256: str) -> dict[str, Any]:
    certificate = {"serial": f"CA-{secrets.token_hex(6)}", "valid_until": (today + timedelta(days=365)).isoformat()}
    return {
        "move": "sign", "document_sha256": sha256, "signer_ref": f"signer:{body.merchant_no}",
        "certificate": certificate,
    }  # fmt: skip


def shown(course: Course) -> Agreement:
    body = AGREEMENTS.shown(course)
    return Agreement.model_validate(body | {"possible_moves": [m for m in body["possible_moves"] if m != "expire"]})
