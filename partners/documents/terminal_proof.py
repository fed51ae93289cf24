"""Reads the proof of a terminal (D11): serial number and TUSN by OCR and by bar code, which must agree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from partners.documents import checks, kinds
from partners.documents.checks import Check, OnFile, Reading
from partners.documents.fields import best, found_on, shown
from partners.documents.layout import Value, labels, plain
from partners.documents.ocr import Page
from partners.documents.release_form import same_code

LABELS = labels(
    {
        "终端序列号": "terminal_sn",
        "设备序列号": "terminal_sn",
        "序列号": "terminal_sn",
        "S/N": "terminal_sn",
        "SN码": "terminal_sn",
        "终端唯一标识": "tusn",
        "TUSN": "tusn",
        "终端编号": "terminal_id",
        "终端号": "terminal_id",
        "规格型号": "model",
        "型号": "model",
    },
    titles=("终端购机凭证", "终端证明"),
)
_SHOWN = ("terminal_sn", "tusn", "terminal_id", "model")


def read(pages: Sequence[Page], on_file: OnFile) -> Reading:
    """Fields and checks of a purchase receipt or of a photo of the terminal's label."""
    found = found_on(pages, LABELS)
    chosen: dict[str, Value | None] = {name: best(candidates) for name, candidates in found.items()}
    held = on_file.terminal
    recognised = chosen.get("terminal_sn") is not None and chosen.get("tusn") is not None
    judged = [
        kinds.judge(pages, "D11", recognised=recognised),
        same_code(
            "sn_matches",
            chosen.get("terminal_sn"),
            held.terminal_sn if held else None,
            "终端序列号",
            "terminal's serial number",
        ),
        same_code("tusn_matches", chosen.get("tusn"), held.tusn if held else None, "终端唯一标识", "terminal's TUSN"),
        _judge_codes(pages, chosen, on_file),
    ]
    return Reading(shown(_SHOWN, chosen, pages), tuple(judged))


def _judge_codes(pages: Sequence[Page], chosen: dict[str, Value | None], on_file: OnFile) -> Check:
    """Every bar code says what is printed. A code of another terminal refutes the paper, no code at all is a doubt."""
    code = "barcode_agrees"
    said = {_bare(mark.text) for page in pages for mark in page.codes}
    if not said:
        return Check(code, "unsure", "未识别到条形码，需人工查看", "No bar code was found; a person must look")
    printed = {_bare(value.text) for name in ("terminal_sn", "tusn") if (value := chosen.get(name)) is not None}
    if said <= printed:
        return Check(code, "pass", "条形码与印刷的序列号一致", "The bar code says what is printed")
    held = {_bare(on_file.terminal.terminal_sn), _bare(on_file.terminal.tusn)} if on_file.terminal else set()
    if said <= held:
        return checks.unread(code, "印刷的序列号", "The serial number as it is printed")
    zh, en = "条形码与印刷或登记的序列号不一致", "The bar code differs from the serial number printed or on file"
    return checks.contradiction(code, zh, en, sure=bool(printed) and all(map(checks.clear, chosen.values())))


def _bare(text: str) -> str:
    return re.sub(r"[\s:：-]", "", plain(text)).upper().removeprefix("S/N")
