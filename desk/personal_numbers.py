"""Numbers of people in free text: what is typed as a reason or a note stands in a case's record for good, in clear, so
such a number is refused there and belongs into a message or a statement, which are sealed.

Found are resident ids with a right check digit, mobile telephones of mainland China, bank cards with a right check
digit, and the data of a card's magnetic track. Names cannot be told from other words.
Source: spec README, What must always hold 10 (no track data anywhere); features.csv S0.48.
"""

from __future__ import annotations

import re

from stdnum import luhn
from stdnum.cn import ric

_RESIDENT_ID = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9A-Za-z])[3-6]\d{3}(?:[ -]?\d{4}){2,3}[ -]?\d{1,4}(?![0-9A-Za-z])")
_TRACK = re.compile(r"(?:;|%B)\d{13,19}(?:=|\^)")
_SHORTEST_CARD = 15


def personal_number_in(text: str) -> str | None:
    """What kind of number of a person's the text names: resident_id, telephone, card or track; None for none."""
    if _TRACK.search(text):
        return "track"
    if any(ric.is_valid(found.group().upper()) for found in _RESIDENT_ID.finditer(text)):
        return "resident_id"
    if any(_is_card(found.group()) for found in _CARD.finditer(text)):
        return "card"
    return "telephone" if _MOBILE.search(text) else None


def _is_card(written: str) -> bool:
    digits = re.sub(r"[ -]", "", written)
    return len(digits) > _SHORTEST_CARD and luhn.is_valid(digits)
