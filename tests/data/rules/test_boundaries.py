"""Every dated row of the rule book on its first day and on the eve, from the exchanges' own notices."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from launchlab.data.dated import Dated
from launchlab.data.errors import RuleError
from launchlab.data.rules import bands, fees, lots, settlement, shorting

from ... import ANSWERS

MODULES = {module.__name__.rsplit(".", 1)[-1]: module for module in (bands, fees, lots, settlement, shorting)}


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
