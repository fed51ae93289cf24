"""What people read, in the two languages of the desk."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One statement in Chinese and in English; both say the same."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """The statement in `language` (a tag such as `zh-CN` or `en`); Chinese unless English is asked for."""
        return self.en if language.lower().startswith("en") else self.zh


def plain(name: str) -> str:
    """A name in one spelling: full and half width, spaces and case do not count."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
