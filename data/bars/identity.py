"""Whose bars a file holds, and in which money: what its rows, metadata, heading and name say must agree."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from types import MappingProxyType

import pyarrow as pa

from ..errors import DataError, RuleError
from ..instruments.codes import derive, tidy
from ..instruments.spellings import same_company, securities
from .arrow import BLANK, metadata
from .text import Sheet
from .vendors import IDENTITY, MONEY, Recognised

METADATA = b"launchlab."
# A column that nobody understands and that sounds so holds codes where any of its cells is one.
_SOUNDS = re.compile(
    r"code|symbol|ticker|stkcd|代码|代碼|代号|代號|^(ric|sec|asset|security|stock|bbg|instrument)$", re.I
)
_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_CURRENCIES = MappingProxyType(
    {
        **dict.fromkeys(("HKD", "HK$", "港元", "港币", "港幣"), "HKD"),
        **dict.fromkeys(("CNY", "CNH", "RMB", "人民币", "人民幣", "元", "¥"), "CNY"),
        **dict.fromkeys(("USD", "US$", "美元"), "USD"),
    }
)


def check_identity(sheet: Sheet, layout: Recognised, code: str, name: str) -> None:
    """Refuse rows, metadata and names of another security, and a number that several have and nothing decides."""
    rows = [
        text
        for column in layout.identity
        for text in _distinct(sheet.table.column(column), f"{name}: {column}")
    ]
    said = [*rows, *_other_codes(sheet.table, layout), *sheet.codes, *_named_in_metadata(sheet.table)]
    meanings = {text: _meant(text) for text in dict.fromkeys(said)}
    for text, meant in meanings.items():
        if text.strip().upper() != code.upper() and not any(same_company(code, other) for other in meant):
            others = f"{len(meanings)} codes, {text!r} among them" if len(meanings) > 1 else repr(text)
            raise DataError(
                f"{name} is asked for as {code}, but it names {others}; give each code a file of its own, under its name"
            )
    _refuse_another_isin(sheet.table, layout, code, name)
    stem = securities(PurePosixPath(name.rsplit("!", 1)[-1]).stem)
    possible = [meant for meant in (stem, *meanings.values()) if meant]
    if possible and len(frozenset.intersection(*possible) or possible[0]) > 1:
        choice = " or ".join(sorted(frozenset.intersection(*possible) or possible[0]))
        raise DataError(
            f"{name} may be {choice}: a bare number names no market; rename it to {code}.csv if it is that"
        )


def check_currency(table: pa.Table, code: str, name: str) -> None:
    """Refuse prices that a column says are in another currency than the code trades in."""
    for column in (one for one in table.column_names if MONEY.search(one)):
        try:
            own = derive(tidy(code)).currency
        except RuleError:
            return
        for said in _distinct(table.column(column), f"{name}: {column}"):
            if _CURRENCIES.get(said.strip().upper()) != own:
                raise DataError(
                    f"{name}: its column {column!r} says {said!r}, but {code} trades in {own}; give prices in {own}, or "
                    "leave the column out if they are"
                )


def _other_codes(table: pa.Table, layout: Recognised) -> Iterator[str]:
    """What columns that no vendor has name: all that one which sounds like codes holds, or one that holds nothing else."""
    known = {*layout.identity, *layout.theirs.values()}
    for column in (name for name in table.column_names if name not in known):
        kind = table.column(column).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)):
            continue
        values = _distinct(table.column(column), column)
        sounds = bool(_SOUNDS.search(column)) and any(_meant(text) for text in values)
        marked = all(any(letter.isalpha() for letter in text) and _meant(text) for text in values)
        if values and (sounds or marked):
            yield from values


def _refuse_another_isin(table: pa.Table, layout: Recognised, code: str, name: str) -> None:
    """Refuse several ISINs, and one that is not the mainland's under a code of the mainland; what Hong Kong lists has those of any country."""
    known = {*layout.identity, *layout.theirs.values()}
    for column in (one for one in table.column_names if one not in known):
        kind = table.column(column).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            continue
        values = [text.strip().upper() for text in _distinct(table.column(column), column)]
        if not values or not all(_is_isin(text) for text in values):
            continue
        if len(values) > 1:
            raise DataError(
                f"{name} holds {len(values)} ISINs, {values[0]} and {values[1]} among them; give each code a file of its own"
            )
        if code.upper().endswith((".SS", ".SZ", ".BJ")) and not values[0].startswith("CN"):
            raise DataError(
                f"{name} is asked for as {code}, but its ISIN {values[0]} is none of the mainland's, which begin with CN; "
                "give the code that the bars are of"
            )


def _is_isin(text: str) -> bool:
    """Whether a text is an ISIN with its check digit (ISO 6166): letters count from 10, every second digit from the right twice.

    >>> _is_isin("KYG875721634"), _is_isin("KYG875721635"), _is_isin("600519")
    (True, False, False)
    """
    if not _ISIN.fullmatch(text):
        return False
    digits = "".join(str(int(letter, 36)) for letter in text)
    doubled = (int(d) * (2 if k % 2 else 1) for k, d in enumerate(reversed(digits)))
    return sum(n // 10 + n % 10 for n in doubled) % 10 == 0


def _meant(text: str) -> frozenset[str]:
    """The securities that a cell may mean; Bloomberg's word behind a code is left out."""
    return securities(re.sub(r" Equity$", "", text.strip(), flags=re.I), zeros_lost=True)


def _distinct(column: pa.ChunkedArray, where: str) -> list[str]:
    """The different values of a column of codes, as text; whole numbers lose what stands after their point."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_integer(column.type)
            or pa.types.is_floating(column.type) or pa.types.is_null(column.type)):  # fmt: skip
        raise DataError(
            f"{where} holds {column.type}, not codes; write them as 600519.SS, or leave the column out"
        )
    return _texts(column.to_pylist())


def _texts(values: Iterable[object]) -> list[str]:
    held = sorted({str(value) for value in values if value is not None})
    return [text.removesuffix(".0") for text in held if text.strip().lower() not in BLANK]


def _named_in_metadata(table: pa.Table) -> list[str]:
    """Codes in the metadata of parquet: our own, and those that pandas keeps as attributes of a frame."""
    said = [value for key, value in metadata(table, METADATA).items() if key == "code"]
    plain = metadata(table, b"")
    try:
        attributes = json.loads(plain.get("PANDAS_ATTRS", "{}"))
    except ValueError:
        attributes = {}
    held = plain | (attributes if isinstance(attributes, dict) else {})
    return said + [str(value) for key, value in held.items() if str(key).lower() in IDENTITY]
