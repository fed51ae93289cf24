"""What a partner is told from outside: its database, whom it calls back, and its own few switches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


class MissingSetting(LookupError):  # noqa: N818 — named after what is wrong
    """A setting without which the partner cannot run; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One partner's settings.

    `desk_url` is where callbacks go (empty: they are kept and not sent). `hook_secrets` maps a hook's name to the
    secret its callbacks are signed with. `options` are the partner's own switches, by their short lower-case names.
    """

    database_url: str
    desk_url: str = ""
    hook_secrets: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def text(self, option: str, default: str) -> str:
        """The partner's own switch `option` as text."""
        return self.options.get(option, default)

    def number(self, option: str, default: int) -> int:
        """The partner's own switch `option` as a whole number; ValueError when it is none."""
        return int(self.options.get(option, default))

    @classmethod
    def from_environment(cls, name: str, environment: Mapping[str, str]) -> Settings:
        """Settings of partner `name` from `THAW_…` variables; MissingSetting without a database."""
        database_url = environment.get("THAW_PARTNER_DATABASE_URL", "")
        if not database_url:
            raise MissingSetting(f"partner {name} needs THAW_PARTNER_DATABASE_URL, the address of its database")
        prefix = f"THAW_{name.upper()}_"
        return cls(
            database_url=database_url,
            desk_url=environment.get("THAW_DESK_URL", "").rstrip("/"),
            hook_secrets=json.loads(environment.get("THAW_HOOK_SECRETS") or "{}"),
            options={key[len(prefix) :].lower(): value for key, value in environment.items() if key.startswith(prefix)},
        )
