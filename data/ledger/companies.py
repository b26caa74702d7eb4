"""Who stands behind a name: company and owner names, their listed codes, and who else gains; for suggestions only.

The rows are in companies.csv: other names of the company (as an owner on GitHub and Hugging Face, in Chinese), a code, the
role it has in the company's launches, the day from which that was so, the reason and its source. A beneficiary (a supplier, or
a concept name) is suggested for launches after the day on which the link was in print, its theme before the reason.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from ..errors import RuleError
from ..instruments.table import load_instruments
from .launch import LAUNCHER_ROLES, LaunchCode

SHIPPED = Path(__file__).with_name("companies.csv")


@dataclass(frozen=True)
class Suggestion:
    """A code that a launch may concern, its role there, and why."""

    company: str
    code: str
    role: str
    reason: str
    source: str
    since: date | None = None

    @property
    def cell(self) -> str:
        """As a ledger's cell of codes has it."""
        return LaunchCode(self.code, self.role or None, self.since).written


@dataclass(frozen=True)
class Company:
    """One row: a company's names, and one code that its launches concern ("" where nobody listed is known)."""

    name: str
    aliases: tuple[str, ...]
    code: str
    role: str
    since: date | None
    reason: str
    source: str

    @property
    def is_own(self) -> bool:
        """Whether the code is the company's or its owner's, not one that gains from what it does."""
        return (self.role or None) in LAUNCHER_ROLES

    def known_on(self, day: date) -> bool:
        """Whether the link held on a day, or for a beneficiary was in print before it."""
        return self.since is None or self.since < day or (self.is_own and self.since == day)


@cache
def companies() -> tuple[Company, ...]:
    """The shipped rows."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return tuple(
            Company(
                row["company"], tuple(filter(None, row["aliases"].split(";"))), row["code"], row["role"],
                date.fromisoformat(row["since"]) if row["since"] else None, row["reason"], row["source"],
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def known_as(name: str) -> str:
    """The company's one name for any of its names; the name itself where it is unknown.

    >>> known_as("zai-org"), known_as("深度求索"), known_as("Example Labs")
    ('Zhipu', 'DeepSeek', 'Example Labs')
    """
    wanted = _key(name)
    for company in companies():
        if wanted in {_key(company.name), *map(_key, company.aliases)}:
            return company.name
    return name


def suggestions(company: str, day: date) -> tuple[Suggestion, ...]:
    """Codes that a company's launch on a day may concern: only links of that day, and only codes listed by then."""
    name = known_as(company)
    return tuple(
        Suggestion(name, row.code, row.role, row.reason, row.source, None if row.is_own else row.since)
        for row in companies()
        if row.name == name and row.code and row.known_on(day) and _listed(row.code, day)
    )


def _listed(code: str, day: date) -> bool:
    try:
        listed = load_instruments()[code].listed
    except RuleError:
        return False
    return listed is None or listed <= day


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
