"""Each kind of paper has a name in both languages, and no sentence mixes them."""

from __future__ import annotations

import re

import pytest

import policies
from partners.documents import kinds, readers
from partners.documents.ocr import Page
from tests.partners.printing import line

CHINESE = re.compile(r"[\u3400-\u9fff]")


def page(text: str) -> Page:
    return Page(1, 2000, 1400, lines=(line(text, 0),))


def test_every_kind_that_has_a_title_has_an_english_name():
    assert set(kinds.NAMES) == set(kinds.TITLES)


@pytest.mark.parametrize("doc_type", sorted(kinds.TITLES))
def test_what_is_said_of_a_kind_is_in_one_language(doc_type: str):
    own, other = kinds.TITLES[doc_type][0], "维修报告" if doc_type != "D23" else "情况说明"
    said = [
        kinds.judge([page(own)], doc_type),
        kinds.judge([page(other)], doc_type),
        kinds.judge([page("共一页")], doc_type),
        kinds.judge([page("共一页")], doc_type, recognised=True),
        kinds.judge_by_print([page(own)], doc_type, others=(other,), recognised=False),
        kinds.judge_by_print([page(other)], doc_type, others=(other,), recognised=False),
        kinds.judge_by_print([page("共一页")], doc_type, others=(other,), recognised=False),
    ]
    assert [check.outcome for check in said] == ["pass", "fail", "unsure", "pass", "pass", "fail", "unsure"]
    assert [check.en for check in said if CHINESE.search(check.en)] == []
    assert all(CHINESE.search(check.zh) for check in said)


def test_what_the_newest_policy_says_is_read_by_machine_has_a_reader():
    documents = policies.load(policies.newest()).documents

    assert {code for code, document in documents.items() if document.machine_read} <= set(readers.READERS)
