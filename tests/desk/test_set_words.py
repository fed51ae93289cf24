"""Words of a page that are the same for every reader are set when its template is compiled."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader

from desk.console.set_words import WordSettingEnvironment


class Asked:
    """A function for templates that counts how often it is called."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, key: str, **facts: str) -> str:
        self.times += 1
        return f"<{key}{facts.get('n', '')}>"


@pytest.fixture
def asked() -> Asked:
    return Asked()


def rendered(asked: Asked, source: str, times: int = 3) -> str:
    made = WordSettingEnvironment(loader=DictLoader({"page": source}), autoescape=True)
    made.settled = {"t": asked}
    made.globals["t"] = asked
    for _ in range(times - 1):
        made.get_template("page").render(n="2")
    return made.get_template("page").render(n="2")


def test_a_literal_word_is_asked_for_once_and_escaped_like_any_text(asked: Asked) -> None:
    assert rendered(asked, "{{ t('a') }}{% if t('b') %}!{% endif %}") == "&lt;a&gt;!"
    assert asked.times == 2


def test_a_word_with_facts_or_of_a_variable_is_asked_for_each_time(asked: Asked) -> None:
    assert rendered(asked, "{{ t('a', n=n) }} {{ t(n) }}") == "&lt;a2&gt; &lt;2&gt;"
    assert asked.times == 6


def test_a_literal_word_among_the_facts_of_another_is_set_too(asked: Asked) -> None:
    assert rendered(asked, "{{ t('a', n=t('b')) }}") == "&lt;a&lt;b&gt;&gt;"
    assert asked.times == 1 + 3
