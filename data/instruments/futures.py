"""Index futures: what each contract is, and the dated margins and fees that a user's file gives.

What a contract is worth and how it is quoted is the same for years and stands here with its source. Margins and fees
change by notice and differ by broker, so none is shipped as a fact: a file has them by day.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ..dated import Dated, as_date
from ..doors import read_bytes
from ..errors import RuleError, did_you_mean

_CFFEX = "cffex.com.cn contract specifications, as quoted at en.yhqh.com.cn/html/2014/CFFEX_0625/83.html (Articles 5 to 9)"
_HKEX = "hkex.com.hk contract specifications, as quoted at sinorichhk-en.com (Hong Kong futures)"
COLUMNS = ("product", "since", "margin", "rate", "fixed", "roll", "source")
USUAL_ROLL = 3  # sessions before the last trading day
MOST_ROLL = 20
EXAMPLE = "IF,2025-01-02,0.12,0.000023,0,3,my broker's notice"


@dataclass(frozen=True)
class Product:
    """One index future. `multiplier` in `currency` for an index point; `limit` a fraction of the last settlement, None for none.

    `third_friday`: its last trading day is the third Friday of its month (the next session where that is none); else
    the session before the month's last.
    """

    root: str
    name: str
    exchange: str
    currency: str
    multiplier: int
    tick: float
    limit: float | None
    third_friday: bool
    source: str

    @property
    def code(self) -> str:
        """As this project writes the future itself, whichever month is held: IF=F."""
        return f"{self.root}=F"


def _mainland(root: str, name: str, multiplier: int) -> Product:
    return Product(root, name, "XSHG", "CNY", multiplier, 0.2, 0.10, True, _CFFEX)


def _hong_kong(root: str, name: str) -> Product:
    return Product(root, name, "XHKG", "HKD", 50, 1.0, None, False, _HKEX)


PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {
        one.root: one
        for one in (
            _mainland("IF", "CSI 300 future", 300),
            _mainland("IH", "SSE 50 future", 300),
            _mainland("IC", "CSI 500 future", 200),
            _mainland("IM", "CSI 1000 future", 200),
            _hong_kong("HSI", "Hang Seng Index future"),
            _hong_kong("HHI", "Hang Seng China Enterprises future"),
            _hong_kong("HTI", "Hang Seng TECH future"),
        )
    }
)
_SPELLED = re.compile(rf"({'|'.join(PRODUCTS)})(=F|\.(?:CFX|CFE|CFFEX|HKFE))?")
_INDEXES = ("HSI",)  # a bare name that means the index
CONTRACT = re.compile(rf"({'|'.join(PRODUCTS)})(\d{{2}})(\d{{2}})")


def future_code(text: str) -> str | None:
    """`IF=F` of IF, if=f, IF.CFX; None for what spells no future. HSI alone is the index.

    >>> future_code("if.cfe"), future_code("HSI=F"), future_code("HSI"), future_code("0700.HK")
    ('IF=F', 'HSI=F', None, None)
    """
    match = _SPELLED.fullmatch(text.strip().upper())
    if match is None or (match[2] is None and match[1] in _INDEXES):
        return None
    return PRODUCTS[match[1]].code


@dataclass(frozen=True)
class FutureTerms:
    """A product with what a user's file says of it: margin and fee rate as fractions of the contract's value, by day.

    `fixed`: money for one contract and side besides, local currency. `roll`: sessions before the last trading day at
    whose close the next month takes its place.
    """

    product: Product
    margin: Dated
    rate: Dated
    fixed: Dated
    roll: int = USUAL_ROLL


def advice(code: str) -> str:
    """What to do about a future without terms."""
    root = code.removesuffix("=F")
    row = EXAMPLE.replace("IF", root, 1)
    return (
        f"name a CSV with its dated margin and fees in `futures`, columns {','.join(COLUMNS)}, for example a row {row}, "
        f"and put its contracts among the prices as {root}2602.csv, {root}2603.csv"
    )


def load_futures(path: Path | str) -> tuple[FutureTerms, ...]:
    """The terms in a file, one for each product that it names; RuleError lists every bad row."""
    where = Path(path)
    content = read_bytes(where, error=RuleError, advice="give a UTF-8 CSV file of the terms of futures")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        columns = tuple(reader.fieldnames or ())
        lines = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RuleError(f"{where} cannot be read ({error}); give a UTF-8 CSV file") from None
    strange = [name for name in columns if name not in COLUMNS]
    missing = [name for name in COLUMNS[:4] if name not in columns]
    if strange or missing:
        wrong = (
            f"unknown column {strange[0]!r}{did_you_mean(strange[0], COLUMNS)}"
            if strange
            else f"no column {missing[0]!r}"
        )
        raise RuleError(f"{where}: {wrong}; columns are {','.join(COLUMNS)}, for example a row {EXAMPLE}")
    rows: dict[str, list[_Row]] = {}
    faults: list[str] = []
    for line, row in lines:
        try:
            root, terms = _terms_row(row)
            rows.setdefault(root, []).append(terms)
        except (RuleError, ValueError) as error:
            faults.append(f"line {line}: {error}")
    faults += [f"{root}: the day {day} stands twice" for root, held in rows.items() for day in _twice(held)]
    if faults or not rows:
        raise RuleError(f"{where}: {'; '.join(faults) or 'no rows'}; a row is {EXAMPLE}")
    return tuple(_terms(root, sorted(held)) for root, held in rows.items())


class _Row(NamedTuple):
    """One row of the file of terms."""

    since: date
    margin: float
    rate: float
    fixed: float
    roll: int
    source: str


def _terms_row(row: Mapping[str, str | None]) -> tuple[str, _Row]:
    cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
    code = future_code(cell["product"]) or future_code(f"{cell['product']}=F")
    if code is None:
        known = tuple(PRODUCTS)
        raise RuleError(
            f"product {cell['product']!r} is no index future{did_you_mean(cell['product'], known)}; use {', '.join(known)}"
        )
    numbers = {}
    for name, low, high in (("margin", 0.01, 1.0), ("rate", 0.0, 0.01), ("fixed", 0.0, 10_000.0)):
        if not cell[name] and name != "fixed":
            raise RuleError(f"{name} is empty; a fraction such as 0.12")
        value = float(cell[name] or 0.0)
        if not low <= value <= high:
            raise RuleError(f"{name} {value:g} must be from {low:g} to {high:g}")
        numbers[name] = value
    roll = int(cell["roll"] or USUAL_ROLL)
    if not 1 <= roll <= MOST_ROLL:
        raise RuleError(f"roll {roll} must be from 1 to {MOST_ROLL} sessions before the last trading day")
    day = as_date(cell["since"])
    return code.removesuffix("=F"), _Row(day, **numbers, roll=roll, source=cell["source"])


def _twice(rows: list[_Row]) -> list[date]:
    days = [row.since for row in rows]
    return sorted({day for day in days if days.count(day) > 1})


def _terms(root: str, rows: list[_Row]) -> FutureTerms:
    def dated(name: str, values: list[float]) -> Dated:
        facts = [
            (str(row.since), value, row.source or "the file of futures")
            for row, value in zip(rows, values, strict=True)
        ]
        return Dated(*facts, name=f"the {name} of {root}=F")

    return FutureTerms(
        PRODUCTS[root],
        dated("margin", [row.margin for row in rows]),
        dated("fee rate", [row.rate for row in rows]),
        dated("fee for a contract", [row.fixed for row in rows]),
        rows[-1].roll,
    )
