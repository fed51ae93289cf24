"""A dossier as one page that people read and print: no script runs in it, nothing is fetched, and the signed dossier
itself lies inside. The page's own hash is part of what is signed."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk.console import formats, names
from desk.console.timeline import Telling, steps_of, timeline
from desk.console.words import word
from desk.context import Desk
from desk.dossier import Dossier, signed, why_of
from desk.language import Language
from desk.verify_dossier import CLOSING, OPENING

TAGS = {"zh": "zh-CN", "en": "en"}


def page(desk: Desk, dossier: Dossier, language: Language) -> str:
    """The page, with the signed dossier in it."""
    shown = (
        _environment(language)
        .get_template("dossier.html")
        .render(
            dossier=dossier.body,
            told=dossier.told,
            checkpoint=dossier.checkpoint,
            why=why_of(dossier, language),
            happenings=list(reversed(_happenings(dossier, language))),
        )
    )
    empty = OPENING + CLOSING
    if shown.count(empty) != 1 or shown.count(OPENING) != 1:
        raise ValueError("the page must have one place for the dossier")
    whole = signed(desk, dossier, hashlib.sha256(shown.encode()).hexdigest())
    # `<` written as an escape: no text of the case can then end the script.
    text = json.dumps(whole, ensure_ascii=False).replace("<", "\\u003c")
    return shown.replace(empty, OPENING + text + CLOSING)


def _happenings(dossier: Dossier, language: Language) -> list[object]:
    """The events in plain words. What people wrote lies in the vault and stays there."""
    events = [{**entry.row(), "data": json.loads(entry.data)} for entry in dossier.told.entries]
    documents = {d["document_id"]: d["type"] for d in dossier.body["documents"]}
    telling = Telling(language, dossier.told.policy, outside=False, documents=documents, steps=steps_of(events))
    return list(timeline(events, telling))


@cache
def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        t=lambda key, **facts: word("dossier", key).of(language).format(**facts),
        name=lambda group, key: word(group, str(key)).of(language),
        names=names,
        language=language,
        language_tag=TAGS[language],
    )
    made.filters.update(money=formats.money, local=formats.local_seconds)
    return made
