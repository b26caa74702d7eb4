"""Rows of an instruments CSV laid over a table: what each column holds, and what is wrong with a row.

A user's CSV has `code` and any of the other columns; an empty cell keeps what was known. Spells are written
`2022-01-04..2022-06-30;2023-05-04..`, values by date `2014-05-15=100;2026-12-01=200`, an empty short list `never`.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..dated import Dated, as_date
from ..doors import read_bytes
from ..errors import RuleError, did_you_mean
from .codes import derive, successor
from .instrument import A_SHARE_BOARDS, BOARDS, EXCHANGE_OF, FUND_CLASSES, ROLES, Instrument, Spell
from .spellings import read_as, understood

ST_UNKNOWN = "ST spells unknown: taken as never under a risk warning"
LIST_UNKNOWN = "whether the exchange's 20 % list holds it is unknown: taken as 10 %"
SHIPPED = Path(__file__).with_name("instruments.csv")
_BY_DATE = frozenset({"lots", "borrow"})


def read_over(table: dict[str, Instrument], path: Path) -> tuple[str, ...]:
    """Lay the rows of a file over `table`; sentences about codes that were written otherwise. RuleError lists all bad rows."""
    content = read_bytes(
        path, error=RuleError, advice="the instruments cannot be read; give a UTF-8 CSV file"
    )
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        columns = reader.fieldnames or ()
        lines = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RuleError(f"{path}: the instruments cannot be read ({error}); give a UTF-8 CSV file") from None
    if twins := [name for k, name in enumerate(columns) if name in columns[:k]]:
        raise RuleError(f"{path}: the column {twins[0]!r} stands twice; keep the right one")
    strange = [f"{name!r}{did_you_mean(name or '', _PARSERS)}" for name in columns if name not in _PARSERS]
    if "code" not in columns or strange:
        wrong = f"unknown columns {', '.join(strange)}" if strange else "no column 'code'"
        raise RuleError(f"{path}: {wrong}; columns are {', '.join(_PARSERS)}")
    faults: list[str] = []
    written: dict[str, str] = {}
    for line, row in lines:
        try:
            spelled = (row.get("code") or "").strip()
            written[spelled] = _set_row(table, row, ours=path == SHIPPED)
        except (RuleError, ValueError) as error:
            faults.append(f"line {line}: {error}")
    if faults:
        raise RuleError(f"{path}: {len(faults)} bad rows: " + "; ".join(faults))
    return read_as(written, f"{path}: ")


def _set_row(table: dict[str, Instrument], row: Mapping[str, Any], *, ours: bool) -> str:
    """Lay one row over the table; today's code of it."""
    if None in row:
        raise RuleError("more cells than columns; put quotes around commas")
    given = {name: text.strip() for name, text in row.items() if text and text.strip()}
    written = understood(given.pop("code", ""))
    code = _today(table, written)
    base = table.get(code) or derive(code)
    values: dict[str, Any] = {}
    for name, text in given.items():
        parse = _by_date(f"{name} of {code}") if name in _BY_DATE else _PARSERS[name]
        values["unknowns" if name == "assumed" else name] = parse(text)
    if code != written and written not in base.aliases:
        values["aliases"] = (*base.aliases, written)
    if not ours:
        values["unknowns"] = _still_unknown(base, given, values, new=code not in table)
    _refuse_taken(table, code, values.get("aliases", ()))
    table[code] = replace(base, **values)
    return code


def _today(table: Mapping[str, Instrument], written: str) -> str:
    """Today's code of a row's: by the aliases of rows before it, else by the common rule; one taken is a RuleError."""
    named = next((row.code for row in table.values() if written in row.aliases), None)
    code = named or successor(written) or written
    old = [alias for alias in table[code].aliases if alias != written] if code in table else []
    if named is None and code != written and old:
        raise RuleError(
            f"{written} would be {code} by its last three digits, which {old[0]} is already; write today's code of it"
        )
    return code


def _refuse_taken(table: Mapping[str, Instrument], code: str, aliases: Iterable[str]) -> None:
    for alias in aliases:
        taken = [row.code for row in table.values() if alias in row.aliases and row.code != code]
        if taken or (alias in table and alias != code):
            raise RuleError(f"the alias {alias} of {code} is also that of {(*taken, alias)[0]}; keep one")


def _still_unknown(
    base: Instrument, given: Mapping[str, str], values: Mapping[str, Any], *, new: bool
) -> tuple[str, ...]:
    """What is assumed after a user's row: what was, and of a new code its ST spells and 20 % list, less what it says."""
    doubts = list(base.unknowns)
    if new and base.board in A_SHARE_BOARDS:
        doubts.append(ST_UNKNOWN)
    if new and base.board == "fund" and "board" not in given:
        doubts.append(LIST_UNKNOWN)
    if "st" in given:
        doubts = [doubt for doubt in doubts if not ("(ST)" in doubt or doubt == ST_UNKNOWN)]
    return tuple(dict.fromkeys([*doubts, *values.get("unknowns", ())]))


def _one_of(allowed: Iterable[str], what: str) -> Callable[[str], str]:
    words = tuple(allowed)

    def parse(text: str) -> str:
        if text not in words:
            raise RuleError(
                f"{what} {text!r}{did_you_mean(text, words)} must be one of {', '.join(filter(None, words))}"
            )
        return text

    return parse


def _spell(text: str) -> Spell:
    first, dots, last = text.partition("..")
    if not dots:
        raise RuleError(
            f"spell {text!r} must be written 2022-01-04..2022-06-30, or 2022-01-04.. when it goes on"
        )
    spell = Spell(as_date(first.strip()), as_date(last.strip()) if last.strip() else None)
    if spell.last is not None and spell.last < spell.first:
        raise RuleError(f"spell {text!r} ends before it starts; swap the days")
    return spell


def _spells(text: str) -> tuple[Spell, ...]:
    return () if text == "never" else tuple(_spell(part) for part in _parts(text))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _by_date(name: str) -> Callable[[str], Dated]:
    positive = name.startswith("lots")

    def parse(text: str) -> Dated:
        rows = []
        for part in _parts(text):
            day, equals, value = part.partition("=")
            if (
                not equals
                or not (float(value) > 0 or (float(value) == 0 and not positive))
                or float(value) > 1e7
            ):
                raise RuleError(f"{name} {part!r} must be written 2020-01-01=500, above zero")
            rows.append((day.strip(), float(value)))
        return Dated(*rows, name=name, source="instruments table", confidence="")

    return parse


def _days(text: str) -> tuple[date, ...]:
    return tuple(as_date(part) for part in _parts(text))


def _truth(text: str) -> bool:
    if text.lower() not in ("yes", "no", "true", "false", "1", "0"):
        raise RuleError(f"{text!r} must be yes or no")
    return text.lower() in ("yes", "true", "1")


def _price(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise RuleError(f"issue_price {text} must be a price above zero")
    return value


_PARSERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "code": str,
        "name": str,
        "exchange": _one_of(EXCHANGE_OF.values(), "exchange"),
        "board": _one_of(BOARDS, "board"),
        "currency": _one_of(("HKD", "CNY", "USD"), "currency"),
        "listed": as_date,
        "delisted": as_date,
        "role": _one_of(ROLES, "role"),
        "issue_price": _price,
        "approval_ipo": _truth,
        "st": _spells,
        "delisting": _spells,
        "s_share": _spells,
        "no_limit": _days,
        "lots": _by_date("lots"),
        "shortable": _spells,
        "borrow": _by_date("borrow"),
        "fund_class": _one_of(FUND_CLASSES, "fund_class"),
        "aliases": lambda text: tuple(understood(part) for part in _parts(text)),
        "source": str,
        "confidence": str,
        "assumed": _parts,
    }
)
