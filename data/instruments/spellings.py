"""How vendors spell a code, and which securities a spelling may mean.

600519.SS is 600519.SH at Tushare and Wind, sh600519 at Sina, sh.600519 at baostock, SH.600519 at Futu, 600519.XSHG at
JoinQuant, 1.600519 at Eastmoney, SH#600519 at TongDaXin and a bare 600519 in many files. A bare number says no
market: 600000 is a stock of Shanghai and nothing else, 000001 a stock of Shenzhen and an index of Shanghai.
"""

import re
from collections.abc import Collection, Iterable
from types import MappingProxyType

from ..errors import DataError, RuleError
from .codes import derive, successor, tidy
from .instrument import Instrument

# How each market is marked before or after the number.
MARKS = MappingProxyType(
    {
        "SS": ("SS", "SH", "XSHG", "SSE", "SHA"),
        "SZ": ("SZ", "XSHE", "SZSE", "SHE"),
        "BJ": ("BJ", "XBSE", "BSE", "XBEI"),
        "HK": ("HK", "XHKG", "HKEX", "HKG", "SEHK"),
    }
)
# Eastmoney's numbers of markets: Shenzhen and Beijing share one.
_NUMBERED = MappingProxyType({"0": ("SZ", "BJ"), "1": ("SS",), "116": ("HK",)})
_MARKET_OF = {mark: market for market, marks in MARKS.items() for mark in marks}
_ANY = "|".join(sorted(_MARKET_OF, key=len, reverse=True))
_BEFORE = re.compile(rf"({_ANY})[.:#_-]?(\d{{1,6}})")
_AFTER = re.compile(rf"(\d{{1,6}})[.:#_ -]?({_ANY})")
_SECID = re.compile(r"(0|1|116)\.(\d{5,6})")


def securities(text: str, *, zeros_lost: bool = False) -> frozenset[str]:
    """Every code that a spelling may mean, as this project writes them; empty when it is no code at all.

    `zeros_lost`: the spelling was a number in between, so 2513 may be 2513.HK or 002513.SZ.

    >>> sorted(securities("sh.600519")), sorted(securities("600000")), sorted(securities("000001"))
    (['600519.SS'], ['600000.SS'], ['000001.SS', '000001.SZ'])
    >>> sorted(securities("00700")), sorted(securities("2513", zeros_lost=True))
    (['0700.HK'], ['002513.SZ', '2513.HK'])
    """
    written = text.strip().lstrip("'").upper()
    if match := _BEFORE.fullmatch(written):
        return _of_markets(match[2], [_MARKET_OF[match[1]]])
    if match := _AFTER.fullmatch(written):
        return _of_markets(match[1], [_MARKET_OF[match[2]]])
    if match := _SECID.fullmatch(written):
        return _of_markets(match[2], _NUMBERED[match[1]])
    if written.isascii() and written.isdigit():
        return _bare(written, zeros_lost)
    return _known([tidy(written)]) if written else frozenset()


def same_company(code: str, other: str) -> bool:
    """Whether two codes are one, or an old Beijing code and the one that the common rule made of it."""
    return tidy(code) == tidy(other) or _today(code) == _today(other)


def names_of(instrument: Instrument, have: Collection[str]) -> tuple[str, ...]:
    """Codes of `have` under which an instrument's bars lie, earliest first; empty when there are none.

    Its aliases or, for a stock of Beijing without any, the old code that the common rule turns into its own; two such
    codes cannot both be it: a DataError asks which.
    """
    code = instrument.code
    aliases = [alias for alias in instrument.aliases if alias in have and alias != code]
    if code.endswith(".BJ") and not instrument.aliases:
        aliases = sorted(old for old in have if successor(old) == code)
    if len(aliases) > 1 and not instrument.aliases:
        raise DataError(
            f"{aliases[0]} and {aliases[1]} would both be {code} by their last three digits, which is wrong for one of "
            "them; name the right one in the column aliases of a row of instruments"
        )
    plain = [name for name in (code, code.removeprefix("^")) if name in have][:1]
    return (*aliases, *plain)


def _today(code: str) -> str:
    return successor(tidy(code)) or tidy(code)


def _bare(number: str, zeros_lost: bool) -> frozenset[str]:
    mainland = ("SS", "SZ", "BJ")
    if len(number) == 6:
        return _of_markets(number, mainland)
    filled = _of_markets(number.zfill(6), mainland) if zeros_lost and len(number) < 6 else frozenset()
    return filled | (_of_markets(number, ["HK"]) if len(number) < 6 else frozenset())


def _of_markets(number: str, markets: Iterable[str]) -> frozenset[str]:
    """The code of a number on each market that has such numbers."""
    return _known(tidy(f"{number.zfill(6) if market != 'HK' else number}.{market}") for market in markets)


def _known(codes: Iterable[str]) -> frozenset[str]:
    held = set()
    for code in codes:
        try:
            held.add(derive(code).code)
        except RuleError:
            continue
    return frozenset(held)
