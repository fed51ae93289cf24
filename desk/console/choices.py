"""What may be chosen in forms, as the policy and the words name it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desk.console import names
from desk.console.forms import Option
from desk.console.words import word
from desk.language import Language
from desk.purposes import PURPOSES
from domain.controls import K1_KINDS
from domain.events import AUTHORITIES
from domain.policy import MERCHANT_TYPES, Policy, Reason

SCOPES = ("all", "debit", "credit", "qr", "refund", "preauth")


def of_words(group: str, keys: Iterable[str], language: Language) -> list[Option]:
    """Options named in a group of words."""
    return [(key, word(group, key).of(language)) for key in keys]


def of_reasons(reasons: Iterable[Reason], policy: Policy, language: Language) -> list[Option]:
    return [(reason.code, names.reason(reason.code, policy, language)) for reason in reasons]


_kept: dict[tuple[str, Language], dict[str, Sequence[Option]]] = {}


def of_policy(policy: Policy, language: Language) -> dict[str, Sequence[Option]]:
    """What does not depend on a case: reasons, sources, kinds and scopes of controls, types of merchants. Made once for
    each policy, which never changes under its version."""
    asked = (policy.version, language)
    if asked not in _kept:
        _kept[asked] = _of_policy(policy, language)
    return _kept[asked]


def _of_policy(policy: Policy, language: Language) -> dict[str, Sequence[Option]]:
    for_case = [reason for reason in policy.reasons.values() if "K1" in reason.case_kinds]
    rejecting = [*for_case, *(reason for reason in policy.reasons.values() if reason.code == "F01")]
    orders = [r for r in policy.reasons.values() if r.code.startswith("J") and r.disclosable]
    return {
        "reasons": of_reasons(for_case, policy, language),
        "case_reasons": of_reasons(_once(rejecting), policy, language),
        "legal_reasons": of_reasons(orders, policy, language),
        "authorities": of_words("authority", AUTHORITIES, language),
        "control_kinds": of_words("control_kind", K1_KINDS, language),
        "sources": [(code, title.of(language)) for code, title in policy.sources.items()],
        "scopes": of_words("scope", SCOPES, language),
        "verdicts": of_words("verdict", ("accept", "reject", "unsure"), language),
        "merchant_types": of_words("merchant_type", MERCHANT_TYPES, language),
        "languages": [("zh", "中文"), ("en", "English")],
        "purposes": [(purpose, text.of(language)) for purpose, text in PURPOSES.items()],
        "user_roles": of_words("role", ("merchant", "agent"), language),
    }


def _once(reasons: Iterable[Reason]) -> list[Reason]:
    return list({reason.code: reason for reason in reasons}.values())
