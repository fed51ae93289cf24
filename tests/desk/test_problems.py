"""What is wrong with a request is said in one language, with the bound that it breaks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from desk.bodies import Words
from desk.problems import of_validation


class Form(BaseModel):
    verdict: Literal["accept", "reject", "unsure"] = "accept"
    fen: Annotated[int, Field(ge=1, le=900)] = 1
    code: Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$", max_length=4)] = "R01"


@pytest.mark.parametrize(
    ("field", "wrong", "zh"),
    [
        ("verdict", "maybe", "须为以下之一:'accept'、'reject'、'unsure'"),
        ("fen", 0, "不得小于 1"),
        ("fen", 901, "不得大于 900"),
        ("code", "r1", "格式不正确,须符合 ^[A-Z][0-9]{2}$"),
        ("code", "R0123", "过长,最多 4 字"),
    ],
)
def test_a_bound_is_named_in_chinese_without_a_word_of_english(field: str, wrong: Any, zh: str) -> None:
    with pytest.raises(ValidationError) as found:
        Form.model_validate({field: wrong})
    (error,) = of_validation(found.value.errors()).errors
    assert (error.field, error.text.zh) == (field, zh)


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        ({"words": "字" * 41}, "过长,最多 40 字", "It is too long: at most 40 characters"),
        ({"words": "  "}, "不能为空", "It must not be empty"),
        ({"words": "a\u0007b"}, "含有控制字符,请删去", "It holds control characters; remove them"),
        ({"words": "x", "items": []}, "至少 1 项", "List should have at least 1 item after validation, not 0"),
        ({"words": "x", "at": "foo"}, "须为日期或时间,如 2026-11-28T09:00:00+08:00", None),
    ],
)
def test_what_is_wrong_with_a_text_is_said_in_words(body: dict[str, Any], zh: str, en: str | None) -> None:
    class Said(BaseModel):
        words: Annotated[Words, Field(max_length=40)]
        items: Annotated[list[int], Field(min_length=1)] = [1]
        at: datetime | None = None

    with pytest.raises(ValidationError) as found:
        Said.model_validate(body)
    (error,) = of_validation(found.value.errors()).errors
    assert error.text.zh == zh
    assert en is None or error.text.en == en
