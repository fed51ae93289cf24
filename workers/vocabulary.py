"""What codes are called, for whoever searches: reasons as the newest policy names them, statuses and kinds as the
console does."""

from __future__ import annotations

import policies
from desk.console.words import words
from journal.views import Words


def vocabulary(policy_version: str | None = None) -> Words:
    """The names, in all languages, by code."""
    policy = policies.load(policy_version or policies.newest())
    return {
        "reasons": {code: f"{reason.title.zh} {reason.title.en}" for code, reason in policy.reasons.items()},
        "statuses": {code: f"{text.zh} {text.en}" for code, text in words("status").items()},
        "kinds": {code: f"{text.zh} {text.en}" for code, text in words("case_kind").items()},
    }
