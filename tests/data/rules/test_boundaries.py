"""Every dated row of the rule book on its first day and on the eve, from the exchanges' own notices."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from launchlab.data.dated import Dated
from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import Spell, load_instruments
from launchlab.data.rules import bands, fees, lots, settlement, shorting, ticks
from launchlab.data.rules.limits import limit_bands

from ... import ANSWERS

BOOK = load_instruments()
MODULES = {
    module.__name__.rsplit(".", 1)[-1]: module for module in (bands, fees, lots, settlement, shorting, ticks)
}


def answers() -> list[dict[str, str]]:
    with ANSWERS.joinpath("boundaries.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(path: str) -> Dated:
    module, *names = path.split(".")
    found = MODULES[module]
    for name in names:
        found = getattr(found, name)
    return found


def dated_tables() -> Iterator[tuple[str, Dated]]:
    """Every public table by date of the rules, and those inside public levies that are their own."""
    for module, held in MODULES.items():
        shared = [value for name, value in vars(held).items() if name.startswith("_")]
        for name, value in vars(held).items():
            if name.startswith("_"):
                continue
            parts = vars(value).items() if isinstance(value, fees.Levy) else [("", value)]
            for part, one in parts:
                if isinstance(one, Dated) and not any(one is other for other in shared):
                    yield f"{module}.{name}" + (f".{part}" if part else ""), one


@pytest.mark.parametrize("row", answers(), ids=lambda row: f"{row['table']} {row['on']}")
def test_a_table_says_on_each_day_what_the_notice_says(row):
    if row["value"] == "refused":
        with pytest.raises(RuleError, match="is not in the rule book before"):
            table(row["table"]).on(row["on"])
        return
    expected = np.inf if row["value"] == "none" else float(row["value"])
    assert table(row["table"]).on(row["on"]) == expected
    assert table(row["table"]).over(np.array([row["on"]], "M8[D]")).tolist() == [expected]


def test_every_dated_row_has_an_answer_on_its_first_day_and_on_the_eve():
    answered = {(row["table"], row["on"]) for row in answers()}
    wanted = {
        (path, str(day))
        for path, one in dated_tables()
        for fact in one
        for day in (fact.since, fact.since - timedelta(days=1))
    }
    assert wanted - answered == set()
    assert {path for path, _ in answered} == {path for path, _ in wanted}
    assert min(date.fromisoformat(day) for _, day in answered) < date(1995, 1, 1)


# days that no table holds: what was true of whom on the eve, and what is from that day on


def free_sessions(code: str) -> Callable[[date], int]:
    """Sessions without a limit after a listing on a day."""
    return lambda day: bands.first_days(BOOK[code], day).free


def upper_limit(code: str, reference: float, **facts: object) -> Callable[[date], float]:
    """Upper limit from a reference on a day."""

    def limit(day: date) -> float:
        stock = replace(BOOK[code], **{name: (Spell(day),) for name in facts})
        sessions, ages = np.array([day], "M8[D]"), np.zeros(1, np.int32)
        return float(limit_bands(stock, sessions, np.array([reference]), ages).up[0])

    return limit


def moved_from_neeq(listed: date, asked: date) -> int:
    return bands.first_days(replace(BOOK["920002.BJ"], listed=listed), asked).free


def delisting_from_2020_12_01(entered: date) -> float:
    return bands.delisting_limit(BOOK["300001.SZ"], entered).on("2020-12-01")


def lent(day: date) -> bool:
    stock = replace(BOOK["600519.SS"], shortable=(Spell(date(2012, 1, 4)),))
    return bool(shorting.shortable(stock, np.array([day], "M8[D]"))[0])


BEIJING = date(2021, 11, 15)
DAYS: list[tuple[str, str, Callable[[date], object], object, object]] = [
    ("bands.REFORM_CHINEXT", "2020-08-24", free_sessions("300999.SZ"), 0, 5),
    ("bands.REFORM_CHINEXT", "2020-08-24", delisting_from_2020_12_01, 0.10, 0.20),
    ("bands.REFORM_MAIN", "2023-04-10", free_sessions("601999.SS"), 0, 5),
    ("bands.BSE_OPENED", "2021-11-15", lambda day: moved_from_neeq(date(2020, 7, 27), day), 1, 0),
    ("bands.BSE_OPENED", "2021-11-15", lambda day: moved_from_neeq(day, BEIJING), 0, 1),
    (
        "bands.CONVERTIBLE_RULES",
        "2022-08-01",
        lambda day: bands.first_days(BOOK["113650.SS"], day).up == 0.573,
        False,
        True,
    ),
    (
        "bands.DELISTING_DAY_FREE",
        "2020-12-31",
        upper_limit("600001.SS", 1.0, delisting=True),
        1.10,
        np.inf,
    ),
    ("bands.BANDED_FIRST_DAY[XSHG]", "2013-12-13", free_sessions("601999.SS"), 1, 0),
    ("bands.BANDED_FIRST_DAY[XSHE]", "2014-06-13", free_sessions("300999.SZ"), 1, 0),
    ("bands.ONE_TICK_FLOOR[XSHG]", "2023-04-10", upper_limit("600519.SS", 0.04), 0.04, 0.05),
    ("bands.ONE_TICK_FLOOR[XSHE]", "2011-02-28", upper_limit("000001.SZ", 0.04), 0.04, 0.05),
    (
        "lots.REFORM_PHASE_2",
        "2026-11-16",
        lambda day: "check the issuer" in lots.reform_note(BOOK["1810.HK"], day),
        False,
        True,
    ),
    ("shorting.MAINLAND_BAR", "2024-07-11", lent, True, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "answer", "eve", "since"), [row[1:] for row in DAYS], ids=[f"{row[0]} {row[4]}" for row in DAYS]
)
def test_a_rule_changes_on_its_day_and_not_on_the_eve(day, answer, eve, since):
    first = date.fromisoformat(day)
    assert answer(first - timedelta(days=1)) == eve
    assert answer(first) == since


def test_every_day_that_stands_outside_a_table_has_its_answer():
    named = set()
    for module, held in MODULES.items():
        for name, value in vars(held).items():
            if isinstance(value, date):
                named.add((f"{module}.{name}", str(value)))
            elif isinstance(value, dict) and all(isinstance(day, date) for day in value.values()):
                named |= {(f"{module}.{name}[{key}]", str(day)) for key, day in value.items()}
    assert named == {row[:2] for row in DAYS}
