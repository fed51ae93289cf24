"""A made-up corpus of papers of every type, good and bad, and pictures edited in place. The same seed, the same papers.

Names, numbers and addresses come from `samples.facts`; the face, size and air of the print, the camera's turn, skew,
blur, light and grain, and the JPEG quality are drawn anew for every paper. A planted fault is a paper that says
something else than what is on file, or something that cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from random import Random

from PIL import Image

from partners.documents.checks import Account, OnFile, Registered, Terminal, Transaction
from samples import edited, numbers
from samples.camera import Shot, as_taken, photographed
from samples.facts import PaperFacts, made_up
from samples.papers import sheets
from samples.photos import shop_front
from samples.sheet import FACES, Style, printed_as, prints_of

TODAY = date(2026, 11, 20)
PLACE = (31.1883, 121.4365)
FAR = (39.9042, 116.4074)
Change = Callable[[PaperFacts], PaperFacts]
DOC_TYPES = tuple(f"D{number:02d}" for number in range(1, 27))


@dataclass(frozen=True, slots=True)
class Paper:
    """One file, what is on file about its merchant, what it says by field, and the fault that was planted in it.

    `worn`: from 0 (as good as new) to 3 (upside down, blurred, dark and much compressed).
    """

    doc_type: str
    data: bytes
    on_file: OnFile
    says: Mapping[str, str]
    fault: str | None
    worn: int


SAYS: dict[str, dict[str, Callable[[PaperFacts], str]]] = {
    "D01": {
        "uscc": lambda facts: facts.uscc,
        "name": lambda facts: facts.merchant_name,
        "representative": lambda facts: facts.legal_representative,
    },
    "D02": {"uscc": lambda facts: facts.uscc, "name": lambda facts: facts.merchant_name},
    "D03": {"number": lambda facts: facts.resident_id, "name": lambda facts: facts.legal_representative},
    "D04": {"number": lambda facts: facts.account_number, "holder": lambda facts: facts.merchant_name},
    "D05": {"number": lambda facts: facts.account_number, "holder": lambda facts: facts.merchant_name},
    "D06": {"terminal_id": lambda facts: facts.terminal_id, "card_last4": lambda facts: facts.card_last4},
    "D07": {"number": lambda facts: facts.transaction_ref, "uscc": lambda facts: facts.uscc},
    "D08": {"signed": lambda facts: facts.merchant_name},
    "D09": {"merchant_no": lambda facts: facts.merchant_no, "terminal_sn": lambda facts: facts.terminal_sn},
    "D10": {"agent": lambda facts: facts.agent_name, "agent_id": lambda facts: facts.agent_resident_id},
    "D11": {"terminal_sn": lambda facts: facts.terminal_sn, "tusn": lambda facts: facts.tusn},
    "D13": {"name": lambda facts: facts.merchant_name, "address": lambda facts: facts.premises},
    "D14": {"owner_1": lambda facts: facts.legal_representative, "due_1": lambda facts: str(facts.plan_due)},
    "D15": {"owner_1": lambda facts: facts.legal_representative, "due_1": lambda facts: str(facts.plan_due)},
    "D16": {"name": lambda facts: facts.merchant_name, "terminal_sn": lambda facts: facts.terminal_sn},
    "D19": {"person": lambda facts: facts.legal_representative},
    "D20": {"name": lambda facts: facts.merchant_name, "uscc": lambda facts: facts.uscc},
    "D21": {"terminal_id": lambda facts: facts.terminal_id, "card_last4": lambda facts: facts.card_last4},
    "D22": {"reporter": lambda facts: facts.legal_representative},
    "D23": {"terminal_sn": lambda facts: facts.terminal_sn, "ticket": lambda facts: facts.ticket},
    "D24": {"authority": lambda facts: facts.id_authority},
    "D25": {"name": lambda facts: facts.merchant_name, "beneficial_owner": lambda facts: facts.legal_representative},
}
"""What is measured, by type and the name of the field."""

_OTHER = made_up(990_001)
_wrong = numbers.with_wrong_check_digit
FAULTS: dict[str, dict[str, Change]] = {
    "D01": {
        "wrong check digit": lambda facts: replace(facts, uscc=numbers.with_wrong_check_digit(facts.uscc)),
        "expired": lambda facts: replace(facts, licence_valid_until=TODAY - timedelta(days=9)),
        "other name": lambda facts: replace(facts, merchant_name=_OTHER.merchant_name),
        "other code in the QR": lambda facts: replace(facts, qr_uscc=_OTHER.uscc),
    },
    "D02": {"other code": lambda facts: replace(facts, uscc=_OTHER.uscc)},
    "D03": {
        "wrong check digit": lambda facts: replace(
            facts, resident_id=numbers.with_wrong_check_digit(facts.resident_id)
        ),
        "expired": lambda facts: replace(facts, id_valid_until=TODAY - timedelta(days=30)),
        "other person": lambda facts: replace(facts, resident_id=_OTHER.resident_id),
    },
    "D04": {
        "other account": lambda facts: replace(facts, account_number=_OTHER.account_number),
        "other holder": lambda facts: replace(facts, merchant_name=_OTHER.merchant_name),
    },
    "D05": {
        "too short": lambda facts: replace(facts, statement_days=40),
        "other account": lambda facts: replace(facts, account_number=_OTHER.account_number),
    },
    "D06": {
        "other amount": lambda facts: replace(facts, amount_fen=facts.amount_fen + 10_000),
        "other card": lambda facts: replace(facts, card_last4="0007"),
        "other time": lambda facts: replace(facts, paid_at=facts.paid_at + timedelta(days=1)),
    },
    "D07": {"sum off": lambda facts: replace(facts, items=(("商品销售", facts.amount_fen // 2),))},
    "D08": {"signed by another": lambda facts: replace(facts, merchant_name=_OTHER.merchant_name)},
    "D09": {"other terminal": lambda facts: replace(facts, terminal_sn=_OTHER.terminal_sn)},
    "D10": {
        "signed by another": lambda facts: replace(facts, legal_representative="欧阳明远"),
        "expired": lambda facts: replace(facts, on_date=date(2024, 5, 1)),
    },
    "D11": {
        "other terminal": lambda facts: replace(facts, terminal_sn=_OTHER.terminal_sn),
        "other bar code": lambda facts: replace(facts, barcode_sn=_OTHER.terminal_sn),
    },
    "D12": {"taken elsewhere": lambda facts: facts},
    "D13": {
        "other address": lambda facts: replace(facts, premises="拉萨市城关区八廓街1号9幢909室"),
        "expired": lambda facts: replace(facts, on_date=date(2021, 3, 1)),
    },
    "D14": {
        "item without owner": lambda facts: replace(facts, plan_owner=""),
        "already due": lambda facts: replace(facts, plan_due=date(2026, 9, 1)),
    },
    "D15": {"item without owner": lambda facts: replace(facts, plan_owner="")},
    "D17": {"other child": lambda facts: replace(facts, resident_id=_OTHER.resident_id)},
    "D18": {"other merchant": lambda facts: replace(facts, merchant_name=_OTHER.merchant_name, uscc=_OTHER.uscc)},
    "D19": {"other person": lambda facts: replace(facts, legal_representative="欧阳明远")},
    "D20": {"expired": lambda facts: replace(facts, permit_valid_until=date(2026, 10, 1))},
    "D21": {"other amount": lambda facts: replace(facts, amount_fen=facts.amount_fen + 10_000)},
    "D23": {
        "other terminal": lambda facts: replace(facts, terminal_sn=_OTHER.terminal_sn),
        "other ticket": lambda facts: replace(facts, ticket="WO-11112222"),
        "not repaired": lambda facts: replace(facts, finding="自检未通过"),
    },
}


Keep = Callable[[Callable[[], bytes]], bytes]


def _made(make: Callable[[], bytes]) -> bytes:
    return make()


def paper_at(number: int, seed: int, keep: Keep = _made) -> Paper:
    """A paper by its place in the corpus: the types in turn; of each type two good ones are followed by one with a
    fault. `keep` may give a picture that was made before."""
    doc_type = DOC_TYPES[number % len(DOC_TYPES)]
    rng = _drawn(seed, number)
    faults = FAULTS.get(doc_type, {})
    fault = rng.choice(sorted(faults)) if faults and (number // len(DOC_TYPES)) % 3 == 2 else None
    return _paper(doc_type, _facts(doc_type, seed * 100_000 + number), fault, rng, rng.choice((0, 0, 1, 1, 2, 3)), keep)


def paper(doc_type: str, fault: str | None, seed: int) -> Paper:
    """One little worn paper of a type, with the fault of that name in it."""
    return _paper(doc_type, _facts(doc_type, seed), fault, _drawn(seed, doc_type), 1)


def edit_at(number: int, seed: int, keep: Keep = _made) -> Paper:
    """A good paper that was edited in place after it was photographed; its fault names what was done to it.

    Half of the editors hand the camera's data on, as a forger would: nothing but the pixels speaks against those.
    """
    rng = _drawn(seed, f"edit:{number}")
    doc_type = ("D01", "D03", "D04", "D06", "D11", "D13", "D14", "D20", "D23")[number % 9]
    kind = KINDS[(number + number // 9) % len(KINDS)]
    facts = made_up(seed * 200_000 + number)

    def data() -> bytes:
        picture, prints = _picture(doc_type, facts, Shot(skew=0.0), rng)
        was = rng.choice(("png", "jpeg"))
        opened = _opened(edited.saved_again(picture, was, rng.choice((85, 90, 95))))  # its camera data are lost
        changed = _edited(kind, opened, prints, rng)
        if rng.random() < 0.5:
            return as_taken(changed, rng.choice((88, 92, 95)))
        return edited.saved_again(changed, rng.choice(("png", "jpeg")), rng.choice((88, 92, 95)))

    return Paper(doc_type, keep(data), on_file_of(facts), {}, kind, 0)


KINDS = ("pasted digit", "date typed over", "name typed over", "amount patched", "copied region", "cloned stamp")


def on_file_of(facts: PaperFacts) -> OnFile:
    """What an institution holds about the merchant of good papers."""
    return OnFile(
        merchant_no=facts.merchant_no,
        merchant_type="company",
        today=TODAY,
        name=facts.merchant_name,
        uscc=facts.uscc,
        representative=facts.legal_representative,
        resident_id=facts.resident_id,
        account=Account(facts.merchant_name, facts.account_number, facts.bank),
        terminal=Terminal(facts.terminal_sn, facts.tusn, facts.terminal_id, facts.premises, PLACE),
        transactions=(
            Transaction(facts.transaction_ref, facts.amount_fen, facts.paid_at, facts.card_last4, facts.terminal_id),
        ),
        mcc="5411",
        ticket=facts.ticket,
        address=facts.premises,
        registered=Registered(facts.merchant_name, facts.new_representative, "存续"),
    )


def _facts(doc_type: str, seed: int) -> PaperFacts:
    """A made-up merchant; for a guardian's papers (D17) one who is a child."""
    facts = made_up(seed)
    if doc_type != "D17":
        return facts
    return replace(facts, resident_id=numbers.resident_id_of(seed, born=date(2010, 4, 1)))


def _paper(doc_type: str, facts: PaperFacts, fault: str | None, rng: Random, worn: int, keep: Keep = _made) -> Paper:
    printed = FAULTS[doc_type][fault](facts) if fault else facts
    data = keep(lambda: _file(doc_type, printed, rng, worn, far=bool(fault)))
    says = {name: said(printed) for name, said in SAYS.get(doc_type, {}).items()}
    return Paper(doc_type, data, on_file_of(facts), says, fault, worn)


def _file(doc_type: str, printed: PaperFacts, rng: Random, worn: int, *, far: bool) -> bytes:
    if doc_type == "D12":
        taken = datetime(2026, 11, 10, 10, 30) + timedelta(hours=rng.randrange(60))  # noqa: DTZ001 - a camera's clock
        place = FAR if far else (PLACE[0] + rng.uniform(-0.002, 0.002), PLACE[1] + rng.uniform(-0.002, 0.002))
        return shop_front(printed, place=place, taken=taken, quality=(95, 90, 85, 70)[worn])
    picture, _ = _picture(doc_type, printed, _shot(worn, rng), rng)
    return as_taken(picture, (95, 92, 85, 65)[worn])


def _picture(doc_type: str, facts: PaperFacts, shot: Shot, rng: Random) -> tuple[Image.Image, list[edited.Box]]:
    """The paper photographed, and the boxes of its print where it was taken straight."""
    style = Style(rng.choice(sorted(FACES)), rng.uniform(0.94, 1.06), rng.uniform(0.85, 1.5))
    with printed_as(style):
        pages = sheets(doc_type, facts)
    whole = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), (236, 236, 232))
    boxes, y = [], 0
    for page in pages:
        whole.paste(page, (0, y))
        boxes += [(left, top + y, right, bottom + y) for text, (left, top, right, bottom) in prints_of(page) if text]
        y += page.height
    return photographed(whole, f"{rng.random()}", shot), boxes


def _shot(worn: int, rng: Random) -> Shot:
    match worn:
        case 0:
            return Shot(skew=rng.uniform(-0.5, 0.5))
        case 1:
            return Shot(skew=rng.uniform(-2, 2), blur=0.3, light=0.9)
        case 2:
            return Shot(turn=rng.choice((0, 90, 270)), skew=rng.uniform(-5, 5), blur=0.8, light=0.7, grain=3.0)
    return Shot(turn=rng.choice((0, 180)), skew=rng.uniform(-7, 7), blur=1.6, light=0.45, grain=4.0)


def _edited(kind: str, picture: Image.Image, boxes: list[edited.Box], rng: Random) -> Image.Image:
    left, top, right, bottom = rng.choice([box for box in boxes if box[2] - box[0] >= 80 and box[3] - box[1] >= 14])
    box = left - 2, top - 2, right + 2, bottom + 2
    match kind:
        case "pasted digit":
            return edited.pasted_digit(picture, box, rng)
        case "date typed over":
            return edited.overprinted("2039年12月31日")(picture, box, rng)
        case "name typed over":
            return edited.smeared("杭州远帆贸易有限公司")(picture, box, rng)
        case "amount patched":
            return edited.patched("98,765.00")(picture, box, rng)
        case "copied region":
            return edited.copied_region(picture, box, rng)
    return edited.cloned_stamp(picture, edited.stamp_in(picture) or box, rng)


def _opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


def _drawn(seed: int, what: object) -> Random:
    return Random(f"corpus:{seed}:{what}")
