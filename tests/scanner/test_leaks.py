"""The search for leaks finds what is there, however it is spelled and wherever it begins."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.leaks import CHUNK, Search

NAME, PHONE = "欧阳晓雯", "13800138000"
NOISE = bytes(range(256)) * 40

CODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "gbk": lambda value: value.encode("gbk"),
    "utf-16-le": lambda value: value.encode("utf-16-le"),
    "utf-16-be": lambda value: value.encode("utf-16-be"),
    "hex": lambda value: value.encode().hex().encode(),
    "gbk HEX": lambda value: value.encode("gbk").hex().upper().encode(),
    "json": lambda value: value.encode("ascii", "backslashreplace"),
    "percent": lambda value: quote(value).encode(),
    "base64": lambda value: base64.b64encode(f'{{"x":"{value}"}}'.encode()),
    "base64 shifted by one": lambda value: base64.b64encode(f'{{"xy":"{value}"}}'.encode()),
    "base64 shifted by two": lambda value: base64.b64encode(f'{{"xyz":"{value}"}}'.encode()),
    "base64url of gbk": lambda value: base64.urlsafe_b64encode(f"?{value}?".encode("gbk")),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("value", [NAME, PHONE])
def test_a_planted_value_is_found_in_every_spelling(tmp_path: Path, coding: str, value: str) -> None:
    (tmp_path / "a file").write_bytes(NOISE + CODINGS[coding](value) + NOISE)
    leaks = list(Search([NAME, PHONE, "nobody"]).files(tmp_path))
    assert {(leak.where, leak.value) for leak in leaks} == {("a file", value)}


def test_a_value_across_the_border_of_two_chunks_is_found(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(CHUNK - 5) + NAME.encode() + NOISE)
    assert [leak.value for leak in Search([NAME]).files(tmp_path)] == [NAME]


def test_nothing_is_found_where_nothing_is_and_what_is_excepted_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "mailbox").write_text(NAME, encoding="utf-8")
    (tmp_path / "sealed").write_bytes(NOISE)
    assert list(Search([NAME]).files(tmp_path, but=[tmp_path / "inner"])) == []


def test_two_characters_in_gbk_count_in_a_text_and_not_among_random_bytes(tmp_path: Path) -> None:
    (tmp_path / "random").write_bytes("陈融".encode("gbk"))
    assert list(Search(["陈融"]).files(tmp_path)) == []
    assert [leak.spelling for leak in Search(["陈融"]).text("a log", "陈融".encode("gbk"))] == ["gbk"]
