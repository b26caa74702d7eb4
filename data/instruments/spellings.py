"""How vendors spell a code, and which securities a spelling may mean.

600519.SS is 600519.SH at Tushare and Wind, sh600519 at Sina, sh.600519 at baostock, SH.600519 at Futu, 600519.XSHG at
JoinQuant, 1.600519 at Eastmoney, SH#600519 at TongDaXin and a bare 600519 in many files. A bare number says no
market: 600000 is a stock of Shanghai and nothing else, 000001 a stock of Shenzhen and an index of Shanghai.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from ..errors import DataError, RuleError
from .codes import KEPT_DIGITS, derive, successor, tidy
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
_PLAIN = re.compile(r"\d{4,5}\.HK|\d{6}\.(SS|SZ|BJ)|\^[A-Z0-9]+")
_BOARD_WORDS = MappingProxyType({"index": "an index", "fund": "a fund", "convertible": "a bond"})
MOST_NAMED = 12
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


def understood(text: str) -> str:
    """The one code that a person's spelling means, as this project writes it; text that is no code comes back tidied.

    A Hong Kong number may be short, a mainland one has its six digits. RuleError with the choices where several have it.

    >>> [understood(text) for text in ("2513", "HK.00700", "SH688158", "sh.688158", "688158.XSHG", "300364.xshe")]
    ['2513.HK', '0700.HK', '688158.SS', '688158.SS', '688158.SS', '300364.SZ']
    """
    plain = text.strip().upper()
    if _PLAIN.fullmatch(plain):
        return tidy(plain)
    meant = sorted(securities(text))
    if len(meant) > 1:
        choices = ", ".join(f"{code}{_what(code)}" for code in meant)
        raise RuleError(f"{text.strip()!r} names no market and may be {choices}; write the one that is meant")
    return meant[0] if meant else tidy(text)


def read_as(codes: Mapping[str, str], where: str = "") -> tuple[str, ...]:
    """A sentence naming what was written otherwise than the code that it stands for; none where nothing was."""
    other = {
        text: code
        for text, code in codes.items()
        if text.strip().upper() not in (code, code.removeprefix("^"))
    }
    if not other:
        return ()
    named = [f"{text.strip()} as {code}" for text, code in list(other.items())[:MOST_NAMED]]
    more = f" and {len(other) - MOST_NAMED} more" if len(other) > MOST_NAMED else ""
    return (f"{where}read {', '.join(named)}{more}",)


def _what(code: str) -> str:
    board = derive(code).board
    return f" ({_BOARD_WORDS[board]})" if board in _BOARD_WORDS else ""


def same_company(code: str, other: str) -> bool:
    """Whether two codes are one, or an old Beijing code and the one that the common rule made of it."""
    return tidy(code) == tidy(other) or _today(code) == _today(other)


def names_of(instrument: Instrument, have: Collection[str]) -> tuple[str, ...]:
    """Codes of `have` under which an instrument's bars lie, earliest first; empty when there are none.

    Its aliases or, for a stock of Beijing without any, the old code that the common rule turns into its own; two such
    codes cannot both be it: a DataError asks which. A file under the very code that was asked for is its own.
    """
    code = instrument.code
    aliases = [alias for alias in instrument.aliases if alias in have and alias != code]
    if code.endswith(".BJ"):
        aliases = _earlier(instrument, have, aliases)
    plain = [name for name in (code, code.removeprefix("^")) if name in have][:1]
    return (*aliases, *plain)


def _earlier(instrument: Instrument, have: Collection[str], stated: list[str]) -> list[str]:
    """Old codes of a stock of Beijing among `have`: those stated of it, else the one that the common rule makes it of."""
    code = instrument.code
    asked = list(instrument.aliases)
    if asked and not any(KEPT_DIGITS in text for text in instrument.unknowns):
        return stated
    old = _renumbered(frozenset(have)).get(code, [])
    rivals = sorted({*asked, *old}) if code in have or not asked else stated
    if len(rivals) > 1:
        raise DataError(
            f"{rivals[0]} and {rivals[1]} would both be {code} by their last three digits, which is wrong for one of "
            "them; name the right one in the column aliases of a row of instruments"
        )
    return stated if asked else old


@lru_cache(maxsize=8)
def _renumbered(have: frozenset[str]) -> dict[str, list[str]]:
    """Old Beijing codes among `have` by today's, sorted; kept, as each stock of a market asks it of the same place."""
    found: dict[str, list[str]] = {}
    for old in sorted(have):
        if today := successor(old):
            found.setdefault(today, []).append(old)
    return found


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
