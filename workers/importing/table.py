"""A CSV file as rows that know their lines, and what is wrong with its form."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.text import Text

MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at a line (from 1, as an editor counts) and column of a file, and what to do about it.

    It never quotes the value: it may be about a person.
    """

    file: str
    line: int
    column: str
    text: Text


@dataclass(frozen=True, slots=True)
class Row:
    """A row's values by column, without the blanks around them, and the line it starts on."""

    file: str
    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def finding(self, column: str, zh: str, en: str) -> Finding:
        """Something wrong with this row's value in `column`."""
        return Finding(self.file, self.line, column, Text(zh, en))


def read(path: Path, columns: Sequence[str]) -> tuple[list[Row], list[Finding]]:
    """The file's rows, and what is wrong with its form. Raises OSError for a file that cannot be read."""
    raw = path.read_bytes()
    if len(raw) > MOST_BYTES:
        size = MOST_BYTES // 1024 // 1024
        return [], [
            _of_file(path, 1, f"文件超过 {size} MB,请分批导入", f"It is larger than {size} MB; import in parts")
        ]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        zh, en = "不是 UTF-8 编码。请另存为“CSV UTF-8”", 'This is not UTF-8. Save it as "CSV UTF-8"'
        return [], [_of_file(path, line, zh, en)]
    return _rows(path, text, columns)


def _rows(path: Path, text: str, columns: Sequence[str]) -> tuple[list[Row], list[Finding]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    findings: list[Finding] = []
    head: list[str] | None = None
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if head is None:
                head, findings = values, _wrong_head(path, line, values, columns)
                if findings:
                    return [], findings
            elif len(values) != len(head):
                findings.append(_wrong_length(path, line, head, len(values)))
            else:
                rows.append(Row(path.name, line, dict(zip(head, values, strict=True))))
    except csv.Error as error:
        zh = f"不是有效的 CSV(引号是否成对?):{error}"
        findings.append(_of_file(path, begins, zh, f"This is not CSV (is a quote left open?): {error}"))
    if head is None and not findings:
        zh, en = "文件为空。第一行须为列名", "The file is empty. Its first line must name the columns"
        findings.append(_of_file(path, 1, zh, f"{en}: {','.join(columns)}"))
    return rows, findings


def _wrong_head(path: Path, line: int, head: Sequence[str], columns: Sequence[str]) -> list[Finding]:
    missing = [name for name in columns if name not in head]
    unknown = [name for name in head if name not in columns]
    doubled = sorted({name for name in head if head.count(name) > 1})
    told = ",".join(columns)
    return [
        *(Finding(path.name, line, n, Text("缺少此列,请补上", "This column is missing; add it")) for n in missing),
        *(
            Finding(
                path.name, line, n, Text(f"不认识此列,请删除。应有:{told}", f"Unknown column; remove it. Known: {told}")
            )
            for n in unknown
        ),
        *(Finding(path.name, line, n, Text("此列出现多次,请只留一列", "It is there twice; keep one")) for n in doubled),
    ]


def _wrong_length(path: Path, line: int, head: Sequence[str], cells: int) -> Finding:
    column = head[cells] if cells < len(head) else head[-1]
    zh = f"应有 {len(head)} 格,实有 {cells} 格。含逗号的值请用引号括起"
    en = f"There should be {len(head)} cells, but there are {cells}. Put values with commas in quotes"
    return Finding(path.name, line, column, Text(zh, en))


def _of_file(path: Path, line: int, zh: str, en: str) -> Finding:
    return Finding(path.name, line, "", Text(zh, en))
