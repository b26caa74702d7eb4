"""What a code says by itself: exchange, board and currency from its suffix and prefix.

Codes are written as Yahoo writes them: 0700.HK, 600519.SS, 300364.SZ, 920002.BJ; an index is ^HSI, HSI,
000300.SS or 399006.SZ. Beijing's earlier codes (43, 83, 87, 88) became 920xxx on 2025-10-09.
"""

import re
from types import MappingProxyType

from ..errors import RuleError
from .futures import advice, future_code
from .instrument import EXCHANGE_OF, Instrument

_INDEX_NAMES = MappingProxyType(
    {"HSI": "XHKG", "HSCE": "XHKG", "HSCEI": "XHKG", "HSTECH": "XHKG", "SSEC": "XSHG", "CSI300": "XSHG"}
)
# Longest prefix first where they overlap. Board by first digits; facts: market rules, board_from_code.
_PREFIXES = (
    ("SS", ("600", "601", "603", "605"), "main"),
    ("SS", ("689",), "cdr"),
    ("SS", ("688",), "star"),
    ("SS", ("900",), "b"),
    ("SS", ("508",), "reit"),
    ("SS", ("50", "51", "52", "53", "55", "56", "58"), "fund"),
    ("SS", ("11",), "convertible"),
    ("SS", ("000",), "index"),
    ("SZ", ("000", "001", "002", "003"), "main"),
    ("SZ", ("300", "301", "302"), "chinext"),
    ("SZ", ("200", "201"), "b"),
    ("SZ", ("180",), "reit"),
    ("SZ", ("15", "16"), "fund"),
    ("SZ", ("12",), "convertible"),
    ("SZ", ("399",), "index"),
    ("BJ", ("810",), "convertible"),
    ("BJ", ("899",), "index"),
    ("BJ", ("920", "43", "83", "87", "88"), "bse"),
)
# Ranges HKEX allots to exchange-traded products, from memory; those of single shares twice over (7788 in Hong Kong dollars
# and 9788 in US dollars, and 7388 and 9388) by the issuer's news release of 2025-03-24.
_HK_IN_DOLLARS = ((9000, 9199), (9300, 9399), (9400, 9499), (9700, 9799))
_HK_ETP = (
    (2800, 2849),
    (3000, 3199),
    (3400, 3499),
    (7200, 7399),
    (7500, 7599),
    (7700, 7799),
    *_HK_IN_DOLLARS,
)
# Those listed when their stamp duty was waived, which share the numbers of shares: names by hkreita.com and reitpulse.com, codes by
# valuebuddies.com 1920 of 2013-05-16; Spring (1426), China Merchants Commercial (1503) and SF (2191) from memory.
_HK_REITS = frozenset((405, 435, 778, 808, 823, 1426, 1503, 1881, 2191, 2778, 87_001))
# Numbers HKEX allots to what is neither share nor fund (news release 0801234news of 2008: warrants from 10000, bull/bear
# contracts from 60000; the rest from memory), and to the same in renminbi.
_HK_OTHER = MappingProxyType(
    {
        (4000, 4999): "debt, preference shares and the pilot programme",
        (10_000, 79_999): "warrants, bull/bear contracts and debt",
        (89_000, 89_999): "warrants in renminbi",
    }
)
_LEGACY_BSE = re.compile(r"(43|83|87|88)[0-9]{4}\.BJ")
# What makes a code of today of an old one: its last three digits, but for those whose number was taken. The exchange's own
# list is not public as a file; the exceptions are those of 248 renumbered codes in github.com/bigbirdyp/StockTradebyZ,
# bj_market.csv at 682914c, where no two share a new code and each exception's own number is another's.
KEPT_DIGITS = "the last three digits were kept, but for a public list of exceptions (not the exchange's own)"
RENUMBERED = MappingProxyType(
    {
        "831167": "267", "831175": "375", "831278": "378", "831305": "405", "831396": "496", "831832": "932", "832149": "249",
        "833030": "130", "833171": "571", "835857": "057", "835892": "992", "836419": "519", "836961": "061", "837023": "123",
        "837174": "274", "838171": "271", "838670": "870", "839946": "146", "870508": "608", "870726": "926", "871263": "363",
        "871478": "578", "873152": "252", "873167": "367", "873305": "505", "873726": "026",
    }
)  # fmt: skip
_ST_NAME = re.compile(r"(?:XD|XR|DR|N|G)?S?\*?ST(?![A-Za-z])")
_WRITTEN = "write it as 0700.HK, 600519.SS, 300364.SZ, 920002.BJ or ^HSI"


def tidy(code: str) -> str:
    """The code as the tables write it: upper case, .SH as .SS, Hong Kong with four digits at least.

    >>> tidy("700.hk"), tidy("600519.SH"), tidy("hsi")
    ('0700.HK', '600519.SS', '^HSI')
    """
    text = code.strip().upper()
    if future := future_code(text):
        return future
    if text.removeprefix("^") in _INDEX_NAMES:
        return "^" + text.removeprefix("^")
    number, _, suffix = text.partition(".")
    if suffix == "HK" and re.fullmatch(r"[0-9]{1,9}", number):
        return f"{int(number):04d}.HK"
    return f"{number}.SS" if suffix == "SH" else text


def successor(code: str) -> str | None:
    """Today's code of an old Beijing one, 839493.BJ to 920493.BJ and 837174.BJ to 920274.BJ; None for any other.

    >>> successor("839493.BJ"), successor("837174.BJ"), successor("0700.HK")
    ('920493.BJ', '920274.BJ', None)
    """
    return f"920{RENUMBERED.get(code[:6], code[3:6])}.BJ" if _LEGACY_BSE.fullmatch(code) else None


def derive(code: str) -> Instrument:
    """Instrument from a tidy code alone, with what that leaves unknown; a malformed code is a RuleError."""
    if code.startswith("^"):
        exchange = _INDEX_NAMES.get(code[1:])
        if exchange is None:
            raise RuleError(f"{code} is no index the rule book knows; use one of ^{', ^'.join(_INDEX_NAMES)}")
        return Instrument(
            code, exchange=exchange, board="index", currency="HKD" if exchange == "XHKG" else "CNY"
        )
    if code == future_code(code):
        raise RuleError(f"{code} is an index future; {advice(code)}")
    number, _, suffix = code.partition(".")
    if suffix not in EXCHANGE_OF:
        raise RuleError(f"{code!r} is no code of Hong Kong or the mainland{_suffix_hint(number)}; {_WRITTEN}")
    if suffix == "HK":
        return _hong_kong(code, number)
    if not re.fullmatch(r"[0-9]{6}", number):
        raise RuleError(f"{code!r}: a mainland code has six digits; {_WRITTEN}")
    for market, prefixes, board in _PREFIXES:
        if market == suffix and number.startswith(prefixes):
            return Instrument(
                code, exchange=EXCHANGE_OF[suffix], board=board, currency=_currency(suffix, board)
            )
    raise RuleError(
        f"{code}: no board of {EXCHANGE_OF[suffix]} starts with {number[:3]}{_other_market(number)}"
    )


def _currency(suffix: str, board: str) -> str:
    if board == "b":
        return "USD" if suffix == "SS" else "HKD"
    return "CNY"


def _hong_kong(code: str, number: str) -> Instrument:
    if not re.fullmatch(r"[0-9]{4,5}", number) or int(number) == 0:
        raise RuleError(f"{code!r}: a Hong Kong code has four or five digits; {_WRITTEN}")
    value = int(number)
    for (low, high), kind in _HK_OTHER.items():
        if low <= value <= high:
            raise RuleError(
                f"{code}: {low} to {high} are Hong Kong's numbers of {kind}, for which the rule book has no rules; "
                "trade the share or a fund, or leave the code out"
            )
    renminbi = 80_000 <= value <= 89_999
    counter = value - 80_000 if renminbi else value
    dollars = _within(value, _HK_IN_DOLLARS)
    share = "hk_gem" if 8_000 <= counter <= 8_999 else "hk_main"
    fund = "hk_reit" if value in _HK_REITS else "hk_etp" if _within(counter, _HK_ETP) else ""
    return Instrument(
        code,
        exchange="XHKG",
        board=fund or share,
        currency="CNY" if renminbi else "USD" if dollars else "HKD",
    )


def _within(number: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= number <= high for low, high in ranges)


def _suffix_hint(number: str) -> str:
    if re.fullmatch(r"\d{6}", number):
        for suffix in ("SS", "SZ", "BJ"):
            if any(m == suffix and number.startswith(p) and b != "index" for m, p, b in _PREFIXES):
                return f" (did you mean {number}.{suffix}?)"
    return f" (did you mean {number:0>4}.HK?)" if re.fullmatch(r"\d{1,5}", number) else ""


def _other_market(number: str) -> str:
    hint = _suffix_hint(number)
    return f"{hint}; {_WRITTEN}"


def is_st_name(name: str) -> bool:
    """Whether a mainland short name says it was under a risk warning: ST, *ST, SST, S*ST at its head.

    >>> is_st_name("*ST易联众"), is_st_name("XDST步森"), is_st_name("华ST科技")
    (True, True, False)
    """
    return _ST_NAME.match(name.strip().replace(" ", "")) is not None


def is_delisting_name(name: str) -> bool:
    """Whether a mainland short name says it was in its delisting period: 退市 at its head, 退 at its end.

    >>> is_delisting_name("退市海创"), is_delisting_name("济堂退"), is_delisting_name("退潮科技")
    (True, True, False)
    """
    text = name.strip().replace(" ", "")
    return text.startswith("退市") or text.endswith(("退", "退市"))
