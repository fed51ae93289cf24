"""Which of the desk's two languages a caller reads."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]


def language_of(accept: str | None) -> Language:
    """The language an Accept-Language header prefers; Chinese when it names neither."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in (accept or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        short = tag.strip().lower()[:2]
        if short in {"zh", "en"} and weight > best[0]:
            best = (weight, "en" if short == "en" else "zh")
    return best[1]


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
