"""A value that changes on known days, each row with its source.

A rule of an exchange is never a bare number: it holds from a day, somebody published it, and we are more or
less sure of it. Confidence marks: P the official page was read; Q official text quoted by a published data
set; S2 or S1 two or one independent secondary sources; M from memory, to be confirmed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np

from .arrays import F8, I8, Days
from .errors import ConfigError, RuleError

# Of what has a clock: the part after the day.
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?([+-]\d\d:\d\d)?$")
Row = tuple[str, float] | tuple[str, float, str] | tuple[str, float, str, str]


@dataclass(frozen=True)
class Fact:
    """One row: `value` holds from `since` (included) until the next row."""

    since: date
    value: float
    source: str
    confidence: str


@dataclass(frozen=True, init=False)
class Dated:
    """A number by date: `Dated(("2008-09-19", 0.001), ("2023-08-28", 0.0005), source="…", confidence="Q")`.

    A row may carry its own source and confidence as third and fourth item. Rows must be in order of their
    days. Asking before the first row, or after `until` (the last day the table covers), raises RuleError.

    >>> stamp = Dated(("2008-09-19", 0.001), ("2023-08-28", 0.0005), name="stamp duty on sales")
    >>> stamp.on("2023-08-27"), stamp.on(date(2023, 8, 28))
    (0.001, 0.0005)
    """

    facts: tuple[Fact, ...]
    name: str
    until: date | None

    def __init__(
        self,
        *rows: Row,
        source: str = "",
        confidence: str = "Q",
        name: str = "value",
        until: str | None = None,
    ) -> None:
        facts = tuple(_fact(row, source, confidence) for row in rows)
        if not facts:
            raise RuleError(f"{name}: a dated table needs at least one row; add (day, value)")
        for before, after in pairwise(facts):
            if after.since <= before.since:
                raise RuleError(
                    f"{name}: row {after.since} stands after {before.since}; sort the rows by day"
                )
        object.__setattr__(self, "facts", facts)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "until", date.fromisoformat(until) if until else None)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    def at(self, day: object) -> Fact:
        """The row in force on a day: a date, a datetime64 or an ISO string."""
        asked = as_date(day)
        self._refuse_outside(asked, asked)
        return next(fact for fact in reversed(self.facts) if fact.since <= asked)

    def on(self, day: object) -> float:
        """The value in force on a day."""
        return self.at(day).value

    def over(self, sessions: Days) -> F8:
        """The value in force on each session: datetime64[D] (n,) to f8 (n,); sessions need no order."""
        days = np.asarray(sessions, "datetime64[D]")
        if not len(days):
            return np.empty(0)
        since, values = self._columns
        counts = days.view(np.int64)  # numbers are compared ten times as fast as days
        first = counts.min()
        if first >= since[-1] and self.until is None:  # the last row holds throughout
            return np.full(len(days), values[-1])
        if first < since[0] or self.until is not None:
            self._refuse_outside(as_date(days.min()), as_date(days.max()))
        return values[np.searchsorted(since, counts, side="right") - 1]

    @cached_property
    def _columns(self) -> tuple[I8, F8]:
        """First days (since 1970) and values of the rows: a market asks each table for thousands of codes."""
        since = np.array([fact.since for fact in self.facts], "datetime64[D]")
        return since.view(np.int64), np.array([fact.value for fact in self.facts], np.float64)

    def __getstate__(self) -> dict[str, object]:
        return {
            field.name: getattr(self, field.name) for field in fields(self)
        }  # the same before and after it was asked

    def _refuse_outside(self, first: date, last: date) -> None:
        start = self.facts[0].since
        if first < start:
            raise RuleError(
                f"{self.name} is not in the rule book before {start} (asked for {first}); "
                f"ask for {start} or later, or give your own value"
            )
        if self.until is not None and last > self.until:
            raise RuleError(
                f"{self.name} is not in the rule book after {self.until} (asked for {last}); "
                "ask for an earlier day, or give your own value"
            )


def as_date(day: object) -> date:
    """A calendar day from a date, a datetime, a datetime64 or an ISO string; anything else is a RuleError."""
    try:
        return date.fromisoformat(str(day)[:10])
    except ValueError:
        raise RuleError(f"{day!r} is not a day; write it as 2026-02-12") from None


def to_day(given: object, what: str) -> date:
    """The calendar day of a date, a midnight (of its own zone) or a text such as 2026-02-12.

    ConfigError that names the parameter `what` for anything else.
    """
    text = str(given).strip()
    try:
        return date.fromisoformat(text if isinstance(given, str) else MIDNIGHT.sub("", text))
    except ValueError:
        raise ConfigError(f"`{what}` {text!r} is not a day; write it as 2026-02-12") from None


def _fact(row: Row, source: str, confidence: str) -> Fact:
    own = (*row[2:], *(source, confidence)[len(row) - 2 :])
    return Fact(as_date(row[0]), float(row[1]), own[0], own[1])
