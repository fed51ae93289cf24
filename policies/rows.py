"""Reading a policy's files into types, with errors that name file, row and column."""

from __future__ import annotations

import csv
import dataclasses
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, time
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


class PolicyError(ValueError):
    """A policy is missing or unsound. The text names the file and the row, column or key."""


class Row:
    """One row of a CSV file; each reader names the column, and so do its errors."""

    def __init__(self, place: str, cells: Mapping[str, str]) -> None:
        self.place = place
        self._cells = cells

    def wrong(self, column: str, why: str) -> PolicyError:
        """The error for this column."""
        return PolicyError(f"{self.place}, column {column}: {why}")

    def text(self, column: str) -> str:
        """The cell, which may not be empty."""
        if not self._cells[column]:
            raise self.wrong(column, "is empty")
        return self._cells[column]

    def optional(self, column: str) -> str:
        """The cell, empty or not."""
        return self._cells[column]

    def list(self, column: str) -> tuple[str, ...]:
        """The cell's comma-separated values."""
        if not self._cells[column]:
            return ()
        values = tuple(value.strip() for value in self._cells[column].split(","))
        if "" in values or len(set(values)) < len(values):
            raise self.wrong(column, f"{self._cells[column]!r} has an empty or a repeated value")
        return values

    def yes(self, column: str) -> bool:
        """Whether the cell says yes."""
        return self.one_of(column, ("yes", "no")) == "yes"

    def one_of(self, column: str, known: Collection[T]) -> T:
        """The cell as one of the known values."""
        for value in known:
            if value == self._cells[column]:
                return value
        raise self.wrong(column, f"{self._cells[column]!r} is not one of {', '.join(map(str, known))}")

    def number(self, column: str) -> int | None:
        """The cell as a whole number, None when empty."""
        cell = self._cells[column]
        if not cell:
            return None
        if not cell.isdecimal():
            raise self.wrong(column, f"{cell!r} is not a whole number")
        return int(cell)

    def date(self, column: str) -> date:
        """The cell as a date, YYYY-MM-DD."""
        try:
            return date.fromisoformat(self._cells[column])
        except ValueError:
            raise self.wrong(column, f"{self._cells[column]!r} is not a date") from None


def rows(path: Path, columns: str) -> Iterator[Row]:
    """The rows of a CSV file that has exactly these columns (space-separated); their places count the header as 1."""
    if not path.is_file():
        raise PolicyError(f"{_name(path)} is missing")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if header != columns.split():
            raise PolicyError(f"{_name(path)} row 1: the columns must be {columns.replace(' ', ',')}")
        for cells in reader:
            place = f"{_name(path)} row {reader.line_num}"
            if len(cells) != len(header):
                raise PolicyError(f"{place}: {len(cells)} cells under {len(header)} columns")
            yield Row(place, dict(zip(header, (cell.strip() for cell in cells), strict=True)))


def by_code(path: Path, columns: str, build: Callable[[Row], T]) -> Mapping[str, T]:
    """The rows of a CSV file by their column `code`, which must be unique."""
    found: dict[str, T] = {}
    for row in rows(path, columns):
        code = row.text("code")
        if code in found:
            raise row.wrong("code", f"{code!r} stands there twice")
        found[code] = build(row)
    return MappingProxyType(found)


def toml(path: Path) -> dict[str, Any]:
    """A TOML file's content."""
    if not path.is_file():
        raise PolicyError(f"{_name(path)} is missing")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{_name(path)}: {error}") from None


def table(kind: type[T], values: object, place: str, **given: object) -> T:
    """A TOML table as the dataclass `kind`; `given` fields come from elsewhere. Unknown and missing keys are errors."""
    if not isinstance(values, dict):
        raise PolicyError(f"{place}: is not a table")
    # of __init__, not of the class: a class looks its names up in sys.modules, which a workflow sandbox replaces
    hints = {name: hint for name, hint in get_type_hints(kind.__init__).items() if name not in {*given, "return"}}
    if unknown := sorted(values.keys() - hints.keys()):
        raise PolicyError(f"{place}: unknown key {unknown[0]}")
    if missing := sorted(hints.keys() - values.keys()):
        raise PolicyError(f"{place}: key {missing[0]} is missing")
    return kind(**given, **{name: _value(hint, values[name], f"{place}, key {name}") for name, hint in hints.items()})


def _value(hint: Any, value: object, place: str) -> Any:
    """A TOML value as the field's type."""
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise PolicyError(f"{place}: {value!r} is not a list")
        return tuple(_value(arguments[0], item, place) for item in value)
    if dataclasses.is_dataclass(hint):
        assert isinstance(hint, type)
        return table(hint, value, place)
    if arguments:
        return one_of(value, arguments, place)
    if type(value) is not hint or (hint is int and value < 0):  # type: ignore[operator]
        wanted = {int: "a whole number", time: "a time of day"}.get(hint, "text")
        raise PolicyError(f"{place}: {value!r} is not {wanted}")
    return value


def one_of(value: object, known: Collection[T], place: str) -> T:
    """The value as one of the known ones."""
    for candidate in known:
        if candidate == value:
            return candidate
    raise PolicyError(f"{place}: {value!r} is not one of {', '.join(map(str, known))}")


def _name(path: Path) -> str:
    return f"policies/{path.parent.name}/{path.name}"
