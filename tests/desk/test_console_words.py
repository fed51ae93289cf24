"""Everything the console names has a name in both languages."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

import pytest

import policies
from desk.console import formats, forms, names, pages, timeline
from desk.console.words import groups, words
from domain import events
from domain.business_time import SHANGHAI
from domain.case import Status
from domain.commands import PEOPLES
from domain.deadlines import STAGE_BOUND
from domain.four_eyes import part_of, parts_taken
from domain.notices import owed_for
from domain.policy import MERCHANT_TYPES, Policy
from domain.reconciliation import KINDS
from domain.release import UNDOES
from domain.waiting import STEPS
from domain.wire import COMMANDS, EVENTS
from journal.people import ROLES

POLICY: Policy = policies.load(policies.newest())
GOLDEN = Path(__file__).parents[1] / "domain" / "golden"
CHINESE = re.compile("[一-鿿]")


@pytest.mark.parametrize("group", groups())
def test_a_groups_texts_are_chinese_in_chinese_and_not_in_english(group: str):
    for key, text in words(group).items():
        assert not CHINESE.search(text.en), (group, key)
        assert text.zh.strip(), (group, key)


@pytest.mark.parametrize(
    ("group", "keys"),
    [
        ("status", [status.value for status in Status]),
        ("status_merchant", [status.value for status in Status]),
        ("portal_next", [status.value for status in Status]),
        ("event", EVENTS),
        ("command", [*COMMANDS, "add_document"]),
        ("command_done", [*(set(PEOPLES) - {"add_document"}), "add_document", "post_message", "add_control"]),
        ("command_help", PEOPLES),
        ("merchant_type", MERCHANT_TYPES),
        ("role", ROLES),
        ("step", [*STEPS, *UNDOES.values()]),
        ("deadline", [*STAGE_BOUND, "promise", "freeze_notice", "hold", "reopen", "monitoring", "step_alert",
                      "post_action", "post_action_lapse", "post_action_reminder"]),
        ("standing", ["received", "passed", "failed", "unsure", "accepted", "rejected", "on_file"]),
        ("party", ["merchant", "officer", "reviewer", "partner", "operations", "authority", "desk", "nobody"]),
        ("control_kind", ["settlement_hold", "txn_block", "suspension", "network_block", "judicial_freeze"]),
        ("command_state", ["pending", "done", "refused"]),
        ("payout", ["none", "sent", "confirmed", "bounced", "account_needed", "account_named", "account_checked",
                    "resending"]),
        ("step_state", ["planned", "started", "unknown", "done", "undone"]),
        ("difference", ["contradiction", *KINDS]),
        ("task", ["review_1", "review_2", "account_check", "hold_rejustify"]),
    ],
)  # fmt: skip
def test_nothing_is_without_a_name(group: str, keys):
    assert set(keys) <= set(words(group))


def test_every_notice_the_rules_owe_has_a_name():
    source = Path(owed_for.__code__.co_filename).read_text(encoding="utf-8")
    owed = set(re.findall(r'\("([a-z_]+)", "(?:merchant|lead|operations)"', source))
    owed |= set(re.findall(r'return "(post_action_[a-z]+)"', source))
    assert len(owed) > 20
    assert owed <= set(words("notice"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_document_and_action_is_named_by_the_policy(language: str):
    for code in POLICY.reasons:
        assert names.reason(code, POLICY, language) != code
    for code in POLICY.documents:
        assert names.document(code, POLICY, language) != code
    for code in POLICY.actions:
        assert names.requirement(code, POLICY, language) != code


def test_every_field_of_every_event_is_shown_or_hidden_on_purpose():
    for kind in get_args(events.Event):
        assert is_dataclass(kind)
        for field in fields(kind):
            shown, hidden = field.name in timeline.SHOWN, field.name in timeline.HIDDEN
            assert shown != hidden, (kind.__name__, field.name)
    assert set(timeline.SHOWN) <= set(words("fact"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("outside", [True, False])
def test_every_event_ever_stored_can_be_told(language: str, outside: bool):
    telling = timeline.Telling(language, POLICY, outside)
    for path in sorted(GOLDEN.glob("*.json")):
        stored = json.loads(path.read_text(encoding="utf-8"))
        event = {
            "type": stored["type"], "data": stored["data"], "occurred_at": "2026-11-23T10:00:00+00:00",
            "actor": "reviewer:reviewer1", "version": 1, "position": 1, "command_id": "c", "hash": "00",
        }  # fmt: skip
        (told,) = timeline.timeline([event], telling)
        assert told.name
        assert all(fact.label and fact.lines for fact in told.facts), stored["type"]
        if language == "en":
            assert not CHINESE.search(told.name)


def test_every_part_that_bars_a_reviewer_has_words():
    source = inspect.getsource(parts_taken) + inspect.getsource(part_of)
    assert set(re.findall(r'return "([a-z ]+)"', source)) == set(words("part"))


def test_every_command_has_its_form_and_every_field_its_label():
    assert set(forms.COMMANDS) == set(PEOPLES) - {"add_document"}
    for form, specs in forms.FORMS.items():
        for spec in specs:
            for language in ("zh", "en"):
                assert names.label(form, spec.name, language)


def test_every_text_a_template_asks_for_is_there():
    for template in pages.TEMPLATES.glob("*.html"):
        source = template.read_text(encoding="utf-8")
        asked = re.findall(r"""\bt\(["']([a-z_.]+)["']\s*[,)]""", source)
        assert set(asked) <= set(words("pages")), (template.name, set(asked) - set(words("pages")))
        for group, key in re.findall(r"""name\("([a-z_]+)", "([a-z_]+)"\)""", source):
            assert key in words(group), (template.name, group, key)


def test_no_text_waits_for_a_page_that_never_asks():
    everything = "".join(
        path.read_text(encoding="utf-8")
        for path in [*pages.TEMPLATES.glob("*.html"), *pages.TEMPLATES.parent.glob("*.py")]
    )
    composed = ("register.", "audience.", "queue.rank_")
    unused = [key for key in words("pages") if key not in everything and not key.startswith(composed)]
    assert unused == []


def test_times_are_told_in_shanghai():
    assert pages.environment("en").filters["local"]("2026-11-23T18:30:00+00:00") == "2026-11-24 02:30"
    assert SHANGHAI.utcoffset(None).total_seconds() == 8 * 3600


def test_a_deadline_at_midnight_is_the_end_of_the_day_before():
    at = "2026-12-11T16:00:00.000000+00:00"
    assert [formats.due(at, language) for language in ("zh", "en")] == ["2026-12-11 24:00", "end of 2026-12-11"]
    assert formats.due("2026-12-11T16:00:00.000001+00:00", "en") == "2026-12-12 00:00"
    assert formats.due("2026-12-11T10:00:00.000000+00:00", "zh") == "2026-12-11 18:00"


def test_every_page_tells_its_deadlines_as_deadlines():
    for template in pages.TEMPLATES.glob("*.html"):
        told = re.findall(r"when\((?:\w+\.)*(due_at|current_deadline)\)", template.read_text(encoding="utf-8"))
        assert told == [], template.name


def test_what_a_merchant_is_to_do_reads_in_words_for_staff_too():
    told = names.actions_spelled_out("do after the release: sign_agreement; D06 is named by its code", POLICY, "en")
    assert told == "do after the release: sign the acquiring agreement anew; D06 is named by its code"
