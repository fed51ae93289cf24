"""What people call the things that codes stand for, as the case's policy names them."""

from __future__ import annotations

import re

from desk.console.words import word, words
from desk.language import Language
from domain.policy import Policy

_CODE = re.compile(r"\bD[0-9]{2}\b")


def document(code: str, policy: Policy, language: Language) -> str:
    """`D01 营业执照(副本)`."""
    kind = policy.documents.get(code)
    return f"{code} {kind.title.of(language)}" if kind else code


def proof(code: str, policy: Policy, language: Language) -> str:
    """A document or another proof that a requirement takes."""
    title = policy.proofs.get(code)
    return title.of(language) if title else document(code, policy, language)


def requirement(key: str, policy: Policy, language: Language) -> str:
    """A requirement's alternatives (`D01/D03`), or an action (`sign_agreement`), in words."""
    if key in policy.actions:
        return action(key, policy, language)
    if key in words("command"):
        return word("command", key).of(language)
    either = " or " if language == "en" else " 或 "
    return either.join(proof(code, policy, language) for code in key.split("/"))


def reason(code: str | None, policy: Policy, language: Language) -> str:
    """`R01 频繁大额`; a dash where no code is shown."""
    if code is None:
        return "—"
    found = policy.reasons.get(code)
    return f"{code} {found.title.of(language)}" if found else code


def reason_told(code: str | None, policy: Policy, language: Language, *, outside: bool) -> str:
    """The reason as this reader is told it: to merchants in the words meant for them."""
    if not outside:
        return reason(code, policy, language)
    found = policy.reasons.get(code or "")
    return found.merchant_text.of(language) if found else "—"


def action(code: str, policy: Policy, language: Language) -> str:
    """What a merchant does before or after a release."""
    title = policy.actions.get(code)
    if title is None:
        return code
    text = title.of(language)
    return text[:1].upper() + text[1:]


def source(code: str, policy: Policy, language: Language) -> str:
    """Who raised a control."""
    title = policy.sources.get(code)
    return title.of(language) if title else code


def deadline(name: str, language: Language) -> str:
    """A deadline by its name, `hold:C-1` and `evidence_reminder:3` too."""
    group, _, rest = name.partition(":")
    known = words("deadline").get(group)
    label = known.of(language) if known else group
    return f"{label} ({rest})" if rest else label


def actor(written: str, language: Language) -> str:
    """`role:name` as it stands in the journal: `经办 officer1`; the desk itself without a name."""
    role, _, name = written.partition(":")
    label = word("role", role).of(language) if role in words("role") else role
    return label if not name or role == "system" else f"{label} {name}"


def roles(codes: frozenset[str] | tuple[str, ...], language: Language) -> str:
    """Someone's roles."""
    return ", ".join(word("role", code).of(language) for code in sorted(codes))


def spelled_out(sentence: str, policy: Policy, language: Language) -> str:
    """A sentence for merchants: document codes with their titles, actions in words."""
    told = _CODE.sub(lambda found: document(found.group(), policy, language), sentence)
    return actions_spelled_out(told, policy, language)


def actions_spelled_out(sentence: str, policy: Policy, language: Language) -> str:
    """A sentence with what merchants are to do in words."""
    for code, title in policy.actions.items():
        sentence = sentence.replace(code, title.of(language))
    return sentence


def label(form: str, name: str, language: Language) -> str:
    """What a form's field is called."""
    specific = words("field").get(f"{form}.{name}")
    return (specific or word("field", name)).of(language)


def field(form: str, name: str, language: Language) -> str:
    """What was typed where: a form's field, or one of the items asked for."""
    last = name.rpartition(".")[2]
    for asked in (name, last):
        if {asked, f"{form}.{asked}"} & set(words("field")):
            return label(form, asked, language)
    return last


def read_field(name: str, language: Language) -> str:
    """What the machine calls a field it read."""
    known = words("reading").get(name)
    return known.of(language) if known else name
