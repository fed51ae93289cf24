"""What is wrong with a request is said in one language, with the bound that it breaks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

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
