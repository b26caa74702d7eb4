"""Who stands behind a name: company and owner names, their listed codes, and why; for suggestions only.

The rows are in companies.csv: other names of the company (as an owner on GitHub and Hugging Face, in Chinese), a code, the
role it has in the company's launches, the day from which that was so, the reason and its source.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from ..errors import RuleError
from ..instruments.table import load_instruments

SHIPPED = Path(__file__).with_name("companies.csv")


@dataclass(frozen=True)
class Suggestion:
    """A code that a launch may concern, its role there, and why."""

    company: str
    code: str
    role: str
    reason: str
    source: str

    @property
    def cell(self) -> str:
        """As a ledger's cell of codes has it."""
        return f"{self.code}:{self.role}" if self.role else self.code


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
        Suggestion(name, row.code, row.role, row.reason, row.source)
        for row in companies()
        if row.name == name
        and row.code
        and (row.since is None or row.since <= day)
        and _listed(row.code, day)
    )


def _listed(code: str, day: date) -> bool:
    try:
        listed = load_instruments()[code].listed
    except RuleError:
        return False
    return listed is None or listed <= day


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
